import type { BrowserContext } from '@playwright/test'
import type { Me, PersonView } from '../src/staff/api'
import { fr } from '../src/staff/words/fr'
import { colleagues } from './support/staff'
import { expect, test } from './support/test'

test.use({ serverFlags: ['--practice.demo'] })

const { opinion: words, booking } = fr

const hospital = 'Hôpital de démonstration'

/** The nurse of the demonstration works in the hospital, too, where its patients are. */
async function alsoInTheHospital(admin: BrowserContext, server: string): Promise<void> {
  const { items } = (await (await admin.request.get(`${server}/api/people`)).json()) as {
    items: PersonView[]
  }
  const nurse = items.find(({ person }) => person.profession === 'infirmière')!.person.id
  const me = (await (await admin.request.get(`${server}/api/me`)).json()) as Me
  const establishment = me.establishments.find(({ name }) => name === hospital)!.id
  const answer = await admin.request.post(`${server}/api/people/${nurse}/grants`, {
    data: { role: 'nurse', establishment, service: '', endsAt: 0 },
    headers: { Origin: server },
  })
  expect(answer.ok(), await answer.text()).toBe(true)
}

test('a nurse asks for an opinion, and an expert asks back and answers', async ({
  browser,
  server,
}) => {
  test.setTimeout(120_000)
  const [admin, nurse, doctor] = await colleagues(browser, server, 'infirmière', 'psychiatre')
  await alsoInTheHospital(admin!.context, server.url)
  const asks = nurse!.page
  await asks.goto(`${server.url}/#/opinions`)
  await asks.getByRole('link', { name: words.ask }).click()
  await asks.getByLabel(fr.admin.establishment).selectOption(hospital)
  await asks.getByLabel(booking.who.search).fill('DÉMO-TROIS')
  await asks.getByRole('button', { name: /DÉMO-TROIS/ }).first().click()
  const services = asks.getByLabel(words.service)
  await services.selectOption({ index: 1 })
  await asks.getByLabel(words.urgencies.urgent).check({ force: true })
  await asks.getByLabel(words.question, { exact: true }).fill('Ne dort plus depuis trois jours.')
  await asks.getByRole('button', { name: words.send }).click()
  await asks.getByText(words.states.waiting).waitFor()

  const answers = doctor!.page
  await answers.goto(`${server.url}/#/opinions`)
  const queue = answers.getByRole('region', { name: words.queue })
  await queue.getByText('à répondre avant').waitFor()
  await queue.getByRole('link').click()
  await answers.getByRole('button', { name: words.deeds.take }).click()
  await answers.getByLabel(words.text.answer).fill('Quel traitement ?')
  await answers.getByRole('button', { name: words.deeds['ask-back'] }).click()
  // The other side hears of it without doing anything.
  await asks.getByLabel(words.text.reply).fill('Aucun.')
  await asks.getByRole('button', { name: words.deeds.reply }).click()
  await answers.getByText('Aucun.').waitFor()
  await answers.getByLabel(words.text.answer).fill('Je vois le patient demain.')
  await answers.getByLabel(words.distant).check({ force: true })
  await answers.getByRole('button', { name: words.deeds.answer, exact: true }).click()
  await answers.getByText(words.states.answered).waitFor()
  await asks.getByText('Je vois le patient demain.').waitFor()
  await asks.getByText(words.isDistant).waitFor()
  const file = asks.waitForEvent('download')
  await asks.getByRole('link', { name: words.pdf }).click()
  expect((await file).suggestedFilename()).toMatch(/^[a-z0-9]+-\d+\.pdf$/)
  // It is counted, by the specialty that was asked.
  const { page } = admin!
  await expect(async () => {
    await page.goto('about:blank')
    await page.goto(`${server.url}/#/figures`)
    const table = page.getByRole('table', { name: fr.figures.opinionsOf })
    await expect(table.locator('tbody td').first()).toHaveText('1')
  }).toPass()
  for (const one of [admin!, nurse!, doctor!]) await one.close()
})
