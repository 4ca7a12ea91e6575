import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { clockWatch } from './clock'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('tells once that the clock was set, and nothing of time that goes by', () => {
  const moved = clockWatch()
  vi.advanceTimersByTime(3_600_000)
  expect(moved()).toBe(false)
  vi.setSystemTime(Date.now() - 600_000)
  expect(moved()).toBe(true)
  expect(moved()).toBe(false)
})
