import { expect, it } from 'vitest'
import { begun, failed, minutesLeft, pauseOf, smallest, stepOf, told, type Upload } from './upload'
import { fc } from '../../../engine/testing/properties'

/** What happens to a request: it is answered, lost on the way there, or on the way back. */
type Fate = 'answered' | 'lost' | 'unanswered'

/** Sends a picture to a server that counts, as the page does; fates run out into a good link. */
function upload(size: number, fates: readonly Fate[], reloads: readonly number[], rate = 7_500) {
  let received = 0
  let sent = 0
  let asked = 0
  let state = begun(size, 0)
  for (let i = 0; ; i++) {
    if (reloads.includes(i)) state = begun(size)
    const fate = fates[i] ?? 'answered'
    const step = stepOf(state)
    if (step.kind === 'over') return { received, sent, asked }
    if (step.kind === 'ask') {
      asked++
      state = fate === 'answered' ? told(state, received) : failed(state)
      continue
    }
    const { from, to } = step
    sent += to - from
    if (fate !== 'lost' && from === received) received = to
    state =
      fate === 'answered'
        ? told(state, received, to - from, (to - from) / rate)
        : failed(state)
  }
}

const sizes = fc.integer({ min: 1, max: 8 << 20 })
const rates = fc.integer({ min: 1_000, max: 10_000_000 })

it('arrives whole over any link, and sends again no more than what was cut off', () => {
  const fates = fc.array(fc.constantFrom<Fate>('answered', 'lost', 'unanswered'), { maxLength: 60 })
  fc.assert(
    fc.property(sizes, fates, fc.array(fc.nat(60)), rates, (size, fates, reloads, rate) => {
      const { received, sent } = upload(size, fates, reloads, rate)
      expect(received).toBe(size)
      const cut = fates.filter((fate) => fate !== 'answered').length
      expect(sent).toBeLessThanOrEqual(size + cut * Math.max(smallest, size / 32))
    }),
  )
})

it('sends at most a tenth more than a picture when the link breaks three times', () => {
  const places = fc.array(fc.nat(40), { maxLength: 3 })
  const large = fc.integer({ min: 256 << 10, max: 8 << 20 })
  fc.assert(
    fc.property(large, places, fc.array(fc.nat(40)), rates, (size, breaks, reloads, rate) => {
      const fates: Fate[] = Array.from({ length: 41 }, (_, i) =>
        breaks.includes(i) ? 'unanswered' : 'answered',
      )
      expect(upload(size, fates, reloads, rate).sent).toBeLessThanOrEqual(1.1 * size)
    }),
  )
})

it('sends nothing into a link that is away: it asks first', () => {
  const away = Array.from({ length: 30 }, (): Fate => 'lost')
  const { sent, asked } = upload(1 << 20, away, [])
  expect(sent).toBe((1 << 20) + smallest)
  expect(asked).toBe(30)
})

it('asks again after longer and longer, and does not wait once it is answered', () => {
  let state = begun(1_000, 0)
  const pauses: number[] = []
  for (let i = 0; i < 7; i++) pauses.push(pauseOf((state = failed(state))))
  expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000])
  expect(pauseOf(told(state, 0))).toBe(0)
})

it('takes parts as long as two seconds of the link, within bounds', () => {
  const after = (size: number, rate: number): Upload =>
    told(begun(size, 0), smallest, smallest, smallest / rate)
  expect(after(8 << 20, 10_000).part).toBe(20_000)
  expect(after(8 << 20, 10_000_000).part).toBe((8 << 20) / 32)
  expect(after(300_000, 10_000_000).part).toBe(300_000 / 32)
  expect(after(8 << 20, 1_000).part).toBe(smallest)
})

it('knows how long it takes once it has measured', () => {
  const state = begun(1_000_000, 0)
  expect(minutesLeft(state)).toBeUndefined()
  expect(minutesLeft(told(state, 10_000, 10_000, 2))).toBe(3) // 990 kB at 5 kB/s
  expect(minutesLeft(failed(told(state, 10_000, 10_000, 2)))).toBeUndefined()
})
