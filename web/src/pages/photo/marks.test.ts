// @vitest-environment happy-dom
import { expect, it } from 'vitest'
import type { Mark } from '../../protocol/messages'
import { Marks, measure, thinned } from './marks'
import { measured } from './words'

const mark = (n: number, kind: Mark['kind'], points: number[], length?: number): Mark => ({
  n,
  name: 'Dr Vidal',
  kind,
  points,
  length,
})
const numbers = (marks: Marks) => (marks.drawn.value[1] ?? []).map(({ n }) => n)

it('keeps what is drawn on a photo until it is taken back, or told anew', () => {
  const marks = new Marks()
  const told = (add: Mark[], drop: number[], anew = false) =>
    marks.told({ type: 'photomarks', photo: 1, add, drop, anew })
  told([mark(1, 'stroke', [0, 0, 1, 1])], [])
  told([mark(2, 'ruler', [0, 0, 1, 1])], [])
  expect(numbers(marks)).toEqual([1, 2])
  told([mark(3, 'scale', [0, 0, 1, 1], 1)], [1, 9])
  expect(numbers(marks)).toEqual([2, 3])
  told([mark(4, 'ruler', [0, 0, 1, 1])], [], true)
  expect(numbers(marks)).toEqual([4])
  marks.keep([1])
  expect(numbers(marks)).toEqual([4])
  marks.keep([2])
  expect(numbers(marks)).toEqual([])
})

it('shows one pointer of each, until they point no more or the photo goes', () => {
  const marks = new Marks()
  const point = (participant: string, x: number, away?: boolean) =>
    marks.pointed({ type: 'photopointed', photo: 1, participant, name: participant, x, y: 0, away })
  point('a', 1)
  point('b', 2)
  point('a', 3)
  expect(marks.pointers.value.map(({ x }) => x)).toEqual([2, 3])
  point('b', 0, true)
  expect(marks.pointers.value.map(({ x }) => x)).toEqual([3])
  marks.keep([1], true)
  expect(marks.pointers.value).toEqual([])
})

it('measures by the scale of the photo, and in pixels without one', () => {
  const ruler = mark(1, 'ruler', [10, 10, 40, 50]) // 50 pixels
  const coin = mark(2, 'scale', [0, 0, 0, 100], 2325) // 23.25 mm on 100 pixels
  expect(measure(ruler)).toEqual({ pixels: 50 })
  expect(measure(ruler, coin).mm).toBeCloseTo(11.625)
  expect(measured(ruler)).toBe('50\u00a0px')
  expect(measured(ruler, coin)).toBe('11,6\u00a0mm')
  expect(measured(mark(1, 'ruler', [0, 0, 0, 1000]), coin)).toBe('23,3\u00a0cm')
  expect(measure(ruler, mark(2, 'scale', [5, 5, 5, 5], 100)).mm, 'of no length').toBeUndefined()
})

it('thins a long stroke, and keeps where it begins and ends', () => {
  const long = Array.from({ length: 500 }, (_, x) => ({ x, y: 0 }))
  const left = thinned(long, 64)
  expect(left.length).toBeLessThanOrEqual(64)
  expect([left[0]!.x, left.at(-1)!.x]).toEqual([0, 499])
})
