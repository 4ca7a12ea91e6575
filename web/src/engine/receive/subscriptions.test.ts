import { expect, test } from 'vitest'
import { subscriptionsOf } from './subscriptions'

const look = { participant: 'a', source: 'camera', width: 630, height: 350, priority: 0 } as const

test('sizes are rounded up, so that a small resize says nothing new', () => {
  const [want] = subscriptionsOf([look])
  expect(want).toEqual({ participant: 'a', source: 'camera', width: 640, height: 352, priority: 0 })
  expect(subscriptionsOf([{ ...look, width: 638 }])).toEqual([want])
})
test('an element without a place on the page subscriptions nothing', () => {
  expect(subscriptionsOf([{ ...look, width: 0 }])).toEqual([])
})
test('two elements of one picture are one want, of the larger size and the higher priority', () => {
  const subscriptions = subscriptionsOf([
    look,
    { ...look, width: 160, height: 400, priority: 2 },
    { ...look, source: 'screen' },
  ])
  expect(subscriptions).toHaveLength(2)
  expect(subscriptions[0]).toMatchObject({ width: 640, height: 416, priority: 2 })
})
test('no side goes beyond what the protocol takes', () => {
  expect(subscriptionsOf([{ ...look, width: 20_000 }])[0]!.width).toBe(8192)
})
