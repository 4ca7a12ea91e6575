import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Findings } from '../api'
import { measureFlow } from './flow'

/** A data channel and the server behind it, with a link of a rate and a delay each way; it loses what the test says. */
class FakeChannel {
  readyState = 'connecting'
  binaryType = ''
  onopen: (() => void) | null = null
  onclose: (() => void) | null = null
  onmessage: ((event: { data: ArrayBuffer }) => void) | null = null
  loses = { up: (_: number) => false, down: (_: number) => false }
  private echoes = 0
  private up = { packets: 0, bytes: 0, first: 0 }
  private asked = false
  private free = { up: 0, down: 0 } // when each way has passed on what it was given

  constructor(
    private readonly rate: { up: number; down: number },
    private readonly delay: number,
  ) {
    setTimeout(() => {
      this.readyState = 'open'
      this.onopen?.()
    }, delay)
  }

  /** As in Chromium: what is not acknowledged. */
  bufferedAmount = 0

  send(data: ArrayBuffer | DataView): void {
    const view = new DataView((data instanceof DataView ? data.buffer : data).slice(0))
    if (this.loses.up(view.getUint32(1))) return
    this.bufferedAmount += view.byteLength
    this.pass('up', view.byteLength, () => {
      setTimeout(() => (this.bufferedAmount -= view.byteLength), this.delay)
      this.arrived(view)
    })
  }

  close(): void {
    if (this.readyState === 'closed') return
    this.readyState = 'closed'
    this.onclose?.()
  }

  private pass(way: 'up' | 'down', bytes: number, then: () => void): void {
    const now = performance.now()
    this.free[way] = Math.max(now, this.free[way]) + (bytes * 8_000) / this.rate[way]
    setTimeout(then, this.free[way] - now + this.delay)
  }

  private answer(view: DataView): void {
    this.pass('down', view.byteLength, () => this.onmessage?.({ data: view.buffer as ArrayBuffer }))
  }

  private arrived(view: DataView): void {
    const kind = view.getUint8(0)
    if (kind === 1) {
      view.setUint32(5, ++this.echoes)
      if (!this.loses.down(view.getUint32(1))) this.answer(view)
    } else if (kind === 2 && !this.asked) {
      this.asked = true
      this.flow(view.getUint16(1), view.getUint16(3) * 1000)
    } else if (kind === 3) {
      const now = performance.now()
      if (!this.up.packets) {
        this.up.first = now
        setInterval(() => this.report(), 100)
      }
      this.up.packets++
      this.up.bytes += view.byteLength
      this.reportAt = now
    }
  }

  private reportAt = 0
  private report(): void {
    const report = new DataView(new ArrayBuffer(13))
    report.setUint8(0, 3)
    report.setUint32(1, this.up.packets)
    report.setUint32(5, this.up.bytes)
    report.setUint32(9, (this.reportAt - this.up.first) * 1000)
    this.answer(report)
  }

  private flow(ms: number, most: number): void {
    const until = performance.now() + ms
    const timer = setInterval(() => {
      if (performance.now() > until) return clearInterval(timer)
      if (this.free.down - performance.now() > 50) return // as the server does: little waits
      for (let i = 0; i < 5; i++) {
        const packet = new DataView(new ArrayBuffer(1_100))
        packet.setUint8(0, 2)
        this.answer(packet)
      }
    }, (5 * 1_100 * 8_000) / most)
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

async function measure(channel: FakeChannel, abortAfter = Infinity): Promise<Partial<Findings>> {
  const found: Partial<Findings> = {}
  const stop = new AbortController()
  if (abortAfter < Infinity) setTimeout(() => stop.abort(), abortAfter)
  const connection = { createDataChannel: () => channel } as unknown as RTCPeerConnection
  let ended = false
  void measureFlow(connection, (more) => Object.assign(found, more), stop.signal).then(() => (ended = true))
  for (let ms = 0; ms < 60_000 && !ended; ms += 10) await vi.advanceTimersByTimeAsync(10)
  expect(ended).toBe(true)
  expect(channel.readyState).toBe('closed')
  return found
}

test.each([
  ['the end of an ADSL line', 1_000_000, 200_000, 50],
  ['fibre', 100_000_000, 100_000_000, 5],
  ['a satellite', 2_000_000, 500_000, 300],
])('delay and rates of %s', async (_, down, up, delay) => {
  const found = await measure(new FakeChannel({ up, down }, delay))
  expect(found.voice!.roundTrip).toBeGreaterThanOrEqual(2 * delay)
  expect(found.voice!.roundTrip).toBeLessThan(2 * delay + 15)
  expect(found.voice!.lost).toEqual({ up: 0, down: 0 })
  const most = 2_000_000
  expect(found.down! / Math.min(down, most)).toBeGreaterThan(0.9)
  expect(found.down! / Math.min(down, most)).toBeLessThan(1.1)
  expect(found.up! / Math.min(up, most)).toBeGreaterThan(0.9)
  expect(found.up! / Math.min(up, most)).toBeLessThan(1.1)
})

test('losses are told for each way', async () => {
  const channel = new FakeChannel({ up: 1e6, down: 1e6 }, 20)
  channel.loses = { up: (number) => number % 11 === 3, down: (number) => number % 6 === 1 }
  const { voice } = await measure(channel)
  expect(voice!.lost.up).toBeCloseTo(6 / 66, 2)
  expect(voice!.lost.down).toBeCloseTo(10 / 60, 1)
})

test('a server that does not answer, and one that closes the channel', async () => {
  const silent = new FakeChannel({ up: 1e6, down: 1e6 }, 20)
  silent.loses.up = () => true
  expect(await measure(silent)).toEqual({ voice: null, down: null, up: null })
  const closing = new FakeChannel({ up: 1e6, down: 1e6 }, 20)
  setTimeout(() => closing.close(), 50)
  expect(await measure(closing)).toEqual({ voice: null, down: null, up: null })
})

test('whoever has seen enough ends it', async () => {
  const found = await measure(new FakeChannel({ up: 1e6, down: 1e6 }, 20), 3_000)
  expect(found.voice).toBeTruthy()
  expect([found.down, found.up]).toEqual([null, null])
})
