import { fr } from '../src/i18n/fr'
import { Person, consultation } from './support/people'
import { expect, test } from './support/test'

test('host and guest see each other move and hear each other', async ({ browser, server }) => {
  const { host, guest } = await consultation(browser, server, 'vue')
  for (const [viewer, seen] of [
    [host, guest],
    [guest, host],
  ] as const) {
    const marks = await viewer.sees(seen, 10)
    const steps = marks.slice(1).map((mark, i) => (mark.frame - marks[i]!.frame + 2048) % 2048)
    expect(
      steps.every((step) => step > 0 && step < 1_024),
      `frames come in order: ${steps}`,
    ).toBe(true)
    await viewer.hears(seen)
  }
  await host.close()
  await guest.close()
})

test('no media flow before admission; after it the picture is there at once', async ({
  browser,
  server,
}) => {
  const room = 'porte'
  const forwarded = () => server.metric('draille_media_forwarded_total')
  const before = await forwarded()
  const host = await Person.arrive(
    browser,
    await server.invite({ room, role: 'host', name: 'Dr Martin' }),
    { name: 'Dr Martin', who: 1 },
  )
  await host.enter()
  await host.inCall()
  const guest = await Person.arrive(
    browser,
    await server.invite({ room, role: 'guest', name: 'Mme Rey' }),
    {
      name: 'Mme Rey',
      who: 2,
      firstTime: true,
    },
  )
  const page = guest.page
  await expect(page.getByLabel(fr.lobby.name.label)).toHaveValue('Mme Rey')
  await guest.button(fr.actions.next).click()
  const asked = guest.button(fr.actions.allow)
  await asked.or(guest.button(fr.actions.seeMyself)).first().waitFor()
  if (await asked.isVisible()) await asked.click()
  await guest.button(fr.actions.seeMyself).click()
  await expect(page.getByText(fr.lobby.speak.heard)).toBeVisible()
  await guest.button(fr.actions.next).click()
  await guest.button(fr.actions.hear).click()
  await guest.button(fr.actions.heard).click()
  await guest.button(fr.actions.enter).click()
  await guest.inWaitingRoom()
  await expect(page.getByText(fr.waiting.expectedBy('Dr Martin'))).toBeVisible()

  // The transport stands, the devices are open, and yet nothing goes through the gate.
  await expect
    .poll(() => page.evaluate(() => window.draille.connections[0]?.connectionState))
    .toBe('connected')
  await expect(
    host.page.getByRole('region', { name: fr.waits.region }).getByText(fr.waits.one('Mme Rey')),
  ).toBeVisible()
  // (Empty padding that measures the link is no media: it has no payload.)
  const payload = await page.evaluate(async () => {
    let bytes = 0
    for (const report of (await window.draille.connections[0]!.getStats()).values())
      if (report.type === 'inbound-rtp') bytes += report.bytesReceived
    return bytes
  })
  expect(payload, 'the guest has received no media').toBe(0)
  expect((await forwarded()) - before, 'the server has forwarded nothing').toBe(0)

  const firstFrame = page.evaluate(
    (name) =>
      new Promise<number>((resolve) => {
        const look = () => {
          for (const video of document.querySelectorAll<HTMLVideoElement>(
            '[data-testid=tile] video',
          )) {
            if (!video.closest('[data-testid=tile]')!.textContent!.includes(name)) continue
            if (window.draille.read(video)?.who === 1) return resolve(Date.now())
          }
          requestAnimationFrame(look)
        }
        look()
      }),
    'Dr Martin',
  )
  const region = host.page.getByRole('region', { name: fr.waits.region })
  const admit = region.getByRole('button', { name: fr.actions.admit })
  await admit.evaluate((button) =>
    button.addEventListener(
      'click',
      () => ((window as unknown as { tapped: number }).tapped = Date.now()),
    ),
  )
  await admit.click()
  const seen = await firstFrame
  const tapped = await host.page.evaluate(() => (window as unknown as { tapped: number }).tapped)
  console.log(`first picture ${seen - tapped} ms after the host's tap`)
  // A third to half a second where nothing else runs: make thinlink-join judges it.
  expect(seen).toBeGreaterThanOrEqual(tapped)
  await guest.hears(host)
  await host.sees(guest)
  expect(await forwarded()).toBeGreaterThan(before)
  expect(await guest.negotiations(), 'what stood in the lobby carries the call').toEqual({
    connections: 1,
    offers: 1,
    answers: 1,
  })
  await host.close()
  await guest.close()
})

test('a third party joins, and leaves without a ghost', async ({ browser, server }) => {
  const { host, guest } = await consultation(browser, server, 'tiers')
  const third = await Person.arrive(
    browser,
    await server.invite({ room: 'tiers', role: 'guest', name: 'Interprète' }),
    { name: 'Interprète', who: 3 },
  )
  await third.enter()
  await host.admit(third, guest)
  await third.inCall()
  for (const person of [host, guest]) {
    await person.sees(third)
    await person.hearsAmongOthers(third)
  }
  await third.sees(host)
  await third.sees(guest)
  await third.hears(host, guest)
  await third.leave()
  for (const person of [host, guest]) await expect(person.tile(third)).toHaveCount(0)
  await host.hears(guest)
  for (const person of [host, guest])
    expect(await person.negotiations()).toEqual({ connections: 1, offers: 1, answers: 1 })
  await third.close()
  await host.close()
  await guest.close()
})

test("the browser's own camera and microphone, without any synthetic device", async ({
  browser,
  server,
}) => {
  const { host, guest } = await consultation(browser, server, 'appareils', {
    host: { real: true },
    guest: { real: true },
  })
  // Chromium's fake camera has a turning disc: the pictures differ, and they are not a blank.
  for (const [viewer, seen] of [
    [host, guest],
    [guest, host],
  ] as const) {
    const video = viewer.video(seen)
    await expect(video).toBeVisible()
    const different = await video.evaluate(
      (element: HTMLVideoElement) =>
        new Promise<number>((resolve) => {
          const canvas = document.createElement('canvas')
          const pen = canvas.getContext('2d', { willReadFrequently: true })!
          const seen = new Set<string>()
          const next = () => {
            canvas.width = element.videoWidth
            canvas.height = element.videoHeight
            pen.drawImage(element, 0, 0)
            let sum = 0
            for (const byte of pen.getImageData(0, 0, canvas.width, canvas.height).data)
              sum = (sum * 31 + byte) | 0
            seen.add(`${sum}`)
            if (seen.size >= 5) resolve(seen.size)
            else element.requestVideoFrameCallback(next)
          }
          element.requestVideoFrameCallback(next)
        }),
    )
    expect(different).toBeGreaterThanOrEqual(5)
  }
  await host.close()
  await guest.close()
})
