import type { Page } from '@playwright/test'
import { fr as call } from '../src/i18n/fr'
import type { Me } from '../src/staff/api'
import { sentences as wayBack } from '../src/staff/wayBack'
import { fr } from '../src/staff/words/fr'
import { clean } from './support/axe'
import { Keyboard } from './support/keyboard'
import { colleagues, readsTheLog, tabletCode, trolley } from './support/staff'
import { expect, test } from './support/test'

test.use({ serverFlags: ['--practice.demo'] })

const pages = ['day', 'week', 'book', 'account']
const sections = [
  'establishments',
  'places',
  'people',
  'import',
  'identities',
  'settings',
  'outbox',
]

/** No fault that axe finds, no scrolling sideways at 320 px, nothing too small to touch. */
async function fit(page: Page, where: string): Promise<void> {
  await clean(page, where)
  await page.setViewportSize({ width: 320, height: 640 })
  const width = await page.evaluate(() => document.documentElement.scrollWidth)
  expect(width, `${where} at 320 px`).toBeLessThanOrEqual(320)
  const small = await page.evaluate(() =>
    Array.from(document.querySelectorAll('button, a, input, select'))
      .filter((one) => !one.classList.contains('skip'))
      .filter((one) => ((one.closest('label') ?? one).getBoundingClientRect().height || 44) < 44)
      .map((one) => one.outerHTML.slice(0, 90)),
  )
  expect(small, `${where}: high enough to touch`).toEqual([])
  await page.setViewportSize({ width: 1024, height: 768 })
}

