import type { Browser, Page } from '@playwright/test'
import type { Browser as Firefox, Page as FirefoxPage } from 'puppeteer-core'
import { locate } from './firefox'

// Five browsers' pages share two cores: a click waits for a frame of its page.
const patience = 60_000 // ms for what a page is waited for

/** Somebody at a browser of their own, Chromium or Firefox: both find what is named by XPath. */
export interface Visitor {
  open(address: string): Promise<void>
  click(xpath: string): Promise<void>
  fill(xpath: string, value: string): Promise<void>
  /** The text of an element, once it is seen. */
  read(xpath: string): Promise<string>
  run<T>(work: () => T): Promise<T>
  /** The tab that a click opens. */
  tab(xpath: string): Promise<Visitor>
  close(): Promise<void>
}

export const button = (name: string) =>
  `//*[self::button or self::a][starts-with(normalize-space(.), "${name}") or ` +
  `@aria-label="${name}"]`
export const field = (label: string) =>
  `//*[@id = //label[starts-with(normalize-space(.), "${label}")]/@for]`
export const option = (label: string) =>
  `//label[normalize-space(.) = "${label}"]//input | //label[normalize-space(.) = "${label}"]`
export const text = (words: string) => `//*[text()[contains(., "${words}")]]`
export const heading = (words: string) =>
  `//*[self::h1 or self::h2][contains(normalize-space(.), "${words}")]`

export async function inChromium(browser: Browser): Promise<Visitor> {
  const context = await browser.newContext({ locale: 'fr-FR' })
  await context.grantPermissions(['camera', 'microphone'])
  return chromiumTab(await context.newPage(), () => context.close())
}

function chromiumTab(page: Page, close: () => Promise<void>): Visitor {
  const at = (xpath: string) => page.locator(`xpath=${xpath}`).locator('visible=true').first()
  return {
    open: async (address) => void (await page.goto(address)),
    click: async (xpath) => {
      await page.bringToFront()
      await at(xpath).click({ timeout: patience })
    },
    fill: async (xpath, value) => {
      const element = at(xpath)
      const isChoice = (await element.evaluate((one) => one.tagName)) === 'SELECT'
      if (isChoice) await element.selectOption(value)
      else await element.fill(value)
    },
    read: async (xpath) => (await at(xpath).textContent({ timeout: patience })) ?? '',
    run: (work) => page.evaluate(work),
    tab: async (xpath) => {
      const [opened] = await Promise.all([page.waitForEvent('popup'), at(xpath).click()])
      return chromiumTab(opened, () => opened.close())
    },
    close,
  }
}

export async function inFirefox(firefox: Firefox): Promise<Visitor> {
  const context = await firefox.createBrowserContext()
  return firefoxTab(await context.newPage(), () => context.close())
}

function firefoxTab(page: FirefoxPage, close: () => Promise<void>): Visitor {
  const at = (xpath: string) => locate(page, `::-p-xpath(${xpath})`, patience)
  return {
    open: async (address) => void (await page.goto(address)),
    click: async (xpath) => {
      await page.bringToFront()
      await at(xpath).click()
    },
    fill: (xpath, value) => at(xpath).fill(value),
    read: async (xpath) =>
      (await at(xpath)
        .map((element) => element.textContent)
        .wait()) ?? '',
    run: (work) => page.evaluate(work),
    tab: async (xpath) => {
      const opened = new Promise<FirefoxPage>((resolve) =>
        page.once('popup', (tab) => resolve(tab as FirefoxPage)),
      )
      await at(xpath).click()
      const tab = await opened
      return firefoxTab(tab, () => tab.close())
    },
    close,
  }
}
