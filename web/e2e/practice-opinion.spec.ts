import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from '@playwright/test'
import type { OpinionLine, PicturePieces } from '../src/staff/api'
import { fr as inCall } from '../src/i18n/fr'
import { fr as aside } from '../src/i18n/aside/fr'
import { fr as photo } from '../src/pages/photo/words'
import { smallest } from '../src/staff/opinion/pictures/upload'
import { fr } from '../src/staff/words/fr'
import { Keyboard } from './support/keyboard'
import { alsoInTheHospital, fillIn, ours } from './support/opinions'
import { photoCamera } from './support/photoCamera'
import {
  countSent,
  photograph,
  place,
  places,
  thinLink,
} from './support/pictures'
import { textOf } from './support/record'
import type { Server } from './support/server'
import { colleagues } from './support/staff'
import { expect, test } from './support/test'

/** The record: a folder. */
const record = mkdtempSync(join(tmpdir(), 'draille-record-'))
test.use({ serverFlags: ['--practice.demo', `--practice.reports-folder=${record}`] })
let documents: string[] = [] // in it
test.afterAll(() => rmSync(record, { recursive: true, force: true }))

const { opinion: words, common } = fr

/** How many answers are counted, of all specialties: the demonstration has some already. */
async function opinions(page: Page, server: string): Promise<number> {
  await page.goto('about:blank')
  await page.goto(`${server}/#/figures`)
  const rows = page.getByRole('table', { name: fr.figures.opinionsOf }).locator('tbody tr')
  await rows.first().waitFor()
  const counts = await rows.locator('td:nth-of-type(2)').allInnerTexts()
  return counts.reduce((sum, count) => sum + Number(count), 0)
}

