import { fr } from '../src/staff/words/fr'
import { colleagues, readsTheLog } from './support/staff'
import { expect, test } from './support/test'
import { codeOf } from './support/totp'

test.use({ serverFlags: ['--practice.demo'] })

const { sign, common, admin: office, booking } = fr

test('whoever has a local account signs in with a password and code, then with a passkey', async ({
  browser,
  server,
}) => {
  test.setTimeout(120_000)
  const context = await browser.newContext({ locale: 'fr-FR' })
  await context.addInitScript(() => localStorage.setItem('draille.staff.tour', 'seen'))
  const page = await context.newPage()
  await page.goto(await server.firstAdministrator())
  await page.getByLabel(sign.enrol.givenName).fill('Ada')
  await page.getByLabel(sign.enrol.familyName, { exact: true }).fill('Admin')
  await page.getByLabel(sign.enrol.login, { exact: true }).fill('ada')
  await page.getByLabel(sign.enrol.password, { exact: true }).fill('une phrase assez longue')
  await page.getByRole('button', { name: sign.next }).click()
  const secret = (await page.locator('code').textContent())!
  await page.getByLabel(sign.enrol.confirm).fill(codeOf(secret))
  await page.getByRole('button', { name: sign.enrol.done }).click()
  const account = page.getByRole('link', { name: common.nav.account })
  await account.click() // it is there once the page of staff has been loaded

  const session = await context.newCDPSession(page)
  await session.send('WebAuthn.enable')
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  await page.getByLabel(common.account.passkeyName).fill('Clé bleue')
  await page.getByRole('button', { name: common.actions.addPasskey }).click()
  await page.getByText('Clé bleue').waitFor()
  await page.getByRole('button', { name: common.actions.signOut, exact: true }).click()
  await page.getByRole('button', { name: sign.passkey }).click()
  await account.click()
  await page.getByRole('button', { name: common.actions.signOut, exact: true }).click()
  await page.getByLabel(sign.login).fill('ada')
  await page.getByLabel(sign.password).fill('une phrase assez courte')
  await page.getByRole('button', { name: sign.next }).click()
  await page.getByText(fr.problems.wrong).waitFor()
  await page.getByLabel(sign.password).fill('une phrase assez longue')
  await page.getByRole('button', { name: sign.next }).click()
  // A code is good once: the one of the enrolment has been used, the next one is accepted, too.
  await page.getByLabel(sign.code).fill(codeOf(secret, Date.now() + 30_000))
  await page.getByRole('button', { name: sign.enter }).click()
  await page.getByRole('heading', { level: 1 }).filter({ hasNotText: sign.title }).waitFor()
  await context.close()
})

test('what is missing to an appointment is brought into sight', async ({ browser, server }) => {
  test.setTimeout(120_000)
  const [admin, secretary] = await colleagues(browser, server, 'secrétaire')
  const { page } = secretary!
  const { who, where, save } = fr.booking
  await page.goto(`${server.url}/#/book`)
  await page.getByRole('button', { name: save }).click()
  await expect(page.getByText(who.missing)).toBeInViewport()
  await expect(page.getByLabel(who.search)).toBeFocused()
  // A record that is being written is not yet a patient.
  await page.getByRole('button', { name: who.create }).click()
  await page.getByRole('button', { name: save }).click()
  await expect(page.getByText(who.keepFirst)).toBeInViewport()
  await page.getByLabel(who.birthName, { exact: true }).fill('Seul')
  await page.getByLabel(who.birthGivenName).fill('Dominique')
  await page.getByLabel(who.birthDate).fill('1979-03-28')
  await page.getByLabel(who.sexes.F).check()
  await page.getByRole('button', { name: who.keep }).click()
  await page.getByRole('button', { name: save }).click()
  await expect(page.getByText(where.emailMissing)).toBeInViewport()
  await expect(page.getByLabel(where.email)).toBeFocused()
  for (const one of [admin!, secretary!]) await one.close()
})

test('people come from a file, in UTF-8 and in Windows-1252', async ({
  browser,
  server,
}) => {
  test.setTimeout(120_000)
  const [admin] = await colleagues(browser, server)
  const { page } = admin!
  await page.goto(`${server.url}/#/admin/import`)
  const head = 'nom;prénom;titre;profession;courriel;téléphone;rpps;rôle;service\n'
  const rows =
    head +
    'Hélène;Zoé;Mme;secrétaire;zoe@ch-x.example;;;secrétaire;\n' +
    'Sans;;;;sans@ch-x.example;;;secrétaire;\n' +
    'Faux;Ève;;;eve@ch-x.example;;;astronaute;\n'
  const latin = Buffer.from(rows, 'latin1')
  const file = page.getByLabel(office.import.file)
  await file.setInputFiles({ name: 'a.csv', mimeType: 'text/csv', buffer: latin })
  await page.getByRole('button', { name: office.import.preview }).click()
  await page.getByText(office.import.counts(1, 0, 0, 2)).waitFor()
  await page.getByText('Zoé Hélène').waitFor()
  await page.getByRole('button', { name: office.import.apply }).click()
  await page.getByText(office.import.applied).waitFor()
  const text = Buffer.from('\ufeff' + rows, 'utf8')
  await file.setInputFiles({ name: 'b.csv', mimeType: 'text/csv', buffer: text })
  await page.getByRole('button', { name: office.import.preview }).click()
  await page.getByText(office.import.counts(0, 0, 1, 2)).waitFor()
  const { reasons } = office.import
  await page.getByText(`prénom : ${reasons.missing}`).waitFor()
  await page.getByText(`rôle : ${reasons.unknown}`).waitFor()
  await expect(page.getByText('expected'), 'the reasons are in French').toHaveCount(0)
  await admin!.close()
})

