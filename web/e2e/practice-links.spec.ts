import type { Browser, Page } from '@playwright/test'
import { en as english } from '../src/i18n/en'
import { fr as call } from '../src/i18n/fr'
import { fr as link } from '../src/link/words'
import type { AppointmentView, Me, Patient, Printable, Setting } from '../src/staff/api'
import { likeTheOthers } from './support/people'
import { colleagues, type Colleague } from './support/staff'
import { expect, test } from './support/test'
import { long } from './support/long'

test.use({ serverFlags: ['--practice.demo'] })

/** What staff do with an appointment, by the API: what a patient sees of it is tested here. */
class Office {
  private constructor(
    private readonly secretary: Colleague,
    private readonly admin: Colleague,
    private readonly url: string,
    private readonly me: Me,
  ) {}

  static async open(url: string, people: Colleague[]): Promise<Office> {
    const [admin, secretary] = people as [Colleague, Colleague]
    const me = (await (await secretary.context.request.get(`${url}/api/me`)).json()) as Me
    return new Office(secretary, admin, url, me)
  }

  async ask<T>(method: string, path: string, data?: unknown, version?: number): Promise<T> {
    const who = path.startsWith('/api/settings') ? this.admin : this.secretary
    const response = await who.context.request.fetch(this.url + path, {
      method,
      data,
      headers: {
        Origin: this.url,
        ...(version === undefined ? {} : { 'If-Match': `"${version}"` }),
      },
    })
    if (!response.ok()) throw new Error(`${path}: ${await response.text()}`)
    return (response.status() === 204 ? undefined : await response.json()) as T
  }

  /** An appointment so many minutes from now, and the address on the paper of its patient. */
  async print(minutes: number, lasting = 30): Promise<{ view: AppointmentView; address: string }> {
    const { establishment, id: service } = this.me.services[0]!
    const [patient] = (
      await this.ask<{ items: Patient[] }>(
        'GET',
        `/api/patients?establishment=${establishment}&ipp=DEMO-003`,
      )
    ).items
    const view = await this.ask<AppointmentView>('POST', '/api/appointments', {
      key: crypto.randomUUID(),
      establishment,
      service,
      kind: 'consultation',
      patient: patient!.id,
      localStart: wallClock(minutes),
      minutes: lasting,
      participants: [{ kind: 'patient', channel: 'print' }],
      anyway: true,
    })
    return { view, address: await this.printed(view) }
  }

  async printed({ row, participants }: AppointmentView): Promise<string> {
    const patient = participants.find(({ kind }) => kind === 'patient')!
    const path = `/api/appointments/${row.appointment.id}/participants/${patient.id}/print`
    return (await this.ask<Printable>('POST', path)).address
  }

  /** How long before the start, or after the end, links open, in minutes. */
  async opens(when: 'before' | 'after', minutes: number): Promise<void> {
    const { establishment } = this.me.services[0]!
    const query = `?establishment=${establishment}`
    const key = `link.minutes-${when}`
    const all = await this.ask<Setting[]>('GET', `/api/settings${query}`)
    const { version } = all.find((one) => one.key === key)!
    const value = String(minutes)
    await this.ask('PUT', `/api/settings/${key}${query}`, { establishment, key, value }, version)
  }
}

/** A time in Paris, on the wall. */
function wallClock(minutes: number): string {
  const at = new Date(Date.now() + minutes * 60_000)
  return at.toLocaleString('sv-SE', { timeZone: 'Europe/Paris' }).replace(' ', 'T').slice(0, 16)
}

async function device(browser: Browser): Promise<Page> {
  const context = await likeTheOthers(
    await browser.newContext({ locale: 'fr-FR', timezoneId: 'Europe/Paris' }),
  )
  await context.grantPermissions(['camera', 'microphone'])
  return context.newPage()
}

const title = (page: Page, words: string) =>
  page.getByRole('heading', { level: 1, name: words }).waitFor()

