import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CodecSelector, applyCodec, codecNamed } from './codec'
import { VideoSender } from './videoSender'

const vp8: RTCRtpCodec = { mimeType: 'video/VP8', clockRate: 90_000 }
const av1: RTCRtpCodec = {
  mimeType: 'video/AV1',
  clockRate: 90_000,
  sdpFmtpLine: 'level-idx=5;profile=0;tier=0',
}
const known = [vp8, av1, { ...av1, sdpFmtpLine: 'level-idx=5;profile=1;tier=0' }]

beforeEach(() => {
  vi.useFakeTimers() // the encoder measures what it does
  vi.stubGlobal('RTCRtpSender', {
    getCapabilities: () => ({ codecs: known, headerExtensions: [] }),
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('a codec is found by its name in SDP, the first of its profiles', () => {
  expect(codecNamed('AV1', known)).toBe(av1)
  expect(codecNamed('av1', [vp8])).toBeUndefined()
  expect(codecNamed('', known)).toBeUndefined()
})

test('all encodings get the same codec, and lose it again', () => {
  const encodings: (RTCRtpEncodingParameters & { codec?: RTCRtpCodec })[] = [
    { rid: 'q' },
    { rid: 'f' },
  ]
  expect(applyCodec(encodings, av1)).toBe(true)
  expect(encodings.map(({ codec }) => codec)).toEqual([av1, av1])
  expect(applyCodec(encodings, { ...av1 })).toBe(false)
  expect(applyCodec(encodings, undefined)).toBe(true)
  expect(encodings).toEqual([{ rid: 'q' }, { rid: 'f' }])
})

const taking = (encodeTime: number) => ({
  frames: 20,
  camera: 20,
  bitrate: 60_000,
  encodeTime,
  starved: false,
})

test.each([
  [0.3, false],
  [0.7, true],
])('a codec that takes %f cores is given up: %s', (encodeTime, gone) => {
  const codecs = new CodecSelector()
  const codec = codecs.pick('AV1')
  expect(codec).toBe(av1)
  expect(codecs.judge(taking(encodeTime)), 'not before it is used').toBe(false)
  codecs.use(codec)
  expect(codecs.judge(taking(encodeTime)), 'the first measurement began with another codec').toBe(
    false,
  )
  expect(codecs.judge(taking(encodeTime))).toBe(gone)
  expect(codecs.pick('AV1')).toBe(gone ? undefined : av1)
})

test('a browser that refuses the codec gets the demand without it, for good', async () => {
  let parameters = { encodings: [{ active: false }] } as unknown as RTCRtpSendParameters
  const set = vi.fn(async (next: RTCRtpSendParameters) => {
    if (next.encodings.some((encoding) => 'codec' in encoding))
      throw new DOMException('no', 'InvalidModificationError')
    parameters = structuredClone(next)
  })
  const sender = {
    getParameters: () => structuredClone(parameters),
    setParameters: set,
  } as unknown as RTCRtpSender
  const encoder = new VideoSender(sender, { '': 1 }, 'maintain-framerate')
  await encoder.apply([{ rid: '', active: true, maxBitrate: 60_000, codec: 'AV1' }])
  expect(parameters.encodings).toEqual([
    { active: true, maxBitrate: 60_000, scaleResolutionDownBy: 1 },
  ])
  expect(set).toHaveBeenCalledTimes(2)
  await encoder.apply([{ rid: '', active: true, maxBitrate: 50_000, codec: 'AV1' }])
  expect(set).toHaveBeenCalledTimes(3)
  encoder.stop()
})
