import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { fr } from '../src/staff/words/fr'
import { Hospital } from './support/hospital'
import { colleagues, readsTheLog } from './support/staff'
import { expect, test as base } from './support/test'

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

async function clean(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze()
  expect(violations.map(({ id, nodes }) => `${id} ${nodes.map(({ target }) => target)}`)).toEqual(
    [],
  )
}

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
  await clean(office)
  // By keyboard: the text, then replay.
  const show = line.getByRole('button', { name: received.show })
  await show.focus()
  await office.keyboard.press('Enter')
  const text = office.getByRole('region', { name: received.textOf('ADT^A28, message E2') })
  await text.waitFor()
  expect(await text.textContent()).toContain('xxxxxxxx^xxxxxx^')
  expect(await office.textContent('body')).not.toContain('AUTRENOM')
  await clean(office)
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
  await clean(page)
  await page.getByRole('button', { name: merges.undo }).click()
  await page.getByRole('button', { name: merges.yes }).click()
  await page.getByText(merges.undone).waitFor()
  await page.getByText(merges.undoneMark, { exact: true }).waitFor()
  await page.getByRole('button', { name: merges.undo }).waitFor({ state: 'detached' })
  for (const one of [admin!, secretary!]) await one.close()
})
