import { expect, test } from 'vitest'
import { Doorbell } from './doorbell'

const ringing = (bell: Doorbell, from: number, to: number) => {
  const at: number[] = []
  for (let now = from; now < to; now += 1_000) if (bell.rings(now)) at.push(now)
  return at
}

test('it rings for whoever comes, and again until somebody has looked', () => {
  const bell = new Doorbell()
  expect(ringing(bell, 0, 5_000)).toEqual([])
  bell.waits(['a'], 5_000)
  expect(ringing(bell, 5_000, 50_000)).toEqual([5_000, 25_000, 45_000])
  bell.looked()
  expect(ringing(bell, 50_000, 200_000)).toEqual([])
})

test('it rings again for another, not for those who have been seen', () => {
  const bell = new Doorbell()
  bell.waits(['a'], 0)
  bell.looked()
  bell.waits(['a'], 1_000)
  expect(ringing(bell, 1_000, 60_000)).toEqual([])
  bell.waits(['a', 'b'], 60_000)
  expect(ringing(bell, 60_000, 61_000)).toEqual([60_000])
  bell.waits([], 62_000)
  expect(ringing(bell, 62_000, 200_000)).toEqual([])
})
