import { expect, test } from 'vitest'
import { decode, encode, frameNumbers } from './page/code'
import { luma, ssim } from './page/ssim'
import { Meter } from './page/stats'

test('every mark is read again, and no single wrong block passes', () => {
  for (let who = 0; who < 16; who++) {
    for (let frame = 0; frame < frameNumbers; frame += 7) {
      const bits = encode({ who, frame })
      expect(decode(bits)).toEqual({ who, frame })
      expect(decode(bits ^ (1 << frame % 16))).toBeUndefined()
    }
  }
})

test('neighbouring frames differ in one block and parity', () => {
  for (let frame = 1; frame < frameNumbers; frame++) {
    const changed = encode({ who: 3, frame }) ^ encode({ who: 3, frame: frame - 1 })
    expect(changed.toString(2).replaceAll('0', '').length).toBe(2)
  }
})

const picture = (of: (x: number, y: number) => number) => Float32Array.from({ length: 64 * 48 }, (_, i) => of(i % 64, Math.floor(i / 64)))
const stripes = picture((x) => 128 + 60 * Math.sin(x / 3))

test('SSIM: 1 for the same picture, less the worse it is, negative for its negative', () => {
  const noisy = (strength: number) => stripes.map((v, i) => v + strength * (((i * 7919) % 17) - 8))
  expect(ssim(stripes, stripes, 64, 48)).toBeCloseTo(1, 6)
  const scores = [0.5, 2, 6].map((strength) => ssim(stripes, noisy(strength), 64, 48))
  expect(scores[0]).toBeGreaterThan(0.98)
  expect(scores[1]).toBeLessThan(scores[0]!)
  expect(scores[2]).toBeLessThan(0.8)
  expect(ssim(stripes, stripes.map((v) => 256 - v), 64, 48)).toBeLessThan(0)
})

test('SSIM of two even greys is the luminance term alone', () => {
  const [a, b] = [100, 150]
  const c1 = (0.01 * 255) ** 2
  expect(ssim(picture(() => a), picture(() => b), 64, 48)).toBeCloseTo((2 * a * b + c1) / (a * a + b * b + c1), 4)
})

test('luma follows BT.601 and leaves rows out', () => {
  const pixels = Uint8ClampedArray.from([255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 255])
  const rows = luma(pixels, 2, 1)
  expect(rows.length).toBe(2)
  expect(rows[0]).toBeCloseTo(0.114 * 255, 3)
  expect(rows[1]).toBeCloseTo(255, 3)
})

const voice = (id: string, packets: number, samples: number, concealed: number, silent: number) =>
  ({ type: 'inbound-rtp', kind: 'audio', id, packetsReceived: packets, packetsLost: 2, totalSamplesReceived: samples, concealedSamples: concealed,
    silentConcealedSamples: silent, jitterBufferDelay: samples / 1000, jitterBufferEmittedCount: samples }) as unknown as RTCStats

test('statistics: slots that never got a packet do not count, headers do', () => {
  const reading = new Meter().read([
    voice('a', 50, 48_000, 960, 480),
    voice('b', 0, 96_000, 96_000, 0),
    { type: 'inbound-rtp', kind: 'video', packetsReceived: 20, framesDecoded: 15, frameWidth: 320, frameHeight: 180, freezeCount: 1, totalFreezesDuration: 0.4 },
    { type: 'outbound-rtp', kind: 'video', framesSent: 20 },
    { type: 'candidate-pair', nominated: true, bytesReceived: 1000, packetsReceived: 10, bytesSent: 2000, packetsSent: 20, currentRoundTripTime: 0.05 },
    { type: 'candidate-pair', nominated: false, bytesReceived: 500, packetsReceived: 5 },
  ] as unknown as RTCStats[], 1000, 1)
  expect(reading).toMatchObject({
    samples: 48_000, concealed: 960, silent: 480, audioLost: 2, frames: 15, width: 320, height: 180, freezes: 1, frozen: 0.4,
    framesSent: 20, bytesReceived: 1280, bytesSent: 2560, packetsReceived: 70, roundTrip: 50, others: 1,
  })
})

test('statistics: silence in the slots of those who left is not the call', () => {
  const meter = new Meter()
  meter.read([voice('a', 10, 1000, 0, 0)], 0, 1)
  expect(meter.read([voice('a', 10, 2000, 1000, 1000)], 1000, 0).samples, 'nobody is there').toBe(1000)
  expect(meter.read([voice('a', 10, 3000, 2000, 2000), voice('b', 5, 500, 20, 0)], 7000, 1)).toMatchObject({ samples: 1500, concealed: 20 })
  expect(meter.read([voice('a', 10, 9000, 8000, 8000), voice('b', 5, 6500, 6020, 0)], 20_000, 1), 'the link may be gone').toMatchObject({ samples: 7500, concealed: 6020 })
})
