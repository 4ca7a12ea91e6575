// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Findings } from '../../engine/api'
import { judge } from '../../engine/check/verdict'
import { en } from '../../i18n/test/en'
import { words } from '../../i18n'
import { fr } from '../../i18n/test/fr'
import { rememberReady } from '../lobby/remembered'
import { FakeCall } from '../testing/fake'
import { after, button, plain, press, said, show, texts } from '../testing/page'
import { reportOf } from './report'
import { eventually } from '../../eventually'

const notThere = plain(words.peek().later.missing)

const started: Findings = {
  at: Date.UTC(2026, 10, 22, 9, 30),
  browser: 'Firefox/153',
  server: 'visio.example.org',
  microphone: 'works',
  camera: 'refused-by-browser',
  most: 2_000_000,
}
const behindFirewall: Findings = {
  ...started,
  websocket: { opened: 61, roundTrip: 24.4 },
  relays: [
    { way: 'udp', address: '192.0.2.1:3478', within: null },
    { way: 'tcp', address: '192.0.2.1:3478', within: null },
    { way: 'tls', address: 'visio.example.org:443', within: 92.6 },
  ],
  route: { relayed: true, way: 'tls' },
  direct: false,
  voice: { roundTrip: 48.2, jitter: 7, lost: { up: 0.04, down: 0 } },
  down: 1_950_000,
  up: 310_000,
}

function lobby(): FakeCall {
  rememberReady({ video: true })
  const call = new FakeCall()
  call.place.value = 'lobby'
  call.me.value = { id: 'me', name: 'Jeanne Rey', role: 'guest' }
  return call
}

/** Opens the test and waits for its program, which is loaded only then. */
async function openTest(call: FakeCall): Promise<HTMLElement> {
  const page = show(call)
  await press(page, 'Tester ma connexion')
  await eventually(async () => {
    await after(() => undefined)
    expect(call.asked.at(-1)).toEqual(['examine'])
  })
  await after(() => undefined)
  return page
}

const dialog = (page: ParentNode) => page.querySelector('dialog')!

describe('the test of the connection', () => {
  it('shows what is known while it runs, and stops when it is closed', async () => {
    const call = lobby()
    call.findings = [
      started,
      {
        ...started,
        websocket: { opened: 61, roundTrip: 24.4 },
        relays: [{ way: 'udp', address: '' }],
      },
    ]
    call.examineEnds = false
    const examine = vi.spyOn(call, 'examine')
    const page = await openTest(call)
    expect(said(dialog(page).querySelector('[role=status]'))).toContain('Le test dure')
    const { value, max } = dialog(page).querySelector('progress')!
    expect([value, max]).toEqual([1, 6])
    expect(texts(page, '.check')).toEqual(
      expect.arrayContaining([
        'Serveur répond en 24 ms',
        'Caméra ne fonctionne pas',
        'Relais rapide en cours…',
        'Son en cours…',
      ]),
    )
    await press(dialog(page), 'Fermer')
    expect(dialog(page)).toBeNull()
    expect(examine.mock.calls[0]![1].aborted).toBe(true)
  })

  it('gives a verdict in words, what to do, and each result in words', async () => {
    const call = lobby()
    call.findings = [behindFirewall]
    const page = await openTest(call)
    expect(said(dialog(page).querySelector('[role=status]'))).toBe(
      'Votre connexion suffit : le son passera bien, l’image sera petite.',
    )
    expect(texts(page, '.advice li')).toEqual(
      [
        fr.screen.advice.uplink,
        fr.screen.advice.loss,
        fr.screen.advice.relayed,
        fr.screen.advice.camera,
      ].map(plain),
    )
    expect(texts(page, '.check')).toEqual([
      'Navigateur convient',
      'Micro fonctionne',
      'Caméra ne fonctionne pas',
      'Serveur répond en 24 ms',
      'Relais rapide fermé par votre réseau',
      'Relais ordinaire fermé par votre réseau',
      'Relais sécurisé ouvert',
      'Son 4 % perdus à l’envoi, 0 % à la réception, délai de 48 ms',
      'Réception 2 Mbit par seconde ou plus',
      'Envoi 310 kbit par seconde',
      'Accès direct fermé par votre réseau',
      'Voie choisie par un relais',
    ])
    expect(dialog(page).querySelector('progress')).toBeNull()
    await press(dialog(page), 'Recommencer')
    expect(call.asked.filter(([what]) => what === 'examine')).toHaveLength(2)
  })

  it('says so when its program does not come, and can be asked for again', async () => {
    const call = lobby()
    call.findings = [behindFirewall]
    const missing = vi
      .spyOn(call, 'examine')
      .mockRejectedValueOnce(new TypeError('error loading dynamically imported module'))
    const page = show(call)
    await press(page, 'Tester ma connexion')
    await eventually(async () => {
      await after(() => undefined)
      expect(missing).toHaveBeenCalled()
      expect(texts(page, '[role=alert]')).toContain(notThere)
    })
    expect(dialog(page)).toBeNull()
    await press(page, 'Tester ma connexion')
    await eventually(async () => {
      await after(() => undefined)
      expect(dialog(page)?.querySelector('.verdict')).toBeTruthy()
    })
    expect(texts(page, '[role=alert]')).not.toContain(notThere)
  })

  it('gives the report as a file', async () => {
    const call = lobby()
    call.findings = [behindFirewall]
    const page = await openTest(call)
    const files: [string, Blob][] = []
    let blob: Blob
    vi.spyOn(URL, 'createObjectURL').mockImplementation(
      (file) => ((blob = file as Blob), 'blob:report'),
    )
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      files.push([this.download, blob])
    })
    await after(() => button(dialog(page), 'Télécharger le rapport').click())
    expect(files[0]![0]).toBe('draille-test-2026-11-22T0930.txt')
    const text = await files[0]![1].text()
    expect(text).toContain('192.0.2.1:3478')
    expect(text).not.toContain('Rey')
  })

  it('is offered where the server is not reached at all', async () => {
    const call = new FakeCall()
    call.place.value = 'connecting'
    call.link.value = { state: 'lost', attempt: 2, retryAt: performance.now() + 3_000 }
    call.findings = [
      {
        ...started,
        websocket: null,
        relays: null,
        route: null,
        direct: false,
        voice: null,
        down: null,
        up: null,
      },
    ]
    const page = await openTest(call)
    expect(said(dialog(page).querySelector('[role=status]'))).toBe(
      'L’appel ne passe pas sur cette connexion.',
    )
    expect(texts(page, '.check')).toContain('Relais aucun n’est proposé')
  })
})

