import type { Page } from '@playwright/test'
import { fr as aside } from '../src/i18n/aside/fr'
import { fr } from '../src/i18n/fr'
import { fr as photo } from '../src/pages/photo/words'
import { cleanInBoth } from './support/axe'
import { Keyboard } from './support/keyboard'
import { consultation } from './support/people'
import { photoCamera } from './support/photoCamera'
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

test('the dialogs of a photo, by keyboard alone, on tablet and phone; axe', async ({
  browser,
  server,
}) => {
  test.setTimeout(180_000)
  const { host, guest } = await consultation(browser, server, 'touches', {
    guest: { init: photoCamera },
  })
  const [doctor, nurse] = [new Keyboard(host.page), new Keyboard(guest.page)]
  await nurse.use(fr.call.messages)
  await guest.page.getByLabel(aside.chat.label).waitFor()
  await nurse.reach(aside.chat.label)
  const typed = await guest.page.evaluate(() => document.activeElement!.id)

  await doctor.use(fr.call.more)
  await doctor.use(aside.actions.askPhoto)
  await doctor.at(photo.ask)
  await fits(host.page, 'asking for a photo')
  await doctor.use(photo.askWho(guest.name))
  await expect(host.page.getByText(photo.asked(guest.name))).toBeVisible()
  await host.page.keyboard.press('Escape')
  await doctor.at(fr.call.more)

  await nurse.at(photo.request(host.name))
  await guest.page.keyboard.type(' a') // what was on its way into the message answers nothing
  await nurse.at(photo.request(host.name))
  await fits(guest.page, 'taking a photo')
  await nurse.use(photo.take)
  await expect(guest.page.getByText(photo.sent)).toBeVisible()
  expect(await guest.page.evaluate(() => document.activeElement!.id)).toBe(typed)

  await doctor.use(photo.open(1, guest.name))
  await doctor.at(photo.one(1, guest.name))
  await expect(host.page.getByText(photo.sharp)).toBeVisible()
  await doctor.use(aside.lens.open)
  await fits(host.page, 'a photo')
  await doctor.use(aside.lens.closer)
  await doctor.use(aside.lens.farther)
  await host.page.keyboard.press('Enter') // to no avail; the focus stays
  await doctor.at(aside.lens.farther)
  await host.page.keyboard.press('+')
  await expect(viewer(host.page).getByText(aside.lens.scale(125))).toBeAttached()
  await doctor.use(fr.actions.close)
  await doctor.at(photo.open(1, guest.name))
  for (const person of [host, guest]) await person.close()
})
