import { fr as aside } from '../src/i18n/aside/fr'
import { fr } from '../src/i18n/fr'
import { fr as modeWords } from '../src/pages/mode/words'
import { Person, consultation } from './support/people'
import { expect, test } from './support/test'
import { long } from './support/long'

/**
 * Bytes of pictures that have left and come so far; what the server sends to try the link is no
 * picture.
 */
function pictures(person: Person): Promise<{ sent: number; received: number }> {
  return person.page.evaluate(async () => {
    const count = { sent: 0, received: 0 }
    for (const report of (await window.draille.connections.at(-1)!.getStats()).values()) {
      if (report.type === 'outbound-rtp' && report.kind === 'video') count.sent += report.bytesSent
      if (report.type === 'inbound-rtp' && report.kind === 'video')
        count.received += report.bytesReceived
    }
    return count
  })
}

/** Lets a second of voice pass. */
function aSecondOfVoice(person: Person): Promise<void> {
  return person.page.evaluate(async () => {
    const heard = async () => {
      let packets = 0
      for (const report of (await window.draille.connections.at(-1)!.getStats()).values())
        if (report.type === 'inbound-rtp' && report.kind === 'audio')
          packets += report.packetsReceived
      return packets
    }
    const start = await heard()
    while ((await heard()) < start + 17) await new Promise(requestAnimationFrame)
  })
}

/**
 * The last packets are on their way when the choice is made; then the counters stand still while
 * voices pass.
 */
async function noPictures(person: Person): Promise<void> {
  await expect
    .poll(
      async () => {
        const before = await pictures(person)
        await aSecondOfVoice(person)
        const after = await pictures(person)
        return after.sent - before.sent + after.received - before.received
      },
      { timeout: 20_000 },
    )
    .toBe(0)
}

test('son seul: no picture goes either way, the voices stay, and the pictures come back', async ({
  browser,
  server,
}) => {
  const { host, guest } = await consultation(browser, server, 'son-seul')
  await host.sees(guest, 2)
  await guest.sees(host, 2)
  await guest.choose('voice')
  await expect(host.video(guest)).toBeHidden()
  await expect(guest.video(host)).toBeHidden()
  await expect(host.tile(guest).getByText(fr.tile.voiceOnly)).toBeVisible()
  await noPictures(guest)
  const participant = (await guest.tile(host).getAttribute('data-participant'))!
  await guest.page.evaluate((participant) => {
    const want = { participant, source: 'camera', width: 640, height: 360, priority: 2 }
    window.draille.sockets
      .at(-1)!
      .send(JSON.stringify({ type: 'subscribe', subscriptions: [want] }))
  }, participant)
  await aSecondOfVoice(guest)
  await noPictures(guest)
  await host.hears(guest)
  await guest.hears(host)

  await guest.page.reload()
  await guest.inCall()
  await expect(guest.page.getByText(fr.mode.voiceOn)).toBeVisible()
  await host.hears(guest)
  expect(await pictures(guest), 'also after a reload').toEqual({ sent: 0, received: 0 })
  await guest.button(fr.actions.picturesBack).click()
  await host.sees(guest)
  await guest.sees(host)
  await host.close()
  await guest.close()
})

test('chosen in the lobby, son seul never moves a picture', async ({ browser, server }) => {
  const host = await Person.arrive(
    browser,
    await server.invite({ room: 'son-seul-accueil', role: 'host', name: 'Dr Martin' }),
    { name: 'Dr Martin', who: 1 },
  )
  await host.enter()
  await host.inCall()
  const guest = await Person.arrive(
    browser,
    await server.invite({ room: 'son-seul-accueil', role: 'guest', name: 'Mme Rey' }),
    { name: 'Mme Rey', who: 2 },
  )
  await guest.choose('voice')
  await guest.enter()
  await host.admit(guest)
  await guest.inCall()
  await guest.hears(host)
  await host.hears(guest)
  await aSecondOfVoice(guest)
  expect(await pictures(guest)).toEqual({ sent: 0, received: 0 })
  await host.close()
  await guest.close()
})

test('économie de données: small pictures both ways, and what was used in words', long, async ({
  browser,
  server,
}) => {
  const { host, guest } = await consultation(browser, server, 'economie', {
    guest: { media: { fps: 24 } },
  })
  await host.sees(guest, 2)
  await guest.sees(host, 2)
  await guest.choose('saver')
  const width = (viewer: Person, of: Person) =>
    viewer.video(of).evaluate((video: HTMLVideoElement) => video.videoWidth)
  await expect.poll(() => width(guest, host)).toBeLessThanOrEqual(320)
  await expect.poll(() => width(host, guest)).toBeLessThanOrEqual(320)
  await host.sees(guest, 2)
  await guest.sees(host, 2)
  await expect(guest.page.getByText(/\d\sMo utilisés?$/)).toBeVisible()
  await expect(
    host.tile(guest).getByText(fr.tile.insufficient),
    'a picture of 180 lines is not for assessing',
  ).toBeVisible()
  await guest.choose('automatic')
  await expect.poll(() => width(host, guest)).toBe(640)
  await expect(host.tile(guest).getByText(fr.tile.insufficient)).toHaveCount(0)
  await host.close()
  await guest.close()
})

test('receiving pictures is stopped alone', async ({ browser, server }) => {
  const { host, guest } = await consultation(browser, server, 'sens-unique')
  await guest.sees(host, 2)
  await guest.button(fr.mode.bar.automatic).click()
  await guest.page.getByRole('checkbox', { name: modeWords.receive }).uncheck()
  await guest.page.keyboard.press('Escape')
  await expect(guest.video(host)).toBeHidden()
  await host.sees(guest)
  await guest.button(fr.actions.receivePictures).click()
  await guest.sees(host)
  await host.close()
  await guest.close()
})

test('the host sets the guest’s mode; the guest reads by whom and why, and takes it back', async ({
  browser,
  server,
}) => {
  const { host, guest } = await consultation(browser, server, 'reglage')
  await guest.sees(host, 2)
  await host.more(fr.actions.people)
  await host.button(aside.people.chooseModeOf('Mme Rey')).click()
  await host.page.getByRole('radio', { name: fr.mode.name.voice }).check()
  await expect(guest.page.getByText(fr.mode.setBy.voice('Dr Martin'))).toBeVisible()
  await expect(guest.video(host)).toBeHidden()
  await noPictures(guest)
  await host.hears(guest)
  await guest.cutWebsocket()
  await expect(guest.page.getByText(fr.mode.setBy.voice('Dr Martin'))).toBeVisible()
  await guest.button(fr.actions.picturesBack).click()
  await expect(host.page.getByRole('radio', { name: fr.mode.name.automatic })).toBeChecked()
  await host.page.keyboard.press('Escape')
  await guest.sees(host)
  await host.sees(guest)
  await host.close()
  await guest.close()
})
