import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Encoding } from '../../protocol/messages'
import { VideoSender } from './videoSender'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/**
 * A sender that does what it is told; its camera and its encoder give that many frames a second.
 */
function encoding(frames: { camera: number; encoded: number }) {
  let parameters = { encodings: [{ active: true }] } as unknown as RTCRtpSendParameters
  let framesEncoded = 0
  let bytesSent = 0
  const counting = setInterval(() => {
    framesEncoded += frames.encoded / 10
    bytesSent += (parameters.encodings[0]?.maxBitrate ?? 0) / 80
  }, 100)
  const sender = {
    getParameters: () => structuredClone(parameters),
    setParameters: async (next: RTCRtpSendParameters) => void (parameters = next),
    getStats: async () =>
      new Map<string, object>([
        ['o', { type: 'outbound-rtp', framesEncoded, bytesSent }],
        ['s', { type: 'media-source', framesPerSecond: frames.camera }],
      ]) as unknown as RTCStatsReport,
  } as RTCRtpSender
  const encoder = new VideoSender(sender, { '': 1 }, 'maintain-framerate')
  return {
    fall: async () => {
      await encoder.apply([{ rid: '', active: true, maxBitrate: 800_000 }])
      await vi.advanceTimersByTimeAsync(6_000)
      await encoder.apply([{ rid: '', active: true, maxBitrate: 150_000, reason: 'downlink' }])
      await vi.advanceTimersByTimeAsync(4_000)
      expect(parameters.degradationPreference, 'not before it has settled').toBe(
        'maintain-framerate',
      )
      await vi.advanceTimersByTimeAsync(2_000)
      expect(parameters.degradationPreference).toBe('maintain-resolution')
      expect(parameters.encodings[0]?.scaleResolutionDownBy, 'three quarters of the lines').toBe(
        4 / 3,
      )
    },
    apply: (maxBitrate: number, reason?: Encoding['reason']) =>
      encoder.apply([{ rid: '', active: true, maxBitrate, reason }]),
    scale: () => parameters.encodings[0]?.scaleResolutionDownBy,
    preference: () => parameters.degradationPreference,
    stop: () => {
      encoder.stop()
      clearInterval(counting)
    },
  }
}

test.each([
  ['fluent', { camera: 30, encoded: 15 }, 'maintain-resolution'],
  ['all that a dark room gives', { camera: 8, encoded: 7 }, 'maintain-resolution'],
  ['choppy', { camera: 30, encoded: 12 }, 'maintain-framerate'],
  ['choppy for its camera', { camera: 10, encoded: 5 }, 'maintain-framerate'],
] as const)(
  'on a link that fell a picture keeps its size as long as it is fluent: %s',
  async (_, frames, preference) => {
    const sender = encoding(frames)
    await sender.fall()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(sender.preference()).toBe(preference)
    sender.stop()
    expect(vi.getTimerCount(), 'nothing is watched any more').toBe(0)
  },
)

test('on a link that was thin from the first the encoder chooses', async () => {
  const sender = encoding({ camera: 30, encoded: 20 })
  await sender.apply(800_000) // before anything is known
  await sender.apply(300_000, 'downlink')
  await sender.apply(150_000, 'downlink')
  await vi.advanceTimersByTimeAsync(30_000)
  expect(sender.preference()).toBe('maintain-framerate')
  sender.stop()
})

test('a picture that stuttered once or twice keeps its size', async () => {
  const frames = { camera: 30, encoded: 20 }
  const sender = encoding(frames)
  await sender.fall()
  await vi.advanceTimersByTimeAsync(1_000) // to the next judgement
  for (const encoded of [20, 5, 20, 20, 5, 20, 20]) {
    frames.encoded = encoded
    await vi.advanceTimersByTimeAsync(2_000)
  }
  expect(sender.preference()).toBe('maintain-resolution')
  sender.stop()
})

test('what was too much is tried again after a while', async () => {
  const frames = { camera: 30, encoded: 5 }
  const sender = encoding(frames)
  await sender.fall()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(sender.preference()).toBe('maintain-framerate')
  frames.encoded = 20
  await vi.advanceTimersByTimeAsync(25_000)
  expect(sender.preference()).toBe('maintain-resolution')
  await vi.advanceTimersByTimeAsync(20_000)
  expect(sender.preference()).toBe('maintain-resolution')
  sender.stop()
  expect(vi.getTimerCount()).toBe(0)
})

test('what was too much is tried again when far more is allowed', async () => {
  const frames = { camera: 30, encoded: 5 }
  const sender = encoding(frames)
  await sender.fall()
  await vi.advanceTimersByTimeAsync(10_000)
  await sender.apply(120_000, 'downlink')
  expect(sender.preference()).toBe('maintain-framerate')
  frames.encoded = 20
  await sender.apply(300_000, 'downlink')
  await vi.advanceTimersByTimeAsync(10_000)
  expect(sender.preference()).toBe('maintain-resolution')
  await sender.apply(300_000)
  expect([sender.preference(), sender.scale()], 'no link is thin any more').toEqual([
    'maintain-framerate',
    1,
  ])
  sender.stop()
})
