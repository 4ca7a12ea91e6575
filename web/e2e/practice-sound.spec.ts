import type { BrowserContext } from '@playwright/test'
import type { Browser as Firefox } from 'puppeteer-core'
import { fr as inCall } from '../src/i18n/fr'
import type { OpinionLine, Picture } from '../src/staff/api'
import { fr } from '../src/staff/words/fr'
import { button, launchFirefox } from './support/firefox'
import { Keyboard } from './support/keyboard'
import { alsoInTheHospital, fillIn } from './support/opinions'
import { breathing, place, recorded } from './support/pictures'
import { likeSafari } from './support/safari'
import type { Server } from './support/server'
import { type Colleague, colleagues } from './support/staff'
import { expect, test } from './support/test'
import { type Throttle, throttled } from './support/throttle'

test.use({ serverFlags: ['--practice.demo'] })

const { opinion: words, common } = fr

test('clips of sound are recorded or chosen, and heard by the expert', async ({
  browser,
  server,
}) => {
  test.setTimeout(120_000)
  const [admin, nurse, doctor] = await colleagues(browser, server, 'infirmière', 'psychiatre')
  await alsoInTheHospital(admin!.context, server.url)
  const asks = nurse!.page
  const { sounds } = words
  await nurse!.context.grantPermissions(['microphone'])
  await fillIn(asks, server.url)
  const hands = new Keyboard(asks)
  await hands.use('button', sounds.record)
  await asks.getByText(sounds.recording(2, 60)).waitFor()
  await hands.at('button', sounds.stop)
  await asks.keyboard.press('Enter')
  await asks.getByText(sounds.chosen(1)).waitFor()

  const choose = (buffer: Buffer) =>
    asks
      .locator('input[accept="audio/*"]')
      .setInputFiles({ name: 'a.wav', mimeType: 'audio/x-wav', buffer })
  await choose(Buffer.from('no sound'))
  await asks.getByText(sounds.unreadable).waitFor()
  await choose(recorded(62))
  await asks.getByText(sounds.tooLong).waitFor()
  await choose(recorded(2))
  await asks.getByText(sounds.chosen(2)).waitFor()
  await asks.evaluate(() => {
    navigator.mediaDevices.getUserMedia = async () => {
      throw new DOMException('Permission denied', 'NotAllowedError')
    }
  })
  await asks.getByRole('button', { name: sounds.record }).click()
  await asks.getByText(inCall.devices.trouble.microphone['refused-by-browser']).waitFor()
  await asks.getByRole('button', { name: words.send }).click()
  await expect(asks.getByText(sounds.whole)).toHaveCount(2)

  const answers = doctor!.page
  const id = asks.url().split('/').at(-1)!
  await answers.goto(`${server.url}/#/opinions/${id}`)
  const section = answers.getByRole('region', { name: sounds.title })
  for (const n of [1, 2])
    await section.getByRole('button', { name: `${sounds.listen} : ${sounds.one(n)}` }).click()
  const clips = section.locator('audio')
  await expect(clips).toHaveCount(2)
  for (const clip of await clips.all())
    await expect
      .poll(() => clip.evaluate((audio: HTMLAudioElement) => audio.played.length))
      .toBeGreaterThan(0)
  const opinion = `${server.url}/api/opinions/${id}`
  const line = (await (await doctor!.context.request.get(opinion)).json()) as OpinionLine
  expect(line.pictures.map(({ seconds }) => seconds)[1]).toBe(2)
  const [{ seconds: lasts }] = line.pictures as [Picture]
  expect(lasts, 'as long as it was recorded').toBeGreaterThan(1)
  const path = `${opinion}/pictures/${line.pictures[1]!.id}`
  const file = await doctor!.context.request.get(path)
  expect(file.headers()).toMatchObject({ 'content-type': 'audio/flac' })
  expect((await file.body()).includes(place)).toBe(false)

  await asks.getByRole('button', { name: sounds.one(1) }).last().click()
  await asks.getByRole('dialog').getByRole('button', { name: common.actions.remove }).click()
  await expect(asks.getByText(sounds.whole)).toHaveCount(1)
  for (const one of [admin!, nurse!, doctor!]) await one.close()
})

/** A question with a clip of so many seconds of breathing. */
async function asked(nurse: Colleague, server: Server, seconds: number): Promise<OpinionLine> {
  const asks = nurse.page
  await fillIn(asks, server.url)
  await asks
    .locator('input[accept="audio/*"]')
    .setInputFiles({ name: 'a.wav', mimeType: 'audio/x-wav', buffer: breathing(seconds) })
  await asks.getByText(words.sounds.chosen(1)).waitFor()
  await asks.getByRole('button', { name: words.send }).click()
  await asks.getByText(words.sounds.whole).waitFor()
  const id = asks.url().split('/').at(-1)!
  return (await nurse.context.request.get(`${server.url}/api/opinions/${id}`)).json()
}

