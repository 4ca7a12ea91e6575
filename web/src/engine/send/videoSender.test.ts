import { expect, test, vi } from 'vitest'
import type { Encoding } from '../../protocol/messages'
import { VideoSender, applyDemand } from './videoSender'

const scales = { q: 2, f: 1, '': 1 }
const sent = (): RTCRtpEncodingParameters[] => [
  { rid: 'q', active: true, maxBitrate: 150_000, scaleResolutionDownBy: 2 },
  { rid: 'f', active: true, maxBitrate: 700_000, scaleResolutionDownBy: 1 },
]

/** A sender that does what it is told. */
function obedient(hears: (next: RTCRtpSendParameters) => void = () => {}): RTCRtpSender {
  let parameters = { encodings: [{ active: true }] } as unknown as RTCRtpSendParameters
  return {
    getParameters: () => structuredClone(parameters),
    setParameters: async (next: RTCRtpSendParameters) => hears((parameters = next)),
  } as RTCRtpSender
}

test('a needed codec is that of the section; one that saves bits, of the encoding', async () => {
  const switched: (string | undefined)[] = []
  const encoder = new VideoSender(obedient(), scales, 'maintain-framerate', (codec) =>
    switched.push(codec),
  )
  const ask = (codec?: string, active = true) => encoder.apply([{ rid: '', active, codec }])
  await ask()
  expect(switched).toEqual([])
  await ask('H264')
  await ask('H264')
  await ask(undefined, false) // nobody looks for a moment
  await ask('H264')
  expect(switched).toEqual(['H264'])
  await ask('AV1')
  expect(switched).toEqual(['H264', undefined])
  encoder.stop()
})

test('what is asked for is set, the rest stays', () => {
  const encodings = sent()
  const demand: Encoding[] = [
    { rid: 'f', active: true, maxBitrate: 300_000, maxFramerate: 15, scaleResolutionDownBy: 1.5 },
  ]
  expect(applyDemand(encodings, demand, scales)).toBe(true)
  expect(encodings).toEqual([
    sent()[0],
    { rid: 'f', active: true, maxBitrate: 300_000, maxFramerate: 15, scaleResolutionDownBy: 1.5 },
  ])
})
test('zero lifts a cap and gives the size of the beginning back', () => {
  const encodings = [
    { rid: 'q', active: true, maxBitrate: 9, maxFramerate: 5, scaleResolutionDownBy: 4 },
  ]
  applyDemand(encodings, [{ rid: 'q', active: true }], scales)
  expect(encodings).toEqual([
    { rid: 'q', active: true, maxFramerate: 24, scaleResolutionDownBy: 2 },
  ])
})
test('an encoding that nobody watches is switched off as it is', () => {
  const encodings = sent()
  expect(applyDemand(encodings, [{ rid: 'q', active: false, maxBitrate: 1 }], scales)).toBe(true)
  expect(encodings[0]).toEqual({ ...sent()[0], active: false })
})
test('nothing to change is said', () => {
  expect(
    applyDemand(
      sent(),
      [
        { rid: 'f', active: true, maxBitrate: 700_000 },
        { rid: 'x', active: false },
      ],
      scales,
    ),
  ).toBe(false)
})
test('an encoding without a name is the only one', () => {
  const encodings: RTCRtpEncodingParameters[] = [{ active: true }]
  applyDemand(encodings, [{ rid: '', active: false }], scales)
  expect(encodings[0]!.active).toBe(false)
})

test('demands that come while one is being set are skipped but for the last', async () => {
  const set: unknown[] = []
  const sender = obedient((next) => set.push(next.encodings[0]!.maxBitrate))
  const encoder = new VideoSender(sender, scales, 'maintain-framerate')
  const demand = (maxBitrate: number) => encoder.apply([{ rid: '', active: true, maxBitrate }])
  await Promise.all([demand(100_000), demand(110_000), demand(120_000)])
  expect(set).toEqual([100_000, 120_000])
  expect(sender.getParameters().degradationPreference).toBe('maintain-framerate')
  await demand(120_000)
  expect(set).toEqual([100_000, 120_000])
})

test('a sender that refuses is no reason to stop obeying', async () => {
  let refuse = true
  let active: boolean | undefined = true
  const sender = {
    getParameters: () => ({ encodings: [{ active }] }) as unknown as RTCRtpSendParameters,
    setParameters: async (next: RTCRtpSendParameters) => {
      if (refuse) throw new Error('not now')
      active = next.encodings[0]!.active
    },
  } as RTCRtpSender
  const encoder = new VideoSender(sender, scales, 'maintain-framerate')
  await encoder.apply([{ rid: '', active: false }])
  expect(active).toBe(true)
  refuse = false
  await encoder.apply([{ rid: '', active: false }])
  expect(active).toBe(false)
})

