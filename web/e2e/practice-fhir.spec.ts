import type { APIRequestContext } from '@playwright/test'
import { fr } from '../src/staff/words/fr'
import { colleagues } from './support/staff'
import { expect, test } from './support/test'

test.use({ serverFlags: ['--practice.demo', '--practice.fhir.enabled'] })

const { machines } = fr.admin
const authority = 'https://ch-x.example/ipp'

/** What a booking system does: it gets a token, writes the patient, and makes the appointment. */
async function book(request: APIRequestContext, server: string, id: string, secret: string) {
  const form = { grant_type: 'client_credentials', client_id: id, client_secret: secret }
  const token = await request.post(`${server}/fhir/token`, { form })
  if (!token.ok()) return { status: token.status() }
  const headers = {
    Authorization: `Bearer ${((await token.json()) as { access_token: string }).access_token}`,
    'Content-Type': 'application/fhir+json',
  }
  const put = async (where: string, data: object) => {
    const answer = await request.put(`${server}/fhir/R4/${where}`, { headers, data })
    expect(answer.status(), await answer.text()).toBe(201)
    return (await answer.json()) as Record<string, never>
  }
  const patient = await put(`Patient?identifier=${authority}|R7`, {
    resourceType: 'Patient',
    identifier: [{ system: authority, value: 'R7' }],
    name: [{ use: 'official', family: 'DÉMO-FHIR', given: ['DOMINIQUE'] }],
    birthDate: '1979-03-28',
  })
  const start = new Date(Math.ceil(Date.now() / 60_000) * 60_000 + 60_000)
  const appointment = await put('Appointment?identifier=https://ch-x.example/rdv|R-7', {
    resourceType: 'Appointment',
    status: 'booked',
    identifier: [{ system: 'https://ch-x.example/rdv', value: 'R-7' }],
    start: start.toISOString(),
    end: new Date(start.getTime() + 30 * 60_000).toISOString(),
    participant: [{ status: 'accepted', actor: { reference: `Patient/${patient.id}` } }],
  })
  const link = JSON.stringify(appointment).match(/https?:[^"]+\/r\/[\w-]{22}/)?.[0]
  return { status: 201, link }
}

test('an administrator connects a booking system, and it makes a room by itself', async ({
  browser,
  server,
  request,
}) => {
  test.setTimeout(120_000)
  const [admin] = await colleagues(browser, server)
  const { page } = admin!
  await page.goto(`${server.url}/#/admin/machines`)
  await page.getByText(machines.none).waitFor()
  await page.getByLabel(fr.admin.establishment).selectOption('Hôpital de démonstration')
  await page.getByRole('button', { name: machines.add }).click()
  await page.getByLabel(fr.admin.name, { exact: true }).fill('Agenda')
  await page.getByLabel(machines.authority).fill(authority)
  await page.getByLabel(machines.service).selectOption({ index: 1 })
  await page.getByLabel(machines.links).check({ force: true })
  await page.getByRole('button', { name: machines.add }).click()
  await page.getByText(machines.once).waitFor()
  const [id, secret] = await page.locator('dd code').allTextContents()
  const { link } = await book(request, server.url, id!, secret!)
  const guest = await (await browser.newContext({ locale: 'fr-FR' })).newPage()
  await guest.goto(link!)
  await expect(guest).toHaveURL(/#t=|\/#/) // into the lobby of the room
  await guest.context().close()

  await page.getByRole('button', { name: machines.revoke }).click()
  await page.getByRole('button', { name: machines.yesRevoke }).click()
  await page.getByText(machines.revoked).waitFor()
  expect((await book(request, server.url, id!, secret!)).status).toBe(401)
  await admin!.close()
})
