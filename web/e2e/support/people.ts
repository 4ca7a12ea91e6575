import {
  type Browser,
  type BrowserContext,
  type Locator,
  type Page,
  expect,
  test,
} from '@playwright/test'
import { fr as aside } from '../../src/i18n/aside/fr'
import { fr } from '../../src/i18n/fr'
import { type FrameMark, type MediaOptions, installMedia } from './media'
import { likeSafari } from './safari'
import type { Server } from './server'

export const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
]

/** Whether the test runs with the browser that is made to lack what Safari lacks. */
export function isLikeSafari(): boolean {
  return test.info().project.name === 'safari'
}

/** Makes the browser of somebody who has no synthetic camera lack it, too. */
export async function likeTheOthers(context: BrowserContext): Promise<BrowserContext> {
  if (isLikeSafari()) await context.addInitScript(likeSafari)
  return context
}

export type Visit = {
  name: string
  who: number // 0 … 15: in the blocks of their picture and in the tone of their voice
  media?: Partial<MediaOptions>
  computer?: boolean // lacks nothing of what an iPad lacks: who shares their screen
  real?: boolean // the browser's own fake devices instead of the synthetic ones
  firstTime?: boolean // meets every step of the lobby
  query?: string // e.g. '?relay'
  // runs in the page before anything of it does
  init?: (() => void) | { content: string }
}