/** From the request to the answer and its document; both sides' links carry `bitrate`, 0: any. */
async function requestToAnswer(
  { browser, server }: { browser: Browser; server: Server },
  bitrate: number,
): Promise<void> {
  const [admin, nurse, doctor] = await colleagues(browser, server, 'infirmière', 'psychiatre')
  await alsoInTheHospital(admin!.context, server.url)
  const asks = nurse!.page
  const answers = doctor!.page
  const before = await opinions(admin!.page, server.url)
  if (bitrate)
    for (const page of [asks, answers]) {
      page.setDefaultTimeout(60_000)
      await (await thinLink(page))(bitrate)
      await page.reload() // as on a morning: nothing is there yet
    }
  await fillIn(asks, server.url)
  await asks.getByRole('button', { name: words.send }).click()
  await asks.getByText(words.states.waiting).waitFor()

  await answers.goto(`${server.url}/#/opinions`)
  const queue = answers.getByRole('region', { name: words.queue })
  await queue.getByText('à répondre avant').first().waitFor()
  await queue.getByRole('link', { name: ours }).click()
  await answers.getByRole('button', { name: words.deeds.take }).click()
  await answers.getByLabel(words.text.answer).fill('Quel traitement ?')
  await answers.getByRole('button', { name: words.deeds['ask-back'] }).click()
  // The other side hears of it without doing anything.
  await asks.getByLabel(words.text.reply).fill('Aucun.')
  await asks.getByRole('button', { name: words.deeds.reply }).click()
  await answers.getByText('Aucun.').waitFor()
  await answers.getByLabel(words.text.answer).fill('Je vois le patient demain.')
  await answers.getByLabel(words.distant).check({ force: true })
  await answers.getByRole('button', { name: words.deeds.answer, exact: true }).click()
  await answers.getByText(words.states.answered).waitFor()
  await asks.getByText('Je vois le patient demain.').waitFor()
  await asks.getByText(words.isDistant).waitFor()
  // It goes into the record of the side that asked, which is told so without doing anything.
  await asks.getByText(fr.report.sent.sent).waitFor()
  const known = documents.length
  documents = readdirSync(record, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.pdf'))
    .map((path) => textOf(readFileSync(join(record, path))))
  expect(documents).toHaveLength(known + 1)
  expect(documents.every((text) => text.includes('Je vois le patient demain.'))).toBe(true)
  const file = asks.waitForEvent('download')
  await asks.getByRole('link', { name: words.pdf }).click()
  expect((await file).suggestedFilename()).toMatch(/^[a-z0-9]+-\d+\.pdf$/)
  // It is counted, by the specialty that was asked.
  await expect.poll(() => opinions(admin!.page, server.url)).toBe(before + 1)
  for (const one of [admin!, nurse!, doctor!]) await one.close()
}

/** Draws from one place of a picture to another, with the mouse. */
async function drag(page: Page, ...ends: (readonly [number, number])[]): Promise<void> {
  const [from, to] = await places(page.locator('svg.photo-drawing'), ends)
  await page.mouse.move(from!.x, from!.y)
  await page.mouse.down()
  await page.mouse.move(to!.x, to!.y, { steps: 5 })
  await page.mouse.up()
}

test('a nurse asks for an opinion, and an expert asks back and answers', async ({
  browser,
  server,
}) => {
  test.setTimeout(120_000)
  await requestToAnswer({ browser, server }, 0)
})

test('the same, from request to answer, where both links carry 60 kbit/s', async ({
  browser,
  server,
}) => {
  test.setTimeout(300_000)
  const began = Date.now()
  await requestToAnswer({ browser, server }, 60_000)
  console.log(`      60 kbit/s: ${Math.round((Date.now() - began) / 1000)} s`)
})

test('a picture comes over a thin link that breaks, without what its file tells', async ({
  browser,
  server,
}) => {
  test.setTimeout(240_000)
  const [admin, nurse, doctor] = await colleagues(browser, server, 'infirmière', 'psychiatre')
  await alsoInTheHospital(admin!.context, server.url)
  const asks = nurse!.page
  const sent = await countSent(asks)
  await asks.reload()
  const file = await photograph(asks, 640, 480)
  expect(file.includes(place)).toBe(true)
  await fillIn(asks, server.url)
  await asks
    .locator('input[type=file][multiple]')
    .setInputFiles({ name: 'IMG_0001.jpg', mimeType: 'image/jpeg', buffer: file })
  await asks.getByText(words.pictures.chosen(1)).waitFor()
  const link = await thinLink(asks)
  await link(60_000) // bit/s
  await asks.getByRole('button', { name: words.send }).click()
  const percent = async () => {
    const said = (await asks.textContent('.pictures')) ?? ''
    return Number(/(\d+)\s%/.exec(said)?.[1])
  }
  await expect.poll(percent, { timeout: 60_000 }).toBeGreaterThan(10)

  const answers = doctor!.page
  await answers.goto(`${server.url}/#/opinions`)
  await answers.getByRole('region', { name: words.queue }).getByRole('link', { name: ours }).click()
  const shown = answers.getByRole('button', { name: words.pictures.open(1) })
  const width = (image: HTMLImageElement) => image.naturalWidth
  await expect.poll(() => shown.locator('img').evaluate(width)).toBeGreaterThan(100)
  await answers.getByText(words.pictures.coming).waitFor()

  await link(0)
  await asks.getByText(words.pictures.cut).waitFor()
  await link(60_000)
  await expect.poll(percent, { timeout: 60_000 }).toBeGreaterThan(40)
  await asks.reload()
  await asks.getByText(words.pictures.whole).waitFor({ timeout: 120_000 })

  // The other side sees it without doing anything.
  await answers.getByText(words.pictures.whole).waitFor()
  const id = asks.url().split('/').at(-1)!
  const opinion = `${server.url}/api/opinions/${id}`
  const { pictures } = (await (await doctor!.context.request.get(opinion)).json()) as OpinionLine
  const { size, ...picture } = pictures[0]!
  expect(await sent()).toBeGreaterThanOrEqual(size)
  const part = Math.max(smallest, size / 32)
  expect(await sent(), 'each of two cuts costs a part').toBeLessThanOrEqual(size + 2 * part)
  expect([picture.width, picture.height], 'it was held upright').toEqual([480, 640])
  const whole = await doctor!.context.request.get(`${opinion}/pictures/${picture.id}`)
  expect(whole.headers()).toMatchObject({
    'cache-control': 'no-store',
    'content-type': 'image/jpeg',
  })
  const bytes = await whole.body()
  const pieces = await doctor!.context.request.get(`${opinion}/pictures/${picture.id}/pieces`)
  const { sizes } = (await pieces.json()) as PicturePieces
  expect([sizes[0]! + bytes.length, sizes[1]]).toEqual([size, bytes.length])
  for (const told of ['Exif', place]) expect(bytes.includes(told)).toBe(false)
  const refused = await admin!.context.request.get(`${opinion}/pictures/${picture.id}`)
  expect(refused.status(), 'an administrator has no right to opinions').toBe(404)

  await shown.click()
  const image = answers.getByRole('dialog').getByRole('img', { name: words.pictures.one(1) })
  await expect.poll(() => image.evaluate(width)).toBe(480)
  await answers.getByRole('button', { name: aside.lens.open }).focus()
  await answers.keyboard.press('+')
  await expect(answers.locator('.photo-plane')).toHaveAttribute('style', /width: 125%/)
  await answers.keyboard.press('Escape')

  await asks.getByRole('button', { name: words.pictures.one(1) }).last().click()
  await asks.getByRole('dialog').getByRole('button', { name: common.actions.remove }).click()
  await expect(shown).toHaveCount(0)
  for (const one of [admin!, nurse!, doctor!]) await one.close()
})

test('a large picture becomes sharp first where the expert looks', async ({ browser, server }) => {
  test.setTimeout(240_000)
  const [admin, nurse, doctor] = await colleagues(browser, server, 'infirmière', 'psychiatre')
  await alsoInTheHospital(admin!.context, server.url)
  const asks = nurse!.page
  const sent = await countSent(asks)
  await asks.reload()
  await fillIn(asks, server.url)
  const [small, large] = [await photograph(asks, 640, 480), await photograph(asks, 1500, 1200)]
  await asks.locator('input[type=file][multiple]').setInputFiles([
    { name: 'a.jpg', mimeType: 'image/jpeg', buffer: small },
    { name: 'b.jpg', mimeType: 'image/jpeg', buffer: large },
  ])
  await asks.getByText(words.pictures.chosen(2)).waitFor()
  const link = await thinLink(asks)
  await link(300_000) // bit/s
  await asks.getByRole('button', { name: words.send }).click()

  const answers = doctor!.page
  await answers.goto(`${server.url}/#/opinions`)
  await answers.getByRole('region', { name: words.queue }).getByRole('link', { name: ours }).click()
  await answers.getByRole('button', { name: words.pictures.open(2) }).click()
  const seen = answers.getByTestId('photo')
  await expect(seen).toHaveAttribute('data-middle', 'true', { timeout: 60_000 })
  await answers.getByRole('button', { name: aside.lens.open }).focus()
  for (let i = 0; i < 8; i++) await answers.keyboard.press('+')
  for (let i = 0; i < 30; i++) await answers.keyboard.press('ArrowDown')
  // Of four rows of tiles the last one comes first.
  await expect(seen).toHaveAttribute('data-near', 'true', { timeout: 60_000 })
  expect(Number(await seen.getAttribute('data-pieces'))).toBeLessThan(10)

  // It goes on after a reload of the page that sends it.
  await asks.reload()
  await link(10_000_000)
  await expect(seen).toHaveAttribute('data-state', 'sharp', { timeout: 60_000 })
  await answers.getByText(photo.sharp).waitFor()
  await expect(asks.getByText(words.pictures.whole)).toHaveCount(2)
  const size = Number(await seen.getAttribute('data-size'))
  const opinion = `${server.url}/api/opinions/${asks.url().split('/').at(-1)!}`
  const { pictures } = (await (await nurse!.context.request.get(opinion)).json()) as OpinionLine
  const bytes = pictures.reduce((sum, picture) => sum + picture.size, 0)
  expect(pictures.map(({ pieces }) => pieces).sort()).toEqual([18, 2])
  expect(size).toBe(pictures.find(({ pieces }) => pieces > 2)!.size)
  expect(await sent(), 'a reload costs what was on its way').toBeLessThan(1.1 * bytes)
  for (const one of [admin!, nurse!, doctor!]) await one.close()
})

test('a photo has all pixels of the camera, and is looked at before it is joined', async ({
  browser,
  server,
}) => {
  test.setTimeout(120_000)
  const [admin, nurse, doctor] = await colleagues(browser, server, 'infirmière', 'psychiatre')
  await alsoInTheHospital(admin!.context, server.url)
  const asks = nurse!.page
  await nurse!.context.grantPermissions(['camera'])
  await nurse!.context.addInitScript(photoCamera)
  await asks.reload()
  await fillIn(asks, server.url)
  const keyboard = new Keyboard(asks)
  const { review, take, chosen } = words.pictures
  const sharp = asks.getByText(review.sharp(800, 600))

  // By the keyboard, and once more, for the first one is not sharp.
  await keyboard.use('button', take)
  const dialog = asks.getByRole('dialog')
  await dialog.waitFor()
  await keyboard.use('button', photo.take)
  await sharp.waitFor()
  await expect(asks.getByRole('img', { name: review.photo })).toBeFocused()
  await asks.keyboard.press('Enter')
  await expect(sharp, 'a key for what was there before keeps nothing').toBeVisible()
  await keyboard.use('button', review.again)
  await asks.getByRole('button', { name: photo.take }).click()
  await sharp.waitFor()
  await asks.getByRole('button', { name: review.keep }).click()
  await asks.getByText(chosen(1)).waitFor()
  await keyboard.at('button', take)

  // A camera that is refused says so; the device's own program and files are left.
  await asks.evaluate(() => {
    navigator.mediaDevices.getUserMedia = async () => {
      throw new DOMException('Permission denied', 'NotAllowedError')
    }
  })
  await asks.getByRole('button', { name: take }).click()
  await dialog.getByText(inCall.devices.trouble.camera['refused-by-browser']).waitFor()
  await expect(dialog.getByRole('button', { name: photo.take })).toHaveCount(0)
  const file = dialog.locator('input[type=file]')
  const named = (buffer: Buffer) => ({ name: 'a.jpg', mimeType: 'image/jpeg', buffer })
  await file.setInputFiles(named(Buffer.from('no picture')))
  await dialog.getByText(photo.unreadable).waitFor()
  await file.setInputFiles(named(await photograph(asks, 640, 480)))
  await dialog.getByText(review.sharp(480, 640)).waitFor()
  await dialog.getByRole('button', { name: review.keep }).click()
  await asks.getByText(chosen(2)).waitFor()

  await asks.getByRole('button', { name: words.send }).click()
  await expect(asks.getByText(words.pictures.whole)).toHaveCount(2)
  const opinion = `${server.url}/api/opinions/${asks.url().split('/').at(-1)!}`
  const { pictures } = (await (await nurse!.context.request.get(opinion)).json()) as OpinionLine
  expect(pictures.map(({ width, height }) => [width, height])).toEqual([
    [800, 600],
    [480, 640],
  ])
  for (const one of [admin!, nurse!, doctor!]) await one.close()
})

test('a picture goes beside a call in another page, at the rate that it is granted', async ({
  browser,
  server,
}) => {
  test.setTimeout(120_000)
  const [admin, nurse] = await colleagues(browser, server, 'infirmière')
  await alsoInTheHospital(admin!.context, server.url)
  const asks = nurse!.page
  await fillIn(asks, server.url)
  await asks.locator('input[type=file][multiple]').setInputFiles({
    name: 'a.jpg',
    mimeType: 'image/jpeg',
    buffer: await photograph(asks, 640, 480),
  })
  await asks.evaluate(() => localStorage.setItem('draille.ready', 'video'))
  const call = await nurse!.context.newPage()
  const said: { type: string; bitrate?: number; sent?: number }[] = []
  const heard = ({ payload }: { payload: string | Buffer }) => {
    if (typeof payload === 'string') said.push(JSON.parse(payload) as (typeof said)[0])
  }
  call.on('websocket', (socket) => {
    socket.on('framesent', heard)
    socket.on('framereceived', heard)
  })
  await call.goto(await server.invite({ room: 'beside', role: 'host', name: 'Lou' }))
  await call.getByRole('button', { name: inCall.actions.enter }).click()
  await call.getByRole('button', { name: inCall.call.quit }).waitFor()
  await asks.getByRole('button', { name: words.send }).click()
  await asks.getByText(words.pictures.whole).waitFor()
  await call.getByRole('button', { name: inCall.call.quit }).waitFor()
  const granted = said.filter(({ type, bitrate }) => type === 'transferrate' && bitrate)
  expect(granted.length, 'the page in the call was granted a rate').toBeGreaterThan(0)
  const told = () =>
    said
      .filter(({ type }) => type === 'transfer')
      .reduce((sum, { sent = 0 }) => sum + sent, 0)
  const id = asks.url().split('/').at(-1)!
  const answer = await nurse!.context.request.get(`${server.url}/api/opinions/${id}`)
  const { pictures } = (await answer.json()) as OpinionLine
  await expect.poll(told, 'and tells what was sent').toBeGreaterThan(pictures[0]!.size)
  for (const one of [admin!, nurse!]) await one.close()
})

test('both sides point, draw and measure on a picture, and find it in the answer', async ({
  browser,
  server,
}) => {
  test.setTimeout(120_000)
  const [admin, nurse, doctor] = await colleagues(browser, server, 'infirmière', 'psychiatre')
  await alsoInTheHospital(admin!.context, server.url)
  const asks = nurse!.page
  await fillIn(asks, server.url)
  const buffer = await photograph(asks, 480, 640) // held upright: 640 by 480
  await asks
    .locator('input[type=file][multiple]')
    .setInputFiles({ name: 'a.jpg', mimeType: 'image/jpeg', buffer })
  await asks.getByRole('button', { name: words.send }).click()
  const open = words.pictures.open(1)
  await asks.getByText(words.pictures.whole).waitFor()
  const id = asks.url().split('/').at(-1)!
  const line = async () => {
    const answer = await nurse!.context.request.get(`${server.url}/api/opinions/${id}`)
    return (await answer.json()) as OpinionLine
  }
  const { id: picture } = (await line()).pictures[0]!
  const pixels = async () => {
    const path = `${server.url}/api/opinions/${id}/pictures/${picture}`
    return (await nurse!.context.request.get(path)).body()
  }
  const before = await pixels()

  // The nurse shows where it is, by the keyboard, and draws around it with a finger.
  const hands = new Keyboard(asks)
  const hers = asks.locator('svg.photo-drawing')
  await hands.use('button', open)
  await hands.use('button', photo.tools.spot)
  for (const key of ['ArrowRight', 'ArrowDown', 'Enter']) await asks.keyboard.press(key)
  await expect(hers.locator('.mark--spot').getByText('Lou DÉMO-VIDAL')).toHaveCount(1)
  await asks.getByRole('button', { name: photo.tools.stroke }).click()
  await drag(asks, [100, 100], [200, 100])
  await expect(hers.locator('.mark--stroke')).toHaveCount(1)
  await expect.poll(async () => (await line()).marks[picture]?.length).toBe(2)

  // The expert sees both, measures, takes back one line of two, and none of the nurse's.
  const answers = doctor!.page
  await answers.goto(`${server.url}/#/opinions/${id}`)
  await answers.getByText(words.pictures.marked(2)).waitFor()
  await answers.getByRole('button', { name: open }).click()
  const his = answers.locator('svg.photo-drawing')
  await expect(his.locator('.mark')).toHaveCount(2)
  await answers.getByRole('button', { name: photo.tools.scale }).click()
  await drag(answers, [100, 300], [200, 300])
  await answers.getByLabel(photo.scale.label).fill('20')
  await answers.getByRole('button', { name: photo.scale.take }).click()
  const tool = answers.getByRole('button', { name: photo.tools.ruler })
  await tool.click()
  await drag(answers, [100, 200], [400, 200])
  await drag(answers, [100, 400], [200, 400])
  await expect(his.locator('.mark--ruler')).toHaveCount(2)
  await expect(hers.locator('.mark--ruler'), 'told to the other side').toHaveCount(2)
  await answers.getByRole('button', { name: photo.tools.undo }).click()
  await expect(hers.locator('.mark--ruler')).toHaveCount(1)
  await asks.getByRole('button', { name: photo.tools.clearOwn }).click()
  await expect(his.locator('.mark')).toHaveCount(2)
  await asks.getByRole('button', { name: photo.tools.spot }).click()
  await drag(asks, [50, 50], [60, 60])
  await expect(his.locator('.mark')).toHaveCount(3)
  for (const page of [asks, answers]) await page.keyboard.press('Escape')

  // What is answered shows all of it, and nothing can be drawn any more.
  await answers.getByRole('button', { name: words.deeds.take }).click()
  await answers.getByLabel(words.text.answer).fill('Six centimètres : exérèse.')
  await answers.getByRole('button', { name: words.deeds.answer, exact: true }).click()
  await asks.getByText(words.states.answered).waitFor()
  await asks.getByRole('button', { name: open }).click()
  await expect(asks.getByText(/Mesure 1.: (5,9|6(,\d)?|60(,\d)?|59,\d).[cm]m\./)).toBeVisible()
  await expect(hers.locator('.mark')).toHaveCount(3)
  await expect(asks.getByRole('button', { name: photo.tools.ruler })).toHaveCount(0)
  expect((await pixels()).equals(before), 'the picture is as it was').toBe(true)
  for (const one of [admin!, nurse!, doctor!]) await one.close()
})

test('the two call each other: one tap, and the other one is told on whichever page', async ({
  browser,
  server,
}) => {
  test.setTimeout(120_000)
  const [admin, nurse, doctor] = await colleagues(browser, server, 'infirmière', 'psychiatre')
  await alsoInTheHospital(admin!.context, server.url)
  for (const { context } of [nurse!, doctor!]) {
    await context.grantPermissions(['camera', 'microphone'])
    await context.addInitScript(() => localStorage.setItem('draille.ready', 'video'))
  }
  const asks = nurse!.page
  const answers = doctor!.page
  await fillIn(asks, server.url)
  await asks.getByRole('button', { name: words.send }).click()
  await asks.getByText(words.states.waiting).waitFor()
  const call = (page: Page) => page.getByRole('button', { name: words.talk.call })
  await expect(call(asks), 'nobody is there to be called').toHaveCount(0)
  await answers.goto(`${server.url}/#/opinions`)
  await answers.getByRole('region', { name: words.queue }).getByRole('link', { name: ours }).click()
  await answers.getByRole('button', { name: words.deeds.take }).click()
  await call(answers).waitFor()
  await answers.goto(`${server.url}/#/account`)

  // The nurse calls by the keyboard, and sits in the room.
  await call(asks).focus()
  const [hers] = await Promise.all([asks.waitForEvent('popup'), asks.keyboard.press('Enter')])
  await asks.getByRole('button', { name: words.talk.join }).waitFor()
  const note = answers.getByRole('alert').filter({ hasText: words.talk.about('') })
  await note.getByText(/DÉMO/).waitFor()
  await hers.getByRole('button', { name: inCall.actions.enter, exact: true }).click()

  // The doctor taps what stands above another page, and each sees the other.
  const [his] = await Promise.all([
    answers.waitForEvent('popup'),
    note.getByRole('button', { name: words.talk.join }).click(),
  ])
  await his.getByRole('button', { name: inCall.actions.enter, exact: true }).click()
  for (const room of [hers, his]) {
    const remote = room.locator('.tile:not(.tile--self) video').first()
    await expect
      .poll(() => remote.evaluate((video: HTMLVideoElement) => video.videoWidth))
      .toBeGreaterThan(0)
  }
  await expect(note, 'whoever is there is not called').toHaveCount(0)

  // Whoever has a page of an answered request open is told why there is no call any more.
  await answers.goto(`${server.url}/#/opinions`)
  await answers.getByRole('region', { name: words.queue }).getByRole('link', { name: ours }).click()
  await answers.getByRole('button', { name: words.talk.join }).waitFor()
  await answers.getByLabel(words.text.answer).fill('Vu ensemble.')
  await answers.getByRole('button', { name: words.deeds.answer, exact: true }).click()
  await asks.getByText(words.states.answered).waitFor()
  await expect(asks.getByRole('button', { name: words.talk.join })).toHaveCount(0)
  const refused = await nurse!.context.request.post(
    `${server.url}/api/opinions/${asks.url().split('/').at(-1)!}/call`,
    { headers: { Origin: server.url } },
  )
  expect(await refused.json()).toMatchObject({ code: 'opinion-over' })
  for (const one of [admin!, nurse!, doctor!]) await one.close()
})
