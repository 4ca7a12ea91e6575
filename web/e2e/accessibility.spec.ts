import { readFileSync } from 'node:fs'
import { fr as aside } from '../src/i18n/aside/fr'
import { fr } from '../src/i18n/fr'
import { fr as staff } from '../src/staff/words/fr'
import { fr as testInFrench } from '../src/i18n/test/fr'
import { clean, cleanInBoth } from './support/axe'
import { Keyboard } from './support/keyboard'
import { Person, consultation } from './support/people'
import { expect, test } from './support/test'

// A server without the practice: an address without an invitation opens nothing.
test.use({ serverFlags: ['--practice.enabled=false'] })

const connectionTest = testInFrench.screen

test('axe finds nothing on any page', async ({ browser, server }) => {
  test.setTimeout(120_000)
  const nobody = await browser.newContext({ locale: 'fr-FR' })
  const bare = await nobody.newPage()
  await bare.goto(server.url)
  await bare.getByRole('heading', { name: staff.common.noInvitation.title }).waitFor()
  await clean(bare, 'no invitation')
  await nobody.close()

  const first = await Person.arrive(
    browser,
    await server.invite({ room: 'acces', role: 'guest', name: 'Mme Rey' }),
    { name: 'Mme Rey', who: 2, firstTime: true },
  )
  await first.page.getByLabel(fr.lobby.name.label).waitFor()
  await cleanInBoth(first.page, 'lobby, name')
  await first.button(fr.actions.next).click()
  const asked = first.button(fr.actions.allow)
  await asked.or(first.button(fr.actions.seeMyself)).waitFor()
  if (await asked.isVisible()) {
    await cleanInBoth(first.page, 'lobby, permission')
    await asked.click()
  }
  await first.button(fr.actions.seeMyself).waitFor()
  await cleanInBoth(first.page, 'lobby, picture')
  await first.button(fr.actions.seeMyself).click()
  await cleanInBoth(first.page, 'lobby, voice')
  await first.button(fr.actions.next).click()
  await cleanInBoth(first.page, 'lobby, sound')
  await first.button(fr.actions.next).click()
  await cleanInBoth(first.page, 'lobby, ready')
  await first.button(fr.actions.enter).click()
  await first.inWaitingRoom()
  await cleanInBoth(first.page, 'waiting room')
  await first.close()

  const { host, guest } = await consultation(browser, server, 'acces-appel')
  await host.sees(guest, 2)
  await clean(host.page, 'call')
  await host.button(fr.call.messages).click()
  await clean(host.page, 'messages')
  await host.more(fr.actions.people)
  await clean(host.page, 'participants')
  await host.button(aside.people.chooseModeOf('Mme Rey')).click()
  await clean(host.page, 'mode of somebody')
  await host.page.keyboard.press('Escape')
  await guest.button(fr.mode.bar.automatic).click()
  await clean(guest.page, 'modes')
  await guest.page.keyboard.press('Escape')
  await guest.choose('voice')
  await clean(guest.page, 'son seul')
  await guest.leave()
  await clean(guest.page, 'goodbye')
  await host.close()
  await guest.close()
})

test('the connection is tested by keyboard alone: a verdict, no secret in the report', async ({
  browser,
  server,
}) => {
  const link = await server.invite({ room: 'essai', role: 'guest', name: 'Mme Rey' })
  const guest = await Person.arrive(browser, link, { name: 'Mme Rey', who: 2 })
  const { page } = guest
  await page.getByRole('button', { name: fr.actions.testConnection }).focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('progressbar')).toBeVisible()
  await expect(dialog.getByRole('status')).toHaveText(connectionTest.fitness.good)
  const result = (name: string) => dialog.getByRole('listitem').filter({ hasText: name })
  for (const name of [connectionTest.relay.udp, connectionTest.relay.tcp, connectionTest.directWay])
    await expect(result(name)).toContainText(connectionTest.open)
  await expect(result(connectionTest.camera)).toContainText(connectionTest.works)
  await expect(result(connectionTest.voice)).toContainText(connectionTest.whole)
  await expect(result(connectionTest.route)).toContainText(connectionTest.direct)
  await clean(page, 'connection test')
  await dialog.getByRole('button', { name: connectionTest.download }).focus()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.keyboard.press('Enter'),
  ])
  const report = readFileSync(await download.path(), 'utf8')
  expect(report).toContain('"direct": true')
  for (const secret of ['Rey', 'essai', link.split('#')[1]!, 'credential', 'password'])
    expect(report).not.toContain(secret)
  const { down, up } = JSON.parse(report.slice(report.indexOf('{'))) as { down: number; up: number }
  expect(Math.min(down, up), 'what was tried has come').toBeGreaterThan(0)
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await guest.close()
})

