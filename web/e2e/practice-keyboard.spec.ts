import { expect, type Page } from '@playwright/test'
import { fr as call } from '../src/i18n/fr'
import { fr } from '../src/staff/words/fr'
import { oneTimeLink } from './support/staff'
import { test } from './support/test'
import { codeOf } from './support/totp'

test.use({ serverFlags: ['--practice.demo'] })

const most = 90 // presses of Tab: more than any page has stops

/** Presses Tab until what has this role and name has the focus; the focus is always seen. */
async function tabTo(page: Page, role: 'button' | 'link' | 'textbox', name: RegExp | string) {
  const target = page.getByRole(role, { name, exact: typeof name === 'string' }).first()
  await target.waitFor()
  for (let presses = 0; presses < most; presses++) {
    if (await target.evaluate((one) => one === document.activeElement)) {
      const outline = await target.evaluate((one) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one)
        return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none'
      })
      expect(outline, `${name} shows that it has the focus`).toBe(true)
      return
    }
    await page.keyboard.press('Tab')
  }
  throw new Error(`${role} ${name} cannot be reached by Tab`)
}

async function type(page: Page, label: string | RegExp, text: string): Promise<void> {
  await tabTo(page, 'textbox', label)
  await page.keyboard.type(text)
}

async function press(page: Page, role: 'button' | 'link', name: string | RegExp): Promise<void> {
  await tabTo(page, role, name)
  await page.keyboard.press('Enter')
}

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
  await page.goto(await oneTimeLink(browser, server, 'psychiatre'))
  await type(page, enrol.login, 'camille')
  await tabToPassword(page)
  await page.keyboard.type('une phrase assez longue')
  await press(page, 'button', fr.sign.next)
  await page.locator('code').first().waitFor()
  const secret = (await page.locator('code').first().textContent())!
  await type(page, enrol.confirm, codeOf(secret))
  await press(page, 'button', enrol.done)
  await press(page, 'button', fr.common.actions.skipTour)

  // The day, and the first appointment of it.
  await press(page, 'link', /DÉMO-/)
  await page.getByRole('heading', { name: fr.booking.view.participants }).waitFor()
  // A dialog keeps the focus, and gives it back.
  await press(page, 'button', fr.booking.view.move)
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
  await expect(page.getByRole('button', { name: fr.booking.view.move })).toBeFocused()

  await page.evaluate(() => localStorage.setItem('draille.ready', 'video'))
  await tabTo(page, 'button', fr.day.begin)
  const [room] = await Promise.all([page.waitForEvent('popup'), page.keyboard.press('Enter')])
  await press(room, 'button', call.actions.enter)
  await room.getByRole('button', { name: call.call.quit }).waitFor()
  await press(room, 'button', call.call.quit)
  await room.getByRole('dialog').waitFor()
  await context.close()
})

/** A field for a password has no role of its own. */
async function tabToPassword(page: Page): Promise<void> {
  const field = page.locator('input[type=password]')
  await field.waitFor()
  for (let presses = 0; presses < most; presses++) {
    if (await field.evaluate((one) => one === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  throw new Error('the password cannot be reached by Tab')
}
