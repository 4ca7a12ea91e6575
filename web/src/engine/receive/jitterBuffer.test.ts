import { expect, test } from 'vitest'
import { JitterBufferTarget, type PlayoutConditions } from './jitterBuffer'

class Receiver {
  heardAt = 0
  jitterBufferTarget: number | null = null
  source = 7
  getSynchronizationSources = () => (this.heardAt ? [{ timestamp: this.heardAt }] : [])
  getContributingSources = () => (this.heardAt ? [{ source: this.source }] : [])
}

/** Half seconds that pass, with packets or without. */
const pass = (
  jitterBuffer: JitterBufferTarget,
  receiver: Receiver,
  from: number,
  to: number,
  heard: boolean,
  conditions: Partial<PlayoutConditions> = {},
) => {
  for (let now = from; now < to; now += 500) {
    if (heard) receiver.heardAt = now
    jitterBuffer.poll(now, {
      limited: false,
      concealed: false,
      long: false,
      uplinkLoss: () => false,
      far: () => false,
      ...conditions,
    })
  }
}

test('a voice waits until the browser has had three seconds of it, however late it begins', () => {
  const receiver = new Receiver()
  const jitterBuffer = new JitterBufferTarget(receiver as unknown as RTCRtpReceiver)
  expect(receiver.jitterBufferTarget, 'nothing is known yet').toBe(200)
  pass(jitterBuffer, receiver, 500, 60_000, false)
  expect(receiver.jitterBufferTarget).toBe(120)
  pass(jitterBuffer, receiver, 60_000, 63_000, true)
  expect(receiver.jitterBufferTarget).toBe(120)
  pass(jitterBuffer, receiver, 63_000, 63_500, true)
  expect(receiver.jitterBufferTarget).toBeNull()
})

test('the first words wait longer on a thin link and on a long line', () => {
  for (const slow of [{ limited: true }, { long: true }]) {
    const receiver = new Receiver()
    const jitterBuffer = new JitterBufferTarget(receiver as unknown as RTCRtpReceiver)
    pass(jitterBuffer, receiver, 1_000, 2_000, true)
    expect(receiver.jitterBufferTarget).toBe(120)
    pass(jitterBuffer, receiver, 2_000, 3_000, true, slow)
    expect(receiver.jitterBufferTarget).toBe(200)
  }
})

test('on a thin link a voice goes on waiting a little less, and with concealed as long', () => {
  const receiver = new Receiver()
  const jitterBuffer = new JitterBufferTarget(receiver as unknown as RTCRtpReceiver)
  pass(jitterBuffer, receiver, 1_000, 4_500, true, { limited: true })
  expect(receiver.jitterBufferTarget).toBe(100)
  pass(jitterBuffer, receiver, 4_500, 5_000, true, { limited: true, concealed: true })
  expect(receiver.jitterBufferTarget).toBe(200)
  pass(jitterBuffer, receiver, 5_000, 5_500, true)
  expect(receiver.jitterBufferTarget).toBeNull()
})

test('on a long line a voice goes on waiting a little: nobody knows at once when it falls', () => {
  const receiver = new Receiver()
  const jitterBuffer = new JitterBufferTarget(receiver as unknown as RTCRtpReceiver)
  pass(jitterBuffer, receiver, 1_000, 4_500, true, { long: true })
  expect(receiver.jitterBufferTarget).toBe(150)
  pass(jitterBuffer, receiver, 4_500, 5_000, true, { long: true, limited: true })
  expect(receiver.jitterBufferTarget, 'it has fallen').toBe(100)
  pass(jitterBuffer, receiver, 5_000, 5_500, true, { long: true, concealed: true })
  expect(receiver.jitterBufferTarget).toBe(200)
})

test('a voice that is repaired on its way to the server is waited for as long as it is', () => {
  const receiver = new Receiver()
  const jitterBuffer = new JitterBufferTarget(receiver as unknown as RTCRtpReceiver)
  const uplinkLoss = (number: number) => number === 7
  pass(jitterBuffer, receiver, 1_000, 4_500, true, { uplinkLoss })
  expect(receiver.jitterBufferTarget).toBe(200)
  receiver.source = 8 // somebody else is heard through it now
  pass(jitterBuffer, receiver, 4_500, 5_000, true, { uplinkLoss })
  expect(receiver.jitterBufferTarget).toBeNull()
})

test('a voice from the end of a long line waits a little, too, however short our own is', () => {
  const receiver = new Receiver()
  const jitterBuffer = new JitterBufferTarget(receiver as unknown as RTCRtpReceiver)
  const far = (number: number) => number === 7
  pass(jitterBuffer, receiver, 1_000, 4_500, true, { far })
  expect(receiver.jitterBufferTarget).toBe(150)
  pass(jitterBuffer, receiver, 4_500, 5_000, true, { far, limited: true })
  expect(receiver.jitterBufferTarget, 'it has fallen').toBe(100)
  receiver.source = 8 // somebody near is heard through it now
  pass(jitterBuffer, receiver, 5_000, 5_500, true, { far })
  expect(receiver.jitterBufferTarget).toBeNull()
})

test('somebody who comes back begins anew; a pause for breath is no beginning', () => {
  const receiver = new Receiver()
  const jitterBuffer = new JitterBufferTarget(receiver as unknown as RTCRtpReceiver)
  pass(jitterBuffer, receiver, 1_000, 5_000, true)
  pass(jitterBuffer, receiver, 5_000, 5_500, false)
  expect(receiver.jitterBufferTarget).toBeNull()
  pass(jitterBuffer, receiver, 5_500, 6_000, true)
  expect(receiver.jitterBufferTarget).toBeNull()
  pass(jitterBuffer, receiver, 6_000, 7_000, false)
  expect(receiver.jitterBufferTarget).toBe(120)
  pass(jitterBuffer, receiver, 7_000, 9_000, true)
  expect(receiver.jitterBufferTarget).toBe(120)
})

test('a browser that does not let a page choose is left alone', () => {
  const receiver = { getSynchronizationSources: () => [] }
  new JitterBufferTarget(receiver as unknown as RTCRtpReceiver).poll(5_000, {
    limited: false,
    concealed: false,
    long: false,
    uplinkLoss: () => false,
    far: () => false,
  })
  expect(receiver).not.toHaveProperty('jitterBufferTarget')
})
