import { type Person, consultation, isLikeSafari } from './support/people'
import { expect, test } from './support/test'
import { long } from './support/long'

declare global {
  interface Window {
    socket: WebSocket // the page's latest
    voiceBefore?: { packets: number; bytes: number; sound: number }
  }
}

/**
 * Lets a test say to the page what the server might, and not the server itself: it has its own mind
 * about voices.
 */
const exposeSocket = () => {
  window.WebSocket = class extends WebSocket {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      super(...args)
      window.socket = this
      this.addEventListener('message', (event) => {
        if (event.isTrusted && /"encode".*"microphone"/.test(event.data as string))
          event.stopImmediatePropagation()
      })
    }
  }
}

const encode = (person: Person, encoding: { maxBitrate: number; ptime: number; red?: boolean }) =>
  person.page.evaluate((encoding) => {
    const message = {
      type: 'encode',
      source: 'microphone',
      encodings: [{ rid: '', active: true, ...encoding }],
    }
    window.socket.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(message) }))
  }, encoding)

/** ms of sound and bytes in each packet that the microphone has sent since the last look. */
const sending = (person: Person) =>
  person.page.evaluate(async () => {
    const stats = await window.draille.connections[0]!.getStats()
    for (const report of stats.values()) {
      if (report.type !== 'outbound-rtp' || report.kind !== 'audio') continue
      const source = stats.get(report.mediaSourceId) as { totalSamplesDuration: number }
      const sound = 1000 * source.totalSamplesDuration
      const now = { packets: report.packetsSent, bytes: report.bytesSent, sound }
      const before = window.voiceBefore ?? { packets: 0, bytes: 0, sound: 0 }
      const packets = now.packets - before.packets
      if (packets < 40) return { frame: 0, size: 0 } // too few to tell
      window.voiceBefore = now
      return { frame: (sound - before.sound) / packets, size: (now.bytes - before.bytes) / packets }
    }
    return { frame: 0, size: 0 }
  })

test('the microphone sends frames of the length asked for, and repeats them', long, async ({
  browser,
  server,
}) => {
  const { host, guest } = await consultation(browser, server, 'trame', {
    guest: { init: exposeSocket },
  })
  await host.hears(guest)
  const askedAgain = await guest.page.evaluate(() => {
    const { localDescription, remoteDescription } = window.draille.connections[0]!
    return [localDescription!, remoteDescription!].map(({ sdp }) =>
      sdp
        .split(/(?=^m=)/m)
        .filter((section) => section.startsWith('m=audio'))
        .map((section) => /^a=rtcp-fb:\d+ nack\r$/m.test(section)),
    )
  })
  for (const side of askedAgain) {
    expect(side.length, 'the microphone, and some who are heard').toBeGreaterThan(3)
    expect(side, 'lost voice packets can be asked for again').not.toContain(false)
  }
  const offers = () =>
    guest.page.evaluate(
      () => window.draille.connections[0]!.localDescription!.sdp.match(/^o=\S+ (\S+ \S+)/m)![1],
    )
  const before = await offers()
  await expect
    .poll(async () => (await sending(guest)).frame, { timeout: 20_000 })
    .toBeCloseTo(20, -0.3)

  await encode(guest, { maxBitrate: 16_000, ptime: 60 })
  await expect
    .poll(async () => (await sending(guest)).frame, { timeout: 20_000 })
    .toBeCloseTo(60, -0.7)
  expect(await offers(), 'the description changed').not.toBe(before)
  let plain = 0
  await expect
    .poll(async () => (plain = (await sending(guest)).size), { timeout: 20_000 })
    .toBeGreaterThan(50)
  await host.hears(guest)

  await encode(guest, { maxBitrate: 16_000, ptime: 60, red: true })
  // (The statistics name the codec inside.) Safari repeats from 16 on: what 15.4 is asked for and
  // cannot do changes nothing.
  if (!isLikeSafari())
    await expect
      .poll(async () => (await sending(guest)).size, { timeout: 20_000 })
      .toBeGreaterThan(1.7 * plain)
  await host.hears(guest)

  await encode(guest, { maxBitrate: 24_000, ptime: 20 })
  await expect
    .poll(async () => (await sending(guest)).frame, { timeout: 20_000 })
    .toBeCloseTo(20, -0.3)
  await host.hears(guest)
  await host.close()
  await guest.close()
})
