import type { Browser, BrowserContext, Page } from '@playwright/test'
import type { NewCode, OneTimeLink, PersonView } from '../../src/staff/api'
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

/** The administrator, and the people of the demonstration with these professions. */
export async function colleagues(browser: Browser, server: Server, ...professions: string[]) {
  const admin = await enrolled(browser, server, await server.firstAdministrator(), 'admin')
  const people = (await (await admin.request.get(`${server.url}/api/people`)).json()) as {
    items: PersonView[]
  }
  const contexts = [admin]
  for (const profession of professions) {
    const { person } = people.items.find((one) => one.person.profession === profession)!
    const path = `/api/people/${person.id}/enrol`
    const { address } = await ask<OneTimeLink>(admin, server, path, { purpose: 'new' })
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
