import { describe, expect, test } from 'vitest'
import type { Findings } from '../api'
import { bestRate, burstRate, Echoes } from './count'
import { relaysOf, routeOf } from './routes'
import { judge, progress } from './verdict'

const fine: Findings = {
  at: 0,
  browser: 'Firefox',
  server: 'visio.example.org',
  microphone: 'works',
  camera: 'works',
  websocket: { opened: 40, roundTrip: 20 },
  relays: [
    { way: 'udp', address: 'visio.example.org:3478', within: 20 },
    { way: 'tls', address: 'visio.example.org:443', within: 80 },
  ],
  route: { relayed: false, way: 'udp' },
  direct: true,
  voice: { roundTrip: 30, jitter: 4, lost: { up: 0, down: 0 } },
  down: 2_000_000,
  up: 900_000,
  most: 2_000_000,
}

describe('the verdict', () => {
  const of = (change: Partial<Findings>) => judge({ ...fine, ...change })
  const lost = (up: number, down: number) => ({ ...fine.voice!, lost: { up, down } })

  test.each<[string, Partial<Findings>, ReturnType<typeof judge>]>([
    ['all is well', {}, { fitness: 'good', causes: [] }],
    ['an ADSL line’s end', { up: 300_000 }, { fitness: 'fair', causes: ['uplink'] }],
    [
      'a telephone’s edge',
      { up: 60_000, down: 200_000 },
      { fitness: 'weak', causes: ['uplink', 'downlink'] },
    ],
    [
      'a thread',
      { down: 20_000, voice: lost(0.02, 0.01) },
      { fitness: 'weak', causes: ['downlink'] },
    ],
    [
      'hardly a voice gets through',
      { up: 0, voice: lost(0.5, 0) },
      { fitness: 'none', causes: ['loss', 'uplink'] },
    ],
    ['a radio with losses', { voice: lost(0.05, 0) }, { fitness: 'fair', causes: ['loss'] }],
    [
      'a bad radio',
      { voice: lost(0, 0.2), up: 300_000 },
      { fitness: 'weak', causes: ['loss', 'uplink'] },
    ],
    [
      'a satellite',
      { voice: { ...fine.voice!, roundTrip: 620 } },
      { fitness: 'fair', causes: ['delay'] },
    ],
    [
      'TCP 443 alone',
      { route: { relayed: true, way: 'tls' }, direct: false },
      { fitness: 'good', causes: ['relayed'] },
    ],
    [
      'TLS that is opened on the way: HTTP passes, TURN on the same port does not',
      { relays: [{ way: 'tls', address: 'visio.example.org:443', within: null }] },
      { fitness: 'good', causes: ['inspected'] },
    ],
    [
      'the same on another port, with IPv6 and without another way',
      {
        server: '[2001:db8::1]:8443',
        relays: [{ way: 'tls', address: '[2001:db8::1]:8443', within: null }],
        route: null,
      },
      { fitness: 'none', causes: ['media', 'inspected'] },
    ],
    [
      'a relay over TLS elsewhere that does not answer: that port may be shut',
      { relays: [{ way: 'tls', address: 'visio.example.org:5349', within: null }] },
      { fitness: 'good', causes: [] },
    ],
    [
      'TCP without relay',
      { route: { relayed: false, way: 'tcp' }, direct: false },
      { fitness: 'good', causes: ['relayed'] },
    ],
    [
      'a proxy that cuts websockets',
      { websocket: null, route: null, voice: null, up: null, down: null },
      { fitness: 'none', causes: ['server', 'media'] },
    ],
    [
      'no answer to the flows',
      { voice: null, up: null, down: null },
      { fitness: 'fair', causes: ['unmeasured'] },
    ],
    [
      'refused devices',
      { microphone: 'refused-by-browser', camera: 'busy' },
      { fitness: 'good', causes: ['microphone', 'camera'] },
    ],
    [
      'a camera that is off',
      { camera: 'off', microphone: 'untried' },
      { fitness: 'good', causes: [] },
    ],
  ])('%s', (_, change, verdict) => expect(of(change)).toEqual(verdict))
})

test('progress counts what is found', () => {
  expect(progress(fine)).toEqual({ done: 7, of: 7 })
  const { down: _, up: __, route: ___, ...soFar } = fine
  expect(progress({ ...soFar, relays: [{ way: 'udp', address: '' }] })).toEqual({ done: 2, of: 6 })
})

test('what comes in bursts tells the rate of the link, not of the sender', () => {
  const burst = Array<number>(9).fill(20) // ms: 1,100 bytes every 20 ms are 440 kbit/s
  expect(burstRate([...burst, 430, ...burst, 390, ...burst], 1_100)).toBeCloseTo(440_000, -3)
  expect(burstRate([...burst, 60, ...burst], 1_100), 'a short pause may be the link’s').toBeCloseTo(
    398_000,
    -3,
  )
  expect(burstRate(burst, 1_100), 'too few').toBe(0)
  expect(burstRate(Array<number>(20).fill(0), 1_100), 'all at once').toBe(0)
})

