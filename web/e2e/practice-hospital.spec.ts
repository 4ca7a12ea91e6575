import { type Locator, chromium } from '@playwright/test'
import { fr as call } from '../src/i18n/fr'
import type { Day, Printable } from '../src/staff/api'
import { fr } from '../src/staff/words/fr'
import { clean } from './support/axe'
import { Hospital, stamp } from './support/hospital'
import { Person, chromiumFlags } from './support/people'
import type { Server } from './support/server'
import { type Colleague, colleagues, readsTheLog } from './support/staff'
import { expect, test as base } from './support/test'
import { long } from './support/long'

/** A server to which a hospital's systems send. */
const test = base.extend<{ hospital: Hospital }>({
  hospital: async ({}, use) => {
    const hospital = await Hospital.start()
    await use(hospital)
    await hospital.stop()
  },
  serverFlags: async ({ hospital }, use) => use(hospital.flags),
})

const { received, merges, sections, establishment } = fr.admin

test('what a hospital sends is seen, replayed and undone, without names', async ({
  browser,
  server,
  hospital,
}) => {
  const [admin, secretary] = await colleagues(browser, server, 'secrétaire')
  const office = admin!.page
  await hospital.opens(office, server)
  await office.goto(`${server.url}/#/admin/received`)
  await office.getByLabel(establishment).selectOption({ label: 'Hôpital de démonstration' })
  await office.getByText(received.none).waitFor()
  const other = (segment: string) => segment.replace('19800101', '19790328')
  const answers = await hospital.send(
    hospital.message('ADT^A28^ADT_A05', '770001', 'CAUSSE'),
    hospital.message('ADT^A28^ADT_A05', '770001', 'AUTRENOM').map(other), // somebody else
    hospital.message('ADT^A28^ADT_A05', '770002', 'CAUSSE'),
    hospital.message('ADT^A40^ADT_A39', '770001', 'CAUSSE', 'MRG|770002^^^CHU-X^PI'),
  )
  expect(answers).toEqual(['AA', 'AE', 'AA', 'AA'])
  // Told by the stream: nobody has touched the page.
  const line = office.getByRole('listitem').filter({ hasText: 'MSH-10 E2' })
  await line.getByText('PID-3.1').waitFor()
  await line.getByText(received.codes[205]).waitFor()
  await clean(office, 'received')
  // By keyboard: the text, then replay.
  const show = line.getByRole('button', { name: received.show })
  await show.focus()
  await office.keyboard.press('Enter')
  const text = office.getByRole('region', { name: received.textOf('ADT^A28, message E2') })
  await text.waitFor()
  expect(await text.textContent()).toContain('xxxxxxxx^xxxxxx^')
  expect(await office.textContent('body')).not.toContain('AUTRENOM')
  await clean(office, 'the text of a message')
  await office.keyboard.press('Tab')
  await office.keyboard.press('Enter')
  await line.getByText(received.refusedAgain).waitFor()
  await office.getByLabel(received.state).selectOption('')
  await office.getByText('MSH-10 E4').waitFor()
  await office.getByLabel(received.control).fill('E1')
  await office.getByRole('button', { name: fr.admin.audit.search }).click()
  await office.getByText('MSH-10 E4').waitFor({ state: 'detached' })
  await office.getByText(received.outcomes['patient-created']).waitFor()
  await readsTheLog(office, server.url)
  await office.goto(`${server.url}/#/admin/audit`)
  await office.getByText(fr.deeds['hl7.read']).first().waitFor()

  const { page } = secretary!
  await page.goto(`${server.url}/#/admin/merges`)
  await expect(page.getByRole('link', { name: sections.received })).toHaveCount(0)
  await page.getByText(merges.took('CAUSSE LOUISE 01/01/1980 770002')).waitFor()
  await clean(page, 'merges')
  await page.getByRole('button', { name: merges.undo }).click()
  await page.getByRole('button', { name: merges.yes }).click()
  await page.getByText(merges.undone).waitFor()
  await page.getByText(merges.undoneMark, { exact: true }).waitFor()
  await page.getByRole('button', { name: merges.undo }).waitFor({ state: 'detached' })
  for (const one of [admin!, secretary!]) await one.close()
})

