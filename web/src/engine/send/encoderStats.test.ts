import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type EncoderStats, EncoderMonitor } from './encoderStats'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** An encoder of two layers that together make 20 frames a second, 64 kbit/s, in 0.3 s of work. */
const steady = {
  getStats: async () => {
    const layer = (share: number) => ({
      type: 'outbound-rtp',
      framesEncoded: (share * 20 * performance.now()) / 1000,
      bytesSent: share * 8 * performance.now(),
      totalEncodeTime: (share * 0.3 * performance.now()) / 1000,
      qualityLimitationReason: share < 0.5 ? 'none' : 'cpu',
    })
    return new Map<string, object>([
      ['a', layer(0.25)],
      ['b', layer(0.75)],
      ['c', { type: 'media-source', framesPerSecond: 25 }],
      ['d', { type: 'transport', bytesSent: 1e9 }],
    ]) as unknown as RTCStatsReport
  },
}

test('what all layers give and take, of each two seconds', async () => {
  const measured: EncoderStats[] = []
  const meter = new EncoderMonitor(steady, (stats) => measured.push(stats))
  meter.start()
  meter.start()
  await vi.advanceTimersByTimeAsync(7_000)
  expect(measured).toHaveLength(2)
  for (const { frames, camera, bitrate, encodeTime, starved } of measured) {
    expect(starved).toBe(true)
    expect(frames).toBeCloseTo(20)
    expect(camera).toBe(25)
    expect(bitrate).toBeCloseTo(64_000)
    expect(encodeTime).toBeCloseTo(0.3)
  }
  meter.stop()
  expect(vi.getTimerCount()).toBe(0)
})

test('a pause is no time of work, and a lost connection no error', async () => {
  const measured = vi.fn()
  const meter = new EncoderMonitor(steady, measured)
  meter.start()
  await vi.advanceTimersByTimeAsync(3_000)
  meter.stop()
  await vi.advanceTimersByTimeAsync(60_000)
  meter.start()
  await vi.advanceTimersByTimeAsync(3_000)
  expect(measured, 'one measurement each began').not.toHaveBeenCalled()
  meter.stop()

  const gone = new EncoderMonitor({ getStats: () => Promise.reject(new Error('closed')) }, measured)
  gone.start()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(measured).not.toHaveBeenCalled()
  gone.stop()
})