describe('echoes', () => {
  test('tell delay, and what is lost on which way', () => {
    const echoes = new Echoes()
    for (let i = 0; i < 10; i++) expect(echoes.send(i * 30)).toBe(i)
    // Two are lost going up, two of the others coming down; one comes twice.
    let arrived = 0
    for (const number of [0, 1, 2, 4, 5, 7, 8, 9]) {
      arrived++
      if (number === 1 || number === 5) continue
      echoes.came(number, arrived, number * 30 + (number === 9 ? 90 : 40))
    }
    echoes.came(9, arrived, 999)
    echoes.came(77, 1, 999)
    expect(echoes.complete).toBe(false)
    const { roundTrip, jitter, lost } = echoes.result()!
    expect([roundTrip, jitter, lost.up, lost.down]).toEqual([
      40,
      50,
      expect.closeTo(0.2),
      expect.closeTo(0.25),
    ])
  })

  test('that never come back tell nothing', () => {
    const echoes = new Echoes()
    echoes.send(0)
    expect(echoes.result()).toBeUndefined()
  })
})

test('the rate is that of the best second', () => {
  expect(bestRate([])).toBe(0)
  expect(bestRate([{ at: 5, bytes: 1000 }])).toBe(0)
  expect(
    bestRate([
      { at: 0, bytes: 0 },
      { at: 500, bytes: 12_500 },
    ]),
    'a short flow',
  ).toBe(200_000)
  const marks = [{ at: 0, bytes: 0 }]
  for (let at = 100; at <= 3_000; at += 100)
    marks.push({ at, bytes: marks.at(-1)!.bytes + (at <= 1_000 ? 1_000 : 10_000) })
  expect(bestRate(marks)).toBeCloseTo(800_000)
})

test('every relay is tried by itself', () => {
  const secret = { username: 'u', credential: 'c' }
  const relays = relaysOf([
    {
      urls: [
        'turn:[2001:db8::1]:3478?transport=udp',
        'turn:192.0.2.1:3478?transport=tcp',
        'turns:visio.example.org:443?transport=tcp',
        'stun:192.0.2.1',
      ],
      ...secret,
    },
  ])
  expect(relays.map(({ finding }) => finding)).toEqual([
    { way: 'udp', address: '[2001:db8::1]:3478' },
    { way: 'tcp', address: '192.0.2.1:3478' },
    { way: 'tls', address: 'visio.example.org:443' },
  ])
  expect(relays[2]!.server).toEqual({
    urls: ['turns:visio.example.org:443?transport=tcp'],
    ...secret,
  })
})

describe('the route', () => {
  const stats = (...reports: Record<string, unknown>[]) =>
    routeOf(new Map(reports.map((report) => [String(report['id']), report])))
  const host = { id: 'h', type: 'local-candidate', candidateType: 'host', protocol: 'udp' }
  const tcp = { id: 't', type: 'local-candidate', candidateType: 'host', protocol: 'tcp' }
  const relay = {
    id: 'r',
    type: 'local-candidate',
    candidateType: 'relay',
    protocol: 'udp',
    relayProtocol: 'tls',
  }
  const pair = (id: string, local: string, state: string, more = {}) => ({
    id,
    type: 'candidate-pair',
    localCandidateId: local,
    state,
    ...more,
  })
  const transport = (id: string) => ({ id: 'T', type: 'transport', selectedCandidatePairId: id })

  test('direct over UDP', () => {
    expect(stats(host, pair('1', 'h', 'succeeded'), transport('1'))).toEqual({
      route: { relayed: false, way: 'udp' },
      direct: true,
    })
  })
  test('direct over UDP, just being checked again', () => {
    expect(stats(host, pair('1', 'h', 'in-progress'), transport('1')).direct).toBe(true)
  })
  test('relayed, though UDP has answered', () => {
    expect(
      stats(
        host,
        relay,
        pair('1', 'h', 'in-progress', { responsesReceived: 3 }),
        pair('2', 'r', 'succeeded'),
        transport('2'),
      ).direct,
    ).toBe(true)
  })
  test('direct over TCP, UDP is shut', () => {
    expect(
      stats(
        host,
        tcp,
        pair('1', 'h', 'in-progress', { responsesReceived: 0 }),
        pair('2', 't', 'succeeded'),
        transport('2'),
      ),
    ).toEqual({ route: { relayed: false, way: 'tcp' }, direct: false })
  })
  test('relayed over TLS, as Firefox tells it', () => {
    expect(stats(relay, pair('1', 'r', 'succeeded', { selected: true }))).toEqual({
      route: { relayed: true, way: 'tls' },
      direct: false,
    })
  })
  test('none', () => {
    expect(stats(host, pair('1', 'h', 'failed'), transport('2'))).toEqual({
      route: null,
      direct: false,
    })
  })
})
