import { fr as aside } from '../src/i18n/aside/fr'
import { fr } from '../src/i18n/fr'
import { fr as helpInFrench } from '../src/i18n/help/fr'
import { type Person, consultation } from './support/people'
import { Server } from './support/server'
import { expect, test } from './support/test'

/** One call whose devices misbehave: each test leaves it as the next one needs it. */
let server: Server
let host: Person
let guest: Person
test.beforeAll(async ({ browser }) => {
  server = await Server.start()
  ;({ host, guest } = await consultation(browser, server, 'appareils-fragiles', {
    host: { computer: true },
  }))
  await host.sees(guest, 2)
})
test.afterAll(async () => {
  await host.close()
  await guest.close()
  await server.stop()
})

const says = (person: Person, sentence: string) => person.page.getByText(sentence).first()

test('a telephone call takes the microphone: both sides are told, and it comes back', async () => {
  await host.hears(guest)
  await guest.page.evaluate(() => window.draille.interrupt('audio', true))
  await expect(says(guest, fr.devices.trouble.microphone.interrupted)).toBeVisible()
  await expect(host.tile(guest).getByText(fr.tile.muted)).toBeAttached()
  await guest.page.evaluate(() => window.draille.interrupt('audio', false))
  await expect(says(guest, fr.devices.trouble.microphone.interrupted)).toHaveCount(0)
  await expect(host.tile(guest).getByText(fr.tile.muted)).toHaveCount(0)
  await host.hears(guest)
})

test('a camera that stays interrupted is opened again by itself', async () => {
  await guest.page.evaluate(() => window.draille.interrupt('video', true))
  await expect(says(guest, fr.devices.trouble.camera.interrupted)).toBeVisible()
  await expect(says(guest, fr.devices.trouble.camera.interrupted)).toHaveCount(0)
  await host.sees(guest)
})

test('voices that the system pauses are played again', async () => {
  const paused = () =>
    guest.page.evaluate(
      () => [...document.querySelectorAll('audio')].filter((voice) => voice.paused).length,
    )
  await expect.poll(paused).toBe(0)
  await guest.page.evaluate(() => {
    for (const voice of document.querySelectorAll('audio')) voice.pause()
  })
  await expect.poll(paused).toBe(0)
  await guest.hears(host)
})

test('voices that the system keeps paused wait for a touch', async () => {
  await guest.page.evaluate(() => {
    for (const voice of document.querySelectorAll('audio')) {
      const play = voice.play.bind(voice)
      voice.play = () => Promise.reject(new DOMException('', 'NotAllowedError'))
      addEventListener('click', () => (voice.play = play), { once: true, capture: true })
      voice.pause()
    }
  })
  await guest.button(fr.actions.unblockSound).click()
  await expect(guest.button(fr.actions.unblockSound)).toHaveCount(0)
  await guest.hears(host)
})

test('whoever speaks into a microphone that is off is told, and still not heard', async () => {
  await guest.speak(true)
  await host.hears(guest)
  await guest.button(fr.call.microphone).click()
  await expect(guest.page.getByRole('status').getByText(fr.notice.unheard)).toBeVisible()
  await guest.button(fr.call.microphoneOff).click()
  await host.hears(guest)
})

test('a camera that the system forbids: its own setting is named', async () => {
  await guest.button(fr.call.camera).click()
  await guest.page.evaluate(() => {
    const real = navigator.mediaDevices.getUserMedia
    navigator.mediaDevices.getUserMedia = () => {
      navigator.mediaDevices.getUserMedia = real
      return Promise.reject(new DOMException('Permission denied by system', 'NotAllowedError'))
    }
  })
  await guest.button(fr.call.cameraOff).click()
  await expect(says(guest, fr.devices.trouble.camera['refused-by-system'])).toBeVisible()
  await expect(says(guest, helpInFrench.system.title)).toBeVisible()
  await guest.button(fr.actions.retry).click()
  await host.sees(guest)
})

for (const [name, message, sentence] of [
  [
    'NotAllowedError',
    'Permission denied by system',
    fr.devices.trouble.screen['refused-by-system'],
  ],
  ['NotFoundError', '', fr.devices.trouble.screen.missing],
  ['NotReadableError', '', fr.devices.trouble.screen.busy],
] as const)
  test(`a screen that cannot be shared (${name} ${message}) is told`, async () => {
    await host.page.evaluate(
      ([name, message]) => {
        const real = navigator.mediaDevices.getDisplayMedia
        navigator.mediaDevices.getDisplayMedia = () => {
          navigator.mediaDevices.getDisplayMedia = real
          return Promise.reject(new DOMException(message, name))
        }
      },
      [name, message],
    )
    await host.more(aside.actions.shareScreen)
    await expect(says(host, sentence)).toBeVisible()
    await host.button(fr.actions.close).click()
    await expect(says(host, sentence)).toHaveCount(0)
  })

test('a shared window that is minimised: its owner and the viewers are told', async () => {
  await host.more(aside.actions.shareScreen)
  await expect(says(guest, fr.notice.screenShared('Dr Martin'))).toBeVisible()
  await expect(guest.video(host, 'screen')).toBeVisible()
  const interrupt = (on: boolean) =>
    host.page.evaluate((on) => {
      const sender = window.draille.connections[0]!.getSenders().find(
        ({ track }) => track?.contentHint === 'detail',
      )
      const track = sender!.track!
      Object.defineProperty(track, 'muted', { value: on, configurable: true })
      track.dispatchEvent(new Event(on ? 'mute' : 'unmute'))
    }, on)
  await interrupt(true)
  await expect(says(host, fr.devices.trouble.screen.interrupted)).toBeVisible()
  await expect(says(guest, fr.notice.screenStopped('Dr Martin'))).toBeVisible()
  await interrupt(false)
  await expect(guest.video(host, 'screen')).toBeVisible()
  await expect(says(host, fr.devices.trouble.screen.interrupted)).toHaveCount(0)
})
