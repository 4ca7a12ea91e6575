import { readFileSync } from 'node:fs'
import { fr as aside } from '../src/i18n/aside/fr'
import { fr } from '../src/i18n/fr'
import { fr as staff } from '../src/staff/words/fr'
import { fr as testInFrench } from '../src/i18n/test/fr'
import { clean, cleanInBoth } from './support/axe'
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
  const reach = async (name: string) => {
    for (let presses = 0; presses < 40; presses++) {
      const focused = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement | null
        if (element === document.body) return '' // the focus is in the browser's own bar
        return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? ''
      })
      if (focused.includes(name)) return
      await page.keyboard.press('Tab')
    }
    throw new Error(`the Tab key does not reach “${name}”`)
  }
  await page.getByRole('button', { name: fr.actions.enter }).waitFor()
  await reach(fr.actions.enter)
  await page.keyboard.press('Enter')
  await host.inCall()
  await reach(fr.call.microphone)
  await page.keyboard.press('Space')
  await expect(page.getByRole('button', { name: fr.call.microphone })).toHaveAttribute(
    'aria-pressed',
    /true|false/,
  )
  await reach(fr.call.quit)
  await page.keyboard.press('Enter')
  await reach(fr.actions.leave)
  await page.keyboard.press('Enter')
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
