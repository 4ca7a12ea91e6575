import { expect, test } from 'vitest'
import { Cushion, type Trouble } from './jitterBuffer'

class Receiver {
  heardAt = 0
  jitterBufferTarget: number | null = null
  source = 7
  getSynchronizationSources = () => (this.heardAt ? [{ timestamp: this.heardAt }] : [])
  getContributingSources = () => (this.heardAt ? [{ source: this.source }] : [])
}

/** Half seconds that pass, with packets or without. */
const pass = (cushion: Cushion, receiver: Receiver, from: number, to: number, heard: boolean, trouble: Partial<Trouble> = {}) => {
  for (let now = from; now < to; now += 500) {
    if (heard) receiver.heardAt = now
    cushion.beat(now, { thin: false, gaps: false, long: false, patchy: () => false, ...trouble })
  }
}

test('a voice waits until the browser has had three seconds of it, however late it begins', () => {
  const receiver = new Receiver()
  const cushion = new Cushion(receiver as unknown as RTCRtpReceiver)
  pass(cushion, receiver, 500, 60_000, false)
  expect(receiver.jitterBufferTarget).toBe(200)
  pass(cushion, receiver, 60_000, 63_000, true)
  expect(receiver.jitterBufferTarget).toBe(200)
  pass(cushion, receiver, 63_000, 63_500, true)
  expect(receiver.jitterBufferTarget).toBeNull()
})

test('on a thin link a voice goes on waiting a little less, and with gaps as long', () => {
  const receiver = new Receiver()
  const cushion = new Cushion(receiver as unknown as RTCRtpReceiver)
  pass(cushion, receiver, 1_000, 4_500, true, { thin: true })
  expect(receiver.jitterBufferTarget).toBe(150)
  pass(cushion, receiver, 4_500, 5_000, true, { thin: true, gaps: true })
  expect(receiver.jitterBufferTarget).toBe(200)
  pass(cushion, receiver, 5_000, 5_500, true)
  expect(receiver.jitterBufferTarget).toBeNull()
})

test('on a long line a voice goes on waiting a little: nobody knows at once when it falls', () => {
  const receiver = new Receiver()
  const cushion = new Cushion(receiver as unknown as RTCRtpReceiver)
  pass(cushion, receiver, 1_000, 4_500, true, { long: true })
  expect(receiver.jitterBufferTarget).toBe(150)
  pass(cushion, receiver, 4_500, 5_000, true, { long: true, gaps: true })
  expect(receiver.jitterBufferTarget).toBe(200)
})

test('a voice that is repaired on its way to the server is waited for as long as it is', () => {
  const receiver = new Receiver()
  const cushion = new Cushion(receiver as unknown as RTCRtpReceiver)
  const patchy = (number: number) => number === 7
  pass(cushion, receiver, 1_000, 4_500, true, { patchy })
  expect(receiver.jitterBufferTarget).toBe(200)
  receiver.source = 8 // somebody else is heard through it now
  pass(cushion, receiver, 4_500, 5_000, true, { patchy })
  expect(receiver.jitterBufferTarget).toBeNull()
})

test('somebody who comes back begins anew; a pause for breath is no beginning', () => {
  const receiver = new Receiver()
  const cushion = new Cushion(receiver as unknown as RTCRtpReceiver)
  pass(cushion, receiver, 1_000, 5_000, true)
  pass(cushion, receiver, 5_000, 5_500, false)
  expect(receiver.jitterBufferTarget).toBeNull()
  pass(cushion, receiver, 5_500, 6_000, true)
  expect(receiver.jitterBufferTarget).toBeNull()
  pass(cushion, receiver, 6_000, 7_000, false)
  expect(receiver.jitterBufferTarget).toBe(200)
  pass(cushion, receiver, 7_000, 9_000, true)
  expect(receiver.jitterBufferTarget).toBe(200)
})

test('a browser that does not let a page choose is left alone', () => {
  const receiver = { getSynchronizationSources: () => [] }
  new Cushion(receiver as unknown as RTCRtpReceiver).beat(5_000, { thin: false, gaps: false, long: false, patchy: () => false })
  expect(receiver).not.toHaveProperty('jitterBufferTarget')
})
