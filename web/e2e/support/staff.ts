import type { Browser, BrowserContext, Page } from '@playwright/test'
import { fr } from '../../src/staff/words/fr'
import type { Me, NewCode, OneTimeLink, PersonView } from '../../src/staff/api'
import { likeTheOthers } from './people'
import type { Server } from './server'
import { codeOf } from './totp'

/** Somebody of the staff who is signed in, without having gone through the pages for it. */
export type Colleague = { context: BrowserContext; page: Page; close: () => Promise<void> }

async function enrolled(browser: Browser, server: Server, link: string, login: string) {
  const context = await browser.newContext({
    locale: 'fr-FR',
    timezoneId: 'Europe/Paris',
    viewport: { width: 1024, height: 768 },
  })
  await likeTheOthers(context)
  await context.addInitScript(() => localStorage.setItem('draille.staff.tour', 'seen'))
  const key = new URL(link).hash.slice(1)
  const names = { givenName: 'Ada', familyName: 'Admin' }
  const password = 'une phrase assez longue'
  const first = login === 'admin' ? names : {}
  const code = await ask<NewCode>(context, server, '/api/enrol/password', {
    key,
    login,
    password,
    ...first,
  })
  await ask(context, server, '/api/enrol/code', { key, code: codeOf(code.secret) })
  return context
}

async function ask<T>(context: BrowserContext, server: Server, path: string, data: unknown) {
  const headers = { Origin: server.url }
  const response = await context.request.post(server.url + path, { data, headers })
  if (!response.ok()) throw new Error(`${path}: ${response.status()} ${await response.text()}`)
  return (response.status() === 204 ? undefined : await response.json()) as T
}

/** The one-time link of somebody of the demonstration, as an administrator gives it out. */
export async function oneTimeLink(browser: Browser, server: Server, profession: string) {
  const admin = await enrolled(browser, server, await server.firstAdministrator(), 'admin')
  const { address } = await linkFor(admin, server, profession)
  await admin.close()
  return address
}

async function linkFor(admin: BrowserContext, server: Server, profession: string) {
  const people = (await (await admin.request.get(`${server.url}/api/people`)).json()) as {
    items: PersonView[]
  }
  const { person } = people.items.find((one) => one.person.profession === profession)!
  return ask<OneTimeLink>(admin, server, `/api/people/${person.id}/enrol`, { purpose: 'new' })
}

/** The administrator, and the people of the demonstration with these professions. */
export async function colleagues(browser: Browser, server: Server, ...professions: string[]) {
  const admin = await enrolled(browser, server, await server.firstAdministrator(), 'admin')
  const contexts = [admin]
  for (const profession of professions) {
    const { address } = await linkFor(admin, server, profession)
    contexts.push(await enrolled(browser, server, address, profession))
  }
  return Promise.all(
    contexts.map(async (context): Promise<Colleague> => {
      const page = await context.newPage()
      await page.goto(server.url)
      return { context, page, close: () => context.close() }
    }),
  )
}

/** The code that enrols a tablet in the demonstration's first room, as its administrator reads. */
export async function tabletCode(office: Page, url: string): Promise<string> {
  const { places, establishment } = fr.admin
  await office.goto(`${url}/#/admin/places`)
  await office.getByLabel(establishment).selectOption({ label: 'EHPAD de démonstration' })
  // The first appointment of the demonstration is there, in a few minutes.
  await office.getByRole('button', { name: `${places.tablets} : Salle des Pins` }).click()
  await office.getByLabel(places.tabletName).fill('Chariot')
  await office.getByRole('button', { name: places.addTablet }).click()
  return /\d{4} \d{4}/.exec((await office.locator('.code8').textContent())!)![0]
}

/** The browser of a tablet that has been in a call before, or is to make its first one. */
export async function trolley(browser: Browser, first = false): Promise<BrowserContext> {
  const context = await browser.newContext({ locale: 'fr-FR', timezoneId: 'Europe/Paris' })
  await context.grantPermissions(['camera', 'microphone'])
  if (!first)
    await context.addInitScript(() => localStorage.setItem('draille.ready', 'video'))
  return likeTheOthers(context)
}

/** The administrator gives themselves the right to read the log, which is in the log. */
export async function readsTheLog(page: Page, url: string): Promise<void> {
  const me = (await (await page.request.get(`${url}/api/me`)).json()) as Me
  const response = await page.request.post(`${url}/api/people/${me.person.id}/grants`, {
    data: { role: 'auditor', establishment: '', service: '' },
    headers: { Origin: url },
  })
  if (!response.ok()) throw new Error(await response.text())
  await page.reload()
}
