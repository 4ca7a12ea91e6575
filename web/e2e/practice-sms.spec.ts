import type { Browser, Locator, Page } from '@playwright/test'
import { fr as aside } from '../src/i18n/aside/fr'
import { fr as call } from '../src/i18n/fr'
import type { AppointmentView, Join, Me, Patient } from '../src/staff/api'
import { fr as staff } from '../src/staff/words/fr'
import type { Server } from './support/server'
import { SMSSink } from './support/sms'
import { colleagues, type Colleague } from './support/staff'
import { expect, test as base } from './support/test'

const { invite } = aside

/** A server with the demonstration's practice, whose SMS come here. */
const test = base.extend<{ sink: SMSSink }>({
  sink: async ({}, use) => {
    const sink = await SMSSink.start()
    await use(sink)
    await sink.stop()
  },
  serverFlags: async ({ sink }, use) => use(['--practice.demo', `--practice.sms.url=${sink.url}`]),
})

/** A consultation that is open now, made by somebody and begun by somebody. */
async function consultation(server: Server, secretary: Colleague): Promise<AppointmentView> {
  const ask = async <T>(method: string, path: string, data?: unknown) => {
    const response = await secretary.context.request.fetch(server.url + path, {
      method,
      data,
      headers: { Origin: server.url },
    })
    if (!response.ok()) throw new Error(`${path}: ${await response.text()}`)
    return (await response.json()) as T
  }
  const me = await ask<Me>('GET', '/api/me')
  const { establishment, id: service } = me.services[0]!
  const { items } = await ask<{ items: Patient[] }>(
    'GET',
    `/api/patients?establishment=${establishment}&ipp=DEMO-003`,
  )
  const at = new Date(Date.now() + 60_000)
  const localStart = at
    .toLocaleString('sv-SE', { timeZone: 'Europe/Paris' })
    .replace(' ', 'T')
    .slice(0, 16)
  return ask<AppointmentView>('POST', '/api/appointments', {
    key: crypto.randomUUID(),
    establishment,
    service,
    kind: 'consultation',
    patient: items[0]!.id,
    localStart,
    minutes: 30,
    participants: [{ kind: 'patient', channel: 'print' }],
    anyway: true,
  })
}

/** The tab of the call, entered by somebody whose devices worked before. */
async function begin(server: Server, who: Colleague, appointment: string): Promise<Page> {
  const response = await who.context.request.post(
    `${server.url}/api/appointments/${appointment}/begin`,
    { headers: { Origin: server.url } },
  )
  const { address } = (await response.json()) as Join
  return entered(who.page.context().browser()!, address, who)
}

async function entered(browser: Browser, address: string, who?: Colleague): Promise<Page> {
  const context =
    who?.context ?? (await browser.newContext({ locale: 'fr-FR', timezoneId: 'Europe/Paris' }))
  await context.grantPermissions(['camera', 'microphone'])
  await context.addInitScript(() => localStorage.setItem('draille.ready', 'video'))
  const page = await context.newPage()
  await page.goto(address)
  await page.getByRole('button', { name: call.actions.enter, exact: true }).click()
  return page
}

async function openInvite(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: call.call.more, exact: true }).click()
  await page.getByRole('button', { name: invite.open }).click()
  return page.getByRole('dialog', { name: invite.open })
}

