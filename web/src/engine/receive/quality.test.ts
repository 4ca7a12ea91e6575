import { describe, expect, test } from 'vitest'
import type { Picture } from '../api'
import {
  Assessment,
  RoundTrip,
  FrameMeter,
  Concealment,
  Hysteresis,
  levelOfPicture,
  levelOfVoice,
  levelHysteresis,
  worst,
} from './quality'

const live: Picture = { state: 'live', width: 640, height: 360 }

test('single gaps count, with good seconds between; one does not', () => {
  const concealment = new Concealment()
  concealment.take(0.08, 0)
  expect(concealment.audible).toBe(false)
  for (const share of [0, 0, 0.06, 0, 0, 0.06]) concealment.take(share, 0)
  expect(concealment.audible).toBe(true)
  for (let i = 0; i < 7; i++) concealment.take(0, 0)
  expect(concealment.audible).toBe(true)
  concealment.take(0, 0)
  expect(concealment.audible, 'eight calm seconds in a row').toBe(false)
  concealment.take(0.02, 0)
  expect(concealment.audible, 'what was paid back does not count again').toBe(false)
})

test('a link that loses packets is not calm, however well they are repaired', () => {
  const concealment = new Concealment()
  for (let i = 0; i < 20; i++) concealment.take(i === 5 ? 0.15 : 0, 0.05)
  expect(concealment.audible).toBe(true)
  for (let i = 0; i < 20; i++) concealment.take(0, 0)
  expect(concealment.audible).toBe(false)
})

test('a way is as long as its shortest trip; another path begins anew', () => {
  const roundTrip = new RoundTrip()
  expect(roundTrip.long, 'not known').toBe(false)
  roundTrip.take('wifi', undefined)
  roundTrip.take('wifi', 0)
  expect(roundTrip.long).toBe(false)
  roundTrip.take('wifi', 0.25)
  expect(roundTrip.long).toBe(true)
  roundTrip.take('wifi', 0.012)
  roundTrip.take('wifi', 0.25)
  expect(roundTrip.long, 'what took longer waited').toBe(false)
  roundTrip.take('mobile', 0.05)
  expect(roundTrip.long).toBe(true)
})

test('a steady value is replaced only by one that has lasted', () => {
  const steady = new Hysteresis('a', (_, to) => (to === 'b' ? 2_000 : 0))
  expect([0, 1_000, 1_999].map((now) => steady.take('b', now))).toEqual(['a', 'a', 'a'])
  expect(steady.take('a', 2_500)).toBe('a')
  expect([3_000, 5_000].map((now) => steady.take('b', now))).toEqual(['a', 'b'])
  expect(steady.take('a', 5_100)).toBe('a')
})

describe('frames a second', () => {
  function watch(
    meter: FrameMeter,
    framerate: number,
    from: number,
    seconds: number,
    count = false,
  ): number[] {
    const rates: number[] = []
    let sampled = from
    for (let frame = 0; frame < framerate * seconds; frame++) {
      const at = from + (frame * 1000) / framerate
      meter.frame(at, count ? frame + 1 : undefined)
      if (at >= sampled + 1000) {
        rates.push(meter.sample(at) ?? -1)
        sampled = at
      }
    }
    return rates
  }
  test.each([[20], [15], [7.5], [3]])('%d are measured as that', (framerate) => {
    for (const rate of watch(new FrameMeter(), framerate, 0, 6))
      expect(rate).toBeCloseTo(framerate, 1)
  })
  test('frames that the page was not told of count, where the browser counts them', () => {
    const meter = new FrameMeter()
    for (let second = 0; second <= 3; second++) meter.frame(second * 1000, second * 18)
    expect(meter.sample(3_000)).toBeCloseTo(18, 1)
  })
  test('a gap is seen before the next frame ends it', () => {
    const meter = new FrameMeter()
    watch(meter, 20, 0, 3)
    expect(meter.sample(4_000)).toBeLessThan(15)
    expect(meter.sample(8_000)).toBeLessThan(3)
  })
  test('nothing is told of nothing', () => {
    const meter = new FrameMeter()
    expect(meter.sample(0)).toBeUndefined()
    meter.frame(0)
    expect(meter.sample(500)).toBeUndefined()
    meter.reset()
    expect(meter.sample(5_000)).toBeUndefined()
  })
})

