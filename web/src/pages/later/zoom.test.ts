import { expect, test } from 'vitest'
import { moved, placeOf, plain, zoomed } from './zoom'
import { fc } from '../../engine/testing/properties'

test('the point under the fingers stays where it is', () => {
  const view = zoomed(plain, 2, { x: 0.5, y: -0.5 })
  expect(view).toEqual({ scale: 2, x: -0.5, y: 0.5 })
  expect(placeOf(view)).toEqual({ left: '-100%', top: '0%', width: '200%', height: '200%' })
})

test('a picture never leaves its place, and comes back to it', () => {
  const share = fc.double({ min: -2, max: 2, noNaN: true })
  const turn = fc.tuple(share, share, fc.double({ min: 0.1, max: 9, noNaN: true }))
  fc.assert(
    fc.property(fc.array(turn), (turns) => {
      let view = plain
      for (const [x, y, factor] of turns) {
        view = moved(zoomed(view, factor, { x, y }), x, y)
        expect(view.scale).toBeGreaterThanOrEqual(1)
        expect(view.scale).toBeLessThanOrEqual(8)
        expect(Math.abs(view.x)).toBeLessThanOrEqual((view.scale - 1) / 2 + 1e-9)
        expect(Math.abs(view.y)).toBeLessThanOrEqual((view.scale - 1) / 2 + 1e-9)
      }
      expect(zoomed(view, 0)).toEqual(plain)
    }),
  )
})
