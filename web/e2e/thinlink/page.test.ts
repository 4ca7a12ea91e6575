import { expect, test } from 'vitest'
import { beepOf, beepsIn } from './page/beep'
import { decode, encode, frameNumbers } from './page/code'
import { Gaze } from './page/gaze'
import { luma, ssim } from './page/ssim'
import { Meter } from './page/stats'

test('every mark is read again, and no single wrong block passes', () => {
  for (let who = 0; who < 16; who++) {
    for (let frame = 0; frame < frameNumbers; frame += 7) {
      const bits = encode({ who, frame })
      expect(decode(bits)).toEqual({ who, frame })
      expect(decode(bits ^ (1 << (frame % 16)))).toBeUndefined()
    }
  }
})

test('a camera that is still dark shows nobody', () => {
  expect(decode(0)).toBeUndefined()
  expect(decode(0xffff)).toBeUndefined()
})

test('neighbouring frames differ in one block and parity', () => {
  for (let frame = 1; frame < frameNumbers; frame++) {
    const changed = encode({ who: 3, frame }) ^ encode({ who: 3, frame: frame - 1 })
    expect(changed.toString(2).replaceAll('0', '').length).toBe(2)
  }
})

const picture = (of: (x: number, y: number) => number) =>
  Float32Array.from({ length: 64 * 48 }, (_, i) => of(i % 64, Math.floor(i / 64)))
const stripes = picture((x) => 128 + 60 * Math.sin(x / 3))

test('SSIM: 1 for the same picture, less the worse it is, negative for its negative', () => {
  const noisy = (strength: number) => stripes.map((v, i) => v + strength * (((i * 7919) % 17) - 8))
  expect(ssim(stripes, stripes, 64, 48)).toBeCloseTo(1, 6)
  const scores = [0.5, 2, 6].map((strength) => ssim(stripes, noisy(strength), 64, 48))
  expect(scores[0]).toBeGreaterThan(0.98)
  expect(scores[1]).toBeLessThan(scores[0]!)
  expect(scores[2]).toBeLessThan(0.8)
  expect(
    ssim(
      stripes,
      stripes.map((v) => 256 - v),
      64,
      48,
    ),
  ).toBeLessThan(0)
})

test('SSIM of two even greys is the luminance term alone', () => {
  const [a, b] = [100, 150]
  const c1 = (0.01 * 255) ** 2
  expect(
    ssim(
      picture(() => a),
      picture(() => b),
      64,
      48,
    ),
  ).toBeCloseTo((2 * a * b + c1) / (a * a + b * b + c1), 4)
})

test('luma follows BT.601 and leaves rows out', () => {
  const pixels = Uint8ClampedArray.from([
    255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 255,
  ])
  const rows = luma(pixels, 2, 1)
  expect(rows.length).toBe(2)
  expect(rows[0]).toBeCloseTo(0.114 * 255, 3)
  expect(rows[1]).toBeCloseTo(255, 3)
})

const voice = (id: string, packets: number, samples: number, concealed: number, silent: number) =>
  ({
    type: 'inbound-rtp',
    kind: 'audio',
    id,
    packetsReceived: packets,
    packetsLost: 2,
    totalSamplesReceived: samples,
    concealedSamples: concealed,
    silentConcealedSamples: silent,
    jitterBufferDelay: samples / 1000,
    jitterBufferEmittedCount: samples,
  }) as unknown as RTCStats

test('statistics: slots that never got a packet do not count, headers do', () => {
  const reading = new Meter().read(
    [
      voice('a', 50, 48_000, 960, 480),
      voice('b', 0, 96_000, 96_000, 0),
      {
        type: 'inbound-rtp',
        kind: 'video',
        mid: '4',
        packetsReceived: 20,
        framesDecoded: 15,
        frameWidth: 320,
        frameHeight: 180,
        freezeCount: 1,
        totalFreezesDuration: 0.4,
      },
      {
        type: 'inbound-rtp',
        kind: 'video',
        mid: '5',
        packetsReceived: 10,
        framesDecoded: 5,
        frameWidth: 640,
        frameHeight: 360,
      },
      { type: 'outbound-rtp', kind: 'video', framesSent: 20 },
      {
        type: 'candidate-pair',
        nominated: true,
        bytesReceived: 1000,
        packetsReceived: 10,
        bytesSent: 2000,
        packetsSent: 20,
        currentRoundTripTime: 0.05,
      },
      { type: 'candidate-pair', nominated: false, bytesReceived: 500, packetsReceived: 5 },
    ] as unknown as RTCStats[],
    1000,
    1,
    '4',
  )
  expect(reading).toMatchObject({
    samples: 48_000,
    concealed: 960,
    silent: 480,
    audioLost: 2,
    frames: 20,
    mainFrames: 15,
    width: 320,
    height: 180,
    freezes: 1,
    frozen: 0.4,
    framesSent: 20,
    bytesReceived: 1280,
    bytesSent: 2560,
    packetsReceived: 80,
    roundTrip: 50,
    others: 1,
  })
})

