import { fr as aside } from '../src/i18n/aside/fr'
import { fr } from '../src/i18n/fr'
import { fr as staff } from '../src/staff/words/fr'
import { fr as helpInFrench } from '../src/i18n/help/fr'
import { Person, consultation } from './support/people'
import { Server } from './support/server'
import { expect, test } from './support/test'

// A server without the practice: an address without an invitation opens nothing.
test.use({ serverFlags: ['--max-participants=2', '--practice.enabled=false'] })

test('a forged link, a link of another server and no link each get their sentence', async ({
  browser,
  server,
}) => {
  const link = await server.invite({ room: 'faux', role: 'host', name: 'Dr Martin' })
  const forged = link.slice(0, -6) + (link.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA')
  const forger = await Person.arrive(browser, forged, { name: 'Dr Martin', who: 1 })
  await forger.ended('invalid')
  await forger.close()

  const other = await Server.start()
  const foreign = await other.invite({ room: 'faux', role: 'host', name: 'Dr Martin' })
  await other.stop()
  const stranger = await Person.arrive(
    browser,
    server.url + foreign.slice(new URL(foreign).origin.length),
    { name: 'Dr Martin', who: 1 },
  )
  await stranger.ended('invalid')
  await stranger.page.goto(server.url)
  const { title } = staff.common.noInvitation
  await expect(stranger.page.getByRole('heading', { name: title })).toBeVisible()
  await stranger.close()
})

test('an expired link says that it is over', async ({ browser, server }) => {
  const link = await server.invite({
    room: 'tard',
    role: 'guest',
    name: 'Mme Rey',
    from: '2026-01-01T08:00',
    valid: '1h',
  })
  const late = await Person.arrive(browser, link, { name: 'Mme Rey', who: 2 })
  await late.ended('expired')
  await late.close()
})

test('a link for another day says that it is too early', async ({ browser, server }) => {
  const tomorrow = new Date(Date.now() + 24 * 3_600_000).toISOString()
  const link = await server.invite({
    room: 'tot',
    role: 'guest',
    name: 'Mme Rey',
    from: tomorrow.replace(/\.\d+/, ''),
  })
  const early = await Person.arrive(browser, link, { name: 'Mme Rey', who: 2 })
  await early.ended('not-yet')
  await expect(early.page.getByText(/L’appel ouvre \S+ (\d+|1er) \S+ à \d\d:\d\d\./)).toBeVisible()
  await early.close()
})

test('a full room, a locked room and an ended room are refused in words', async ({
  browser,
  server,
}) => {
  const { host, guest } = await consultation(browser, server, 'pleine')
  const link = await server.invite({ room: 'pleine', role: 'clinician', name: 'Dr Bonnet' })
  const third = await Person.arrive(browser, link, { name: 'Dr Bonnet', who: 3 })
  await third.ended('full')
  await guest.leave()

  await host.more(fr.actions.people)
  await host.button(aside.actions.lock).click()
  await third.page.reload()
  await third.ended('locked')

  await host.button(fr.actions.endForAll).click()
  await host.page
    .getByRole('dialog')
    .getByRole('button', { name: fr.actions.endForAll })
    .last()
    .click()
  await expect(host.page.getByRole('heading', { name: fr.endings.mine.title })).toBeVisible()
  for (const person of [host, guest, third]) await person.close()
})

test('the same link in a second tab moves the call there', async ({ browser, server }) => {
  const { host, guest } = await consultation(browser, server, 'onglets')
  const twin = await guest.secondTab()
  await guest.ended('replaced')
  const enter = twin.button(fr.actions.enter)
  await enter
    .or(twin.page.getByRole('button', { name: fr.call.quit }))
    .first()
    .waitFor()
  if (await enter.isVisible()) await twin.enter()
  await twin.inCall()
  await host.sees(twin)
  await twin.sees(host)
  await host.close()
  await guest.close()
})

test('a browser without WebRTC is told which ones will do', async ({ browser, server }) => {
  const context = await browser.newContext({ locale: 'fr-FR' })
  const page = await context.newPage()
  await page.addInitScript(() => {
    Reflect.deleteProperty(window, 'RTCPeerConnection')
    Reflect.deleteProperty(window, 'webkitRTCPeerConnection')
  })
  await page.goto(await server.invite({ room: 'vieux', role: 'guest', name: 'Mme Rey' }))
  await expect(page.getByRole('heading', { name: fr.ended.unsupported.title })).toBeVisible()
  await context.close()
})

test('refused devices get help for this browser, and the call goes on without them', async ({
  browser,
  server,
}) => {
  const context = await browser.newContext({ locale: 'fr-FR' })
  const page = await context.newPage()
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = async () => {
      throw new DOMException('Permission denied', 'NotAllowedError')
    }
  })
  await page.goto(await server.invite({ room: 'refus', role: 'host', name: 'Dr Martin' }))
  await page
    .getByRole('button', { name: fr.actions.allow })
    .or(page.getByRole('button', { name: fr.actions.retry }))
    .first()
    .click()
  await expect(page.getByText(fr.devices.trouble.bothRefused)).toBeVisible()
  await expect(page.getByText(helpInFrench.browser.chrome[0]!)).toBeVisible()
  await page.getByRole('button', { name: fr.actions.withoutBoth }).click()
  await page.getByRole('heading', { name: fr.lobby.speak.none }).waitFor()
  await page.getByRole('button', { name: fr.actions.next }).click()
  await page.getByRole('button', { name: fr.actions.next }).click()
  await page.getByRole('button', { name: fr.actions.enter, exact: true }).click()
  // Who leaves by mistake does not meet every step again.
  await page.getByRole('button', { name: fr.call.quit }).click()
  await page.getByRole('dialog').getByRole('button', { name: fr.actions.leave }).click()
  await page.getByRole('button', { name: fr.actions.returnToCall }).click()
  await page.getByRole('heading', { name: fr.lobby.welcomeBack.title }).waitFor()
  await page.getByRole('button', { name: fr.actions.enter, exact: true }).click()
  await page.getByRole('button', { name: fr.call.quit }).waitFor()
  await context.close()
})
