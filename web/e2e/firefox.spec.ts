import puppeteer, { type Browser as Firefox, type Page } from 'puppeteer-core'
import { fr } from '../src/i18n/fr'
import { installMedia, type MediaOptions } from './support/media'
import { Person } from './support/people'
import { expect, test } from './support/test'

let firefox: Firefox
test.beforeAll(async () => {
  firefox = await puppeteer.launch({
    browser: 'firefox',
    executablePath: '/usr/bin/firefox-esr',
    headless: true,
    extraPrefsFirefox: {
      'intl.accept_languages': 'fr-FR',
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      'media.cubeb.force_mock_context': true, // without a sound card its AudioContext would stay suspended
      'media.autoplay.default': 0,
      'media.autoplay.block-webaudio': false,
    },
  })
})
test.afterAll(async () => {
  await firefox?.close()
})

const press = (page: Page, name: string) => page.locator(`::-p-aria([name="${name}"][role="button"])`).setTimeout(15_000).click()

test('Chromium and Firefox hold a consultation', async ({ browser, server }) => {
  test.setTimeout(90_000)
  const host = await Person.arrive(browser, await server.invite({ room: 'renard', role: 'host', name: 'Dr Martin' }), { name: 'Dr Martin', who: 1 })
  await host.enter()
  await host.inCall()

  const page = await firefox.newPage()
  const media: MediaOptions = { who: 2, width: 640, height: 360, fps: 15, tone: true }
  await page.evaluateOnNewDocument(installMedia, media)
  await page.evaluateOnNewDocument(() => localStorage.setItem('draille.ready', 'video'))
  await page.goto(await server.invite({ room: 'renard', role: 'guest', name: 'Mme Rey' }))
  await press(page, fr.actions.enter)

  const guest = { name: 'Mme Rey', who: 2 } as Person
  await host.admit(guest)
  await host.sees(guest)
  await host.hears(guest)

  const video = await page.waitForSelector('[data-testid=tile][data-source=camera] video', { visible: true, timeout: 15_000 })
  expect(video).not.toBeNull()
  const marks = await page.evaluate(async () => {
    for (const element of document.querySelectorAll<HTMLVideoElement>('[data-testid=tile] video'))
      if (element.closest('[data-testid=tile]')!.textContent!.includes('Dr Martin')) return window.draille.frames(element, 8, 20_000)
    return []
  })
  expect(marks.map((mark) => mark.who)).toEqual(Array(8).fill(1))
  await expect.poll(() => page.evaluate(() => window.draille.heard()), { timeout: 15_000 }).toEqual([1])
  expect(await page.evaluate(() => [window.draille.offers, window.draille.answers])).toEqual([1, 1])
  await host.close()
  await page.close()
})
