import { expect, test } from 'vitest'
import type { Opinion } from '../api'
import { ageOf } from './due'

test('a request is early, in the second half of its time, late, or over', () => {
  const opinion = { askedAt: 1_000, dueAt: 2_000, endedAt: 0 } as Opinion
  const ages = [1_000, 1_499, 1_500, 1_999, 2_000].map((now) => ageOf(opinion, now))
  expect(ages).toEqual(['early', 'early', 'half', 'half', 'late'])
  expect(ageOf({ ...opinion, endedAt: 1_200 }, 5_000)).toBe('over')
})