test('the whole way into a call and out of it with the keyboard alone', async ({
  browser,
  server,
}) => {
  const host = await Person.arrive(
    browser,
    await server.invite({ room: 'clavier', role: 'host', name: 'Dr Martin' }),
    { name: 'Dr Martin', who: 1 },
  )
  const { page } = host
  const keyboard = new Keyboard(page)
  await keyboard.use('button', fr.actions.enter)
  await host.inCall()
  await keyboard.use('button', fr.call.microphone, 'Space')
  await expect(page.getByRole('button', { name: fr.call.microphone })).toHaveAttribute(
    'aria-pressed',
    /true|false/,
  )
  await keyboard.use('button', fr.call.quit)
  await keyboard.use('button', fr.actions.leave)
  await host.ended('left')
  await host.close()
})

test('at 320 pixels nothing needs scrolling sideways', async ({ browser, server }) => {
  const { host, guest } = await consultation(browser, server, 'etroit')
  await guest.page.setViewportSize({ width: 320, height: 640 })
  await guest.sees(host, 2)
  expect(await guest.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
    320,
  )
  for (const label of [
    fr.call.microphone,
    fr.call.camera,
    fr.mode.bar.automatic,
    fr.call.messages,
    fr.call.quit,
  ]) {
    const box = (await guest.page.getByRole('button', { name: label }).first().boundingBox())!
    expect(box.width, `${label} is wide enough to touch`).toBeGreaterThanOrEqual(44)
    expect(box.height, `${label} is high enough to touch`).toBeGreaterThanOrEqual(44)
    expect(box.x + box.width).toBeLessThanOrEqual(320)
  }
  await host.close()
  await guest.close()
})

const sizes = [
  [320, 640],
  [390, 844],
  [768, 1024],
  [1024, 768],
  [1280, 800],
] as const

test('nothing that is said of a picture stands over the face, at any size', async ({
  browser,
  server,
}) => {
  const { host, guest } = await consultation(browser, server, 'visage')
  await host.sees(guest, 2)
  const longest = `${fr.tile.insufficient}. ${fr.tile.short.camera(guest.name)}`
  for (const [width, height] of sizes) {
    await host.page.setViewportSize({ width, height })
    await host.sees(guest, 2)
    const { over, wide } = await host.page.evaluate(async (longest) => {
      const tile = document.querySelector('.tile--main')!
      const state = tile.querySelector('.tile-state')!
      const said = state.lastElementChild!
      said.className = 'tile-insufficient'
      said.textContent = longest
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
      const video = tile.querySelector('video')!
      const place = video.getBoundingClientRect()
      // The picture stands whole in the middle of its place.
      const scale = Math.min(place.width / video.videoWidth, place.height / video.videoHeight)
      const half = (scale * video.videoHeight) / 2
      const middle = (place.top + place.bottom) / 2
      const covers = (one: Element) => {
        const { top, bottom } = one.getBoundingClientRect()
        return top < middle + half - 1 && bottom > middle - half + 1
      }
      const over = [...state.children, tile.querySelector('.plate')!].filter(covers)
      // Small ones fill their place, and their names stand below it.
      const small = document.querySelector('.tile--inset')!
      const name = small.querySelector('.plate')!
      const below = small.querySelector('video')!.getBoundingClientRect().bottom
      if (name.getBoundingClientRect().top < below - 1) over.push(name)
      return {
        over: over.map((one) => one.textContent),
        wide: scale * video.videoWidth >= 0.6 * tile.clientWidth,
      }
    }, longest)
    expect(over, `over the face at ${width} × ${height}`).toEqual([])
    expect(wide, `the picture is still large at ${width} × ${height}`).toBe(true)
  }
  for (const person of [host, guest]) await person.close()
})
