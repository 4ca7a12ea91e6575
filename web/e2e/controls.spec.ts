import type { Locator } from '@playwright/test'
import { fr as aside } from '../src/i18n/aside/fr'
import { fr } from '../src/i18n/fr'
import { type Person, consultation } from './support/people'
import { Server } from './support/server'
import { expect, test } from './support/test'

/** One call for all of them: each test leaves it as the next one needs it. */
let server: Server
let host: Person
let guest: Person
test.beforeAll(async ({ browser }) => {
  server = await Server.start()
  ;({ host, guest } = await consultation(browser, server, 'commandes', {
    host: { computer: true },
  }))
  await host.sees(guest, 2)
  await guest.sees(host, 2)
})
test.afterEach(async () => {
  for (const person of [host, guest])
    expect(await person.negotiations()).toEqual({ connections: 1, offers: 1, answers: 1 })
})
test.afterAll(async () => {
  await host.close()
  await guest.close()
  await server.stop()
})

test('one’s own microphone: cut, it is silent at the other end; back on, it is heard', async () => {
  await host.hears(guest)
  await guest.button(fr.call.microphone).click()
  await host.hears()
  await expect(host.tile(guest).getByText(fr.tile.muted)).toBeAttached()
  await guest.button(fr.call.microphoneOff).click()
  await host.hears(guest)
})

test('the host cuts a microphone; its owner is told and may switch it on again', async () => {
  await host.hears(guest)
  await host.more(fr.actions.people)
  await host.page.getByRole('button', { name: aside.people.muteMicrophoneOf('Mme Rey') }).click()
  await host.hears()
  await expect(guest.page.getByText(fr.notice.muted.microphone('Dr Martin')).first()).toBeVisible()
  await guest.button(fr.call.microphoneOff).click()
  await host.hears(guest)
})

test('camera off and on again', async () => {
  await guest.button(fr.call.camera).click()
  await expect(host.video(guest)).toBeHidden()
  await guest.button(fr.call.cameraOff).click()
  await host.sees(guest)
})

/** The tool that looks closer stands on no letter of what is shared, on any screen. */
async function hidesNothing(viewer: Person, video: Locator): Promise<void> {
  const tool = viewer.button(aside.lens.open)
  await viewer.button(fr.call.more).click()
  await viewer.button(aside.comfort.open).waitFor() // the tool has come with it
  await viewer.page.keyboard.press('Escape')
  await expect(tool).toBeVisible()
  for (const [width, height] of [
    [1024, 768],
    [768, 1024],
    [360, 640],
    [1440, 900],
  ] as const) {
    await viewer.page.setViewportSize({ width, height })
    // The layout of the new size comes with the next rendering step.
    await viewer.page.evaluate(
      () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
    )
    const shown = await video.evaluate((element: HTMLVideoElement) => {
      const { left, top, width, height } = element.getBoundingClientRect()
      const scale = Math.min(width / element.videoWidth, height / element.videoHeight)
      const [w, h] = [scale * element.videoWidth, scale * element.videoHeight]
      const from = { left: left + (width - w) / 2, top: top + (height - h) / 2 }
      return { ...from, right: from.left + w, bottom: from.top + h }
    })
    const box = (await tool.boundingBox())!
    expect(Math.min(box.width, box.height), 'large enough for a finger').toBeGreaterThanOrEqual(44)
    const apart =
      box.x >= shown.right - 1 ||
      box.x + box.width <= shown.left + 1 ||
      box.y >= shown.bottom - 1 ||
      box.y + box.height <= shown.top + 1
    expect(apart, `${width}x${height}: ${JSON.stringify({ box, shown })}`).toBe(true)
  }
  await viewer.page.setViewportSize({ width: 1024, height: 768 })
}

