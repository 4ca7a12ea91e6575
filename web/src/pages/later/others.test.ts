import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Call } from '../../engine/api'
import { answerOthers } from './others'

let ended: number
let began: number
vi.mock('../../staff/callRates', () => ({
  answerRates: () => {
    began++
    return () => void ended++
  },
}))
let channel: { onmessage?: () => Promise<void>; close: () => void; closed?: boolean }
beforeEach(() => {
  ;[began, ended] = [0, 0]
  vi.stubGlobal(
    'BroadcastChannel',
    class {
      constructor() {
        channel = { close: () => (channel.closed = true) }
        return channel
      }
    },
  )
})
afterEach(() => vi.unstubAllGlobals())

it('answers when another page asks, until the call is over', async () => {
  const stop = answerOthers({} as Call)
  expect(began, 'nobody asks').toBe(0)
  await channel.onmessage!()
  expect(began).toBe(1)
  stop()
  expect([ended, channel.closed]).toEqual([1, true])
})

it('answers nobody where the call was over before', async () => {
  const stop = answerOthers({} as Call)
  const coming = channel.onmessage!()
  stop()
  await coming
  expect(began).toBe(0)
})
