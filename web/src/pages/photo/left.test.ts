import { expect, it } from 'vitest'
import { leftIn, leftSince } from './left'
import { fr } from './words'

it('rounds up to what people wait by', () => {
  expect([leftIn(0), leftIn(1), leftIn(6), leftIn(90)]).toEqual(
    [5, 5, 10, 90].map((seconds) => fr.seconds(seconds)),
  )
  expect([leftIn(91), leftIn(121), leftIn(NaN)]).toEqual([fr.minutes(2), fr.minutes(3), ''])
})

it('says how long a photo takes to come, once there is something to tell by', () => {
  const opened = { bytes: 1_000, at: 0 }
  expect(leftSince(opened, { bytes: 5_000, at: 1_000 }, 50_000)).toBe('')
  expect(leftSince(opened, { bytes: 1_000, at: 60_000 }, 50_000), 'a voice goes first').toBe('')
  expect(leftSince(opened, { bytes: 11_000, at: 10_000 }, 51_000)).toBe(fr.seconds(40))
  expect(leftSince(opened, { bytes: 2_000, at: 10_000 }, 50_000)).toBe(fr.minutes(8))
})
