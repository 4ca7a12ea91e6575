import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Page } from '@playwright/test'
import { fr as aside } from '../src/i18n/aside/fr'
import { fr } from '../src/i18n/fr'
import type { Me } from '../src/staff/api'
import { fr as staff } from '../src/staff/words/fr'
import { fr as testInFrench } from '../src/i18n/test/fr'
import { fr as photo } from '../src/pages/photo/words'
import { Person, consultation, type Visit } from './support/people'
import { photoCamera } from './support/photoCamera'
import type { Server } from './support/server'
import { SMSSink } from './support/sms'
import { colleagues, readsTheLog, tabletCode, trolley, type Colleague } from './support/staff'
import { test } from './support/test'

/**
 * Every page as people see it, on a desk, on a tablet held both ways, and on a phone:
 * web/screenshots/PAGE-SIZE.png
 */
const folder = resolve(import.meta.dirname, '../screenshots')
const sizes = {
  desktop: [1440, 900],
  tablet: [1024, 768],
  'tablet-upright': [768, 1024],
  phone: [390, 844],
} as const

test.beforeAll(() => mkdirSync(folder, { recursive: true }))

async function shoot(page: Page, name: string): Promise<void> {
  for (const [size, [width, height]] of Object.entries(sizes)) {
    await page.setViewportSize({ width, height })
    // Two rendering steps: the layout of the new size, and the pictures in it.
    await page.evaluate(
      () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
    )
    await page.screenshot({ path: `${folder}/${name}-${size}.png` })
  }
  await page.setViewportSize({ width: 1024, height: 768 })
}

const portrait = (visit: Partial<Visit> & { name: string; who: number }): Visit => ({
  ...visit,
  media: {
    portrait: true,
    width: 640,
    height: 360,
    fps: 12,
    tone: visit.who === 1,
    ...visit.media,
  },
})

async function picture(
  viewer: Person,
  of: Person,
  source: 'camera' | 'screen' = 'camera',
): Promise<void> {
  const video = viewer.video(of, source)
  await video.waitFor({ state: 'visible' })
  await video.evaluate(
    (element: HTMLVideoElement) => new Promise((shown) => element.requestVideoFrameCallback(shown)),
  )
}

test.use({ serverFlags: ['--house.name=CH Les Cèdres', '--house.phone=04 66 49 00 00'] })

