import { describe, expect, it } from 'vitest'
import { compose, maxPictures, promote, type Scene } from './layout'

const people = (count: number) => Array.from({ length: count }, (_, index) => `p${index}`)

function scene(rest: Partial<Scene> = {}): Scene {
  return {
    kind: 'telestaff',
    me: 'me',
    order: people(3),
    documents: [],
    grid: false,
    interpreter: '',
    chosen: '',
    selfLarge: false,
    page: 0,
    width: 1008,
    height: 620,
    ...rest,
  }
}

const keys = (at: Scene, as: string) =>
  compose(at)
    .tiles.filter((tile) => tile.as === as)
    .map((tile) => tile.key)

describe('an interpreter', () => {
  it('has a place of their own on a stage that lies and on one that stands', () => {
    for (const size of [
      { width: 1008, height: 620 },
      { width: 390, height: 640 },
    ]) {
      const { tiles } = compose(scene({ ...size, interpreter: 'p1' }))
      const signs = tiles.find((tile) => tile.participant === 'p1')!
      expect(Math.min(signs.width, signs.height)).toBeGreaterThan(220)
      for (const other of tiles.filter((tile) => tile !== signs)) {
        const beside = other.left + other.width <= signs.left
        expect(beside || other.top + other.height <= signs.top).toBe(true)
      }
    }
  })
  it('is one as any other while nobody else is there', () => {
    expect(keys(scene({ order: ['p0'], interpreter: 'p0' }), 'main')).toEqual(['p0/camera'])
  })
})

describe('a consultation on a tablet that stands upright', () => {
  it('uses the whole stage: the other above, oneself below', () => {
    const { tiles } = compose(
      scene({ kind: 'consultation', order: ['p0'], width: 752, height: 860 }),
    )
    const [other, self] = tiles
    expect(other).toMatchObject({ participant: 'p0', left: 0, top: 0, width: 752 })
    expect(self).toMatchObject({ participant: 'me', width: 752 })
    expect(self!.top + self!.height).toBe(860)
  })
})

describe('promote', () => {
  it('swaps the speaker with whoever stood first, and moves nobody else', () => {
    expect(promote(['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'd'], 'c')).toEqual(['c', 'b', 'a', 'd'])
  })
  it('drops those who left and adds newcomers at the end', () => {
    expect(promote(['c', 'b', 'a'], ['a', 'c', 'z'], undefined)).toEqual(['c', 'a', 'z'])
  })
  it('keeps the order while nobody, or somebody unknown, speaks', () => {
    expect(promote(['a', 'b'], ['a', 'b'], undefined)).toEqual(['a', 'b'])
    expect(promote(['a', 'b'], ['a', 'b'], 'x')).toEqual(['a', 'b'])
  })
})

describe('a consultation', () => {
  const consultation = (rest: Partial<Scene> = {}) =>
    scene({ kind: 'consultation', order: ['p0'], ...rest })

  it('shows the other large and oneself small in the corner', () => {
    expect(keys(consultation(), 'main')).toEqual(['p0/camera'])
    expect(keys(consultation(), 'inset')).toEqual(['me/camera'])
  })
  it('swaps both by a touch', () => {
    expect(keys(consultation({ selfLarge: true }), 'main')).toEqual(['me/camera'])
    expect(keys(consultation({ selfLarge: true }), 'inset')).toEqual(['p0/camera'])
  })
  it('shows oneself while alone', () => {
    expect(keys(consultation({ order: [] }), 'main')).toEqual(['me/camera'])
  })
  it('gives several others the same size', () => {
    expect(keys(consultation({ order: people(2) }), 'grid')).toEqual([
      'p0/camera',
      'p1/camera',
      'me/camera',
    ])
  })
  it('puts a document first', () => {
    expect(keys(consultation({ documents: ['p0'] }), 'main')).toEqual(['p0/screen'])
    expect(keys(consultation({ documents: ['p0'] }), 'thumb')).toEqual(['p0/camera', 'me/camera'])
  })
})

describe('a telestaff', () => {
  it('shows the first of the order large, the others and oneself in the strip', () => {
    expect(keys(scene(), 'main')).toEqual(['p0/camera'])
    expect(keys(scene(), 'thumb')).toEqual(['p1/camera', 'p2/camera', 'me/camera'])
  })
  it('puts the document first, also when a grid is chosen', () => {
    expect(keys(scene({ documents: ['p1'], grid: true }), 'main')).toEqual(['p1/screen'])
  })
  it('lets a picture be chosen by hand over the document', () => {
    expect(keys(scene({ documents: ['p1'], chosen: 'p2/camera' }), 'main')).toEqual(['p2/camera'])
    expect(keys(scene({ documents: ['p1'], chosen: 'p2/camera' }), 'thumb')).toContain('p1/screen')
  })
  it('forgets a choice whose picture has gone', () => {
    expect(keys(scene({ chosen: 'gone/camera' }), 'main')).toEqual(['p0/camera'])
  })
  it('shows everybody alike in a grid', () => {
    expect(keys(scene({ grid: true }), 'grid')).toHaveLength(4)
  })
  it('comes back to the last page when people leave', () => {
    expect(compose(scene({ order: people(3), page: 7 })).page).toBe(0)
  })
})

const sizes = [
  [1424, 760],
  [1008, 620],
  [752, 880],
  [382, 640],
  [312, 380],
] as const

describe.each(sizes)('on a stage of %d × %d', (width, height) => {
  for (const count of [1, 2, 4, 9, 14, 49]) {
    for (const grid of [false, true]) {
      for (const documents of [[], ['p0']]) {
        const at = scene({ order: people(count), grid, documents, width, height })
        const name = `${count} others${grid ? ', grid' : ''}${documents.length ? ', document' : ''}`

        it(`${name}: every tile lies on the stage, none over another`, () => {
          const { tiles, pager } = compose(at)
          const rects = pager ? [...tiles, pager] : tiles
          for (const one of rects) {
            expect(one.left).toBeGreaterThanOrEqual(0)
            expect(one.top).toBeGreaterThanOrEqual(0)
            expect(one.left + one.width).toBeLessThanOrEqual(width + 1)
            expect(one.top + one.height).toBeLessThanOrEqual(height + 1)
            expect(one.width).toBeGreaterThanOrEqual(44)
            expect(one.height).toBeGreaterThanOrEqual(44)
            for (const other of rects) {
              if (other === one) continue
              const apart =
                one.left + one.width <= other.left + 1 ||
                other.left + other.width <= one.left + 1 ||
                one.top + one.height <= other.top + 1 ||
                other.top + other.height <= one.top + 1
              expect(apart).toBe(true)
            }
          }
        })

        it(`${name}: pages show everybody once, at most ${maxPictures} others at a time`, () => {
          const { pages } = compose(at)
          const seen: string[] = []
          for (let page = 0; page < pages; page++) {
            const { tiles } = compose({ ...at, page })
            expect(tiles.filter((tile) => tile.participant !== 'me').length).toBeLessThanOrEqual(
              maxPictures,
            )
            expect(tiles.filter((tile) => tile.participant === 'me')).toHaveLength(1)
            seen.push(
              ...tiles
                .filter((tile) => tile.participant !== 'me' && (page === 0 || tile.as !== 'main'))
                .map((tile) => tile.key),
            )
          }
          const expected = [
            ...people(count).map((id) => `${id}/camera`),
            ...documents.map((id) => `${id}/screen`),
          ]
          expect(seen.sort()).toEqual(expected.sort())
        })
      }
    }
  }
})
