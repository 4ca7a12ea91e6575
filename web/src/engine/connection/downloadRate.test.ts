// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { rateOfFiles, downloadRate } from './downloadRate'

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  localStorage.clear()
})

const file = (transferSize: number, responseStart: number, responseEnd: number) => ({
  transferSize,
  responseStart,
  responseEnd,
})

it('tells how fast the files came', () => {
  expect(rateOfFiles([file(5_000, 1_000, 1_500), file(25_000, 2_000, 4_500)])).toBe(80_000)
})

it('counts the time once in which several came, in whatever order they are listed', () => {
  expect(
    rateOfFiles([
      file(20_000, 2_000, 4_000),
      file(10_000, 1_000, 3_000),
      file(5_000, 2_500, 3_500),
    ]),
  ).toBe(93_333)
})

it('says nothing of files that were at hand, nor of few bytes', () => {
  expect(rateOfFiles([])).toBeUndefined()
  expect(rateOfFiles([file(0, 10, 11), file(19_000, 100, 5_000)])).toBeUndefined()
  // another origin's, which tells no times
  expect(rateOfFiles([file(30_000, 0, 5_000)])).toBeUndefined()
})

it('remembers for a week what a page that came out of the cache cannot tell', () => {
  const listed = vi.spyOn(performance, 'getEntriesByType')
  const came = (files: unknown[]) =>
    listed.mockImplementation((type) => (type === 'resource' ? files : []) as never)
  came([])
  expect(downloadRate()).toBeUndefined()
  came([file(30_000, 1_000, 6_000)])
  expect(downloadRate()).toBe(48_000)
  came([])
  expect(downloadRate()).toBe(48_000)
  vi.setSystemTime(Date.now() + 8 * 24 * 60 * 60_000)
  expect(downloadRate()).toBeUndefined()
})