test('lobby, waiting room, consultation and goodbye', async ({ browser, server }) => {
  test.setTimeout(180_000)
  const nobody = await browser.newContext({ locale: 'fr-FR' })
  const bare = await nobody.newPage()
  await bare.goto(server.url)
  await bare.getByRole('heading', { name: staff.sign.title }).waitFor()
  await shoot(bare, 'sign-in')
  await bare.goto(`${server.url}/r/`)
  await bare.getByRole('heading', { level: 1 }).waitFor()
  await shoot(bare, 'lost-link')
  await bare.goto(`${server.url}/accessibilite`)
  await shoot(bare, 'statement')
  // No camera is allowed yet: the browser is going to ask.
  await nobody.addInitScript(() => Object.defineProperty(navigator, 'permissions', {}))
  await bare.goto(await server.invite({ room: 'images', role: 'guest', name: 'Mme Rey' }))
  await bare.getByLabel(fr.lobby.name.label).waitFor()
  await bare.getByRole('button', { name: fr.actions.next }).click()
  await bare.getByRole('button', { name: fr.actions.allow }).waitFor()
  await shoot(bare, 'lobby-2-permission')
  await nobody.close()

  const room = 'images'
  const host = await Person.arrive(
    browser,
    await server.invite({ room, role: 'host', name: 'Dr Martin' }),
    portrait({ name: 'Dr Martin', who: 6 }),
  )
  await host.button(fr.actions.enter).waitFor()
  await shoot(host.page, 'lobby-return')
  await host.button(fr.actions.testConnection).click()
  await host.page.getByRole('progressbar').waitFor()
  await shoot(host.page, 'connection-test-running')
  await host.button(testInFrench.screen.download).waitFor()
  await shoot(host.page, 'connection-test')
  await host.page.keyboard.press('Escape')
  await host.enter()
  await host.inCall()
  await shoot(host.page, 'call-alone')

  const guest = await Person.arrive(
    browser,
    await server.invite({
      room,
      role: 'guest',
      name: 'Mme Rey',
      with: 'Dr Martin',
      at: '2026-12-01T14:30',
    }),
    portrait({ name: 'Mme Rey', who: 1, firstTime: true }),
  )
  await guest.page.getByLabel(fr.lobby.name.label).waitFor()
  await shoot(guest.page, 'lobby-1-name')
  await guest.button(fr.actions.next).click()
  await guest.button(fr.actions.seeMyself).waitFor()
  await shoot(guest.page, 'lobby-3-see')
  await guest.button(fr.actions.seeMyself).click()
  await guest.page.getByText(fr.lobby.speak.heard).waitFor()
  await shoot(guest.page, 'lobby-4-speak')
  await guest.button(fr.actions.next).click()
  await shoot(guest.page, 'lobby-5-hear')
  await guest.button(fr.actions.next).click()
  await shoot(guest.page, 'lobby-6-ready')
  await guest.button(fr.actions.enter).click()
  await guest.inWaitingRoom()
  await shoot(guest.page, 'waiting')
  await host.page.getByRole('region', { name: fr.waits.region }).waitFor()
  await shoot(host.page, 'call-somebody-waits')
  await host.admit(guest)
  await picture(host, guest)
  await picture(guest, host)
  await shoot(host.page, 'consultation-host')
  await shoot(guest.page, 'consultation-guest')

  await host.button(fr.call.messages).click()
  for (const text of ['Bonjour Madame Rey, vous m’entendez bien ?', 'Je vous vois très bien.']) {
    await host.page.getByLabel(aside.chat.label).fill(text)
    await host.page.getByLabel(aside.chat.label).press('Enter')
  }
  await shoot(host.page, 'messages')
  await host.more(fr.actions.people)
  await shoot(host.page, 'participants')
  await host.button(fr.call.more).click()
  await host.page.getByRole('dialog').waitFor()
  await shoot(host.page, 'more')
  await host.button(aside.comfort.open).click()
  await shoot(host.page, 'comfort')
  await host.page.keyboard.press('Escape')
  await host.more(fr.actions.devices)
  await shoot(host.page, 'devices')
  await host.page.keyboard.press('Escape')
  await host.more(aside.invite.open)
  await host.button(aside.invite.make).click()
  await host.page.getByRole('img', { name: aside.invite.code }).waitFor()
  await shoot(host.page, 'invite')
  await host.page.keyboard.press('Escape')
  await guest.button(new RegExp(`^${fr.call.messages}`)).click()
  await guest.page.getByLabel(aside.typing.show).check()
  await guest.page.getByLabel(aside.chat.label).fill('Oui, je vous entends')
  await host.page.locator('[data-draft]').waitFor()
  await shoot(guest.page, 'typing')
  await host.button(new RegExp(`^${fr.call.people}`)).click()
  await shoot(host.page, 'draft')
  await guest.page.getByLabel(aside.chat.label).fill('')
  await guest.button(new RegExp(`^${fr.call.messages}`)).click()
  // What is loaded late has come with the messages.
  await guest.button(aside.lens.open).click()
  await shoot(guest.page, 'lens')
  await guest.button(aside.lens.open).click()

  await guest.choose('saver')
  await guest.page.getByText(/\d\sMo utilisé/).waitFor()
  await host.tile(guest).getByText(fr.tile.insufficient).waitFor()
  await shoot(host.page, 'consultation-insufficient')
  await guest.button(fr.mode.bar.saver).click()
  await shoot(guest.page, 'modes')
  await guest.page.keyboard.press('Escape')
  await shoot(guest.page, 'saving-data')
  await host.button(new RegExp(`^${fr.call.people}`)).click()
  await host.button(aside.people.chooseModeOf('Mme Rey')).click()
  await host.page.getByRole('radio', { name: fr.mode.name.voice }).check()
  await shoot(host.page, 'mode-of-somebody')
  await host.page.keyboard.press('Escape')
  await guest.page.getByText(fr.mode.setBy.voice('Dr Martin')).waitFor()
  await shoot(guest.page, 'set-by-host')
  await shoot(host.page, 'sound-alone')
  await guest.button(fr.actions.picturesBack).click()
  await guest.button(fr.call.quit).click()
  await shoot(guest.page, 'leave')
  await guest.page.getByRole('dialog').getByRole('button', { name: fr.actions.leave }).click()
  await guest.ended('left')
  await shoot(guest.page, 'goodbye')
  // Other endings: of whoever only waited, was refused, or was received until the end.
  const waits = async () => {
    await guest.button(fr.actions.returnToCall).click()
    await guest.button(fr.actions.enter).click()
    await guest.inWaitingRoom()
  }
  await waits()
  await guest.button(fr.actions.leaveWaiting).click()
  await guest.page.getByRole('heading', { name: fr.endings.waiting }).waitFor()
  await shoot(guest.page, 'goodbye-waiting')
  await waits()
  await host.admit(guest)
  await guest.inCall()
  await host.button(fr.call.quit).click()
  const leaving = host.page.getByRole('dialog')
  await leaving.getByRole('button', { name: fr.actions.endForAll }).click()
  await guest.page.getByRole('heading', { name: fr.endings.guest.title }).waitFor()
  await shoot(guest.page, 'goodbye-guest')
  await shoot(host.page, 'goodbye-host')
  await host.close()
  await guest.close()
})

