// @vitest-environment happy-dom
import { expect, it } from 'vitest'
import { amount } from './amounts'
import { ceiling } from './Plot'

it.each([
  [0, 1],
  [0.3, 1],
  [1, 1],
  [1.2, 2],
  [4, 5],
  [7, 10],
  [10, 10],
  [11, 20],
  [999, 1000],
  [1000, 1000],
])('a plot of at most %d ends at %d, and says so', (most, top) => {
  expect(ceiling(most)).toBe(top)
  expect(Number(amount(top).replace(/\s/g, ''))).toBe(top)
})
