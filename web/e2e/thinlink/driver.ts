/**
 * Drives one real browser: opens the link, goes in, notes what is heard and seen, leaves. See
 * messages.ts.
 */
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { type Browser, type BrowserContext, chromium, type Page } from '@playwright/test'
import { fr as aside } from '../../src/i18n/aside/fr'
import { fr } from '../../src/i18n/fr'
import { chromiumFlags } from '../support/people'
import type { Command, Event, Seat } from './messages'

const takeEvery = 1000 // ms
const patience = 60_000 // ms, for a page on the thinnest link

const tell = (event: Event) => process.stdout.write(`${JSON.stringify(event)}\n`)

/** One visit: from following the link to leaving. */
class Visit {
  private readonly timer: NodeJS.Timeout
  private over = false

  private constructor(private readonly page: Page) {
    // a page that is gone has nothing to tell
    this.timer = setInterval(() => void this.take().catch(() => {}), takeEvery)
  }

  static async begin(context: BrowserContext, seat: Seat, link: string): Promise<Visit> {
    const page = await context.newPage()
    page.setDefaultTimeout(patience)
    const visit = new Visit(page)
    tell({ event: 'opened', at: Date.now() })
    await page.goto(link, { waitUntil: 'commit', timeout: patience })
    const enter = page.getByRole('button', { name: fr.actions.enter, exact: true })
    await enter.waitFor()
    const name = page.getByLabel(fr.lobby.name.label)
    if (await name.isVisible()) await name.fill(seat.name) // staff are asked for none
    await enter.click()
    void visit.waitInside()
    if (seat.admits) void visit.admitAll()
    return visit
  }

  private async waitInside(): Promise<void> {
    try {
      // the waiting room can be left, too
      await this.page.getByLabel(fr.call.bar, { exact: true }).waitFor({ timeout: 2 * patience })
      tell({ event: 'inside', at: Date.now() })
    } catch (error) {
      if (!this.over)
        tell({ event: 'failed', reason: `never came into the call: ${String(error)}` })
    }
  }

  private async admitAll(): Promise<void> {
    // the button goes away while it is touched
    while (!this.over) await this.admit().catch(() => {})
  }

  async admit(): Promise<void> {
    await this.page
      .getByRole('region', { name: fr.waits.region })
      .getByRole('button', { name: fr.actions.admit })
      .click({ timeout: 0 })
  }

  async speak(on: boolean): Promise<void> {
    await this.page.evaluate((speaks) => window.thinlink.speak(speaks), on)
  }

  async share(on: boolean): Promise<void> {
    await this.page.getByRole('button', { name: fr.call.more, exact: true }).click()
    const item = this.page
      .getByRole('dialog')
      .getByRole('button', { name: on ? aside.actions.shareScreen : fr.actions.stopScreen })
    await item.waitFor()
    const at = Date.now()
    await item.click()
    if (on) tell({ event: 'shared', at })
  }

  async take(): Promise<void> {
    tell({ event: 'notes', notes: await this.page.evaluate(() => window.thinlink.take()) })
  }

  async picture(caption: string): Promise<void> {
    if (this.over) return // it was asked for a moment too late
    const at = Date.now()
    const png = await this.page.screenshot({ animations: 'allow', caret: 'initial' })
    tell({ event: 'picture', at, caption, png: png.toString('base64') })
  }

  async leave(): Promise<void> {
    await this.take()
    this.over = true
    clearInterval(this.timer)
    await this.page.getByRole('button', { name: fr.call.quit }).click()
    await this.page.getByRole('dialog').getByRole('button', { name: fr.actions.leave }).click()
    await this.page.getByRole('heading', { name: fr.ended.left.title }).waitFor()
    await this.page.close()
    tell({ event: 'left' })
  }
}

/** Somebody who was never there: nothing is stored of them, nothing is in the cache. */
async function newcomer(browser: Browser, seat: Seat): Promise<BrowserContext> {
  const context = await browser.newContext({
    locale: 'fr-FR',
    viewport: { width: 1024, height: 768 },
  })
  await context.grantPermissions(['camera', 'microphone'], { origin: seat.insecureOrigin })
  const options = {
    who: seat.who,
    speech: (await readFile(seat.speech)).toString('base64'),
    scale: seat.scale,
  }
  await context.addInitScript(
    `window.thinlinkOptions = ${JSON.stringify(options)}\n` +
      `localStorage.setItem('draille.ready', 'video')`,
  )
  await context.addInitScript({ path: seat.page })
  return context
}

async function main(): Promise<void> {
  const seat = JSON.parse(process.argv[2] ?? '') as Seat
  const browser = await chromium.launch({
    executablePath: seat.chromium,
    args: [...chromiumFlags, `--unsafely-treat-insecure-origin-as-secure=${seat.insecureOrigin}`],
  })
  let context = await newcomer(browser, seat)
  tell({ event: 'ready' })

  let visit: Visit | undefined
  for await (const line of createInterface(process.stdin)) {
    const command = JSON.parse(line) as Command
    try {
      switch (command.do) {
        case 'visit':
          if (command.fresh) {
            await context.close()
            context = await newcomer(browser, seat)
          }
          visit = await Visit.begin(context, seat, command.link)
          break
        case 'picture':
          await visit?.picture(command.caption)
          break
        case 'speak':
          await visit?.speak(command.on)
          break
        case 'share':
          await visit?.share(command.on)
          break
        case 'admit':
          void visit
            ?.admit()
            .catch((error: unknown) =>
              tell({ event: 'failed', reason: `could not let anybody in: ${String(error)}` }),
            )
          break
        case 'leave':
          await visit?.leave()
      }
    } catch (error) {
      tell({ event: 'failed', reason: String(error) })
    }
  }
  await browser.close()
}

main().catch((error: unknown) => {
  tell({ event: 'failed', reason: String(error) })
  process.exitCode = 1
})
