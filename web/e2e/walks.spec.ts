import type { CDPSession, Locator, Page } from '@playwright/test'
import { fr as aside } from '../src/i18n/aside/fr'
import { fr } from '../src/i18n/fr'
import { clean } from './support/axe'
import { Keyboard } from './support/keyboard'
import { Person } from './support/people'
import type { Server } from './support/server'
import { expect, test } from './support/test'

/** A host in the call, for the guest whose walk it is. */
async function hostIn(browser: import('@playwright/test').Browser, server: Server, room: string) {
  const link = await server.invite({ room, role: 'host', name: 'Dr Martin' })
  const host = await Person.arrive(browser, link, { name: 'Dr Martin', who: 1 })
  await host.enter()
  await host.inCall()
  return host
}

async function guestAt(browser: import('@playwright/test').Browser, server: Server, room: string) {
  const link = await server.invite({ room, role: 'guest', name: 'Mme Rey' })
  return Person.arrive(browser, link, { name: 'Mme Rey', who: 2, firstTime: true })
}

/** By how many pixels something reaches below the upper edge of the bar. */
function belowTheBar(field: Locator): Promise<number> {
  return field.evaluate(async (one) => {
    // As it is drawn: what watches the sizes has then been asked, too.
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
    const bar = document.querySelector('.bar')!.getBoundingClientRect()
    return one.getBoundingClientRect().bottom - bar.top
  })
}

/**
 * Scrolls as far as a finger may, in a browser that anchors nothing, as Safari: all is pushed.
 * Again where a notice (that the microphone is off, say) has come or gone meanwhile.
 */
async function justAboveTheBar(field: Locator): Promise<void> {
  await expect(async () => {
    await field.evaluate((one) => {
      document.documentElement.style.overflowAnchor = 'none'
      one.scrollIntoView({ block: 'nearest' })
    })
    const below = await belowTheBar(field)
    await field.evaluate((_, below) => scrollBy({ top: below, behavior: 'instant' }), below)
    expect(Math.abs(await belowTheBar(field))).toBeLessThanOrEqual(1)
  }).toPass({ timeout: 10_000 })
}

test('a guest goes from the first step to the goodbye with the keyboard alone', async ({
  browser,
  server,
}) => {
  test.setTimeout(120_000)
  const host = await hostIn(browser, server, 'touches')
  const guest = await guestAt(browser, server, 'touches')
  const { page } = guest
  const keyboard = new Keyboard(page)
  await page.getByLabel(fr.lobby.name.label).waitFor()
  await keyboard.use('button', fr.actions.next)
  await guest.button(fr.actions.seeMyself).or(guest.button(fr.actions.allow)).waitFor()
  if (await guest.button(fr.actions.allow).isVisible())
    await keyboard.use('button', fr.actions.allow)
  await guest.button(fr.actions.seeMyself).waitFor()
  await keyboard.use('button', fr.actions.seeMyself)
  await page.getByRole('heading', { name: fr.lobby.speak.title }).waitFor()
  await keyboard.use('button', fr.actions.next)
  await page.getByRole('heading', { name: fr.lobby.hear.title }).waitFor()
  await keyboard.use('button', fr.actions.next)
  await page.getByRole('heading', { name: fr.lobby.ready.title }).waitFor()
  await keyboard.use('button', fr.actions.enter)
  await guest.inWaitingRoom()
  await new Keyboard(host.page).use('button', fr.actions.admit)
  await guest.inCall()
  // Low, as a page that is enlarged four times is: the bar lies over what scrolls.
  await page.setViewportSize({ width: 640, height: 400 })
  await keyboard.use('button', fr.call.microphone, 'Space')
  await expect(guest.button(fr.call.microphoneOff)).toBeVisible()
  await keyboard.use('button', fr.call.messages)
  await page.getByLabel(aside.chat.label).waitFor()
  await keyboard.write(aside.chat.label, 'Bonjour')
  // What is said above pushes all down, but not the field under the bar.
  await justAboveTheBar(page.getByLabel(aside.chat.label))
  await host.more(aside.actions.raiseHand)
  await page.getByText(fr.notice.hand(host.name)).waitFor()
  // Now, not once the notice has gone and taken the push with it.
  expect(await belowTheBar(page.getByLabel(aside.chat.label))).toBeLessThanOrEqual(0)
  await expect(page.getByText(fr.notice.hand(host.name))).toBeVisible({ timeout: 1 })
  await keyboard.use('button', fr.actions.send)
  await expect(page.getByRole('log')).toContainText('Bonjour')
  await page.keyboard.press('Escape')
  await keyboard.use('button', fr.call.more)
  await guest.button(aside.comfort.open).waitFor()
  await keyboard.use('button', aside.comfort.open)
  await page.getByRole('radio', { name: aside.comfort.size(200) }).waitFor()
  await keyboard.reach('radio', aside.comfort.size(100))
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight')
  await expect(page.getByRole('radio', { name: aside.comfort.size(200) })).toBeChecked()
  await page.keyboard.press('Escape')
  await keyboard.at('button', fr.call.more) // which opened the dialog that opened this one
  await keyboard.use('button', fr.call.quit)
  await keyboard.use('button', fr.actions.stay)
  await keyboard.at('button', fr.call.quit)
  await page.keyboard.press('Enter')
  await keyboard.use('button', fr.actions.leave)
  await guest.ended('left')
  for (const person of [host, guest]) await person.close()
})

