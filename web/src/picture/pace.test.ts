import { expect, it } from 'vitest'
import { interval, Pace } from './pace'

it.each([10_000, 27_000, 100_000, 3_000_000])('keeps to %d bit/s, headers included', (bitrate) => {
  const pace = new Pace(98)
  let bytes = 0
  const minute = 60_000 / interval
  pace.pass(0, bitrate)
  for (let i = 1; i <= minute; i++) {
    pace.pass(i * interval, bitrate)
    for (let size = pace.part(bitrate); size; size = pace.part(bitrate)) {
      pace.sent(size)
      bytes += size + 98
    }
  }
  expect((8 * bytes) / 60 / bitrate).toBeCloseTo(1, 1)
  pace.pass(3_600_000, bitrate)
  expect(pace.part(bitrate)).toBeLessThanOrEqual(32 << 10)
  expect(new Pace(98).part(bitrate)).toBe(0)
})