describe('the report', () => {
  const report = (findings: Findings, words = en) => reportOf(findings, judge(findings), words)
  beforeEach(() => vi.useRealTimers())

  it('says what was measured and what to open', () => {
    const text = report(behindFirewall)
    for (const line of [
      'Date : 2026-11-22T09:30:00.000Z',
      'Server : visio.example.org',
      'Camera : does not work (refused-by-browser)',
      'WebSocket : opened in 61 ms, round trip 24 ms',
      'Media directly over UDP (ICE) : no',
      'TURN relay over UDP, 192.0.2.1:3478 : failed',
      'TURN relay over TLS, visio.example.org:443 : answers in 93 ms',
      'Route that the call has taken : relayed (TURN over TLS)',
      'Lost in sending : 4.0 %',
      'Rate of sending : 310 kbit/s',
      'Rate of receiving : 1950 kbit/s or more (the test tries no more)',
      '- UDP to 192.0.2.1:3478: the shortest delay, directly or relayed',
      '- TCP to 192.0.2.1:3478: where UDP is impossible',
    ])
      expect(text.split('\r\n')).toContain(line)
    expect(JSON.parse(text.slice(text.indexOf('{')))).toEqual(behindFirewall)
  })

  it('tells an inspection of TLS from a firewall, and what the certificate should be', () => {
    const inspected: Findings = {
      ...behindFirewall,
      relays: behindFirewall.relays!.map((relay) => ({ ...relay, within: null })),
      certificate: { issuer: 'Certigna, Certigna Services CA', sha256: 'AB:CD' },
    }
    const lines = report(inspected).split('\r\n')
    expect(lines).toContain(
      'Certificate of the server : issued by Certigna, Certigna Services CA, ' +
        'SHA-256 fingerprint AB:CD',
    )
    expect(lines).toContain(`- ${en.screen.advice.inspected}`)
    expect(lines).toContain(`- ${en.report.exempt('visio.example.org')}`)
    expect(lines).toContain(`- ${en.report.compare('Certigna, Certigna Services CA')}`)
    expect(lines.join()).not.toContain(en.report.openRelay('TLS (TCP)', 'visio.example.org:443'))
    expect(report(behindFirewall)).not.toContain(en.report.exempt('visio.example.org'))
  })

  it('says so where nothing is to be opened, and where nothing works', () => {
    const fine: Findings = {
      ...behindFirewall,
      direct: true,
      route: { relayed: false, way: 'udp' },
      relays: [{ way: 'udp', address: 'a:1', within: 9 }],
    }
    expect(report(fine)).toContain(en.report.nothing)
    const nothing: Findings = {
      ...started,
      websocket: null,
      relays: null,
      route: null,
      direct: false,
      voice: null,
      down: null,
      up: null,
    }
    const text = report(nothing, fr)
    expect(text).toContain(`WebSocket : échec`)
    expect(text).toContain(fr.report.noRelays)
    expect(text).toContain(fr.report.openWeb('visio.example.org'))
  })
})