test('statistics: silence in the slots of those who left is not the call', () => {
  const meter = new Meter()
  meter.read([voice('a', 10, 1000, 0, 0)], 0, 1)
  expect(meter.read([voice('a', 10, 2000, 1000, 1000)], 1000, 0).samples, 'nobody is there').toBe(
    1000,
  )
  expect(
    meter.read([voice('a', 10, 3000, 2000, 2000), voice('b', 5, 500, 20, 0)], 7000, 1),
  ).toMatchObject({ samples: 1500, concealed: 20 })
  expect(
    meter.read([voice('a', 10, 9000, 8000, 8000), voice('b', 5, 6500, 6020, 0)], 20_000, 1),
    'the link may be gone',
  ).toMatchObject({ samples: 7500, concealed: 6020 })
})

test('statistics: frames of the picture looked at, whichever it is at the time', () => {
  const meter = new Meter()
  const both = (a: number, b: number) =>
    ['4', '5'].map(
      (mid, i) =>
        ({
          type: 'inbound-rtp',
          kind: 'video',
          mid,
          packetsReceived: 1,
          framesDecoded: [a, b][i],
          frameHeight: 180 * (i + 1),
        }) as unknown as RTCStats,
    )
  expect(meter.read(both(10, 20), 0, 2, '4')).toMatchObject({ mainFrames: 10, height: 180 })
  expect(meter.read(both(25, 40), 1000, 2, '5')).toMatchObject({ mainFrames: 30, height: 360 })
  expect(meter.read(both(30, 41), 2000, 2, undefined)).toMatchObject({ mainFrames: 30, height: 0 })
  expect(meter.read(both(40, 42), 3000, 2, '4')).toMatchObject({ mainFrames: 40, frames: 82 })
})

test('the picture looked at is that of the highest priority, where the server put it', () => {
  const gaze = new Gaze()
  const want = (participant: string, priority: number, width: number) => ({
    participant,
    source: 'camera',
    width,
    height: width,
    priority,
  })
  const slot = (mid: string, participant: string) => ({
    mid,
    participant,
    source: 'camera',
    csrc: 1,
    paused: false,
  })
  expect([gaze.main, gaze.others]).toEqual([undefined, 0])
  gaze.sent(
    JSON.stringify({
      type: 'subscribe',
      subscriptions: [want('a', 0, 100), want('b', 2, 300), want('c', 2, 400)],
    }),
  )
  expect(gaze.main).toBeUndefined()
  gaze.received(JSON.stringify({ type: 'welcome', participant: 'me' }))
  gaze.received(JSON.stringify({ type: 'slots', slots: [slot('7', 'a'), slot('8', 'c')] }))
  gaze.received('not of this protocol')
  expect([gaze.main, gaze.others, gaze.participant]).toEqual(['8', 2, 'me'])
  gaze.sent(JSON.stringify({ type: 'subscribe', subscriptions: [] }))
  gaze.sent(new Uint8Array(3))
  expect(gaze.main).toBeUndefined()
})

/** Sound of 85 ms, in which a tone begins after so many ms. */
const sound = (hertz: number, after: number, level = 0.3, hiss = 0.02) =>
  Float32Array.from({ length: 4096 }, (_, i) => {
    const noise = hiss * Math.sin(i * i) // of every frequency
    return noise + (i >= 48 * after ? level * Math.sin((2 * Math.PI * hertz * i) / 48_000) : 0)
  })

test.each([0, 1, 4, 7])('the beep of %i is heard when it begins, to a few ms', (who) => {
  for (let after = 12; after < 70; after += 7.3) {
    const [beep, ...more] = beepsIn(sound(beepOf(who), after))
    expect(more).toEqual([])
    expect(beep?.who).toBe(who)
    expect(4096 / 48 - beep!.ago - after).toBeGreaterThan(-4)
    expect(4096 / 48 - beep!.ago - after).toBeLessThan(4)
  }
})

test('no beep: silence, hiss, a vowel, one that has begun before, and the own one', () => {
  expect(beepsIn(new Float32Array(4096))).toEqual([])
  expect(beepsIn(sound(beepOf(1), 90))).toEqual([])
  const overtone = (i: number) => 0.15 * Math.sin((2 * Math.PI * 2_100 * i) / 48_000)
  const vowel = sound(200, 20).map((v, i) => v + overtone(i))
  expect(beepsIn(vowel)).toEqual([])
  expect(beepsIn(sound(beepOf(1), 0))).toEqual([])
  expect(beepsIn(sound(beepOf(1), 30), 1)).toEqual([])
})
