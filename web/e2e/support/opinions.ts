import { type BrowserContext, expect, type Page } from '@playwright/test'
import type { Me, PersonView } from '../../src/staff/api'
import { fr } from '../../src/staff/words/fr'

const { opinion: words, booking } = fr

const hospital = 'Hôpital de démonstration'
/** The demonstration has questions of its own, about somebody else. */
export const ours = /DÉMO-TROIS/

/** The nurse of the demonstration works in the hospital, too, where its patients are. */
export async function alsoInTheHospital(admin: BrowserContext, server: string): Promise<void> {
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

/** Fills in all of a question but its pictures. */
export async function fillIn(asks: Page, server: string): Promise<void> {
  await asks.goto(`${server}/#/opinions`)
  await asks.getByRole('link', { name: words.ask }).click()
  await asks.getByLabel(fr.admin.establishment).selectOption(hospital)
  await asks.getByLabel(booking.who.search).fill('DÉMO-TROIS')
  await asks.getByRole('button', { name: /DÉMO-TROIS/ }).first().click()
  const services = asks.getByLabel(words.service)
  await services.selectOption({ index: 1 })
  await asks.getByLabel(words.urgencies.urgent).check({ force: true })
  await asks.getByLabel(words.question, { exact: true }).fill('Ne dort plus depuis trois jours.')
}
