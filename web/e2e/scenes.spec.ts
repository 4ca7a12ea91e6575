import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { createServer, type ViteDevServer } from 'vite'
import { fr } from '../src/i18n/fr'
import { scenes } from '../src/pages/testing/scenes'
import { clean } from './support/axe'
import { expect, test } from './support/test'

/**
 * Pages in states that no call reaches at will, such as troubles: drawn by a real browser, without
 * a server. SCENES=folder keeps a picture of each.
 */
const sizes = { tablet: [1024, 768], upright: [768, 1024], phone: [360, 640] } as const
const folder = process.env.SCENES

let gallery: ViteDevServer
test.beforeAll(async () => {
  gallery = await createServer({
    root: resolve(import.meta.dirname, '..'),
    server: { port: 0, host: '127.0.0.1' },
    logLevel: 'error',
  })
  await gallery.listen()
  if (folder) mkdirSync(folder, { recursive: true })
})
test.afterAll(() => gallery.close())

for (const [device, [width, height]] of Object.entries(sizes))
  test(`every scene fits on a ${device}, and axe finds nothing on it`, async ({ page }) => {
    test.setTimeout(240_000)
    await page.setViewportSize({ width, height })
    const wrong: string[] = []
    page.on('pageerror', (error) => wrong.push(error.message))
    for (const name of Object.keys(scenes)) {
      await page.goto(
        `${gallery.resolvedUrls!.local[0]}src/pages/testing/gallery.html?lang=fr&scene=${name}`,
      )
      await page.locator('#page > *').first().waitFor()
      await page.evaluate(() => document.fonts.ready)
      const beyond = await page.evaluate(() =>
        [...document.querySelectorAll('button, a, h1, h2, p, input')]
          .filter((one) => {
            const { left, right, width } = one.getBoundingClientRect()
            return width > 1 && (left < -1 || right > innerWidth + 1)
          })
          .map((one) => `${one.tagName} ${one.textContent?.trim()}`),
      )
      expect.soft(beyond, `${name}: beyond the edge`).toEqual([])
      const quit = page.locator('.bar').getByRole('button', { name: fr.call.quit })
      if (await quit.count())
        await expect.soft(quit, `${name}: the bar is in sight`).toBeInViewport({ ratio: 1 })
      await clean(page, name)
      if (folder) await page.screenshot({ path: `${folder}/${name}-${device}.png` })
    }
    expect(wrong).toEqual([])
  })
