import { readFileSync } from 'node:fs'
import { fr } from '../src/staff/words/fr'
import { en } from '../src/staff/words/en'
import { clean } from './support/axe'
import { colleagues } from './support/staff'
import { expect, test } from './support/test'

test.use({ serverFlags: ['--practice.demo'] })

const { figures } = fr

test('figures are looked at, chosen, read aloud and taken along', async ({ browser, server }) => {
  test.setTimeout(60_000)
  const [admin, secretary] = await colleagues(browser, server, 'secrétaire')
  const { page } = secretary!
  await page.goto(`${server.url}/#/figures`)
  await page.getByRole('heading', { name: figures.actsTitle }).waitFor()
  await expect(page.getByText(figures.demo)).toBeVisible()
  // What the plot shows stands in the table beside it.
  await expect(page.getByRole('img', { name: figures.actsPlot })).toBeVisible()
  const table = page.getByRole('table', { name: figures.actsTitle })
  await expect(table.getByRole('row')).toHaveCount(14) // a head, twelve months, their sum
  await clean(page, 'figures')

  const sum = table.locator('tfoot td').first()
  const all = (await sum.textContent())!
  const kind = page.getByLabel(figures.kind, { exact: true })
  await kind.selectOption({ label: figures.kinds.telestaff })
  await expect(sum).not.toHaveText(all)
  await kind.selectOption({ label: figures.all })
  await expect(sum).toHaveText(all)
  // By keyboard: another period, and the file.
  await page.getByLabel(figures.period).focus()
  await page.keyboard.press('ArrowDown')
  const year = await page.getByLabel(figures.period).inputValue()
  await expect(table.getByRole('rowheader').first()).toContainText(year)
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: figures.download }).click(),
  ])
  expect(file.suggestedFilename()).toBe(`draille-${year}-01_${year}-12.csv`)
  const text = readFileSync(await file.path(), 'utf8')
  expect(text.startsWith('\ufeffmois;établissement;service;lieu;type;actes;')).toBe(true)
  expect(text, 'names of parts of the hospital alone').not.toMatch(/DÉMO-/)

  // Who administers the group sees all of it, in the other language, too.
  await admin!.page.goto(`${server.url}/?lang=en#/figures`)
  await admin!.page.getByRole('heading', { name: en.figures.satisfactionTitle }).waitFor()
  await expect(admin!.page.getByText(en.figures.demo)).toBeVisible()
  for (const one of [admin!, secretary!]) await one.close()
})
