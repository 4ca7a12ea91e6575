import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MediaActivity } from './activity'
import { FakeReceiver } from '../testing/fakes'

let voice: FakeReceiver
let stopped: number
let resumed: number
let activity: MediaActivity

beforeEach(() => {
  vi.useFakeTimers()
  voice = new FakeReceiver('audio')
  stopped = resumed = 0
  activity = new MediaActivity(
    () => [voice, new FakeReceiver('video')] as unknown as RTCRtpReceiver[],
    { stopped: () => stopped++, resumed: () => resumed++, polled: () => {} },
  )
})
afterEach(() => {
  activity.stop()
  vi.useRealTimers()
})

/** Packets come, or do not, for a time in ms. */
function pass(ms: number, speaking: boolean): void {
  for (let t = 0; t < ms; t += 100) {
    if (speaking) voice.heardAt += 100
    vi.advanceTimersByTime(100)
  }
}

test('nothing is missed where nobody has sent anything', () => {
  pass(20_000, false)
  expect([activity.active, activity.stopped, stopped]).toEqual([false, false, 0])
})

test('media that stop are missed within a second and a half, and forgotten after ten', () => {
  pass(3_000, true)
  expect([activity.active, stopped]).toEqual([true, 0])
  pass(1_500, false)
  expect([activity.active, activity.stopped]).toEqual([false, true])
  expect(stopped).toBeGreaterThan(0)
  pass(20_000, false)
  expect(activity.stopped).toBe(false)
  const asked = stopped
  pass(20_000, false)
  expect(stopped).toBe(asked)
})

test('media that come again are no longer missed', () => {
  pass(3_000, true)
  pass(3_000, false)
  expect(resumed).toBe(1)
  pass(1_000, true)
  expect([activity.active, activity.stopped, resumed]).toEqual([true, false, 2])
})

test('a pause in the speech is none in the media', () => {
  for (let i = 0; i < 20; i++) {
    pass(100, true)
    pass(300, false)
  }
  expect(stopped).toBe(0)
})

test('stopped, it looks at nothing', () => {
  pass(3_000, true)
  activity.stop()
  pass(3_000, false)
  expect(stopped).toBe(0)
})
