import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from '@playwright/test'
import { Place } from '../network/place'
import { expect, test } from '../support/test'
import { noLinks } from '../support/thin'

/**
 * What the congestion control of a real Chromium does with another cap, which the model of the load
 * test (`loadtest/publish`, gcc) has from libwebrtc: while less is sent than it believes in, a cap
 * above that is probed for at once, again and again as far as it bears.
 */
const why = noLinks()
test.skip(!!why, why)

const thin = 80 // kbit/s
const wide = 5_000 // kbit/s
const most = 500 // kbit/s, the cap but for some moments
const step = 400 // ms, after which an estimate is read
const low = 800 // ms, for which less is sent
const rounds = 3

/** Two connections of one page, from a camera of noise that takes whatever it is given. */
async function connected(page: Page): Promise<void> {
  await page.evaluate(async (first) => {
    // Whoever may use the camera may use the loopback interface, too.
    await navigator.mediaDevices.getUserMedia({ video: true })
    const canvas = new OffscreenCanvas(640, 360)
    const shown = Object.assign(document.createElement('canvas'), { width: 640, height: 360 })
    const from = canvas.getContext('2d')!
    const to = shown.getContext('2d')!
    setInterval(() => {
      const image = from.createImageData(640, 360)
      crypto.getRandomValues(image.data.subarray(0, 60_000))
      for (let at = 60_000; at < image.data.length; at += 60_000)
        image.data.set(image.data.subarray(0, Math.min(60_000, image.data.length - at)), at)
      to.putImageData(image, 0, 0)
    }, 50)
    const near = new RTCPeerConnection()
    const far = new RTCPeerConnection()
    near.onicecandidate = ({ candidate }) => candidate && far.addIceCandidate(candidate)
    far.onicecandidate = ({ candidate }) => candidate && near.addIceCandidate(candidate)
    const { sender } = near.addTransceiver(shown.captureStream(20).getVideoTracks()[0]!, {
      sendEncodings: [{ maxBitrate: 1_000 * first }],
    })
    await near.setLocalDescription()
    await far.setRemoteDescription(near.localDescription!)
    await far.setLocalDescription()
    await near.setRemoteDescription(far.localDescription!)
    Object.assign(window, { near, sender })
  }, most)
}

const cap = (page: Page, kbits: number) =>
  page.evaluate(async (kbits) => {
    const { sender } = window as unknown as { sender: RTCRtpSender }
    const parameters = sender.getParameters()
    parameters.encodings[0]!.maxBitrate = 1_000 * kbits
    await sender.setParameters(parameters)
  }, kbits)

/** kbit/s that the page believes in. */
const estimate = (page: Page) =>
  page.evaluate(async () => {
    const { near } = window as unknown as { near: RTCPeerConnection }
    for (const one of (await near.getStats()).values())
      if (one.type === 'candidate-pair' && one.nominated)
        return Math.round((one.availableOutgoingBitrate ?? 0) / 1_000)
    return 0
  })

test('a cap above the estimate is probed for while less is sent', async () => {
  test.setTimeout(60_000)
  const folder = mkdtempSync(join(tmpdir(), 'draille-probing-'))
  const place = await Place.open('probing', folder)
  const [enter, ...inside] = place.enter
  const limit = (kbits: number) =>
    execFileSync(enter!, [
      ...inside,
      ...`tc qdisc replace dev lo root tbf rate ${kbits}kbit burst 3000 mtu 65536`.split(' '),
      ...['limit', String(Math.round(3_000 + 0.3 * 125 * kbits))], // a queue of 300 ms
    ])
  const browser = await place.launch(['--allow-loopback-in-peer-connection'])
  const page = await browser.newPage()
  await page.route('https://page.test/', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<title>two connections</title>' }),
  )
  await page.goto('https://page.test/')
  limit(wide)
  await connected(page)
  await expect.poll(() => estimate(page), { timeout: 10_000 }).toBeGreaterThan(most)
  limit(thin)
  await expect.poll(() => estimate(page), { timeout: 20_000 }).toBeLessThan(1.5 * thin)
  await pause(10_000) // until nothing waits any more
  limit(wide)
  const read = async (times: number) => {
    const steps: number[] = []
    for (let n = 0; n < times; n++) {
      await pause(step)
      steps.push(await estimate(page))
    }
    return steps
  }
  const alone = await read(4)
  const said = [`by itself ${alone.join(', ')}`]
  let reached = 0
  for (let n = 0; n < rounds && reached < most; n++) {
    await cap(page, Math.max(30, 0.5 * (await estimate(page))))
    await pause(low)
    await cap(page, most)
    const steps = await read(4)
    said.push(`after a cap of half and of all ${steps.join(', ')}`)
    reached = steps.at(-1)!
  }
  console.log(`      estimate in kbit/s every ${step} ms: ${said.join('; ')}`)
  expect(alone.at(-1)).toBeLessThan(1.5 * alone[0]!)
  expect(reached).toBeGreaterThan(0.8 * most)
  await browser.close()
  place.close()
  rmSync(folder, { recursive: true })
})