/** Somebody at a browser: what they do, and what they really see and hear. */
export class Person {
  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    readonly visit: Visit,
    readonly link: string,
  ) {}

  get name(): string {
    return this.visit.name
  }
  get who(): number {
    return this.visit.who
  }

  /** Opens an invitation link; the page is in the lobby when this resolves. */
  static async arrive(browser: Browser, link: string, visit: Visit): Promise<Person> {
    const context = await browser.newContext({
      locale: 'fr-FR',
      viewport: { width: 1024, height: 768 },
    })
    await context.grantPermissions(['camera', 'microphone'])
    const page = await context.newPage()
    const person = new Person(context, page, visit, link)
    await person.prepare(page)
    await person.open()
    return person
  }

  private async prepare(page: Page): Promise<void> {
    if (!this.visit.real) {
      const media: MediaOptions = {
        who: this.who,
        width: 640,
        height: 360,
        fps: 15,
        tone: true,
        ...this.visit.media,
      }
      await page.addInitScript(installMedia, media)
    }
    if (isLikeSafari() && !this.visit.computer) await page.addInitScript(likeSafari)
    if (this.visit.init) await page.addInitScript(this.visit.init)
    if (!this.visit.firstTime)
      await page.addInitScript(() => localStorage.setItem('draille.ready', 'video'))
  }

  /** Opens the link in the page at hand, as one does by touching it. */
  async open(): Promise<void> {
    const url = new URL(this.link)
    url.search = this.visit.query ?? ''
    await this.page.goto(url.href)
  }

  /** A second tab of the same browser on the same link. */
  async secondTab(): Promise<Person> {
    const page = await this.context.newPage()
    const twin = new Person(this.context, page, this.visit, this.link)
    await twin.prepare(page)
    await twin.open()
    return twin
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' })
  }

  /** From the lobby's one screen to the door; staff are known and asked for no name. */
  async enter(): Promise<void> {
    await this.button(fr.actions.enter).waitFor()
    const name = this.page.getByLabel(fr.lobby.name.label)
    if (await name.isVisible()) await name.fill(this.name)
    await this.button(fr.actions.enter).click()
  }

  async inWaitingRoom(): Promise<void> {
    await expect(this.page.getByRole('heading', { name: fr.waiting.title })).toBeVisible()
  }

  async inCall(): Promise<void> {
    await expect(this.page.getByRole('button', { name: fr.call.quit })).toBeVisible()
  }

  async ended(reason: Exclude<keyof typeof fr.ended, 'closeTab'>): Promise<void> {
    await expect(this.page.getByRole('heading', { name: fr.ended[reason].title })).toBeVisible()
  }

  /**
   * Lets the named guest in with one tap on the banner, and with a second one where the page asks
   * whether they may meet another guest.
   */
  async admit(guest: Person, beside?: Person): Promise<void> {
    const banner = this.page.getByRole('region', { name: fr.waits.region })
    await expect(banner.getByText(fr.waits.one(guest.name))).toBeVisible()
    await banner.getByRole('button', { name: fr.actions.admit }).click()
    if (!beside) return
    const question = this.page.getByRole('dialog', {
      name: aside.confirm.beside.title(guest.name, beside.name),
    })
    await question.getByRole('button', { name: fr.actions.admit }).click()
  }

  tile(of: Person, source: 'camera' | 'screen' = 'camera'): Locator {
    return this.page.locator(`[data-testid=tile][data-source=${source}]`, { hasText: of.name })
  }

  video(of: Person, source: 'camera' | 'screen' = 'camera'): Locator {
    return this.tile(of, source).locator('video')
  }

  /** Frames really decoded under that person's name: they move, and every one of them is theirs. */
  async sees(of: Person, count = 8, timeout = 15_000): Promise<FrameMark[]> {
    // the page may take another element for a picture that comes back
    const attempt = Math.min(timeout, 5_000 + 250 * count)
    let marks: FrameMark[] = []
    await expect(async () => {
      marks = await this.video(of).evaluate(
        (element, [count, attempt]) =>
          window.draille.frames(element as HTMLVideoElement, count!, attempt!),
        [count, attempt],
      )
    }, `${this.name} sees ${of.name}`).toPass({ timeout: timeout + attempt })
    const strangers = marks.filter((mark) => mark.who !== of.who)
    expect(strangers, `${this.name} sees ${of.name} under their name, and nobody else`).toEqual([])
    expect(marks.length).toBe(count)
    return marks
  }

  /** Waits until exactly these voices are heard. */
  async hears(...people: Person[]): Promise<void> {
    const expected = people.map((person) => person.who).sort((a, b) => a - b)
    await expect
      .poll(() => this.page.evaluate(() => window.draille.heard()), {
        message: `${this.name} hears ${people.map((p) => p.name)}`,
        timeout: 15_000,
      })
      .toEqual(expected)
  }

  /** Waits until this voice is among those heard. */
  async hearsAmongOthers(person: Person): Promise<void> {
    await expect
      .poll(() => this.page.evaluate(() => window.draille.heard()), {
        message: `${this.name} hears ${person.name}`,
        timeout: 15_000,
      })
      .toContain(person.who)
  }

  speak(on: boolean): Promise<void> {
    return this.page.evaluate((on) => window.draille.speak(on), on)
  }

  negotiations(): Promise<{ connections: number; offers: number; answers: number }> {
    return this.page.evaluate(() => ({
      connections: window.draille.connections.length,
      offers: window.draille.offers,
      answers: window.draille.answers,
    }))
  }

  /** Cuts the websocket as a network does: no goodbye reaches the page's own code first. */
  cutWebsocket(): Promise<void> {
    return this.page.evaluate(() => window.draille.sockets.at(-1)!.close(4000))
  }

  async more(action: string): Promise<void> {
    await this.page.getByRole('button', { name: fr.call.more, exact: true }).click()
    await this.page
      .getByRole('button', { name: action })
      .or(this.page.getByRole('menuitem', { name: action }))
      .first()
      .click()
  }

  /** Chooses a mode of one's own call, in the lobby as in the room. */
  async choose(mode: keyof typeof fr.mode.name): Promise<void> {
    const names = [
      ...Object.values(fr.mode.bar),
      fr.actions.chooseMode,
      ...Object.values(fr.mode.name),
    ]
    await this.button(new RegExp(`^(${names.join('|')})$`)).click()
    const dialog = this.page.getByRole('dialog')
    await dialog.getByRole('radio', { name: fr.mode.name[mode] }).check()
    await dialog.getByRole('button', { name: fr.actions.apply }).click()
  }

  async leave(): Promise<void> {
    await this.page.getByRole('button', { name: fr.call.quit }).click()
    await this.page.getByRole('dialog').getByRole('button', { name: fr.actions.leave }).click()
    await this.ended('left')
  }

  async close(): Promise<void> {
    await this.context.close()
  }
}

/** A host and an admitted guest who see each other: where most tests begin. */
export async function consultation(
  browser: Browser,
  server: Server,
  room: string,
  visits: { host?: Partial<Visit>; guest?: Partial<Visit> } = {},
) {
  const host = await Person.arrive(
    browser,
    await server.invite({ room, role: 'host', name: 'Dr Martin' }),
    { name: 'Dr Martin', who: 1, ...visits.host },
  )
  await host.enter()
  await host.inCall()
  const guest = await Person.arrive(
    browser,
    await server.invite({ room, role: 'guest', name: 'Mme Rey' }),
    { name: 'Mme Rey', who: 2, ...visits.guest },
  )
  await guest.enter()
  await host.admit(guest)
  await guest.inCall()
  return { host, guest }
}
