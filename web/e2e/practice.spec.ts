import type { Browser as Firefox } from 'puppeteer-core'
import { fr as aside } from '../src/i18n/aside/fr'
import { fr as call } from '../src/i18n/fr'
import { fr } from '../src/staff/words/fr'
import { launchFirefox } from './support/firefox'
import { MailSink } from './support/mail'
import type { Server } from './support/server'
import { expect, test as base } from './support/test'
import { codeOf } from './support/totp'
import {
  button,
  field,
  heading,
  inChromium,
  inFirefox,
  option,
  text,
  type Visitor,
} from './support/visitor'
import { long } from './support/long'

const patient = { name: 'DEMO-TROIS', given: 'DOMINIQUE', born: '1979-03-28' }
const staff = { doctor: 'Roche', secretary: 'Pont' }

/** A server with a practice, whose mail comes here. */
const test = base.extend<{ sink: MailSink }>({
  sink: async ({}, use) => {
    const sink = await MailSink.start()
    await use(sink)
    await sink.stop()
  },
  serverFlags: async ({ sink }, use) =>
    use([
      `--practice.mail.server=${sink.address}`,
      '--practice.mail.tls=none',
      '--practice.mail.from=Rendez-vous <rendez-vous@ch-x.example>',
    ]),
})

/** Chooses a password and shows that the authenticator works; the names are asked of the first. */
async function enrol(visitor: Visitor, link: string, login: string, first = false): Promise<void> {
  const { enrol: words } = fr.sign
  await visitor.open(link)
  if (first) {
    await visitor.fill(field(words.givenName), 'Ada')
    await visitor.fill(field(words.familyName), 'Admin')
  }
  await visitor.fill(field(words.login), login)
  await visitor.fill(field(words.password), 'une phrase assez longue')
  await visitor.click(button(fr.sign.next))
  const secret = await visitor.read('//code')
  await visitor.fill(field(words.confirm), codeOf(secret))
  await visitor.click(button(words.done))
  await visitor.click(button(fr.common.actions.skipTour))
}

/** A person with a role, and the one-time link for them. */
async function addPerson(admin: Visitor, name: string, role: string): Promise<string> {
  const { people } = fr.admin
  await admin.click(button(people.add))
  await admin.fill(field(people.givenName), 'Camille')
  await admin.fill(field(people.familyName), name)
  await admin.click(button(fr.common.actions.save))
  await admin.fill(field(people.role), role)
  await admin.click(button(people.give))
  await admin.read(text(fr.common.saved))
  await admin.click(button(people.link))
  const link = await admin.read('//*[@data-testid="one-time-link"]')
  await admin.click(button(people.back))
  return link.trim()
}

async function administer(admin: Visitor, server: Server): Promise<Record<string, string>> {
  const { sections, establishments, places, name } = fr.admin
  await enrol(admin, await server.firstAdministrator(), 'admin@ch-x.example', true)
  await admin.click(button(establishments.add))
  await admin.fill(field(name), 'CH du Causse')
  await admin.click(button(fr.common.actions.save))
  await admin.read(text('CH du Causse'))
  await admin.click(button(sections.places))
  await admin.click(button(places.addService))
  await admin.fill(field(name), 'Équipe mobile')
  await admin.click(button(fr.common.actions.save))
  await admin.read(text('Équipe mobile'))
  await admin.click(button(sections.people))
  await admin.fill(field(fr.admin.establishment), await optionValue(admin, 'CH du Causse'))
  return {
    doctor: await addPerson(admin, staff.doctor, 'clinician'),
    secretary: await addPerson(admin, staff.secretary, 'secretary'),
  }
}

/** The value of the option that says these words. */
async function optionValue(visitor: Visitor, words: string): Promise<string> {
  await visitor.read(`//select[option[contains(., "${words}")]]`)
  const options = await visitor.run(() =>
    Array.from(document.querySelectorAll('option'), (one) => [one.textContent, one.value]),
  )
  return options.find(([label]) => label!.includes(words))![1]!
}

/** As a secretary does it: a new patient, who gets a mail, with the doctor, at the next quarter. */
async function book(secretary: Visitor): Promise<void> {
  const { who, team, where, save, done } = fr.booking
  await secretary.click(button(fr.common.nav.book))
  await secretary.fill(field(who.search), `${patient.name} 28/03/1979`)
  await secretary.read(text(who.nobody))
  await secretary.click(button(who.create))
  await secretary.fill(field(who.birthGivenName), patient.given)
  await secretary.click(option(who.sexes.F))
  await secretary.click(button(who.keep))
  await secretary.read(text(who.change))
  await secretary.fill(field(team.search), staff.doctor.slice(0, 3))
  await secretary.click(`//button[contains(@aria-label, "${staff.doctor}")]`)
  await secretary.fill(field(where.email), 'patient@example.org')
  await secretary.click(button(save))
  await secretary.read(text(done))
}

