import { expect, it } from 'vitest'
import { minutesUntil, shareOf } from './listening'

const ranges = (...all: [number, number][]) => ({
  length: all.length,
  start: (i: number) => all[i]![0],
  end: (i: number) => all[i]![1],
})

it('says how much of a clip is here', () => {
  expect(shareOf({ duration: NaN, buffered: ranges() })).toBe(0)
  expect(shareOf({ duration: 60, buffered: ranges([0, 15], [30, 45]) })).toBe(0.5)
  expect(shareOf({ duration: 60, buffered: ranges([0, 59.8]) })).toBe(1)
})

it('says how long the rest takes, once there is something to tell by', () => {
  expect(minutesUntil(1_000_000, 0, 5_000)).toBeUndefined()
  expect(minutesUntil(1_000_000, 0.5, 0)).toBeUndefined()
  expect(minutesUntil(1_000_000, 0.25, 60_000)).toBe(3)
  expect(minutesUntil(1_000_000, 0.9, 60_000)).toBe(0)
})