test('a shared screen arrives sharp enough to read', async () => {
  await host.more(aside.actions.shareScreen)
  const video = guest.video(host, 'screen')
  await expect(video).toBeVisible()
  const likeness = () =>
    video.evaluate((element: HTMLVideoElement) => {
      if (element.videoWidth !== 1280) return 0
      // The same page drawn here, and how much the luminance of the received one resembles it
      // (Pearson's r).
      const draw = (paint: CanvasRenderingContext2D) => {
        paint.fillStyle = '#fff'
        paint.fillRect(0, 0, 1280, 720)
        paint.fillStyle = '#111'
        paint.font = '22px sans-serif'
        for (let line = 0; line < 20; line++)
          paint.fillText(
            `Ligne ${line + 1} : le traitement est pris matin et soir, sans changement.`,
            40,
            60 + 32 * line,
          )
      }
      const luminance = (render: (paint: CanvasRenderingContext2D) => void) => {
        const canvas = document.createElement('canvas')
        canvas.width = 1280
        canvas.height = 720
        const paint = canvas.getContext('2d', { willReadFrequently: true })!
        render(paint)
        const { data } = paint.getImageData(40, 30, 800, 660)
        return Float64Array.from(
          { length: data.length / 4 },
          (_, i) => 0.3 * data[4 * i]! + 0.6 * data[4 * i + 1]! + 0.1 * data[4 * i + 2]!,
        )
      }
      const a = luminance(draw)
      const b = luminance((paint) => paint.drawImage(element, 0, 0, 1280, 720))
      const mean = (x: Float64Array) => x.reduce((sum, value) => sum + value, 0) / x.length
      const [ma, mb] = [mean(a), mean(b)]
      let ab = 0
      let aa = 0
      let bb = 0
      for (let i = 0; i < a.length; i++) {
        ab += (a[i]! - ma) * (b[i]! - mb)
        aa += (a[i]! - ma) ** 2
        bb += (b[i]! - mb) ** 2
      }
      return ab / Math.sqrt(aa * bb)
    })
  await expect.poll(likeness, { timeout: 20_000 }).toBeGreaterThan(0.95)
  await hidesNothing(guest, video)
  await guest.sees(host)
  await host.page.getByRole('button', { name: fr.call.more }).click()
  await host.page.getByRole('dialog').getByRole('button', { name: fr.actions.stopScreen }).click()
  await expect(guest.tile(host, 'screen')).toHaveCount(0)
})

test('messages reach the other side in order, and are counted while unread', async () => {
  await host.button(fr.call.messages).click()
  const box = host.page.getByLabel(aside.chat.label)
  for (const text of ['Bonjour', 'Vous m’entendez ? <b>oui</b>']) {
    await box.fill(text)
    await box.press('Enter')
  }
  await expect(guest.page.getByText(fr.call.unread(2))).toBeAttached()
  await guest.button(new RegExp(fr.call.messages)).click()
  const lines = guest.page
    .getByRole('log')
    .or(guest.page.getByRole('list', { name: fr.call.messages }))
    .first()
  await expect(lines).toContainText('Bonjour')
  await expect(lines).toContainText('Vous m’entendez ? <b>oui</b>')
})

test('a raised hand is seen by the host, who lowers it', async () => {
  await guest.more(aside.actions.raiseHand)
  await expect(host.tile(guest).getByText(fr.tile.hand(1))).toBeAttached()
  await host.more(fr.actions.people)
  await host.page.getByRole('button', { name: aside.people.lowerHandOf('Mme Rey') }).click()
  await expect(host.tile(guest).getByText(fr.tile.hand(1))).not.toBeAttached()
})

test('a camera is unplugged during the call: the voice goes on, both are told', async () => {
  await host.hears(guest)
  await guest.page.evaluate(() => window.draille.unplug('video'))
  await expect(guest.page.getByText(fr.devices.trouble.camera.lost).first()).toBeVisible()
  await expect(host.video(guest)).toBeHidden()
  await host.hears(guest)
})

test('the host removes somebody, who comes back only through the waiting room', async () => {
  await host.more(fr.actions.people)
  await host.page.getByRole('button', { name: aside.people.removeName('Mme Rey') }).click()
  await host.page
    .getByRole('dialog')
    .getByRole('button', { name: aside.actions.remove, exact: true })
    .last()
    .click()
  await guest.ended('removed')
  await expect(host.tile(guest)).toHaveCount(0)
  await guest.open() // the tab has forgotten the invitation: the next person finds nothing of it
  await guest.enter()
  await guest.inWaitingRoom()
  await host.admit(guest)
  await guest.inCall()
  await guest.sees(host)
})

test('the host ends the call for everybody', async () => {
  await host.more(fr.actions.people)
  await host.button(fr.actions.endForAll).click()
  await host.page
    .getByRole('dialog')
    .getByRole('button', { name: fr.actions.endForAll })
    .last()
    .click()
  const reads = (person: Person, name: string) =>
    expect(person.page.getByRole('heading', { name })).toBeVisible()
  await reads(guest, fr.endings.guest.title)
  await reads(host, fr.endings.mine.title)
})