test('from the hospital’s messages to one document in its record, with what broke', long, async ({
  browser,
  server,
  hospital,
}) => {
  test.setTimeout(120_000)
  const [admin, doctor] = await colleagues(browser, server, 'psychiatre')
  await hospital.opens(admin!.page, server)
  const { page, context } = doctor!
  const start = stamp(Date.now())
  const answers = await hospital.send(
    hospital.message('ADT^A28^ADT_A05', '770003', 'CAUSSE'),
    hospital.message(
      'SIU^S12^SIU_S12',
      '770003',
      'CAUSSE',
      `SCH||R-3^DPI^1.2.3^ISO|||||||||^^^${start}`,
      'AIS|1||TLC||||30|min',
    ),
  )
  expect(answers).toEqual(['AA', 'AA'])
  // It stands on the list by itself, with its identity.
  const row = page.getByRole('listitem').filter({ hasText: 'CAUSSE' })
  await row.waitFor()
  const link = await printed(doctor!, server)

  // The patient's browser is another process: what stops it, stops everything that it sends.
  const remote = await chromium.launchServer({
    executablePath: '/usr/bin/chromium',
    args: chromiumFlags,
  })
  const guest = await Person.arrive(await chromium.connect(remote.wsEndpoint()), link, {
    name: 'CAUSSE',
    who: 2,
  })
  await guest.enter()
  await context.grantPermissions(['camera', 'microphone'])
  await context.addInitScript(() => localStorage.setItem('draille.ready', 'video'))
  await page.reload()
  const opened = context.waitForEvent('page')
  await row.getByRole('button', { name: fr.day.begin }).click()
  const room = await opened
  await room.getByRole('button', { name: call.actions.enter, exact: true }).click()
  await room.getByRole('button', { name: call.actions.admit }).click()
  await guest.inCall()
  const picture = room
    .locator('[data-testid=tile][data-source=camera]', { hasText: 'CAUSSE' })
    .locator('video')
  await picture.evaluate(
    (video: HTMLVideoElement) => new Promise((shown) => video.requestVideoFrameCallback(shown)),
  )
  const stopped = remote.process().pid!
  process.kill(-stopped, 'SIGSTOP')
  await standsStill(picture)
  process.kill(-stopped, 'SIGCONT')
  await guest.cutWebsocket()
  await guest.inCall()
  await room.getByRole('button', { name: call.call.quit }).click()
  await room.getByRole('button', { name: call.actions.endForAll }).click()
  await row.getByText(fr.day.state.over).waitFor()

  const unsigned = page.getByRole('region', { name: fr.report.unsigned })
  await unsigned.getByRole('link').click()
  const report = page.getByRole('region', { name: fr.report.title })
  const version = (number: number) =>
    report.getByRole('article', { name: fr.report.version(number) })
  const sign = async (number: number, conclusion: string) => {
    const draft = version(number)
    await draft.getByLabel(fr.report.conclusion).fill(conclusion)
    await draft.getByRole('button', { name: fr.report.sign }).click()
  }
  await version(1).waitFor()
  const incidents = await version(1).getByRole('listitem').allTextContents()
  expect(incidents.some((one) => one.includes('figé'))).toBe(true)
  await clean(page, 'report')
  await sign(1, 'Repos.')
  await version(1).getByText(fr.report.sent.sent).waitFor()
  await page.getByRole('link', { name: fr.day.title }).first().click()
  await row.getByText(fr.day.state.over).waitFor()
  await expect(unsigned, 'nothing waits for a signature').toHaveCount(0)
  await row.getByRole('link').first().click()
  const first = await hospital.record.after(1)
  expect(first).toHaveLength(1)
  for (const incident of [...incidents, 'Repos.', 'CAUSSE'])
    expect(first[0]!.text).toContain(incident.replace(/\s+/g, ' '))
  await version(1).getByRole('button', { name: fr.report.correct }).click()
  // Signed while the link is gone, it leaves when the link is back, whatever page is open then.
  await version(2).waitFor()
  await context.setOffline(true)
  await sign(2, 'Radiographie.')
  await version(2).getByText(fr.report.kept).waitFor()
  await page.getByRole('link', { name: fr.day.title }).first().click()
  await expect(report, 'another page is open').toHaveCount(0)
  await context.setOffline(false)
  const second = await hospital.record.after(2)
  expect(second).toHaveLength(1)
  expect(second[0]!.text).toContain('Radiographie.')
  expect(hospital.record.events).toEqual(['MDM^T02', 'MDM^T10'])
  await guest.close()
  await remote.close()
  for (const one of [admin!, doctor!]) await one.close()
})

/** A link that is silent for 3 s counts as cut; 2 s more are worth telling. */
const frozenFor = 8_000 // ms

/** Waits until no new picture has come for so long. */
async function standsStill(picture: Locator): Promise<void> {
  await picture.evaluate(
    (video: HTMLVideoElement, ms) =>
      new Promise<void>((stood) => {
        let last = performance.now()
        const shown = () => {
          last = performance.now()
          video.requestVideoFrameCallback(shown)
        }
        shown()
        const look = setInterval(() => {
          if (performance.now() - last < ms) return
          clearInterval(look)
          stood()
        }, 100)
      }),
    frozenFor,
  )
}

/** The link of the patient of today's last appointment, as it is printed. */
async function printed({ context }: Colleague, server: Server): Promise<string> {
  const day = (await (await context.request.get(`${server.url}/api/day`)).json()) as Day
  const { appointment, participants } = day.appointments.find(
    ({ patient }) => patient?.birthName === 'CAUSSE',
  )!
  const patient = participants.find(({ kind }) => kind === 'patient')!
  const response = await context.request.post(
    `${server.url}/api/appointments/${appointment.id}/participants/${patient.id}/print`,
    { headers: { Origin: server.url } },
  )
  return ((await response.json()) as Printable).address
}
