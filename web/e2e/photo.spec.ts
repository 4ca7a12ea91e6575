import type { Page } from '@playwright/test'
import { fr as aside } from '../src/i18n/aside/fr'
import { fr as photo } from '../src/pages/photo/words'
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