test('a link says why it does not open yet, enters by itself, and stays with one device', async ({
  browser,
  server,
}) => {
  test.setTimeout(120_000)
  const people = await colleagues(browser, server, 'secrétaire')
  const office = await Office.open(server.url, people)
  const { view, address } = await office.print(60)
  const page = await device(browser)
  await page.goto(address)
  await title(page, link.early.title)
  await expect(page.getByText(/s’ouvre toute seule à/)).toBeVisible()
  // The hour comes: here the office lets links open earlier. Nobody touches the page, which asks
  // again when it is looked at, as a telephone is that was laid aside.
  await office.opens('before', 90)
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await page.getByRole('button', { name: call.actions.next }).first().waitFor()

  const other = await device(browser)
  await other.goto(address)
  await title(other, link.other.title)
  await other.getByRole('button', { name: call.actions.continueHere }).click()
  await other.getByRole('button', { name: call.actions.next }).first().waitFor()
  await page.goto(address)
  await title(page, link.other.title)

  // It moves with its appointment.
  const { id, version } = view.row.appointment
  const moved = await office.ask<AppointmentView>(
    'PUT',
    `/api/appointments/${id}`,
    { localStart: wallClock(24 * 60) },
    version,
  )
  await other.goto(address)
  await title(other, link.early.title)

  // A newer one takes its place.
  await office.ask('POST', `/api/appointments/${id}/send`, { participants: [], renew: true })
  const fresh = await office.printed(moved)
  expect(fresh).not.toBe(address)
  await other.goto(address)
  await title(other, link.revoked.title)
  await other.goto(fresh)
  await title(other, link.early.title)
  await office.ask(
    'POST',
    `/api/appointments/${id}/cancel`,
    { tell: false },
    moved.row.appointment.version,
  )
  await other.goto(fresh)
  await title(other, link.cancelled.title)
  await other.goto(`${server.url}/r/${'x'.repeat(22)}`)
  await title(other, link.unknown.title)
  for (const one of people) await one.close()
})

test('a link that is too late says so, and how to reach the secretariat', long, async ({
  browser,
  server,
}) => {
  test.setTimeout(150_000)
  const people = await colleagues(browser, server, 'secrétaire')
  const office = await Office.open(server.url, people)
  // Nothing is booked that is over. This one ends at the next full minute, and its link with it.
  await office.opens('after', 0)
  const { address } = await office.print(-14, 15)
  const page = await device(browser)
  await expect(async () => {
    await page.goto(address)
    await page.getByRole('heading', { level: 1, name: link.late.title }).waitFor({ timeout: 2_000 })
  }).toPass({ timeout: 90_000 })
  await expect(page.getByText(link.late.text)).toBeVisible()
  await expect(page.getByRole('button', { name: call.actions.next })).toHaveCount(0)
  // By default it is good for two hours more: it opens again.
  await office.opens('after', 120)
  await page.goto(address)
  await page.getByRole('button', { name: call.actions.next }).first().waitFor()
  for (const one of people) await one.close()
})

test('whoever waits by a link reads of a delay, and is put out when it is replaced', async ({
  browser,
  server,
}) => {
  const people = await colleagues(browser, server, 'secrétaire')
  const office = await Office.open(server.url, people)
  const { view, address } = await office.print(1)
  const page = await device(browser)
  await page.goto(`${server.url}/r/`)
  await page.evaluate(() => localStorage.setItem('draille.ready', 'video'))
  await page.goto(address)
  await page.getByRole('button', { name: call.actions.enter }).click()
  await page.getByRole('heading', { name: call.waiting.title }).waitFor()
  // Who waits reads of a delay, and that it is over.
  const { establishment, service } = view.row.appointment
  const delay = (minutes: number) =>
    office.ask('PUT', '/api/delays', { establishment, service, minutes })
  await delay(10)
  await page.getByText(call.waiting.delay(10)).waitFor()
  // Each in the language of whoever waits.
  await page.getByRole('button', { name: 'English' }).click()
  await page.getByText(english.waiting.delay(10)).waitFor()
  await delay(0)
  await page.getByText(english.waiting.delay(10)).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Français' }).click()
  const path = `/api/appointments/${view.row.appointment.id}/send`
  await office.ask('POST', path, { participants: [], renew: true })
  await page.getByRole('heading', { name: call.ended.revoked.title }).waitFor()
  for (const one of people) await one.close()
})