test('a sharp photo', async ({ browser, server }) => {
  const { host, guest } = await consultation(browser, server, 'photo', {
    host: portrait({ name: 'Dr Martin', who: 1 }),
    guest: { ...portrait({ name: 'Mme Rey', who: 2 }), init: photoCamera },
  })
  await picture(host, guest)
  await host.more(aside.actions.askPhoto)
  await host.button(photo.askWho(guest.name)).waitFor()
  await shoot(host.page, 'photo-ask')
  await host.button(photo.askWho(guest.name)).click()
  await host.page.getByText(photo.asked(guest.name)).waitFor()
  await host.page.keyboard.press('Escape')
  await guest.button(photo.take).waitFor()
  await shoot(guest.page, 'photo-take')
  await guest.button(photo.take).click()
  await host.button(photo.open(1, guest.name)).waitFor()
  await shoot(host.page, 'photo-there')
  await host.button(photo.open(1, guest.name)).click()
  await host.page.getByText(photo.sharp).waitFor()
  await shoot(host.page, 'photo-sharp')
  await host.close()
  await guest.close()
})

test.describe('five browsers', () => {
  // More than two cores hold: their lateness shall not be taken for thin links.
  test.use({ serverFlags: ['--uplink-floor=1000000'] })

  test('telestaff, with a document and without', async ({ browser, server }) => {
    test.setTimeout(180_000)
    const team: Person[] = []
    for (const [i, name] of [
      'Dr Martin',
      'Dr Bonnet',
      'Mme Vidal',
      'M. Roux',
      'Mme Fabre',
    ].entries()) {
      const link = await server.invite({
        room: 'equipe',
        kind: 'telestaff',
        role: i ? 'clinician' : 'host',
        name,
      })
      const person = await Person.arrive(
        browser,
        link,
        portrait({ name, who: i + 1, media: { width: 320, height: 180, fps: 8, tone: i === 1 } }),
      )
      await person.enter()
      await person.inCall()
      team.push(person)
    }
    const [host, speaker, ...others] = team as [Person, Person, ...Person[]]
    for (const person of [speaker, ...others]) await picture(host, person)
    await shoot(host.page, 'telestaff')
    await others[0]!.more(aside.actions.raiseHand)
    await speaker.more(aside.actions.shareScreen)
    await picture(host, speaker, 'screen')
    await shoot(host.page, 'telestaff-document')
    for (const person of team) await person.close()
  })
})

