import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Strength, applyCodec, codecNamed } from './codec'
import { Encoder } from './videoSender'

const vp8: RTCRtpCodec = { mimeType: 'video/VP8', clockRate: 90_000 }
const av1: RTCRtpCodec = { mimeType: 'video/AV1', clockRate: 90_000, sdpFmtpLine: 'level-idx=5;profile=0;tier=0' }
const known = [vp8, av1, { ...av1, sdpFmtpLine: 'level-idx=5;profile=1;tier=0' }]

beforeEach(() => {
  vi.useFakeTimers() // the encoder measures what it does
  vi.stubGlobal('RTCRtpSender', { getCapabilities: () => ({ codecs: known, headerExtensions: [] }) })
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
  const encodings: (RTCRtpEncodingParameters & { codec?: RTCRtpCodec })[] = [{ rid: 'q' }, { rid: 'f' }]
  expect(applyCodec(encodings, av1)).toBe(true)
  expect(encodings.map(({ codec }) => codec)).toEqual([av1, av1])
  expect(applyCodec(encodings, { ...av1 })).toBe(false)
  expect(applyCodec(encodings, undefined)).toBe(true)
  expect(encodings).toEqual([{ rid: 'q' }, { rid: 'f' }])
})

const taking = (load: number) => ({ frames: 20, camera: 20, bitrate: 60_000, load })

test.each([[0.3, false], [0.7, true]])('a codec that takes %f cores is given up: %s', (load, gone) => {
  const strength = new Strength()
  const codec = strength.pick('AV1')
  expect(codec).toBe(av1)
  expect(strength.judge(taking(load)), 'not before it is used').toBe(false)
  strength.use(codec)
  expect(strength.judge(taking(load)), 'the first measurement began with another codec').toBe(false)
  expect(strength.judge(taking(load))).toBe(gone)
  expect(strength.pick('AV1')).toBe(gone ? undefined : av1)
})

test('a browser that refuses the codec gets the rest of the demand without it, and is not asked again', async () => {
  let parameters = { encodings: [{ active: false }] } as unknown as RTCRtpSendParameters
  const set = vi.fn(async (next: RTCRtpSendParameters) => {
    if (next.encodings.some((encoding) => 'codec' in encoding)) throw new DOMException('no', 'InvalidModificationError')
    parameters = structuredClone(next)
  })
  const sender = { getParameters: () => structuredClone(parameters), setParameters: set } as unknown as RTCRtpSender
  const encoder = new Encoder(sender, { '': 1 }, 'maintain-framerate')
  await encoder.apply([{ rid: '', active: true, maxBitrate: 60_000, codec: 'AV1' }])
  expect(parameters.encodings).toEqual([{ active: true, maxBitrate: 60_000, scaleResolutionDownBy: 1 }])
  expect(set).toHaveBeenCalledTimes(2)
  await encoder.apply([{ rid: '', active: true, maxBitrate: 50_000, codec: 'AV1' }])
  expect(set).toHaveBeenCalledTimes(3)
  encoder.stop()
})