test('a picture that begins keeps its size for a while, then the encoder may choose', async () => {
  vi.useFakeTimers()
  const sender = obedient()
  const encoder = new VideoSender(sender, scales, 'maintain-framerate')
  const preference = () => sender.getParameters().degradationPreference
  await encoder.apply([{ rid: '', active: true }])
  expect(preference()).toBe('maintain-framerate')
  await encoder.begin()
  expect(preference()).toBe('maintain-resolution')
  await vi.advanceTimersByTimeAsync(3_000)
  expect(preference()).toBe('maintain-framerate')
  await encoder.apply([{ rid: '', active: true, maxFramerate: 1 }])
  expect(preference(), 'a still picture becomes sharp, not small').toBe('maintain-resolution')
  await encoder.apply([{ rid: '', active: true }])
  expect(preference()).toBe('maintain-framerate')
  await encoder.apply([{ rid: '', active: false }])
  await encoder.apply([{ rid: '', active: true }])
  expect(preference(), 'it begins again').toBe('maintain-resolution')
  encoder.stop()
  await vi.advanceTimersByTimeAsync(3_000)
  expect(preference()).toBe('maintain-resolution')
  vi.useRealTimers()
})

test('a picture that may take far more than before has its size back at once', async () => {
  vi.useFakeTimers()
  const sender = obedient()
  const encoder = new VideoSender(sender, scales, 'maintain-framerate')
  const preference = () => sender.getParameters().degradationPreference
  const allow = async (maxBitrate: number, reason?: 'downlink') => {
    await encoder.apply([{ rid: '', active: true, maxBitrate, reason }])
    return preference()
  }
  expect(await allow(200_000, 'downlink'), 'nothing was known before').toBe('maintain-framerate')
  expect(await allow(280_000, 'downlink')).toBe('maintain-framerate')
  expect(await allow(500_000, 'downlink')).toBe('maintain-resolution')
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await allow(800_000)).toBe('maintain-resolution')
  await vi.advanceTimersByTimeAsync(2_999)
  expect(preference(), 'the last leap counts').toBe('maintain-resolution')
  await vi.advanceTimersByTimeAsync(1)
  expect(preference()).toBe('maintain-framerate')
  expect(await allow(100_000, 'downlink'), 'less is no leap').toBe('maintain-framerate')
  expect(await allow(140_000, 'downlink')).toBe('maintain-framerate')
  expect(await allow(160_000), 'small steps are a leap in the end').toBe('maintain-resolution')
  await vi.advanceTimersByTimeAsync(3_000)
  expect(await allow(800_000), 'no link was why it was less').toBe('maintain-framerate')
  encoder.stop()
  vi.useRealTimers()
})

/** A sender whose camera gives so many lines, and its encoding as it is set. */
function withCamera(lines: number, limited: () => string = () => 'none') {
  let latest: RTCRtpEncodingParameters = {}
  const track = {
    getSettings: () => ({ width: (16 * lines) / 9, height: lines }),
    applyConstraints: async ({ height }: MediaTrackConstraints) =>
      void (lines = (height as ConstrainULongRange).ideal!),
  }
  const sender = {
    ...obedient((next) => (latest = next.encodings[0]!)),
    track,
    getStats: async () =>
      new Map([['o', { type: 'outbound-rtp', qualityLimitationReason: limited() }]]),
  } as unknown as RTCRtpSender
  const video = new VideoSender(sender, { '': 1 }, 'maintain-framerate')
  return { video, encoding: () => latest }
}
const asked = (scaleResolutionDownBy: number): Encoding[] => [
  { rid: '', active: true, maxBitrate: 500_000, scaleResolutionDownBy },
]

test('a camera of twice the lines sends half, and all when they are looked at', async () => {
  const { video, encoding } = withCamera(720)
  expect(video.lines).toBe(720)
  await video.apply(asked(1))
  expect(encoding()).toMatchObject({ scaleResolutionDownBy: 2, maxFramerate: 20 })
  await video.apply(asked(0.5))
  expect(encoding()).toMatchObject({ scaleResolutionDownBy: 1, maxFramerate: 24 })
  await video.apply(asked(4))
  expect(encoding()).toMatchObject({ scaleResolutionDownBy: 8, maxFramerate: 20 })
  video.stop()
})
test('another camera sends what is asked for', async () => {
  const { video, encoding } = withCamera(480)
  expect(video.lines).toBe(480)
  await video.apply(asked(2))
  expect(encoding()).toMatchObject({ scaleResolutionDownBy: 2 })
  expect(encoding().maxFramerate).toBeUndefined()
  video.stop()
})
test('a device that is out of breath gives up lines before frames, for good', async () => {
  vi.useFakeTimers()
  const { video, encoding } = withCamera(720, () => 'cpu')
  await video.apply(asked(0.5))
  expect(encoding().scaleResolutionDownBy).toBe(1)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(video.lines).toBe(360)
  expect(encoding().scaleResolutionDownBy).toBe(1)
  video.stop()
  vi.useRealTimers()
})