/** As a doctor does it when the patient has gone: the report that stands there is signed. */
async function report(doctor: Visitor): Promise<void> {
  await doctor.click(`//a[contains(., "${patient.name}")]`)
  await doctor.read(heading(fr.report.title))
  await doctor.read(text(fr.report.state.draft))
  await doctor.fill(field(fr.report.conclusion), 'Suite dans un mois.')
  await doctor.click(button(fr.report.sign))
  await doctor.read(text(fr.report.state.signed))
  await doctor.read(text('Suite dans un mois.'))
}

/** Acceptance of the practice: from an empty server to a consultation that is over. */
async function wholeWay(visit: () => Promise<Visitor>, server: Server, sink: MailSink) {
  const admin = await visit()
  const links = await administer(admin, server)
  await admin.close()

  const doctor = await visit()
  await enrol(doctor, links.doctor!, 'camille.roche')
  await doctor.read(text(fr.day.empty))
  const secretary = await visit()
  await enrol(secretary, links.secretary!, 'camille.pont')
  await book(secretary)
  // Told by the stream: nobody has touched the doctor's page.
  await doctor.read(text(fr.day.state.expected))

  const mail = await sink.first()
  for (const secret of [patient.name, patient.given, staff.doctor, 'Équipe mobile'])
    expect(mail, 'no name leaves by mail').not.toContain(secret)
  const [link] = /https?:\/\/\S+\/r\/[\w-]{22}/.exec(mail) ?? []
  const guest = await visit()
  await guest.open(`${server.url}/r/`)
  await guest.run(() => localStorage.setItem('draille.ready', 'video')) // has been here before
  await guest.open(link!)
  await guest.click(button(call.actions.enter))
  await guest.read(heading(call.waiting.title))

  await doctor.read(text(fr.day.sections.waiting))
  const chimes = () => doctor.run(() => Number(document.documentElement.dataset.chimes ?? 0))
  await expect.poll(chimes, { message: 'the chime rings, and again' }).toBeGreaterThan(1)
  const title = await doctor.run(() => document.title)
  expect(title).toContain(fr.day.document(1))
  expect(title, 'no name in the title').not.toContain(patient.name)
  await doctor.run(() => localStorage.setItem('draille.ready', 'video'))
  const room = await doctor.tab(button(fr.day.begin))
  await room.click(button(call.actions.enter))
  await room.click(button(call.actions.admit))
  await guest.read(button(call.call.quit))
  await doctor.read(heading(fr.day.sections.ongoing))
  const quiet = await chimes()

  await room.click(button(call.call.quit))
  await room.click(button(call.actions.endForAll))
  await guest.read(heading(call.endings.guest.title))
  await guest.click(button(aside.satisfaction.faces[4]!))
  await guest.read(text(aside.satisfaction.thanks))
  await doctor.read(text(fr.day.state.over))
  expect(await chimes(), 'it rings no longer').toBe(quiet)
  await secretary.click(button(fr.common.nav.day))
  await secretary.read(text(fr.day.state.over))
  await report(doctor)
  const acts = async () => {
    await secretary.click(button(fr.common.nav.day))
    await secretary.click(button(fr.common.nav.figures))
    return secretary.read('//dl[@class="tallies"]//dd')
  }
  await expect.poll(acts, { message: 'it is counted' }).toBe('1')
  await secretary.read(text(fr.figures.tooFew))
  for (const visitor of [room, guest, secretary, doctor]) await visitor.close()
}

test('from the first administrator to a consultation that is over, in Chromium', async ({
  browser,
  server,
  sink,
}) => {
  test.setTimeout(180_000)
  await wholeWay(() => inChromium(browser), server, sink)
})

test.describe('Firefox', long, () => {
  let firefox: Firefox
  test.beforeAll(async () => {
    firefox = await launchFirefox()
  })
  test.afterAll(() => firefox?.close())

  test('from the first administrator to a consultation that is over', async ({ server, sink }) => {
    test.setTimeout(240_000)
    await wholeWay(() => inFirefox(firefox), server, sink)
  })
})