test('the pages of the staff are fit for everybody', async ({ browser, server }) => {
  test.setTimeout(360_000) // axe on 17 pages: a minute, more on a busy machine
  const [admin, doctor] = await colleagues(browser, server, 'psychiatre')
  const { page } = doctor!
  await page.getByRole('link', { name: /DÉMO/ }).first().waitFor()
  for (const one of pages) {
    await page.goto(`${server.url}/#/${one}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await fit(page, one)
  }
  await page.goto(`${server.url}/#/day`)
  await page.getByRole('link', { name: /DÉMO/ }).first().click()
  await page.getByRole('heading', { name: fr.booking.view.participants }).waitFor()
  await fit(page, 'appointment')
  expect(await page.title(), 'no name in the title').not.toContain('DÉMO')
  await readsTheLog(admin!.page, server.url)
  for (const one of [...sections, 'audit']) {
    await admin!.page.goto(`${server.url}/#/admin/${one}`)
    await admin!.page.getByRole('heading', { level: 2 }).first().waitFor()
    await fit(admin!.page, one)
  }
  const { view } = fr.booking
  await page.goto(`${server.url}/#/day`)
  await page.getByRole('link', { name: /DÉMO/ }).first().click()
  for (const deed of [view.move, view.change, view.cancel]) {
    await page.getByRole('button', { name: deed, exact: true }).click()
    await page.getByRole('dialog').waitFor()
    await fit(page, deed)
    await page.keyboard.press('Escape')
  }
  await page.goto(`${server.url}/r/`)
  await fit(page, 'lost link')
  await page.goto(`${server.url}/tablet`)
  await page.getByLabel(fr.tablet.enrol.code).waitFor()
  await fit(page, 'tablet')
  for (const one of [admin!, doctor!]) await one.close()
})

test('a session that ends elsewhere keeps what was typed', async ({ browser, server }) => {
  const [admin, doctor] = await colleagues(browser, server, 'psychiatre')
  const { page, context } = doctor!
  await page.goto(`${server.url}/#/book`)
  const search = page.getByLabel(fr.booking.who.search)
  await search.fill('DÉMO-TROIS')
  await page.getByRole('button', { name: /DÉMO-TROIS/ }).waitFor()
  // Told by the stream: the page has asked for nothing.
  const response = await context.request.post(`${server.url}/api/sign-out`, {
    headers: { Origin: server.url },
  })
  expect(response.ok()).toBe(true)
  await page.getByRole('dialog', { name: fr.common.ended.title }).waitFor()
  await expect(search).toHaveValue('DÉMO-TROIS')
  for (const one of [admin!, doctor!]) await one.close()
})

test('a list heals after the server was away, and says so', async ({ browser, server }) => {
  test.setTimeout(120_000)
  const [admin, doctor] = await colleagues(browser, server, 'psychiatre')
  const { page, context } = doctor!
  const first = page.getByRole('link', { name: /DÉMO/ }).first()
  await first.waitFor()
  await server.end('SIGKILL')
  await page.getByText(fr.common.flow.lost).waitFor()
  await expect(first, 'what was there can be read').toBeVisible()
  await server.run()
  await page.getByText(fr.common.flow.back).waitFor()
  // It hears again: nobody touches the page.
  const me = (await (await context.request.get(`${server.url}/api/me`)).json()) as Me
  const { establishment, id: service, name } = me.services[0]!
  const response = await context.request.put(`${server.url}/api/delays`, {
    data: { establishment, service, minutes: 20 },
    headers: { Origin: server.url },
  })
  expect(response.ok()).toBe(true)
  await page.getByText(fr.day.delay.said(name, 20)).waitFor()
  for (const one of [admin!, doctor!]) await one.close()
})

test('a tablet is enrolled, prepares a call, is wiped, restarts and is revoked', async ({
  browser,
  server,
}) => {
  test.setTimeout(120_000)
  const { places } = fr.admin
  const { tablet } = fr
  const [admin] = await colleagues(browser, server)
  const office = admin!.page
  const code = await tabletCode(office, server.url)
  const context = await trolley(browser)
  const page = await context.newPage()
  await page.goto(`${server.url}/tablet`)
  await page.getByLabel(tablet.enrol.code).fill(code)
  await page.getByRole('button', { name: tablet.enrol.button }).click()
  const prepare = page.getByRole('button', { name: tablet.list.choose }).first()
  await prepare.waitFor()
  await fit(page, 'tablet list')
  await prepare.click()
  // A difference waits for no name.
  await page.getByRole('button', { name: tablet.identity.wrong }).click()
  await page.getByText(tablet.identity.stop).waitFor()
  await page.getByRole('button', { name: tablet.after.button }).click()
  await prepare.click()
  await page.getByRole('button', { name: tablet.identity.agreed }).click()
  await expect(page.getByText(fr.common.required)).toBeVisible()
  await page.getByLabel(tablet.identity.by).fill('Mme Demo, infirmière')
  await fit(page, 'tablet identity')
  await page.getByRole('button', { name: tablet.identity.agreed }).click()
  await page.getByRole('button', { name: tablet.consent.given }).waitFor()
  await fit(page, 'tablet consent')
  await page.getByRole('button', { name: tablet.consent.given }).click()
  await page.getByRole('button', { name: tablet.call.button, exact: true }).waitFor()
  await fit(page, 'tablet ready')
  await page.getByRole('button', { name: tablet.call.button, exact: true }).click()
  // The trolley has worked before: nothing is asked in the lobby.
  await page.getByRole('heading', { name: call.waiting.title }).waitFor()
  expect(page.url(), 'the invitation is not in the address').toBe(`${server.url}/tablet`)
  await page.getByRole('button', { name: call.actions.leaveWaiting, exact: true }).click()
  // No call took place, and none is said to have ended.
  await page.getByRole('heading', { name: tablet.after.endings.unmet.title }).waitFor()
  expect(await page.content(), 'nothing of the patient is left').not.toContain('DÉMO')
  await fit(page, 'tablet after')
  await page.getByRole('button', { name: tablet.after.again }).click()
  await page.getByRole('button', { name: tablet.call.button, exact: true }).waitFor()

  await page.reload()
  await page.getByRole('heading', { name: /^Aujourd’hui/ }).waitFor()
  await office.getByRole('button', { name: places.revoke }).click()
  await office.getByRole('button', { name: places.yesRevoke }).click()
  await page.getByRole('heading', { name: tablet.revoked.title }).waitFor()
  expect(await page.content()).not.toContain('DÉMO')
  await context.close()
  await admin!.close()
})

test('a tablet by its keys alone, and its way back ends no call', async ({ browser, server }) => {
  test.setTimeout(120_000)
  const { tablet } = fr
  const [admin] = await colleagues(browser, server)
  const code = await tabletCode(admin!.page, server.url)
  const context = await trolley(browser)
  const page = await context.newPage()
  const keyboard = new Keyboard(page)
  await page.goto(`${server.url}/tablet`)
  // A digit is missing: said at once, and not counted as a code that is wrong.
  await page.getByLabel(tablet.enrol.code).waitFor()
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  await keyboard.write(tablet.enrol.code, code.slice(0, -1))
  await page.keyboard.press('Enter')
  await expect(page.getByText(tablet.enrol.short)).toBeVisible()
  expect(asked).toEqual([])
  await keyboard.write(tablet.enrol.code, code.slice(-1))
  await page.keyboard.press('Enter')
  await keyboard.use('button', new RegExp(`^${tablet.list.choose}`))

  // The name is followed by the answers, and Enter is none.
  await keyboard.write(tablet.identity.by, 'Mme Demo, infirmière')
  await page.keyboard.press('Enter')
  await keyboard.at('button', tablet.identity.agreed)
  await expect(page.getByRole('heading', { name: tablet.identity.title })).toBeVisible()
  const list = page.getByRole('heading', { name: /^Aujourd’hui/ })
  await page.goBack()
  await list.waitFor()
  await keyboard.use('button', new RegExp(`^${tablet.list.choose}`))
  await keyboard.write(tablet.identity.by, 'Mme Demo, infirmière')
  await keyboard.use('button', tablet.identity.agreed)
  await keyboard.use('button', tablet.consent.given)
  await keyboard.use('button', tablet.call.button)
  const waiting = page.getByRole('heading', { name: call.waiting.title })
  await waiting.waitFor()
  await page.goBack()
  await page.goBack()
  await expect(waiting).toBeVisible()
  await keyboard.use('button', call.actions.leaveWaiting)
  await keyboard.at('heading', tablet.after.endings.unmet.title)
  await context.close()
  await admin!.close()
})

/** From the list to the call of its first appointment. */
async function calls(page: Page): Promise<void> {
  const { tablet } = fr
  await page.getByRole('button', { name: tablet.list.choose }).first().click()
  await page.getByLabel(tablet.identity.by).fill('Mme Demo, infirmière')
  await page.getByRole('button', { name: tablet.identity.agreed }).click()
  await page.getByRole('button', { name: tablet.consent.given }).click()
  await page.getByRole('button', { name: tablet.call.button, exact: true }).click()
}

test('the first call of a tablet takes one look, and each ending is told as what it is', async ({
  browser,
  server,
}) => {
  test.setTimeout(120_000)
  const { tablet } = fr
  const [admin, doctor] = await colleagues(browser, server, 'psychiatre')
  const context = await trolley(browser, true)
  const page = await context.newPage()
  await page.goto(`${server.url}/tablet`)
  await page.getByLabel(tablet.enrol.code).fill(await tabletCode(admin!.page, server.url))
  await page.getByRole('button', { name: tablet.enrol.button }).click()
  await calls(page)
  // The nurse has prepared it, and the browser allows camera and microphone: one look is left.
  const look = page.getByRole('heading', { name: call.lobby.see.title })
  const allow = page.getByRole('button', { name: call.actions.allow }) // old Safari tells nothing
  await look.or(allow).waitFor()
  if (await allow.isVisible()) await allow.click()
  await look.waitFor()
  await expect(page.getByText(call.lobby.step(5, 5))).toHaveCount(0)
  // It was the wrong patient: the list is one touch away, and nothing of the call stays.
  await page.getByRole('button', { name: tablet.after.button }).click()
  await page.getByRole('button', { name: tablet.list.choose }).first().click()
  await page.getByLabel(tablet.identity.by).fill('Mme Demo, infirmière')
  await page.getByRole('button', { name: tablet.identity.agreed }).click()
  await page.getByRole('button', { name: tablet.call.button, exact: true }).click()
  await look.or(allow).waitFor()
  if (await allow.isVisible()) await allow.click()
  await look.waitFor()
  await page.getByRole('button', { name: call.actions.enter, exact: true }).click()
  await page.getByRole('heading', { name: call.waiting.title }).waitFor()

  // The doctor comes, lets the tablet in, and ends the call.
  const row = doctor!.page.getByRole('listitem').filter({ hasText: fr.day.state.waiting(0) })
  await row.first().waitFor()
  const tab = doctor!.context.waitForEvent('page')
  await doctor!.context.grantPermissions(['camera', 'microphone'])
  await doctor!.context.addInitScript(() => localStorage.setItem('draille.ready', 'video'))
  await row.first().getByRole('button', { name: fr.day.begin }).click()
  const host = await tab
  await host.getByRole('button', { name: call.actions.enter, exact: true }).waitFor()
  await expect(host.getByText(call.lobby.name.help)).toBeVisible()
  await expect(host.getByLabel(call.lobby.name.label), 'who signed in is known').toHaveCount(0)
  await host.getByRole('button', { name: call.actions.enter, exact: true }).click()
  await host.getByRole('button', { name: call.actions.admit }).click()
  await page.getByRole('button', { name: call.call.quit }).waitFor()
  await host.getByRole('button', { name: call.call.quit }).click()
  await host.getByRole('button', { name: call.actions.endForAll }).click()
  await page.getByRole('heading', { name: tablet.after.endings.ended.title }).waitFor()
  await expect(page.getByRole('button', { name: tablet.after.again })).toHaveCount(0)
  const closed = host.waitForEvent('close')
  // The tab goes away under the click: the day is in the one before.
  void host.getByRole('button', { name: wayBack.fr }).click().catch(() => {})
  await closed
  await expect(doctor!.page.getByRole('heading', { name: fr.day.title })).toBeVisible()
  for (const one of [admin!, doctor!]) await one.close()
  await context.close()
})