describe('whether movements can be observed', () => {
  const during = (
    assessment: Assessment,
    framerate: number,
    lines: number,
    from: number,
    to: number,
  ) => {
    let enough = true
    for (let now = from; now <= to; now += 500) enough = assessment.take(framerate, lines, now)
    return enough
  }
  test('not below 15 frames/s for more than 3 s; again after 5 s with them', () => {
    const assessment = new Assessment()
    expect(during(assessment, 20, 360, 0, 5_000)).toBe(true)
    expect(during(assessment, 12, 360, 5_500, 8_000)).toBe(true)
    expect(during(assessment, 12, 360, 8_500, 9_000)).toBe(false)
    expect(during(assessment, 15, 360, 9_500, 14_000)).toBe(false)
    expect(during(assessment, 15, 360, 14_500, 15_000)).toBe(true)
  })
  test('nor below 240 lines', () => {
    expect(during(new Assessment(), 20, 180, 0, 4_000)).toBe(false)
    expect(during(new Assessment(), 20, 240, 0, 4_000)).toBe(true)
  })
  test('a moment changes nothing', () => {
    const assessment = new Assessment()
    for (let now = 0; now < 60_000; now += 1_000)
      expect(assessment.take(now % 3_000 ? 10 : 20, 360, now)).toBe(true)
  })
  test('a camera of 15 frames/s that is measured a little below is enough, and comes back', () => {
    const assessment = new Assessment()
    expect(during(assessment, 14.6, 360, 0, 9_000)).toBe(true)
    expect(during(assessment, 5, 360, 9_500, 14_000)).toBe(false)
    expect(during(assessment, 14.6, 360, 14_500, 30_000)).toBe(false)
    expect(during(assessment, 14.9, 360, 30_500, 36_000)).toBe(true)
  })
})

describe('levels', () => {
  test.each<[string, Picture, number | undefined, boolean, string | undefined]>([
    ['all that was asked for', live, 20, false, 'good'],
    ['too early to tell', live, undefined, false, 'good'],
    ['smaller than asked for', live, 20, true, 'fair'],
    ['slower than can be assessed', live, 12, false, 'fair'],
    ['a slide show', live, 5, false, 'weak'],
    ['cut by a link', { state: 'paused', reason: 'uplink' }, undefined, false, 'weak'],
    [
      'not sent yet',
      { state: 'paused', reason: 'publisher' },
      undefined,
      false,
      undefined,
    ],
    ['still', { state: 'still', reason: 'uplink', at: 0 }, undefined, false, 'weak'],
    ['off', { state: 'off' }, undefined, false, undefined],
  ])('of a picture, %s', (_, picture, framerate, short, level) => {
    expect(levelOfPicture(picture, framerate, short)).toBe(level)
  })
  test('of a voice', () => {
    expect([0, 0.02, 0.2].map(levelOfVoice)).toEqual(['good', 'fair', 'weak'])
  })
  test('the worst counts', () => {
    expect([worst('good', 'weak', 'fair'), worst(undefined, 'good'), worst()]).toEqual([
      'weak',
      'good',
      undefined,
    ])
  })
  test('are worse sooner than better', () => {
    const level = levelHysteresis()
    expect(level.take('good', 0)).toBe('good')
    expect([level.take('weak', 1_000), level.take('weak', 3_000)]).toEqual(['good', 'weak'])
    expect([
      level.take('good', 4_000),
      level.take('good', 8_000),
      level.take('good', 9_000),
    ]).toEqual(['weak', 'weak', 'good'])
    expect(level.take(undefined, 9_001)).toBeUndefined()
  })
})
