import { expect, test } from 'vitest'
import { Doorbell, type Waiting } from './doorbell'

const ringing = (bell: Doorbell, waiting: Waiting[], from: number, to: number) => {
  const at: number[] = []
  for (let now = from; now < to; now += 1_000) if (bell.rings(waiting, now)) at.push(now)
  return at
}
const a = { id: 'a', refused: 0 }
const b = { id: 'b', refused: 0 }
const again = { id: 'c', refused: 1 }

test('it rings for whoever comes, and again until somebody has looked', () => {
  const bell = new Doorbell()
  expect(ringing(bell, [], 0, 5_000)).toEqual([])
  expect(ringing(bell, [a], 5_000, 50_000)).toEqual([5_000, 25_000, 45_000])
  bell.looked([a])
  expect(ringing(bell, [a], 50_000, 200_000)).toEqual([])
})

test('it rings again for another, not for those who have been seen', () => {
  const bell = new Doorbell()
  expect(ringing(bell, [a], 0, 1_000)).toEqual([0])
  bell.looked([a])
  expect(ringing(bell, [a], 1_000, 2_000)).toEqual([])
  expect(ringing(bell, [a, b], 2_000, 30_000)).toEqual([2_000, 22_000])
  expect(ringing(bell, [a], 30_000, 200_000), 'whoever is left has been seen').toEqual([])
  expect(ringing(bell, [], 200_000, 300_000)).toEqual([])
})

test('it rings once for whoever was refused and asks again', () => {
  const bell = new Doorbell()
  expect(ringing(bell, [again], 0, 200_000)).toEqual([0])
})

test('it goes on ringing for another beside them, as long as that one waits', () => {
  const bell = new Doorbell()
  expect(ringing(bell, [a], 0, 10_000)).toEqual([0])
  expect(ringing(bell, [a, again], 10_000, 60_000)).toEqual([10_000, 30_000, 50_000])
  expect(ringing(bell, [again], 60_000, 200_000)).toEqual([])
})
