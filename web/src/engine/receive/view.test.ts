import { expect, test } from 'vitest'
import { wantsOf } from './view'

const look = { participant: 'a', source: 'camera', width: 630, height: 350, priority: 0 } as const

test('sizes are rounded up, so that a small resize says nothing new', () => {
  const [want] = wantsOf([look])
  expect(want).toEqual({ participant: 'a', source: 'camera', width: 640, height: 352, priority: 0 })
  expect(wantsOf([{ ...look, width: 638 }])).toEqual([want])
})
test('an element without a place on the page wants nothing', () => {
  expect(wantsOf([{ ...look, width: 0 }])).toEqual([])
})
test('two elements of one picture are one want, of the larger size and the higher priority', () => {
  const wants = wantsOf([look, { ...look, width: 160, height: 400, priority: 2 }, { ...look, source: 'screen' }])
  expect(wants).toHaveLength(2)
  expect(wants[0]).toMatchObject({ width: 640, height: 416, priority: 2 })
})
test('no side goes beyond what the protocol takes', () => {
  expect(wantsOf([{ ...look, width: 20_000 }])[0]!.width).toBe(8192)
})
