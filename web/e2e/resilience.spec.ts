import { fr as aside } from '../src/i18n/aside/fr'
import { fr } from '../src/i18n/fr'
import { Person, consultation } from './support/people'
import { expect, test } from './support/test'

test('a reload keeps the place in the waiting room', async ({ browser, server }) => {
  const host = await Person.arrive(
    browser,
    await server.invite({ room: 'attente', role: 'host', name: 'Dr Martin' }),
    { name: 'Dr Martin', who: 1 },
  )
  await host.enter()
  await host.inCall()
  const guest = await Person.arrive(
    browser,
    await server.invite({ room: 'attente', role: 'guest', name: 'Mme Rey' }),
    { name: 'Mme Rey', who: 2 },
  )
  await guest.enter()
  await guest.inWaitingRoom()
  await guest.page.reload()
  await guest.inWaitingRoom()
  await host.admit(guest)
  await guest.inCall()
  await host.sees(guest)
  await guest.sees(host)
  await host.close()
  await guest.close()
})

test('a reload in the call leads straight back into it', async ({ browser, server }) => {
  const { host, guest } = await consultation(browser, server, 'recharge')
  await guest.sees(host, 2)
  await guest.page.reload()
  await guest.inCall()
  await guest.sees(host)
  await host.sees(guest)
  await guest.hears(host)
  await host.hears(guest)
  await host.close()
  await guest.close()
})

test('the websocket is cut while media run: picture and voice go on, it is resumed', async ({
  browser,
  server,
}) => {
  const { host, guest } = await consultation(browser, server, 'coupure')
  await guest.sees(host, 2)
  const sockets = () => guest.page.evaluate(() => window.draille.sockets.length)
  const before = await sockets()
  const frames = guest.sees(host, 30)
  await guest.cutWebsocket()
  await frames
  await expect.poll(sockets).toBeGreaterThan(before)
  await expect
    .poll(() => guest.page.evaluate(() => window.draille.sockets.at(-1)!.readyState))
    .toBe(1 /* OPEN */)
  // The resumed connection carries messages both ways, on the media transport of before.
  await host.button(fr.call.messages).click()
  await host.page.getByLabel(aside.chat.label).fill('Toujours là ?')
  await host.page.getByLabel(aside.chat.label).press('Enter')
  await guest.button(new RegExp(fr.call.messages)).click()
  await expect(guest.page.getByText('Toujours là ?').first()).toBeVisible()
  expect(await guest.negotiations()).toEqual({ connections: 1, offers: 1, answers: 1 })
  await host.close()
  await guest.close()
})

test('the server is killed and comes back: a countdown, then both are in the call', async ({
  browser,
  server,
}) => {
  const { host, guest } = await consultation(browser, server, 'panne')
  await guest.sees(host, 2)
  await server.end('SIGKILL')
  await expect(guest.page.getByText(/Nouvel essai/)).toBeVisible()
  await server.run()
  for (const person of [host, guest])
    await expect
      .poll(
        async () => (await person.negotiations()).connections,
        'a new server takes a new connection',
      )
      .toBe(2)
  await Promise.all([host.inCall(), guest.inCall(), host.sees(guest, 2), guest.sees(host, 2)])
  await host.close()
  await guest.close()
})

test('the server says goodbye when it is stopped', async ({ browser, server }) => {
  const { host, guest } = await consultation(browser, server, 'arret')
  await server.end('SIGTERM')
  for (const person of [host, guest])
    await expect(person.page.getByText(/Nouvel essai|redémarre/).first()).toBeVisible()
  await server.run()
  await host.close()
  await guest.close()
})
