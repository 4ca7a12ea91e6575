import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Expects that axe finds no fault on `page`; `where` names the page in the message. */
export async function clean(page: Page, where: string): Promise<void> {
  expect(await faults(axe(page).withTags(tags)), where).toEqual([])
}

/** Expects it on a light device and on a dark one, which differ in colours alone. */
export async function cleanInBoth(page: Page, where: string): Promise<void> {
  await clean(page, where)
  await page.emulateMedia({ colorScheme: 'dark' })
  expect(await faults(axe(page).withRules('color-contrast')), `${where}, dark`).toEqual([])
  await page.emulateMedia({ colorScheme: 'light' })
}

/** No page holds a frame of another origin, which alone would need axe's own blank page. */
const axe = (page: Page) =>
  new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).setLegacyMode()

async function faults(builder: AxeBuilder): Promise<string[]> {
  const { violations } = await builder.analyze()
  return violations.map(({ id, nodes }) => `${id} ${nodes.map((node) => node.target)}`)
}
