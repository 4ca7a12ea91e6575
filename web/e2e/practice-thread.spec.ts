import type { Me } from '../src/staff/api'
import { fr as call } from '../src/i18n/fr'
import { fr } from '../src/staff/words/fr'
import { clean } from './support/axe'
import { colleagues } from './support/staff'
import { expect, test } from './support/test'

test.use({ serverFlags: ['--practice.demo'] })

const { thread, common } = fr
const team = 'Astreinte (démonstration)'

test('a team writes to each other, over a cut and beside a call', async ({ browser, server }) => {
  test.setTimeout(90_000)
  const [admin, doctor, nurse] = await colleagues(browser, server, 'psychiatre', 'infirmière')
  const write = async (page: typeof doctor.page, text: string) => {
    await page.getByLabel(thread.write).fill(text)
    await page.keyboard.press('Enter')
  }
  await doctor!.page.getByRole('link', { name: common.nav.threads }).click()
  await doctor!.page.getByRole('heading', { name: team }).waitFor()
  await write(doctor!.page, 'Je prends la suite à 18 h.')
  // The nurse's page is told; what is written stands neither in its title nor in its menu.
  const menu = nurse!.page.getByRole('link', { name: new RegExp(common.nav.threads) })
  await expect(menu).toContainText(thread.document(1))
  await expect(nurse!.page).toHaveTitle(new RegExp(thread.document(1)))
  await menu.click()
  await nurse!.page.getByText('Je prends la suite à 18 h.').waitFor()
  await expect(menu).not.toContainText(thread.document(1))
  await doctor!.page.getByText(thread.readBy('Lou DÉMO-VIDAL')).waitFor()
  await clean(nurse!.page, 'thread')

  // Without a connection it is kept; then it goes, once.
  await nurse!.context.setOffline(true)
  await write(nurse!.page, 'Bien reçu.')
  await nurse!.page.getByText(thread.waits).waitFor()
  await nurse!.context.setOffline(false)
  await doctor!.page.getByText('Bien reçu.').waitFor()
  await expect(nurse!.page.getByText(thread.waits)).toHaveCount(0)
  await expect(nurse!.page.getByText('Bien reçu.')).toHaveCount(1)

  // Its author deletes it; that there was one stays.
  const own = nurse!.page.getByRole('article').filter({ hasText: 'Bien reçu.' })
  await own.getByRole('button', { name: thread.delete }).click()
  await own.getByRole('button', { name: thread.deleteSurely }).click()
  await doctor!.page.getByText(thread.deleted).waitFor()

  // Beside the call of a staff meeting.
  const { page } = doctor!
  const me = (await (await page.request.get(`${server.url}/api/me`)).json()) as Me
  const house = me.establishments.find(({ name }) => name.startsWith('Hôpital'))!
  const paris = { timeZone: house.zone, dateStyle: 'short', timeStyle: 'short' } as const
  const soon = new Intl.DateTimeFormat('sv-SE', paris).format(Date.now() + 120_000)
  const made = await page.request.post(`${server.url}/api/appointments`, {
    headers: { Origin: server.url },
    data: {
      key: 'meeting-of-the-test',
      establishment: house.id,
      service: me.services.find(({ establishment }) => establishment === house.id)!.id,
      kind: 'telestaff',
      patient: '',
      title: 'RCP',
      localStart: soon.replace(' ', 'T'),
      minutes: 30,
      anyway: true,
      participants: [{ kind: 'person', person: me.person.id, channel: 'none' }],
    },
  })
  expect(made.ok(), await made.text()).toBe(true)
  const { row } = (await made.json()) as { row: { appointment: { id: string } } }
  await doctor!.context.grantPermissions(['camera', 'microphone'])
  await page.evaluate(() => localStorage.setItem('draille.ready', 'video'))
  await page.goto(`${server.url}/#/appointment/${row.appointment.id}`)
  const [room] = await Promise.all([
    page.waitForEvent('popup'),
    page.getByRole('button', { name: fr.day.begin }).click(),
  ])
  await room.getByRole('button', { name: call.actions.enter }).click()
  await room.getByRole('button', { name: call.call.messages }).click()
  await room.getByText(thread.title).click()
  await room.getByText(thread.none).waitFor()
  await room.getByLabel(thread.write).fill('Compte rendu à relire.')
  await room.keyboard.press('Enter')
  await room.getByRole('article').getByText('Compte rendu à relire.').waitFor()
  await page.getByRole('button', { name: thread.open }).click()
  await page.getByRole('article').getByText('Compte rendu à relire.').waitFor()

  // Who administers chooses the team, and reads nothing.
  await admin!.page.goto(`${server.url}/#/admin/teams`)
  const chosen = admin!.page.getByLabel(fr.admin.establishment, { exact: true })
  await chosen.selectOption({ label: 'Hôpital de démonstration' })
  await admin!.page.getByText(team, { exact: true }).waitFor()
  await admin!.page.getByText(thread.office.traces).click()
  await expect(admin!.page.getByText('Lou DÉMO-VIDAL', { exact: false }).first()).toBeVisible()
  await expect(admin!.page.getByText('Je prends la suite')).toHaveCount(0)
  for (const one of [admin!, doctor!, nurse!]) await one.close()
})