type Heard = { time: number; come: number; said: string } // `come`: of the clip, up to 1

/** What a page plays now; runs in the page. */
function heard(): Heard {
  const audio = document.querySelector('audio')
  const status = document.querySelector('[data-share]') as HTMLElement | null
  const { share } = status?.dataset ?? {}
  return { time: audio?.currentTime ?? 0, come: Number(share), said: status?.textContent ?? '' }
}

/**
 * The page plays a clip over 60 kbit/s: from its beginning on while the rest comes, over a break,
 * and without what is here already being sent again.
 */
async function overAThinLink(look: () => Promise<Heard>, link: Throttle, size: number) {
  const began = Date.now()
  const until = (what: (now: Heard) => boolean, ms: number) =>
    expect.poll(async () => what(await look()), { timeout: ms }).toBe(true)
  await until(({ time }) => time > 0.2, 20_000)
  const first = Date.now() - began
  const then = await look()
  expect(then.come).toBeLessThan(0.6)
  expect(then.said).toMatch(/Le son arrive\s: \d+\s%.*\. Il s’écoute déjà\./)
  await until(({ come }) => come > 0.4, 60_000)
  await link.cut()
  link.set(60_000)
  await until(({ come }) => come === 1, 120_000)
  expect((await look()).said).toBe(words.sounds.listening.here)
  const all = (Date.now() - began) / 1_000
  const cost = link.passed() / size
  console.log(
    `      heard after ${first} ms, whole after ${all.toFixed(0)} s, ` +
      `bytes ${cost.toFixed(2)} of its size`,
  )
  expect(cost, 'a break costs what was on its way').toBeLessThan(1.4)
}

for (const [browser, init] of [
  ['Chromium', undefined],
  ['what lacks what Safari does', likeSafari],
] as const)
  test(`a clip is heard while it comes over a thin link that breaks, by ${browser}`, async ({
    browser,
    server,
  }) => {
    test.setTimeout(240_000)
    const [admin, nurse, doctor] = await colleagues(browser, server, 'infirmière', 'psychiatre')
    await alsoInTheHospital(admin!.context, server.url)
    const { opinion, pictures } = await asked(nurse!, server, 20)
    const [sound] = pictures
    expect([sound!.seconds, sound!.size < 0.6 * 20 * 32_000]).toEqual([20, true])
    const link = await throttled(server.url)
    const answers = doctor!.page
    if (init) await answers.addInitScript(init)
    await answers.goto(`${link.url}/#/opinions/${opinion.id}`)
    const listen = answers.getByRole('button', { name: words.sounds.listen })
    await listen.waitFor()
    link.set(60_000)
    link.passed()
    await listen.click()
    await overAThinLink(() => answers.evaluate(heard), link, sound!.size)
    await link.close()
    for (const one of [admin!, nurse!, doctor!]) await one.close()
  })

test('a clip is heard while it comes over a thin link that breaks, by Firefox', async ({
  browser,
  server,
}) => {
  test.setTimeout(240_000)
  const [admin, nurse, doctor] = await colleagues(browser, server, 'infirmière', 'psychiatre')
  await alsoInTheHospital(admin!.context, server.url)
  const { opinion, pictures } = await asked(nurse!, server, 20)
  const link = await throttled(server.url)
  const firefox = await launchFirefox()
  try {
    const page = await firefox.newPage()
    await signedInAs(firefox, doctor!.context)
    await page.evaluateOnNewDocument(() => localStorage.setItem('draille.staff.tour', 'seen'))
    await page.goto(`${link.url}/#/opinions/${opinion.id}`)
    const name = `${words.sounds.listen} : ${words.sounds.one(1)}`
    const listen = button(page, name, 20_000)
    await listen.wait()
    link.set(60_000)
    link.passed()
    await listen.click()
    await overAThinLink(() => page.evaluate(heard), link, pictures[0]!.size)
  } finally {
    await firefox.close()
    await link.close()
  }
  for (const one of [admin!, nurse!, doctor!]) await one.close()
})

/** Gives Firefox somebody's session. */
async function signedInAs(firefox: Firefox, context: BrowserContext): Promise<void> {
  for (const { name, value } of await context.cookies())
    await firefox.setCookie({ name, value, domain: 'localhost', path: '/', httpOnly: true })
}
