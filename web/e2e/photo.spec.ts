import type { Page } from '@playwright/test'
import { fr as aside } from '../src/i18n/aside/fr'
import { fr } from '../src/i18n/fr'
import { fr as photo } from '../src/pages/photo/words'
import { cleanInBoth } from './support/axe'
import { Keyboard } from './support/keyboard'
import { consultation } from './support/people'
import { photoCamera } from './support/photoCamera'
import { places } from './support/pictures'
import { expect, test } from './support/test'

const viewer = (page: Page) => page.getByTestId('photo')

/** The colour of one pixel of the photo that is shown. */
const pixel = (page: Page, x: number, y: number) =>
  viewer(page)
    .locator('canvas')
    .evaluate(
      (element, [x, y]) => [
        ...(element as HTMLCanvasElement).getContext('2d')!.getImageData(x!, y!, 1, 1).data,
      ],
      [x, y],
    )

test('a doctor asks, a nurse takes a photo, and both see it sharp', async ({
  browser,
  server,
}) => {
  const { host, guest } = await consultation(browser, server, 'photo', {
    guest: { init: photoCamera },
  })
  await host.more(aside.actions.askPhoto)
  await host.button(photo.askWho(guest.name)).press('Enter')
  await expect(host.page.getByText(photo.asked(guest.name))).toBeVisible()
  await host.page.keyboard.press('Escape')
  await guest.button(photo.take).press('Enter')
  await expect(guest.page.getByText(photo.sent)).toBeVisible()
  for (const { page, button } of [
    { page: host.page, button: host.button(photo.open(1, guest.name)) },
    { page: guest.page, button: guest.button(photo.open(1, guest.name)) },
  ]) {
    await button.press('Enter')
    await expect(viewer(page)).toHaveAttribute('data-state', 'sharp')
    await expect(page.getByText(photo.sharp)).toBeVisible()
    // of a tile at the edge, amid one colour; JPEG is a little off
    await expect
      .poll(async () => {
        const [red, green, blue] = await pixel(page, 780, 580)
        return [red! - (760 % 251), green! - (560 % 241), blue! - (1_320 % 239)]
          .map(Math.abs)
          .every((off) => off < 12)
      })
      .toBe(true)
    await page.keyboard.press('Escape')
  }
  // Both look at it on screens of other shapes: what one draws, the other sees on the same place.
  await guest.page.setViewportSize({ width: 390, height: 844 })
  for (const one of [host, guest]) await one.button(photo.open(1, guest.name)).press('Enter')
  const doctor = viewer(host.page).locator('svg.photo-drawing')
  const nurse = viewer(guest.page).locator('svg.photo-drawing')
  const drag = async (from: readonly [number, number], to: readonly [number, number]) => {
    const at = await places(doctor, [from, to])
    await host.page.mouse.move(at[0]!.x, at[0]!.y)
    await host.page.mouse.down()
    await host.page.mouse.move(at[1]!.x, at[1]!.y, { steps: 5 })
    await host.page.mouse.up()
  }
  await host.button(photo.tools.scale).press('Enter')
  await drag([100, 100], [200, 100])
  await host.page.getByLabel(photo.scale.label).fill('0')
  await host.button(photo.scale.take).press('Enter')
  await expect(host.page.getByText(photo.scale.wrong)).toBeVisible()
  await host.page.getByLabel(photo.scale.label).fill('20,0')
  await host.page.keyboard.press('Enter')
  await host.button(photo.tools.ruler).press('Enter')
  await drag([100, 200], [400, 600])
  for (const { page } of [host, guest])
    await expect(page.getByText(/Mesure 1.: (99,\d.mm|10(,\d)?.cm)/)).toBeVisible()
  // Fractions of a pixel of the screen are some pixels of the photo.
  const ends = await nurse.locator('.mark--ruler circle').evaluateAll((all) =>
    all.map((one) => [Number(one.getAttribute('cx')), Number(one.getAttribute('cy'))]),
  )
  for (const [i, [x, y]] of ([[100, 200], [400, 600]] as const).entries()) {
    expect(Math.abs(ends[i]![0]! - x)).toBeLessThan(4)
    expect(Math.abs(ends[i]![1]! - y)).toBeLessThan(4)
  }
  // By the keyboard: a line of the nurse, and her pointer, which does not stay.
  await guest.button(photo.tools.stroke).press('Enter')
  for (const key of ['Enter', 'ArrowRight', 'ArrowDown', 'Enter'])
    await guest.page.keyboard.press(key)
  await expect(doctor.locator('.mark--stroke')).toHaveCount(1)
  await guest.button(photo.tools.pointer).press('Enter')
  await nurse.press('ArrowLeft')
  await expect(doctor.locator('.mark--pointer').getByText(guest.name)).toHaveCount(1)
  await guest.button(photo.tools.pointer).press('Enter')
  await expect(doctor.locator('.mark--pointer')).toHaveCount(0)
  await host.button(photo.tools.undo).press('Enter')
  await expect(nurse.locator('.mark--ruler')).toHaveCount(0)
  await expect(nurse.locator('.mark'), 'one takes back one’s own').toHaveCount(2)
  await host.button(photo.tools.clear).press('Enter')
  await expect(nurse.locator('.mark')).toHaveCount(0)
  await host.page.keyboard.press('Escape')
  await guest.page.keyboard.press('Escape')
  await guest.leave()
  await expect(host.button(photo.open(1, guest.name))).toBeHidden()
  await host.close()
  await guest.close()
})