test('an appointment is corrected, moved, printed, its link revoked, and cancelled', async ({
  browser,
  server,
}) => {
  test.setTimeout(120_000)
  const [admin, secretary] = await colleagues(browser, server, 'secrétaire')
  const { page } = secretary!
  await page.goto(`${server.url}/#/book`)
  await page.getByLabel(booking.who.search).fill('DÉMO-TROIS')
  await page.getByRole('button', { name: /DÉMO-TROIS/ }).first().click()
  await page.getByLabel(booking.when.date).fill('2027-03-28')
  await page.getByLabel(booking.when.time).fill('02:30')
  await page.getByText(fr.problems['no-such-time']).waitFor()
  await page.getByLabel(booking.when.date).fill('2027-10-31')
  await page.getByText(booking.when.which).waitFor()
  await page.getByLabel(booking.when.later).check({ force: true })
  await page.getByText(booking.free).waitFor()
  await page.getByLabel(booking.where.channel).selectOption('print')
  await page.getByRole('button', { name: booking.save }).click()
  await page.getByText(booking.done).waitFor()
  await page.getByRole('button', { name: booking.who.correct }).click()
  const record = page.getByRole('dialog', { name: booking.who.correct })
  await record.getByLabel(booking.who.usedName).fill('DÉMO-CORRIGÉE')
  await record.getByRole('button', { name: common.actions.save }).click()
  await page.getByText('DÉMO-CORRIGÉE').first().waitFor()
  await page.getByRole('button', { name: booking.view.move }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(booking.when.date).fill('2027-11-02')
  await dialog.getByLabel(booking.when.time).fill('10:00')
  await dialog.getByRole('button', { name: booking.view.move }).click()
  await page.getByText(booking.view.moved).waitFor()
  await page.getByRole('button', { name: new RegExp(booking.view.print) }).click()
  const address = await page.getByText(/\/r\/[\w-]{22}/).first().textContent()
  await page.keyboard.press('Escape')
  const guest = await (await browser.newContext({ locale: 'fr-FR' })).newPage()
  const url = /https?:\/\/\S+\/r\/[\w-]{22}/.exec(address!)![0]
  await guest.goto(url)
  await guest.getByRole('heading', { level: 1 }).waitFor()
  await page.getByRole('button', { name: new RegExp(booking.view.revoke) }).click()
  await page.getByText(booking.view.revoked).waitFor()
  await guest.reload()
  await guest.getByRole('heading', { level: 1, name: 'Ce lien ne sert plus' }).waitFor()
  await page.getByRole('button', { name: booking.view.cancel }).click()
  await page.getByRole('button', { name: booking.view.yesCancel }).click()
  await page.getByText(booking.view.cancelled).waitFor()
  for (const one of [admin!, secretary!]) await one.close()
})

test('who is taken is shown; participants are changed; a series has exceptions', async ({
  browser,
  server,
}) => {
  test.setTimeout(120_000)
  const [admin, secretary] = await colleagues(browser, server, 'secrétaire')
  const { page } = secretary!
  const book = async (day: string) => {
    await page.goto(`${server.url}/#/book`)
    await page.getByLabel(booking.when.date).fill(day)
    await page.getByLabel(booking.when.time).fill('10:00')
    await page.getByLabel(booking.team.search).fill('ROCHE')
    await page.getByRole('button', { name: /ROCHE/ }).click()
  }
  const choosePatient = async () => {
    await page.getByLabel(booking.who.search).fill('DÉMO-TROIS')
    await page.getByRole('button', { name: /DÉMO-TROIS/ }).first().click()
    await page.getByLabel(booking.where.channel).selectOption('print')
  }
  await book('2027-05-04')
  await choosePatient()
  await page.getByRole('button', { name: booking.save }).click()
  await page.getByText(booking.done).waitFor()

  // The doctor and the patient are taken then: said before anything is saved.
  await book('2027-05-04')
  await choosePatient()
  await page.getByText(booking.conflicts.title).waitFor()
  await expect(page.getByText(/DÉMO-ROCHE\s: de 10:00 à 10:30/)).toBeVisible()
  await page.getByLabel(booking.when.time).fill('10:30')
  await page.getByText(booking.free).waitFor()
  await page.getByRole('button', { name: booking.save }).click()
  await page.getByText(booking.done).waitFor()

  // Another place and somebody else, after booking.
  await page.getByRole('button', { name: booking.view.change }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText(booking.where.place).click()
  await dialog.getByLabel(booking.where.choose, { exact: true }).selectOption({ index: 0 })
  await dialog.getByRole('button', { name: booking.guests.add }).click()
  await dialog.getByLabel(booking.guests.name).fill('Léa Exemple')
  await dialog.getByLabel(booking.where.channel).last().selectOption('print')
  await dialog.getByRole('button', { name: common.actions.save }).click()
  await page.getByText(booking.view.changed).waitFor()
  await expect(page.getByText('Léa Exemple').first()).toBeVisible()
  await expect(page.getByText(/Chariot|Salle/).first()).toBeVisible()

  // A meeting each week, one of which is called off: the others stay.
  await page.goto(`${server.url}/#/book`)
  await page.getByText(booking.telestaff).click()
  await page.getByLabel(booking.titleField).fill('Réunion essai')
  await page.getByLabel(booking.when.date).fill('2027-06-01')
  await page.getByLabel(booking.when.time).fill('09:00')
  await page.getByLabel(booking.series.repeat).selectOption('week')
  await page.getByLabel(booking.series.count).fill('3')
  await page.getByRole('button', { name: booking.save }).click()
  await page.getByText(booking.done).waitFor()
  await page.getByText(booking.series.part).waitFor()
  await page.getByRole('button', { name: booking.view.cancel }).click()
  await page.getByText(booking.series.this).click()
  await page.getByRole('button', { name: booking.view.yesCancel }).click()
  await page.getByText(booking.view.cancelled).waitFor()
  for (const [date, state] of [
    ['2027-06-01', fr.day.state.cancelled],
    ['2027-06-08', fr.day.state.expected],
    ['2027-06-15', fr.day.state.expected],
  ] as const) {
    await page.goto(`${server.url}/#/day`)
    await page.getByLabel(fr.day.date).fill(date)
    const row = page.locator('li', { hasText: 'Réunion essai' }).first()
    await expect(row, date).toContainText(state)
  }
  for (const one of [admin!, secretary!]) await one.close()
})

test.describe('messages', () => {
  test.use({
    serverFlags: [
      '--practice.demo',
      '--practice.mail.server=localhost:1',
      '--practice.mail.tls=none',
      '--practice.mail.from=rendez-vous@ch-x.example',
    ],
  })

  test('what was not sent is told in words and sent again; the log says who did what', async ({
    browser,
    server,
  }) => {
    test.setTimeout(120_000)
    const [admin, secretary] = await colleagues(browser, server, 'secrétaire')
    const { page } = secretary!
    await page.goto(`${server.url}/#/book`)
    await page.getByLabel(booking.who.search).fill('DÉMO-TROIS')
    await page.getByRole('button', { name: /DÉMO-TROIS/ }).first().click()
    await page.getByLabel(booking.where.email).fill('patient@example.org')
    await page.getByLabel(booking.when.date).fill('2027-05-04')
    await page.getByRole('button', { name: booking.save }).click()
    await page.getByText(booking.done).waitFor()
    // Told by the stream, once the mail server was found to be away.
    await page.getByText(common.reasons.away).waitFor()

    await page.goto(`${server.url}/#/admin/outbox`)
    await page.getByLabel(office.outbox.state).selectOption('waiting')
    const line = page.getByRole('listitem').filter({ hasText: common.reasons.away }).first()
    await line.waitFor()
    await line.getByRole('button', { name: office.outbox.resend }).click()
    await page.getByText(office.outbox.resent).waitFor()

    // « Essayer » says the same, step by step.
    await admin!.page.goto(`${server.url}/#/admin/settings`)
    await admin!.page.getByLabel(office.settings.to).first().fill('essai@example.org')
    await admin!.page.getByRole('button', { name: office.settings.tryMail }).click()
    await admin!.page.getByText(common.reasons.away).waitFor()

    const auditor = admin!.page
    await readsTheLog(auditor, server.url)
    await auditor.goto(`${server.url}/#/admin/audit`)
    await auditor.getByText(fr.deeds['appointment.make']).first().waitFor()
    const sacha = office.audit.only('Sacha DÉMO-PONT')
    await auditor.getByRole('button', { name: sacha }).first().click()
    await auditor.getByText(fr.deeds['outbox.resend']).waitFor()
    await expect(auditor.getByText('Ada Admin')).toHaveCount(0)
    await auditor.getByLabel(office.audit.ipp).fill('DEMO-003')
    await auditor.getByRole('button', { name: office.audit.search }).click()
    await auditor.getByText(fr.deeds['appointment.make']).first().waitFor()
    await expect(auditor.getByText(fr.deeds['day.view'])).toHaveCount(0)
    await auditor.getByRole('button', { name: office.audit.verify }).click()
    await auditor.getByText(/Rien n’a été modifié/).waitFor()
    for (const one of [admin!, secretary!]) await one.close()
  })
})
