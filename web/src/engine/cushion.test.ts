import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { cushion } from './cushion'
import { FakeTrack } from './testing/fakes'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const aReceiver = () => ({ track: new FakeTrack('audio'), jitterBufferTarget: null as number | null })

test('a voice waits until three seconds after its first packet, however late that comes', () => {
  const receiver = aReceiver()
  cushion(receiver as unknown as RTCRtpReceiver)
  vi.advanceTimersByTime(60_000)
  expect(receiver.jitterBufferTarget).toBe(200)
  receiver.track.dispatchEvent(new Event('unmute'))
  vi.advanceTimersByTime(2_999)
  expect(receiver.jitterBufferTarget).toBe(200)
  vi.advanceTimersByTime(1)
  expect(receiver.jitterBufferTarget).toBeNull()
})

test('a browser that does not let the page choose is left alone', () => {
  const receiver = { track: new FakeTrack('audio') }
  cushion(receiver as unknown as RTCRtpReceiver)
  expect(receiver).not.toHaveProperty('jitterBufferTarget')
})
