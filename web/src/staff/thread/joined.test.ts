import { expect, it } from 'vitest'
import type { ThreadMessageLine } from '../api'
import { joined, type Known } from './joined'

const part = (from: number, until: number, earlier = from > 1, text = ''): Known => ({
  messages: Array.from(
    { length: until - from + 1 },
    (_, n) => ({ message: { number: from + n, text } }) as ThreadMessageLine,
  ),
  earlier,
})
const numbers = ({ messages }: Known) => messages.map(({ message }) => message.number)

it('begins with what is read first', () => {
  expect(joined(undefined, part(3, 5))).toEqual(part(3, 5))
})

it('goes back, and forward, without losing what is between', () => {
  const back = joined(part(3, 5), part(1, 2))
  expect([numbers(back), back.earlier]).toEqual([[1, 2, 3, 4, 5], false])
  const forward = joined(back, part(5, 7))
  expect([numbers(forward), forward.earlier]).toEqual([[1, 2, 3, 4, 5, 6, 7], false])
})

it('takes a message as it was read last', () => {
  const { messages } = joined(part(1, 3), part(2, 2, true, 'read again'))
  expect(messages.map(({ message }) => message.text)).toEqual(['', 'read again', ''])
})

it('forgets what it had before a gap', () => {
  expect(joined(part(1, 5), part(7, 9))).toEqual(part(7, 9))
})

it('knows when nothing is left before', () => {
  expect(joined(part(3, 5), { messages: [], earlier: false })).toEqual(part(3, 5, false))
})