const tablet = { width: 768, height: 1024 }
const phone = { width: 390, height: 844 }

/** Expects that axe finds nothing, and that no width has to be scrolled, on tablet and phone. */
async function fits(page: Page, where: string): Promise<void> {
  for (const size of [phone, tablet]) {
    await page.setViewportSize(size)
    await cleanInBoth(page, `${where}, ${size.width} pixels`)
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(over, `${where}: scrolled sideways`).toBe(0)
  }
}

test('the dialogs of a photo, by keyboard alone, on tablet and phone; axe @long', async ({
  browser,
  server,
}) => {
  test.setTimeout(180_000)
  const { host, guest } = await consultation(browser, server, 'touches', {
    guest: { init: photoCamera },
  })
  const [doctor, nurse] = [new Keyboard(host.page), new Keyboard(guest.page)]
  await nurse.use('button', fr.call.messages)
  await guest.page.getByLabel(aside.chat.label).waitFor()
  await nurse.reach('textbox', aside.chat.label)
  const typed = await guest.page.evaluate(() => document.activeElement!.id)

  await doctor.use('button', fr.call.more)
  await doctor.use('button', aside.actions.askPhoto)
  await doctor.at('heading', photo.ask)
  await fits(host.page, 'asking for a photo')
  await doctor.use('button', photo.askWho(guest.name))
  await expect(host.page.getByText(photo.asked(guest.name))).toBeVisible()
  await host.page.keyboard.press('Escape')
  await doctor.at('button', fr.call.more)

  await nurse.at('heading', photo.request(host.name))
  await guest.page.keyboard.type(' a') // what was on its way into the message answers nothing
  await nurse.at('heading', photo.request(host.name))
  await fits(guest.page, 'taking a photo')
  await nurse.use('button', photo.take)
  await expect(guest.page.getByText(photo.sent)).toBeVisible()
  expect(await guest.page.evaluate(() => document.activeElement!.id)).toBe(typed)

  await doctor.use('button', photo.open(1, guest.name))
  await doctor.at('heading', photo.one(1, guest.name))
  await expect(host.page.getByText(photo.sharp)).toBeVisible()
  await doctor.use('button', aside.lens.open)
  await fits(host.page, 'a photo')
  await doctor.use('button', aside.lens.closer)
  await doctor.use('button', aside.lens.farther)
  await host.page.keyboard.press('Enter') // to no avail; the focus stays
  await doctor.at('button', aside.lens.farther)
  await host.page.keyboard.press('+')
  await expect(viewer(host.page).getByText(aside.lens.scale(125))).toBeAttached()
  await doctor.use('button', fr.actions.close)
  await doctor.at('button', photo.open(1, guest.name))
  // What is removed has the focus no more: it goes to the title, not to the top of the page.
  await doctor.use('button', new RegExp(`^${photo.remove}`))
  await doctor.at('heading', fr.call.title)
  for (const person of [host, guest]) await person.close()
})
