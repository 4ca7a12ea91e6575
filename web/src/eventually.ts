import { vi } from 'vitest'

/** Waits until a test's assertions hold, for as long as a busy machine may take. */
export const eventually = <T>(holds: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(holds, { timeout: 20_000 })
