import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser as Firefox, Page } from 'puppeteer-core'
import { fr } from '../src/i18n/fr'
import { fr as testInFrench } from '../src/i18n/test/fr'
import { button, launchFirefox } from './support/firefox'
import { installMedia, type MediaOptions } from './support/media'
import { Person } from './support/people'
import { expect, test } from './support/test'

let firefox: Firefox
let downloads: string
test.beforeAll(async () => {
  downloads = mkdtempSync(join(tmpdir(), 'draille-downloads-'))
  firefox = await launchFirefox({
    'browser.download.folderList': 2, // the folder named next
    'browser.download.dir': downloads,
  })
})
test.afterAll(async () => {
  await firefox?.close()
  rmSync(downloads, { recursive: true, force: true })
})

/** Opens an invitation link as somebody who was here before. */
async function arrive(link: string): Promise<Page> {
  const page = await firefox.newPage()
  const media: MediaOptions = { who: 2, width: 640, height: 360, fps: 15, tone: true }
  await page.evaluateOnNewDocument(installMedia, media)
  await page.evaluateOnNewDocument(() => localStorage.setItem('draille.ready', 'video'))
  await page.goto(link)
  return page
}

test('Chromium and Firefox hold a consultation', async ({ browser, server }) => {
  test.setTimeout(150_000)
  const host = await Person.arrive(
    browser,
    await server.invite({ room: 'renard', role: 'host', name: 'Dr Martin' }),
    { name: 'Dr Martin', who: 1 },
  )
  await host.enter()
  await host.inCall()

  const page = await arrive(await server.invite({ room: 'renard', role: 'guest', name: 'Mme Rey' }))
  await button(page, fr.actions.enter).click()

  const guest = { name: 'Mme Rey', who: 2 } as Person
  await host.admit(guest)
  await host.sees(guest)
  await host.hears(guest)

  const video = await page.waitForSelector('[data-testid=tile][data-source=camera] video', {
    visible: true,
    timeout: 15_000,
  })
  expect(video).not.toBeNull()
  const marks = await page.evaluate(async () => {
    for (const element of document.querySelectorAll<HTMLVideoElement>('[data-testid=tile] video'))
      if (element.closest('[data-testid=tile]')!.textContent!.includes('Dr Martin'))
        return window.draille.frames(element, 8, 20_000)
    return []
  })
  expect(marks.map((mark) => mark.who)).toEqual(Array(8).fill(1))
  await expect
    .poll(() => page.evaluate(() => window.draille.heard()), { timeout: 15_000 })
    .toEqual([1])
  expect(await page.evaluate(() => [window.draille.offers, window.draille.answers])).toEqual([1, 1])
  await host.close()
  await page.close()
})

test('Firefox tests its connection from the lobby: ways, flows, a verdict, a report', async ({
  server,
}) => {
  const { screen } = testInFrench
  const page = await arrive(
    await server.invite({ room: 'hermine', role: 'clinician', name: 'Mme Rey' }),
  )
  // The test is loaded when it is asked for. What did not come at first does not come for that page
  // again: not under that address.
  await page.setRequestInterception(true)
  let away = true
  page.on(
    'request',
    (request) =>
      void (away && request.url().includes('/assets/') ? request.abort() : request.continue()),
  )
  await button(page, fr.actions.testConnection).click()
  await page.waitForSelector(`::-p-text(${fr.later.missing})`, { timeout: 15_000 })
  away = false
  await button(page, fr.actions.testConnection).click()
  await page.waitForSelector('dialog .verdict', { timeout: 60_000 })
  const verdict = await page.$eval('dialog .verdict', (element) => element.textContent)
  const { good, fair, weak } = screen.fitness
  expect([good, fair, weak], 'a busy machine is no better than it is').toContain(verdict)
  const results = await page.$$eval('dialog .check', (rows) =>
    rows.map((row) => [
      row.querySelector('.check-name')!.textContent!,
      row.querySelector('.check-words')!.textContent!,
    ]),
  )
  expect(Object.fromEntries(results)).toMatchObject({
    [screen.browser]: screen.suits,
    [screen.microphone]: screen.works,
    [screen.camera]: screen.works,
    [screen.websocket]: expect.stringContaining('ms'),
    [screen.relay.udp]: screen.open,
    [screen.relay.tcp]: screen.open,
    [screen.voice]: expect.stringContaining('ms'),
    [screen.down]: expect.stringContaining('bit'),
    [screen.up]: expect.stringContaining('bit'),
    [screen.directWay]: screen.open,
    [screen.route]: screen.direct,
  })
  await button(page, screen.download).click()
  const report = () =>
    readdirSync(downloads)
      .filter((name) => name.endsWith('.txt'))
      .map((name) => readFileSync(join(downloads, name), 'utf8'))
      .join()
  await expect.poll(report).toContain('"direct": true')
  expect(report()).toContain(verdict)
  await page.close()
})
