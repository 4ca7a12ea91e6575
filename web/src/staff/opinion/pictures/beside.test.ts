import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Rate } from '../../callRate'
import type { Said } from './beside'

/** The call in another page, and what that page grants and hears. */
let granted: number | undefined
let counted: number
let asking: number
let end: () => void
vi.mock('../../callRate', () => ({
  askRate: (heard: () => void): Rate => {
    const timer = setInterval(heard, 100)
    asking++
    return {
      bitrate: () => granted,
      sent: (bytes) => void (counted += bytes),
      close() {
        clearInterval(timer)
        asking--
      },
    }
  },
}))
vi.mock('../../../callLock', () => ({
  callOver: (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve())
      end = resolve
    }),
}))

let besideCall: typeof import('./beside').besideCall
let hop: string
beforeEach(async () => {
  vi.useFakeTimers()
  vi.resetModules()
  ;({ besideCall } = await import('./beside'))
  ;[granted, counted, asking, hop] = [undefined, 0, 0, 'h2']
  vi.spyOn(performance, 'getEntriesByType').mockImplementation(
    () => [{ nextHopProtocol: hop }] as unknown as PerformanceEntry[],
  )
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const never = new AbortController().signal

/** Sends for a minute as fast as it may; each request takes so long. */
async function minute(request: number) {
  const until = performance.now() + 60_000
  const parts: number[] = []
  const work = (async () => {
    while (performance.now() < until) {
      parts.push(await besideCall(never, 8 << 10, false, () => {}))
      await new Promise((resolve) => setTimeout(resolve, request))
    }
  })()
  await vi.advanceTimersByTimeAsync(60_000)
  end()
  await vi.advanceTimersByTimeAsync(1_000)
  await work
  return parts.filter((part) => part !== Infinity)
}

it.each([
  [15_000, 'h2'],
  [27_000, 'http/1.1'],
  [65_000, 'h2'],
  [300_000, 'http/1.1'],
])('keeps to %d bit/s by %s, headers included', async (bitrate, by) => {
  granted = bitrate
  hop = by
  const parts = await minute(20)
  const onWire = parts.reduce((sum, part) => sum + part + (by === 'h2' ? 141 : 831), 0)
  expect((8 * onWire) / 60).toBeLessThan(bitrate)
  expect((8 * counted) / 60 / bitrate, 'told to the call').toBeCloseTo(1, 1)
  const burst = Math.max(...parts)
  expect(burst).toBeLessThanOrEqual(Math.max(1_100, bitrate / 80))
  if (bitrate < 40_000) expect(burst, 'with its headers it fits a packet').toBeLessThan(600)
})

it('follows a grant that falls, and waits while it is none', async () => {
  granted = 300_000
  const said: Said[] = []
  const leaves = () => besideCall(never, 8 << 10, false, (one) => said.push(one))
  const first = leaves()
  await vi.advanceTimersByTimeAsync(200)
  expect(await first).toBe(3_750)
  granted = 0
  const part = leaves()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(said).toEqual(['beside', 'waits'])
  granted = 20_000
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await part).toBe(550)
  expect(said).toEqual(['beside', 'waits', 'beside'])
})

it('waits for the end of a call whose page says nothing, and asks no more then', async () => {
  const said: Said[] = []
  const part = besideCall(never, 100, false, (one) => said.push(one))
  await vi.advanceTimersByTimeAsync(60_000)
  expect([said, asking]).toEqual([['waits'], 1])
  end()
  expect(await part).toBe(Infinity)
  expect(asking).toBe(0)
})

it('keeps what cannot be cut from a link on which a voice would wait behind it', async () => {
  granted = 100_000
  const said: Said[] = []
  const whole = besideCall(never, 20_000, true, (one) => said.push(one))
  await vi.advanceTimersByTimeAsync(5_000)
  expect([said, counted]).toEqual([['waits'], 0])
  granted = 1_000_000
  await vi.advanceTimersByTimeAsync(200)
  expect(await whole).toBe(20_000)
  granted = 20_000
  const short = besideCall(never, 300, true, () => {})
  await vi.advanceTimersByTimeAsync(20_000)
  expect(await short).toBe(300)
})

it('does not wait where somebody does not want to, and gives the rate back', async () => {
  const go = new AbortController()
  granted = 0
  const part = besideCall(go.signal, 100, false, () => {})
  go.abort()
  expect(await part).toBe(Infinity)
  expect(await besideCall(go.signal, 100, false, () => {})).toBe(Infinity)
  expect(asking).toBe(1)
  await vi.advanceTimersByTimeAsync(11_000)
  expect(asking).toBe(0)
})