test('somebody who is missing is sent an SMS during the call, and comes', async ({
  browser,
  server,
  sink,
}) => {
  test.setTimeout(120_000)
  const [admin, doctor, secretary] = await colleagues(browser, server, 'psychiatre', 'secrétaire')
  const { row } = await consultation(server, secretary!)
  const page = await begin(server, doctor!, row.appointment.id)
  const dialog = await openInvite(page)
  await dialog.getByLabel(invite.phone).fill('06 12 34')
  const send = dialog.getByRole('button', { name: invite.send })
  await send.click()
  await dialog.getByText(invite.why.name()).waitFor()
  await dialog.getByLabel(invite.nameSent).fill('Mme Demo, sa fille')
  await send.click()
  await dialog.getByText(invite.why.phone()).waitFor()
  await dialog.getByLabel(invite.phone).fill('06 12 34 56 78')
  await send.click()

  const sms = await sink.next()
  expect(sms.to).toBe('+33612345678')
  expect(sms.text).toMatch(/^On vous attend maintenant en visio\. .*\/r\/[\w-]{22}$/)
  for (const name of ['Demo', 'DÉMO', 'DEMO', 'fille']) expect(sms.text).not.toContain(name)
  await dialog.getByText(invite.sent).waitFor()

  // The link opens on her telephone; who she is stands in the doctor's banner.
  const guest = await entered(browser, /http\S+$/.exec(sms.text)![0])
  await guest.getByRole('heading', { name: call.waiting.title }).waitFor()
  await page.keyboard.press('Escape')
  const banner = page.getByRole('region', { name: call.waits.region })
  await banner.getByText(call.waits.one('Mme Demo, sa fille')).waitFor()
  await banner.getByRole('button', { name: call.actions.admit }).click()
  await guest.getByRole('button', { name: call.call.quit }).waitFor()

  // The secretary sees whom the doctor has invited.
  await secretary!.page.goto(`${server.url}/#/appointment/${row.appointment.id}`)
  await secretary!.page
    .getByRole('region', { name: staff.booking.view.participants })
    .getByText(staff.booking.view.kinds.called)
    .waitFor()
  await expect(guest.getByRole('button', { name: call.call.quit })).toBeVisible()
  await guest.context().close()
  for (const one of [admin!, doctor!, secretary!]) await one.close()
})

test('what the gateway does not take is said, with another way', async ({
  browser,
  server,
  sink,
}) => {
  test.setTimeout(120_000)
  const [admin, doctor, secretary] = await colleagues(browser, server, 'psychiatre', 'secrétaire')
  const { row } = await consultation(server, secretary!)
  const page = await begin(server, doctor!, row.appointment.id)
  sink.status = 400
  const dialog = await openInvite(page)
  await dialog.getByLabel(invite.nameSent).fill('Mme Demo')
  await dialog.getByLabel(invite.phone).fill('06 12 34 56 78')
  await dialog.getByRole('button', { name: invite.send }).click()
  await sink.next()
  await dialog.getByText(invite.notSent).waitFor()
  await expect(dialog.getByText(invite.reasons.refused!)).toBeVisible()
  // What was typed is still there; the same number again at once is too soon.
  await dialog.getByRole('button', { name: invite.correct }).click()
  await expect(dialog.getByLabel(invite.nameSent)).toHaveValue('Mme Demo')
  await dialog.getByRole('button', { name: invite.send }).click()
  await dialog.getByText(/^Trop de SMS en peu de temps/).waitFor()
  await dialog.getByRole('button', { name: invite.make }).click()
  await dialog.getByRole('img', { name: invite.code }).waitFor()

  // Whose session has ended sends nothing, and reads why; the call goes on.
  await page.keyboard.press('Escape')
  await doctor!.context.request.post(`${server.url}/api/sign-out`, {
    headers: { Origin: server.url },
  })
  const again = await openInvite(page)
  await again.getByText(invite.why['signed-out']()).waitFor()
  await expect(again.getByLabel(invite.phone)).toHaveCount(0)
  await expect(again.getByRole('button', { name: invite.make })).toBeVisible()
  for (const one of [admin!, doctor!, secretary!]) await one.close()
})

test('a call that is no appointment asks the practice nothing', async ({ browser, server }) => {
  const link = await server.invite({ room: 'staff-mardi', role: 'host', name: 'Dr Vidal' })
  const page = await entered(browser, link)
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  const dialog = await openInvite(page)
  await dialog.getByRole('button', { name: invite.make }).click()
  await dialog.getByRole('img', { name: invite.code }).waitFor()
  await expect(dialog.getByLabel(invite.phone)).toHaveCount(0)
  expect(asked.filter((path) => path.startsWith('/api/'))).toEqual([])
  await page.context().close()
})
