import { fr as aside } from '../src/i18n/aside/fr'
import { fr } from '../src/i18n/fr'
import { Person, consultation } from './support/people'
import { expect, test } from './support/test'

test('what Safari lacks is not offered, and what it does otherwise is told', async ({
  browser,
  server,
}) => {
  const { host, guest } = await consultation(browser, server, 'ipad')
  await host.sees(guest)
  await guest.sees(host)
  await host.hears(guest)

  await guest.button(fr.call.more).click()
  const dialog = guest.page.getByRole('dialog')
  await expect(dialog.getByRole('button', { name: aside.actions.raiseHand })).toBeVisible()
  await expect(dialog.getByRole('button', { name: aside.actions.shareScreen })).toHaveCount(0)
  await dialog.getByRole('button', { name: fr.actions.devices }).click()
  await expect(dialog.getByText(fr.devices.systemSpeaker)).toBeVisible()
  await guest.page.keyboard.press('Escape')

  await host.button(new RegExp(fr.call.people)).click()
  await expect(host.page.locator('.panel')).toContainText('Mme Rey')
  await expect(host.page.getByRole('slider'), 'loudness belongs to the device').toHaveCount(0)

  await guest.page.evaluate(() => window.toBackground(true))
  const video = host.tile(guest).locator('video')
  await expect(video).toHaveAttribute('data-picture', /off|still|paused/)
  await guest.page.evaluate(() => window.toBackground(false))
  await host.sees(guest)
  for (const person of [host, guest]) await person.close()
})

test('a page that nobody has touched asks for one touch, and then is heard', async ({
  browser,
  server,
}) => {
  const { host, guest } = await consultation(browser, server, 'silence')
  await guest.hears(host)
  const link = await server.invite({ room: 'silence', role: 'clinician', name: 'Dr Bonnet' })
  const third = await Person.arrive(browser, link, { name: 'Dr Bonnet', who: 3 })
  await third.enter()
  await third.inCall()
  await third.hears(host, guest)
  for (const person of [host, guest, third]) await person.close()
})
