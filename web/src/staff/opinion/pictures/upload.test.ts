import { expect, it } from 'vitest'
import {
  begun,
  failed,
  minutesLeft,
  pauseOf,
  percentOf,
  smallest,
  stepOf,
  sum,
  told,
  type Upload,
} from './upload'
import { fc } from '../../../engine/testing/properties'

/** What happens to a request: it is answered, lost on the way there, or on the way back. */
type Fate = 'answered' | 'lost' | 'unanswered'

const there = (...have: number[]) => ({ have, looked: [] })

type Sent = { size: number; sent: number; asked: number; starts: number[] }

/** A server that counts what is there of each piece. */
function take(sizes: readonly number[], have: number[], from: number, to: number): void {
  for (let i = 0, begins = 0; i < sizes.length; begins += sizes[i++]!) {
    if (from >= to || from !== begins + have[i]!) continue
    const taken = Math.min(to - from, sizes[i]! - have[i]!)
    have[i]! += taken
    from += taken
  }
}

/** Sends a picture as the page does; fates run out into a good link. */
function upload(
  sizes: readonly number[],
  fates: readonly Fate[],
  reloads: readonly number[],
  rate = 7_500,
  looked: readonly number[] = [],
): Sent {
  const have = sizes.map(() => 0)
  const there = () => ({ have: [...have], looked })
  const said: Sent = { size: sum(sizes), sent: 0, asked: 0, starts: [] }
  let state = told(begun(sizes), there())
  for (let i = 0; ; i++) {
    if (reloads.includes(i)) state = begun(sizes)
    const fate = fates[i] ?? 'answered'
    const step = stepOf(state)
    if (step.kind === 'over') {
      expect(have).toEqual(sizes)
      return said
    }
    if (step.kind === 'ask') {
      said.asked++
      state = fate === 'answered' ? told(state, there()) : failed(state)
      continue
    }
    const { from, to } = step
    said.sent += to - from
    said.starts.push(from)
    if (fate !== 'lost') take(sizes, have, from, to)
    state =
      fate === 'answered'
        ? told(state, there(), to - from, (to - from) / rate)
        : failed(state)
  }
}

const whole = fc.integer({ min: 1, max: 8 << 20 }).map((size) => [size])
const tiles = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 2, maxLength: 80 })
const sizes = fc.oneof(whole, tiles)
const looks = fc.array(fc.nat(90), { maxLength: 9 })
const rates = fc.integer({ min: 1_000, max: 10_000_000 })

it('arrives whole over any link, and sends again no more than what was cut off', () => {
  const fates = fc.array(fc.constantFrom<Fate>('answered', 'lost', 'unanswered'), { maxLength: 60 })
  fc.assert(
    fc.property(sizes, fates, fc.array(fc.nat(60)), rates, looks, (sizes, fates, ...of) => {
      const { sent, size } = upload(sizes, fates, ...of)
      const cut = fates.filter((fate) => fate !== 'answered').length
      expect(sent).toBeLessThanOrEqual(size + cut * Math.max(smallest, size / 32))
    }),
  )
})

it('sends at most a tenth more than a picture when the link breaks three times', () => {
  const places = fc.array(fc.nat(40), { maxLength: 3 })
  const large = fc.oneof(
    fc.integer({ min: 256 << 10, max: 8 << 20 }).map((size) => [size]),
    fc.array(fc.integer({ min: 20_000, max: 100_000 }), { minLength: 20, maxLength: 80 }),
  )
  fc.assert(
    fc.property(large, places, fc.array(fc.nat(40)), rates, (sizes, breaks, reloads, rate) => {
      const fates: Fate[] = Array.from({ length: 41 }, (_, i) =>
        breaks.includes(i) ? 'unanswered' : 'answered',
      )
      const { sent, size } = upload(sizes, fates, reloads, rate)
      expect(sent).toBeLessThanOrEqual(1.1 * size)
    }),
  )
})

it('sends nothing into a link that is away: it asks first', () => {
  const away = Array.from({ length: 30 }, (): Fate => 'lost')
  const { sent, asked } = upload([1 << 20], away, [])
  expect(sent).toBe((1 << 20) + smallest)
  expect(asked).toBe(30)
})

it('asks again after longer and longer, and does not wait once it is answered', () => {
  let state = begun([1_000], [0])
  const pauses: number[] = []
  for (let i = 0; i < 7; i++) pauses.push(pauseOf((state = failed(state))))
  expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000])
  expect(pauseOf(told(state, there(0)))).toBe(0)
})

it('takes parts as long as two seconds of the link, within bounds', () => {
  const after = (size: number, rate: number): Upload =>
    told(begun([size], [0]), there(smallest), smallest, smallest / rate)
  expect(after(8 << 20, 10_000).part).toBe(20_000)
  expect(after(8 << 20, 10_000_000).part).toBe((8 << 20) / 32)
  expect(after(300_000, 10_000_000).part).toBe(300_000 / 32)
  expect(after(8 << 20, 1_000).part).toBe(smallest)
})

it('knows how long it takes once it has measured', () => {
  const state = begun([1_000_000], [0])
  expect(minutesLeft(state)).toBeUndefined()
  expect(minutesLeft(told(state, there(10_000), 10_000, 2))).toBe(3) // 990 kB at 5 kB/s
  expect(minutesLeft(failed(told(state, there(10_000), 10_000, 2)))).toBeUndefined()
})

it('sends the preview first, then where somebody looks, and small pieces together', () => {
  const tiles = [5_000, 1_000, 1_000, 9_000, 20_000]
  const fast = (looked: number[]) => upload(tiles, [], [], 1_000_000, looked).starts
  // A part of 8 KiB takes what is behind the first piece, too.
  expect(fast([])).toEqual([0, 8_192, 16_384, 24_576, 32_768])
  expect(fast([4, 1])).toEqual([0, 16_000, 24_192, 32_384, 5_000, 13_192])
})

it('tells how much is there', () => {
  expect(percentOf(begun([300, 100], [100, 100]))).toBe(50)
  expect(percentOf(begun([300, 100]))).toBe(0)
})