test('twelve people in the grid, eleven of them virtual', async ({ browser, server }) => {
  test.setTimeout(180_000)
  const link = (role: 'host' | 'clinician', name: string, seats: number) =>
    server.invite({ room: 'douze', kind: 'telestaff', role, name, seats })
  const host = await link('host', 'Dr Martin', 1)
  const team = await link('clinician', 'Équipe', 12)
  const crowd = server.crowd(11, host, team)
  const one = await Person.arrive(browser, team, portrait({ name: 'Mme Fabre', who: 3 }))
  await one.enter()
  await one.inCall()
  await one.button(new RegExp(`^${fr.call.people} 12`)).waitFor()
  await one.button(fr.call.more).click()
  await one.page.getByRole('radio', { name: aside.layout.grid }).check()
  await one.page.keyboard.press('Escape')
  await one.page.locator('video[data-picture=live]').nth(5).waitFor()
  await shoot(one.page, 'twelve')
  await one.close()
  crowd.stop()
})

test.describe('the demonstration', () => {
  test.use({
    serverFlags: async ({}, use) => {
      const sink = await SMSSink.start()
      await use(['--practice.demo', '--practice.fhir.enabled', `--practice.sms.url=${sink.url}`])
      await sink.stop()
    },
  })

  test('the pages of the staff', async ({ browser, server }) => {
    test.setTimeout(300_000)
    const [admin, doctor] = await colleagues(browser, server, 'psychiatre')
    const { page } = doctor!
    await page.getByRole('link', { name: /DÉMO/ }).first().waitFor()
    for (const one of ['day', 'week', 'book', 'opinions', 'threads', 'figures', 'account']) {
      await page.goto(`${server.url}/#/${one}`)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await shoot(page, `staff-${one}`)
    }
    await page.evaluate(() => localStorage.removeItem('draille.staff.tour'))
    await page.goto(`${server.url}/#/day`)
    await page.getByRole('link', { name: /DÉMO/ }).first().click()
    const { view } = staff.booking
    await page.getByRole('heading', { name: view.participants }).waitFor()
    await shoot(page, 'staff-appointment')
    for (const [deed, dialog] of [
      [view.move, 'move'],
      [view.change, 'change'],
      [view.cancel, 'cancel'],
    ] as const) {
      await page.getByRole('button', { name: deed, exact: true }).click()
      await page.getByRole('dialog').waitFor()
      await shoot(page, `staff-appointment-${dialog}`)
      await page.keyboard.press('Escape')
    }
    const sections = ['establishments', 'places', 'people', 'import', 'identities', 'settings']
    await readsTheLog(admin!.page, server.url)
    const others = ['teams', 'machines', 'outbox', 'received', 'merges', 'audit']
    for (const one of [...sections, ...others]) {
      await admin!.page.goto(`${server.url}/#/admin/${one}`)
      await admin!.page.getByRole('heading', { level: 2 }).first().waitFor()
      if (one === 'audit') await admin!.page.getByRole('table').waitFor()
      await shoot(admin!.page, `admin-${one}`)
    }
    for (const one of [admin!, doctor!]) await one.close()
  })

  test('the tablet on the trolley', async ({ browser, server }) => {
    test.setTimeout(240_000)
    const { tablet } = staff
    const [admin, doctor] = await colleagues(browser, server, 'psychiatre')
    const page = await (await trolley(browser, true)).newPage()
    await page.goto(`${server.url}/tablet`)
    await page.getByLabel(tablet.enrol.code).waitFor()
    await shoot(page, 'tablet-enrol')
    await page.getByLabel(tablet.enrol.code).fill(await tabletCode(admin!.page, server.url))
    await page.getByRole('button', { name: tablet.enrol.button }).click()
    await page.getByRole('button', { name: tablet.list.choose }).first().waitFor()
    await shoot(page, 'tablet-list')
    await page.getByRole('button', { name: tablet.list.choose }).first().click()
    await page.getByLabel(tablet.identity.by).fill('Mme Demo, infirmière')
    await shoot(page, 'tablet-identity')
    await page.getByRole('button', { name: tablet.identity.agreed }).click()
    await page.getByRole('button', { name: tablet.consent.given }).waitFor()
    await shoot(page, 'tablet-consent')
    await page.getByRole('button', { name: tablet.consent.given }).click()
    await page.getByRole('button', { name: tablet.call.button, exact: true }).waitFor()
    await shoot(page, 'tablet-ready')
    await page.getByRole('button', { name: tablet.call.button, exact: true }).click()
    await page.getByRole('heading', { name: fr.lobby.see.title }).waitFor()
    await shoot(page, 'tablet-first-call')
    await page.getByRole('button', { name: fr.actions.enter, exact: true }).click()
    await page.getByRole('heading', { name: fr.waiting.title }).waitFor()
    const me = (await (await doctor!.context.request.get(`${server.url}/api/me`)).json()) as Me
    const { establishment, id: service } = me.services[0]!
    await doctor!.context.request.put(`${server.url}/api/delays`, {
      data: { establishment, service, minutes: 10 },
      headers: { Origin: server.url },
    })
    await page.getByText(fr.waiting.delay(10)).waitFor()
    await shoot(page, 'tablet-call')
    const { endings } = tablet.after
    await page.getByRole('button', { name: fr.actions.leaveWaiting, exact: true }).click()
    await page.getByRole('heading', { name: endings.unmet.title }).waitFor()
    await shoot(page, 'tablet-after')
    await page.getByRole('button', { name: tablet.after.again }).click()
    await page.getByRole('button', { name: tablet.call.button, exact: true }).click()
    await page.getByRole('heading', { name: fr.waiting.title }).waitFor()

    // The doctor, from whose call somebody else is sent an SMS.
    const host = await begun(doctor!, server)
    await host.getByRole('button', { name: fr.actions.admit }).click()
    await page.getByRole('button', { name: fr.call.quit }).waitFor()
    await host.getByRole('button', { name: fr.call.more, exact: true }).click()
    await host.getByRole('button', { name: aside.invite.open }).click()
    await host.getByLabel(aside.invite.phone).fill('06 12 34 56 78')
    await shoot(host, 'invite-sms')
    await host.getByRole('button', { name: aside.invite.send }).click()
    await host.getByText(aside.invite.why.name()).waitFor()
    await host.getByLabel(aside.invite.nameSent).fill('Mme Demo, sa fille')
    await host.getByRole('button', { name: aside.invite.send }).click()
    await host.getByText(aside.invite.sent).waitFor()
    await shoot(host, 'invite-sms-sent')
    await host.keyboard.press('Escape')
    await host.getByRole('button', { name: fr.call.quit }).click()
    await host.getByRole('button', { name: fr.actions.endForAll }).click()
    await page.getByRole('heading', { name: endings.ended.title }).waitFor()
    await shoot(page, 'tablet-ended')
    await page.clock.install()
    await page.reload()
    await page.getByRole('heading', { name: /^Aujourd’hui/ }).waitFor()
    await page.clock.fastForward(121_000)
    await page.getByRole('heading', { name: tablet.idle.title }).waitFor()
    await shoot(page, 'tablet-idle')
    await page.context().close()
    for (const one of [admin!, doctor!]) await one.close()
  })
})

/** The doctor's tab of the call in which somebody waits. */
async function begun({ page, context }: Colleague, server: Server): Promise<Page> {
  await context.grantPermissions(['camera', 'microphone'])
  await context.addInitScript(() => localStorage.setItem('draille.ready', 'video'))
  await page.goto(`${server.url}/#/day`)
  const tab = context.waitForEvent('page')
  const row = page.getByRole('listitem').filter({ hasText: /vient d’arriver|attend depuis/ })
  await row.getByRole('button', { name: staff.day.begin }).click()
  const host = await tab
  await host.getByRole('button', { name: fr.actions.enter, exact: true }).click()
  return host
}
