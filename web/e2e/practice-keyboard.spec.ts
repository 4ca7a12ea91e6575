import { expect } from '@playwright/test'
import { fr as call } from '../src/i18n/fr'
import { fr } from '../src/staff/words/fr'
import { Keyboard } from './support/keyboard'
import { oneTimeLink } from './support/staff'
import { test } from './support/test'
import { codeOf } from './support/totp'

test.use({ serverFlags: ['--practice.demo'] })

test('by keyboard alone, from the first sign-in to a call', async ({ browser, server }) => {
  test.setTimeout(180_000)
  const { enrol } = fr.sign
  const context = await browser.newContext({
    locale: 'fr-FR',
    timezoneId: 'Europe/Paris',
    viewport: { width: 1024, height: 768 },
  })
  await context.grantPermissions(['camera', 'microphone'])
  const page = await context.newPage()
  const keyboard = new Keyboard(page)
  await page.goto(await oneTimeLink(browser, server, 'psychiatre'))
  await keyboard.write(enrol.login, 'camille')
  await keyboard.write(enrol.password, 'une phrase assez longue', 'password')
  await keyboard.use('button', fr.sign.next)
  await page.locator('code').first().waitFor()
  const secret = (await page.locator('code').first().textContent())!
  await keyboard.write(enrol.confirm, codeOf(secret))
  await keyboard.use('button', enrol.done)
  await keyboard.use('button', fr.common.actions.skipTour)

  // The day, and the first appointment of it.
  await keyboard.use('link', /DÉMO-/)
  await page.getByRole('heading', { name: fr.booking.view.participants }).waitFor()
  // A dialog keeps the focus, and gives it back.
  await keyboard.use('button', fr.booking.view.move)
  await page.getByRole('dialog').waitFor()
  // After the dialog's last field comes the browser's own bar, in which the page has no focus.
  const within = () =>
    page.evaluate(() => {
      const at = document.activeElement
      return at === document.body ? 'bar' : at?.closest('dialog') ? 'dialog' : at?.outerHTML
    })
  const places: unknown[] = []
  for (let i = 0; i < 30; i++) {
    await page.keyboard.press('Tab')
    places.push(await within())
  }
  expect(places.filter((place) => place !== 'dialog' && place !== 'bar')).toEqual([])
  expect(places.slice(0, 6), 'the dialog comes first').toEqual(Array(6).fill('dialog'))
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await keyboard.at('button', fr.booking.view.move)

  await page.evaluate(() => localStorage.setItem('draille.ready', 'video'))
  await keyboard.reach('button', fr.day.begin)
  const [room] = await Promise.all([page.waitForEvent('popup'), page.keyboard.press('Enter')])
  const hands = new Keyboard(room)
  await hands.use('button', call.actions.enter)
  await room.getByRole('button', { name: call.call.quit }).waitFor()
  await hands.use('button', call.call.quit)
  await room.getByRole('dialog').waitFor()
  await context.close()
})
