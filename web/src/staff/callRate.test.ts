// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { askRate, silence, type Answer, type Asking, type Rate } from './callRate'
import { FakeCall } from '../pages/testing/fake'
import type { Transfer } from '../protocol/messages'
import { answerRates } from './callRates'

/** All pages of the browser: what one posts comes to the others at once. */
let open: Set<Channel>
let posted: (Asking | Answer)[]
class Channel {
  onmessage?: (event: { data: unknown }) => void
  constructor(readonly name: string) {
    open.add(this)
  }
  postMessage(data: Asking | Answer) {
    if (!open.has(this)) throw new Error('expected an open channel, got a closed one')
    posted.push(data)
    for (const other of [...open])
      if (other !== this && other.name === this.name) other.onmessage?.({ data })
  }
  close() {
    open.delete(this)
  }
}

let call: FakeCall
let stop: (() => void) | undefined
let asking: Rate[]
beforeEach(() => {
  vi.useFakeTimers()
  ;[open, posted, asking, stop] = [new Set(), [], [], undefined]
  vi.stubGlobal('BroadcastChannel', Channel)
  call = new FakeCall().enterAs('host', 'Dr Vidal')
})
afterEach(() => {
  asking.forEach((one) => one.close())
  stop?.()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

/** A page in a call begins to answer. */
const inCall = () => {
  const channel = new BroadcastChannel('draille-call')
  const end = answerRates(call, channel)
  stop = () => (end(), channel.close())
}
/** A page has something to send; `heard` counts how often it may look. */
const asks = (heard = () => {}) => {
  const rate = askRate(heard)
  asking.push(rate)
  return rate
}
const told = () => call.asked.map(([, message]) => message)
const toldBytes = () => (told() as Transfer[]).reduce((sum, { sent }) => sum + sent, 0)
const grants = (bitrate: number) => (call.transferRate.value = { type: 'transferrate', bitrate })
const passes = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const wish = (sent = 0) => ({ type: 'transfer', wanted: true, sent })

it('asks the server by way of the page in the call, and tells it what has left', async () => {
  inCall()
  const heard = vi.fn()
  const rate = asks(heard)
  expect(told()).toEqual([wish()])
  expect(rate.bitrate(), 'wait').toBe(0)
  grants(30_000)
  await passes(200)
  expect(rate.bitrate()).toBe(30_000)
  rate.sent(1_000)
  rate.sent(500.4)
  heard.mockClear()
  await passes(1_000)
  const often = heard.mock.calls.length
  expect(often, 'a hidden page has no timer that comes so often').toBeGreaterThanOrEqual(10)
  await passes(2_000)
  expect(told(), 'once a second').toHaveLength(4)
  expect(toldBytes()).toBe(1_500)
  rate.sent(70)
  asking.pop()!.close()
  await passes(200)
  expect(told().at(-1)).toEqual({ type: 'transfer', wanted: false, sent: 70 })
  const before = told().length
  await passes(10_000)
  expect(told()).toHaveLength(before)
})

it('knows no rate where no page answers, or none any more', async () => {
  const rate = asks()
  await passes(30_000)
  expect(rate.bitrate()).toBeUndefined()
  inCall()
  grants(0)
  await passes(2_000)
  grants(30_000)
  await passes(2_000)
  expect(rate.bitrate()).toBe(30_000)
  stop!()
  expect(told().at(-1)).toMatchObject({ wanted: false })
  await passes(silence + 100)
  expect(rate.bitrate()).toBeUndefined()
})

it('divides the rate among the pages that ask, and forgets one that was closed', async () => {
  inCall()
  const [one, other] = [asks(), asks()]
  grants(30_001)
  await passes(200)
  expect([one.bitrate(), other.bitrate()]).toEqual([15_000, 15_000])
  one.sent(100)
  other.sent(200)
  await passes(3_000)
  expect(toldBytes()).toBe(300)
  const gone = [...open].at(-1)!
  gone.postMessage = () => {} // as if its page was closed
  await passes(silence + 200)
  expect(one.bitrate()).toBe(30_001)
})

it('waits while the link is lost, and asks the server anew', async () => {
  inCall()
  const rate = asks()
  grants(30_000)
  await passes(1_000)
  call.link.value = { state: 'lost', attempt: 1, retryAt: 0 }
  const before = told().length
  await passes(5_000)
  expect(told(), 'nothing is kept for later').toHaveLength(before)
  expect(rate.bitrate()).toBe(0)
  call.link.value = { state: 'open' }
  await passes(100)
  expect(told()).toHaveLength(before + 1)
  expect(rate.bitrate(), 'the rate of before is another server’s').toBe(0)
  grants(30_000)
  await passes(100)
  expect(rate.bitrate()).toBe(30_000)
})

it('does not go on asking a server that does not answer', async () => {
  inCall()
  asks()
  await passes(60_000)
  expect(told()).toEqual([wish(), wish(), wish()])
})

it('takes the least where two calls go on', async () => {
  const rate = asks()
  const call = (name: string, bitrate: number) =>
    new BroadcastChannel('draille-call').postMessage({ call: name, bitrate } satisfies Answer)
  call('a', 30_000)
  call('b', 20_000)
  expect(rate.bitrate()).toBe(20_000)
  call('b', 50_000)
  expect(rate.bitrate()).toBe(30_000)
})
