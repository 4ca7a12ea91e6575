import { expect, it } from 'vitest'
import { lastMonths, meanFace, periodOf, periodsOf, plusMonths, ratio } from './periods'

it('counts months over the turn of the year', () => {
  expect(plusMonths('2026-12', 1)).toBe('2027-01')
  expect(plusMonths('2026-01', -1)).toBe('2025-12')
  expect(plusMonths('2026-06', -18)).toBe('2024-12')
})

it('offers the last twelve months and each year since there is anything', () => {
  expect(periodsOf('2024-05', '2026-12')).toEqual([lastMonths, '2026', '2025', '2024'])
  expect(periodsOf('', '2026-12')).toEqual([lastMonths, '2026'])
  expect(periodsOf('2027-01', '2026-12')).toEqual([lastMonths, '2026'])
})

it('says which months a period has', () => {
  expect(periodOf(lastMonths, '2026-03')).toEqual({ from: '2025-04', until: '2026-03' })
  expect(periodOf('2024', '2026-03')).toEqual({ from: '2024-01', until: '2024-12' })
})

it('divides by nothing', () => {
  expect(ratio(3, 0)).toBeUndefined()
  expect(ratio(3, 4)).toBe(0.75)
  expect(meanFace([0, 0, 0, 0, 0])).toBeUndefined()
  expect(meanFace([1, 0, 0, 0, 3])).toBe(4)
})
