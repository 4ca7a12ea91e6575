import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Findings } from '../api'
import { measureFlow } from './flow'

/**
 * A data channel and the server behind it, with a link of a rate and a delay each way; it loses
 * what the test says.
 */
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
  private readonly waiting = { up: [] as (() => number)[], down: [] as (() => number)[] }
  private readonly flying = { up: 0, down: 0 } // bytes
  // bytes that SCTP lets fly; half of what arrived is added
  private readonly most = { up: 5_500, down: 5_500 }

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
    this.fly(
      'up',
      view.byteLength,
      () => this.arrived(view),
      () => (this.bufferedAmount -= view.byteLength),
    )
  }

  /** As SCTP sends: no more at once than its window, which grows with what is acknowledged. */
  private fly(
    way: 'up' | 'down',
    bytes: number,
    then: () => void,
    acknowledged: () => void = () => {},
  ): void {
    this.waiting[way].push(() => {
      this.flying[way] += bytes
      this.pass(way, bytes, () => {
        then()
        setTimeout(() => {
          this.flying[way] -= bytes
          this.most[way] += bytes / 2
          acknowledged()
          this.take(way)
        }, this.delay)
      })
      return bytes
    })
    this.take(way)
  }

  private take(way: 'up' | 'down'): void {
    while (this.waiting[way].length && this.flying[way] < this.most[way])
      this.waiting[way].shift()!()
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
      } else this.gaps.push(now - this.reportAt)
      this.up.packets++
      this.up.bytes += view.byteLength
      this.reportAt = now
    }
  }

  private reportAt = 0
  private readonly gaps: number[] = []
  private report(): void {
    const report = new DataView(new ArrayBuffer(13 + 2 * this.gaps.length))
    this.gaps
      .splice(0)
      .forEach((gap, i) => report.setUint16(13 + 2 * i, Math.min(gap * 10, 0xffff)))
    report.setUint8(0, 3)
    report.setUint32(1, this.up.packets)
    report.setUint32(5, this.up.bytes)
    report.setUint32(9, (this.reportAt - this.up.first) * 1000)
    this.answer(report)
  }

  private flow(ms: number, most: number): void {
    const until = performance.now() + ms
    const timer = setInterval(
      () => {
        if (performance.now() > until) return clearInterval(timer)
        // as the server does: little waits
        if (this.waiting.down.length || this.free.down - performance.now() > 50) return
        for (let i = 0; i < 5; i++) {
          const packet = new DataView(new ArrayBuffer(1_100))
          packet.setUint8(0, 2)
          this.fly('down', packet.byteLength, () => this.onmessage?.({ data: packet.buffer }))
        }
      },
      (5 * 1_100 * 8_000) / most,
    )
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
  void measureFlow(connection, (more) => Object.assign(found, more), stop.signal).then(
    () => (ended = true),
  )
  for (let ms = 0; ms < 60_000 && !ended; ms += 10) await vi.advanceTimersByTimeAsync(10)
  expect(ended).toBe(true)
  expect(channel.readyState).toBe('closed')
  return found
}

test.each([
  ['the end of an ADSL line', 1_000_000, 200_000, 50],
  ['a thin link', 150_000, 150_000, 25],
  ['fibre', 100_000_000, 100_000_000, 5],
  ['a satellite', 512_000, 512_000, 300],
  ['a fast satellite', 2_000_000, 500_000, 300],
])('delay and rates of %s', async (_, down, up, delay) => {
  const found = await measure(new FakeChannel({ up, down }, delay))
  expect(found.voice!.roundTrip).toBeGreaterThanOrEqual(2 * delay)
  expect(found.voice!.roundTrip).toBeLessThan(2 * delay + 15)
  expect(found.voice!.lost).toEqual({ up: 0, down: 0 })
  for (const [told, link] of [
    [found.down!, down],
    [found.up!, up],
  ] as const) {
    expect(told / Math.min(link, 2_000_000)).toBeGreaterThan(0.85)
    expect(told / Math.min(link, 2_000_000)).toBeLessThan(1.1)
  }
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