type Node = {
  nodeId: string
  ignored: boolean
  role?: { value: string }
  name?: { value: string }
  properties?: { name: string; value: { value: unknown } }[]
  backendDOMNodeId?: number
}

/** Somebody who has what the accessibility tree says, and nothing else. */
class ScreenReader {
  private constructor(private readonly session: CDPSession) {}

  static async at(page: Page): Promise<ScreenReader> {
    const session = await page.context().newCDPSession(page)
    await session.send('Accessibility.enable')
    return new ScreenReader(session)
  }

  private async nodes(): Promise<Node[]> {
    const { nodes } = await this.session.send('Accessibility.getFullAXTree')
    return (nodes as Node[]).filter((node) => !node.ignored)
  }

  /** All that is read from the top to the bottom. */
  async reads(): Promise<string> {
    const nodes = await this.nodes()
    return nodes
      .filter(({ role }) => role?.value === 'StaticText')
      .map(({ name }) => name?.value ?? '')
      .join(' ')
      .replace(/\s+/g, ' ')
  }

  async hears(text: string): Promise<void> {
    await expect.poll(() => this.reads(), { timeout: 15_000 }).toContain(text.replace(/\s+/g, ' '))
  }

  /** What has the focus, as it is announced. */
  async focused(): Promise<string> {
    // The page itself has it, too: what is deepest is announced.
    const found = (await this.nodes()).findLast(({ properties }) =>
      properties?.some(({ name, value }) => name === 'focused' && value.value === true),
    )
    return `${found?.role?.value}: ${found?.name?.value}`
  }

  /** Does what a double tap on the thing of that role and name does. */
  async activate(role: string, name: string): Promise<void> {
    await this.on(role, name, 'function () { this.focus(); this.click() }')
  }

  async write(name: string, text: string): Promise<void> {
    await this.on('textbox', name, 'function () { this.focus() }')
    await this.session.send('Input.insertText', { text })
  }

  private async on(role: string, name: string, functionDeclaration: string): Promise<void> {
    let target: Node | undefined
    await expect
      .poll(
        async () =>
          (target = (await this.nodes()).find(
            (node) => node.role?.value === role && node.name?.value.startsWith(name),
          )) !== undefined,
        { message: `a ${role} “${name}” in the accessibility tree`, timeout: 15_000 },
      )
      .toBe(true)
    const { object } = await this.session.send('DOM.resolveNode', {
      backendNodeId: target!.backendDOMNodeId!,
    })
    await this.session.send('Runtime.callFunctionOn', {
      objectId: object.objectId!,
      functionDeclaration,
    })
  }
}

test('a guest goes the same way with what a screen reader is told alone', async ({
  browser,
  server,
}) => {
  test.setTimeout(120_000)
  const host = await hostIn(browser, server, 'oreille')
  const guest = await guestAt(browser, server, 'oreille')
  const reader = await ScreenReader.at(guest.page)
  const title = (heading: string) =>
    expect.poll(() => reader.focused(), { timeout: 15_000 }).toBe(`heading: ${heading}`)
  await title(fr.lobby.name.title)
  await reader.hears(fr.lobby.step(1, 5))
  await reader.activate('button', fr.actions.next)
  await guest.button(fr.actions.seeMyself).or(guest.button(fr.actions.allow)).waitFor()
  if (await guest.button(fr.actions.allow).isVisible())
    await reader.activate('button', fr.actions.allow)
  await title(fr.lobby.see.title)
  await reader.activate('button', fr.actions.seeMyself)
  await title(fr.lobby.speak.title)
  await reader.hears(fr.lobby.speak.heard)
  await reader.activate('button', fr.actions.next)
  await title(fr.lobby.hear.title)
  await reader.activate('button', fr.actions.next)
  await title(fr.lobby.ready.title)
  await reader.activate('button', fr.actions.enter)
  await reader.hears(fr.waiting.expectedBy('Dr Martin'))
  await reader.hears(fr.waiting.stay)
  await host.admit(guest)
  await title(fr.call.title)
  await reader.activate('button', fr.call.messages)
  await reader.write(aside.chat.label, 'Bonjour')
  await reader.activate('button', fr.actions.send)
  await reader.hears('Bonjour')
  await reader.activate('button', fr.call.microphone)
  await host.hears()
  await reader.activate('button', fr.call.microphoneOff)
  await host.hears(guest)
  await reader.activate('button', fr.call.quit)
  await reader.hears(fr.confirm.leave.text)
  await reader.activate('button', fr.actions.leave)
  await title(fr.ended.left.title)
  for (const person of [host, guest]) await person.close()
})

