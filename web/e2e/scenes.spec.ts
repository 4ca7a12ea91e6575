import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { createServer, type ViteDevServer } from 'vite'
import type { Picture, PictureQuality } from '../src/engine/api'
import { fr } from '../src/i18n/fr'
import type { FakeCall } from '../src/pages/testing/fake'
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

const live: Picture = { state: 'live', width: 640, height: 360 }
const weak: PictureQuality = { level: 'weak', assessable: true }

/** What can be said of a large picture, and makes its sentence as long as it gets. */
const troubles: Record<string, [Picture, PictureQuality]> = {
  none: [live, { level: 'good', assessable: true }],
  camera: [live, weak],
  'their line': [live, { ...weak, short: 'uplink' }],
  unfit: [live, { ...weak, assessable: false }],
  frozen: [live, { ...weak, frozen: true }],
  coming: [{ state: 'coming' }, weak],
  'off, our line': [{ state: 'paused', reason: 'downlink' }, weak],
  'off, their line': [{ state: 'paused', reason: 'uplink' }, weak],
  'off, unknown': [{ state: 'paused', reason: 'publisher' }, weak],
  still: [{ state: 'still', reason: 'uplink', at: 0 }, weak],
}

for (const lang of ['fr', 'en'])
  test(`the magnifier's tools cover no sentence and no name on a phone: ${lang}`, async ({
    page,
  }) => {
    await page.goto(
      `${gallery.resolvedUrls!.local[0]}src/pages/testing/gallery.html?lang=${lang}` +
        '&scene=consultation-tools',
    )
    await page.locator('.lens > .lens-tool').click()
    for (const width of [360, 320]) {
      await page.setViewportSize({ width, height: 640 })
      for (const [trouble, [picture, quality]] of Object.entries(troubles))
        for (const people of [2, 3]) {
          const found = await page.evaluate(lookAt, { picture, quality, people })
          const where = `${width} px, ${people} people, trouble: ${trouble}`
          expect.soft(found, where).toEqual([])
        }
    }
  })

/** In the page: sets the scene, and tells what is covered or out of the picture's place. */
async function lookAt(scene: { picture: Picture; quality: PictureQuality; people: number }) {
  const { call } = window as unknown as { call: FakeCall }
  const [me, ...others] = call.people.value.filter(({ id }) => id !== 'p2')
  const third = { ...others[0]!, id: 'p2', name: 'Dr Martin' }
  call.people.value = scene.people === 3 ? [me!, ...others, third] : [me!, ...others]
  call.spotlight.value = scene.people === 3 ? 'p1' : ''
  call.picture('p1').value = scene.picture
  call.quality('p1').value = scene.quality
  call.qualityLevels.value = { p1: scene.quality.level ?? 'good' }
  // one for what is drawn, one for what follows from its size
  for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame)
  const box = (one: string) => document.querySelector(`.tile--main ${one}`)?.getBoundingClientRect()
  const [state, tools, lens, plate] = ['.tile-state', '.lens-tools', '.lens', '.plate'].map(box)
  if (!state || !tools || !lens || !plate) return ['no tools']
  const main = document.querySelector('.tile--main')!.getBoundingClientRect()
  const wrong = {
    'the tools cover the sentence': tools.top < state.bottom - 0.5,
    'the tools cover the name': tools.bottom > Math.min(lens.top, plate.top) + 0.5,
    'no tool can be reached': tools.height < 30,
    'the name is cut off': plate.bottom > main.bottom + 0.5,
    'what closes the tools is cut off': lens.bottom > main.bottom + 0.5,
  }
  return Object.entries(wrong).flatMap(([what, is]) => (is ? [what] : []))
}
