import type { DebugHandle } from '../src/engine/debug'
import { fr } from '../src/i18n/fr'
import { type Person, consultation } from './support/people'
import { expect, test } from './support/test'

/** Runs in the page before anything else: a browser with one codec for pictures. */
function keepOnly(name: string): void {
  const kept = new RegExp(`/(${name}|rtx)$`, 'i')
  for (const type of [RTCRtpSender, RTCRtpReceiver]) {
    const known = type.getCapabilities.bind(type)
    type.getCapabilities = (kind: string) => {
      const all = known(kind)
      if (!all || kind !== 'video') return all
      return { ...all, codecs: all.codecs.filter((one) => kept.test(one.mimeType)) }
    }
  }
}

const only = (name: 'H264' | 'VP8') => ({ content: `(${keepOnly})('${name}')` })

/** The codecs of the pictures that somebody sends now. */
function sent(person: Person): Promise<string[]> {
  return person.page.evaluate(async () => {
    const handle = (window as unknown as { __draille: DebugHandle }).__draille
    const reports = [...(await handle.connection!.getStats()).values()]
    const codecs = reports
      .filter((one) => one.type === 'outbound-rtp' && one.kind === 'video' && one.framesPerSecond)
      .map((one) => reports.find(({ id }) => id === one.codecId)?.mimeType as string)
    return [...new Set(codecs)]
  })
}

test('who decodes H.264 alone is sent it, and goes without nothing', async ({
  browser,
  server,
}) => {
  const { host, guest } = await consultation(browser, server, 'vieille-tablette', {
    host: { query: '?debug' },
    guest: { query: '?debug', init: only('H264') },
  })
  await guest.sees(host)
  await host.sees(guest)
  expect(await sent(host)).toEqual(['video/H264'])
  await guest.hears(host)
  await host.hears(guest)
  await guest.close()
  await host.close()
})

test('where no codec fits, both are told in words, and the voice goes on', async ({
  browser,
  server,
}) => {
  const { host, guest } = await consultation(browser, server, 'sans-codec', {
    host: { init: only('VP8') },
    guest: { init: only('H264') },
  })
  for (const person of [host, guest]) {
    await expect(person.page.getByText(fr.tile.paused.codec)).toBeVisible()
    await expect(person.page.getByText(fr.tile.delivery.unseen)).toBeAttached()
  }
  await guest.hears(host)
  await host.hears(guest)
  await guest.close()
  await host.close()
})