test('somebody is invited from the call; letters, spotlight, one link on two devices; axe', async ({
  browser,
  server,
}) => {
  test.setTimeout(120_000)
  const host = await hostIn(browser, server, 'renfort')
  await host.more(aside.invite.open)
  await clean(host.page, 'inviting')
  await host.page.getByLabel(aside.invite.name).fill('Famille Roux')
  await host.button(aside.invite.make).click()
  const field = host.page.getByLabel(aside.invite.link)
  await expect(field).toHaveValue(/^http:\/\/.*#ey/)
  await expect(host.page.getByRole('img', { name: aside.invite.code })).toBeVisible()
  await clean(host.page, 'the link')
  const link = await field.inputValue()
  await host.page.keyboard.press('Escape')
  const guest = await Person.arrive(browser, link, { name: 'Mme Rey', who: 2 })
  await guest.enter()
  await host.admit(guest)
  await guest.inCall()
  await host.sees(guest)

  await guest.button(fr.call.messages).click()
  await guest.page.getByLabel(aside.typing.show).check()
  await guest.page.getByLabel(aside.chat.label).pressSequentially('Je vous entends')
  const draft = host.page.locator('[data-draft]')
  await expect(draft).toContainText('Je vous entends')
  await clean(host.page, 'a draft')
  await guest.button(fr.actions.send).click()
  await expect(draft).toHaveCount(0)

  const twin = await Person.arrive(browser, link, { name: 'M. Rey', who: 3 })
  await twin.enter()
  await host.admit(twin)
  await twin.inCall()
  await expect(twin.page.getByText(fr.sameLink.muted('Mme Rey'))).toBeVisible()
  await expect(twin.button(fr.call.microphoneOff)).toBeVisible()
  await expect(guest.page.getByText(fr.sameLink.other('M. Rey'))).toBeVisible()
  await host.hears(guest)
  await twin.button(fr.actions.turnMicrophoneOn).click()
  await host.hears(guest, twin)

  await host.button(new RegExp(`^${fr.call.people}`)).click()
  await clean(host.page, 'three participants')
  await host.button(aside.people.showName('M. Rey')).click()
  await expect(guest.tile(twin)).toHaveAttribute('data-as', 'main')
  await host.button(aside.people.interpreterName('Mme Rey')).click()
  await host.sees(guest)
  await host.more(aside.comfort.open)
  await clean(host.page, 'text and keys')
  await host.page.keyboard.press('Escape')
  await guest.button(aside.lens.open).click()
  await clean(guest.page, 'looking closer')
  for (const [width, height] of [
    [360, 640],
    [1024, 768],
  ] as const) {
    await guest.page.setViewportSize({ width, height })
    const places = () =>
      guest.page.evaluate(() =>
        ['.tile--main .tile-state', '.lens-tools', '.lens', '.tile--main .plate'].map((one) => {
          const element = document.querySelector(one)
          if (!element) return undefined // a sentence stands there only while it is true
          const { top, bottom } = element.getBoundingClientRect()
          return { top, bottom, whole: element.scrollWidth <= element.clientWidth }
        }),
      )
    await expect
      .poll(async () => {
        const [state, tools, lens, plate] = await places()
        if (!tools || !lens || !plate) return false
        const below = Math.min(lens.top, plate.top)
        return tools.top >= (state?.bottom ?? 0) && tools.bottom <= below && plate.whole
      }, `${width}x${height}: the tools cover no sentence, no name, nor what opens them, whole`)
      .toBe(true)
  }
  const width = () => guest.video(twin).evaluate((video) => video.clientWidth)
  const before = await width()
  for (let i = 0; i < 4; i++) await guest.button(aside.lens.closer).click()
  expect(await width()).toBeGreaterThan(2 * before)
  await guest.sees(twin)
  for (const person of [host, guest, twin]) await person.close()
})
