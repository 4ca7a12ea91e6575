import { execFileSync } from 'node:child_process'
import { X509Certificate, createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, expect, test } from '@playwright/test'
import { Person } from '../support/people'
import { Server } from '../support/server'
import { fr as testInFrench } from '../../src/i18n/test/fr'
import { fr } from '../../src/i18n/fr'
import {
  type Firewall,
  Place,
  hindrance,
  prepareServerSide,
  serverAddress,
  serverAddress6,
} from './place'
import { type Hearing, median, route, startHearing } from './probes'

const why = hindrance()
test.skip(!!why, why)

let folder: string
let server: Server
let server6: Server // with nothing but IPv6
let hospital: Place
let home: Place
let doctors: Browser
let patients: Browser

test.beforeAll(async () => {
  if (why) return
  folder = mkdtempSync(join(tmpdir(), 'draille-network-'))
  prepareServerSide()
  const goroot = execFileSync('go', ['env', 'GOROOT']).toString().trim()
  execFileSync(
    'go',
    [
      'run',
      join(goroot, 'src/crypto/tls/generate_cert.go'),
      '--host',
      serverAddress,
      '--ecdsa-curve',
      'P256',
    ],
    { cwd: folder },
  )
  const serve = (host: string) =>
    Server.start(
      [
        `--listen=${host}:443`,
        `--public-url=https://${host}`,
        '--tls.mode=files',
        `--tls.cert=${folder}/cert.pem`,
        `--tls.key=${folder}/key.pem`,
        `--udp-listen=${host}:3478`,
        `--turn.tcp-listen=${host}:3478`,
        `--public-address=${host.replace(/[[\]]/g, '')}`,
      ],
      `https://${host}`,
    )
  server = await serve(serverAddress)
  server6 = await serve(`[${serverAddress6}]`)
  // The browsers trust this one certificate, wherever they meet it: on the page, the websocket and
  // the relay.
  const { publicKey } = new X509Certificate(readFileSync(join(folder, 'cert.pem')))
  const pin = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64')
  const flags = [`--ignore-certificate-errors-spki-list=${pin}`]
  hospital = await Place.open('hospital', folder)
  hospital.connect(10)
  home = await Place.open('home', folder)
  doctors = await hospital.launch(flags)
  patients = await home.launch(flags)
})
test.afterAll(async () => {
  if (why) return
  await doctors?.close()
  await patients?.close()
  await server?.stop()
  await server6?.stop()
  hospital?.close()
  home?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** `opened`: when the patient's page was opened. */
async function consultation(at: Server, room: string) {
  const host = await Person.arrive(
    doctors,
    await at.invite({ room, role: 'host', name: 'Dr Martin' }),
    { name: 'Dr Martin', who: 1 },
  )
  await host.enter()
  await host.inCall()
  const link = await at.invite({ room, role: 'guest', name: 'Mme Rey' })
  const opened = Date.now()
  const guest = await Person.arrive(patients, link, { name: 'Mme Rey', who: 2 })
  await guest.enter()
  await host.admit(guest)
  await guest.inCall()
  return { host, guest, opened }
}

const routes: { family: 'IPv4' | 'IPv6'; firewall: Firewall; expected: string }[] = [
  { family: 'IPv4', firewall: 'tcp 443', expected: 'relay over tls' },
  { family: 'IPv4', firewall: 'tcp 443, tcp 3478', expected: 'direct over tcp' },
  { family: 'IPv4', firewall: 'tcp 443, udp 3478', expected: 'direct over udp' },
  { family: 'IPv4', firewall: 'open', expected: 'direct over udp' },
  { family: 'IPv6', firewall: 'tcp 443', expected: 'relay over tls' },
  { family: 'IPv6', firewall: 'tcp 443, udp 3478', expected: 'direct over udp' },
]

for (const { family, firewall, expected } of routes) {
  test(`${family}, only ${firewall} is let out: the call is held, ${expected}`, async () => {
    home.connect(20)
    home.allow(firewall)
    const { host, guest, opened } = await consultation(
      family === 'IPv4' ? server : server6,
      `route-${family}-${firewall.replace(/\W+/g, '-')}`,
    )
    // The path is what is tested: frames that move prove it, however few a busy machine makes.
    await guest.sees(host, 1, 30_000)
    const first = Date.now() - opened
    await host.sees(guest, 2, 30_000)
    await guest.sees(host, 2, 30_000)
    await host.hears(guest)
    await guest.hears(host)
    const [theirs, ours] = [await route(guest), await route(host)]
    console.log(
      `      ${family}, firewall lets out ${firewall}: ` +
        `the patient ${theirs}, the doctor ${ours}; ` +
        `first frame ${first} ms after the page was opened`,
    )
    expect(theirs).toBe(expected)
    expect(ours).toBe('direct over udp')
    await guest.close()
    await host.close()
    home.disconnect()
  })
}

test('where only tcp 443 is let out, the test names the ways that are shut', async () => {
  home.connect(20)
  home.allow('tcp 443')
  const words = testInFrench.screen
  const guest = await Person.arrive(
    patients,
    await server.invite({ room: 'essai', role: 'guest', name: 'Mme Rey' }),
    { name: 'Mme Rey', who: 2 },
  )
  await guest.button(fr.actions.testConnection).click()
  const dialog = guest.page.getByRole('dialog')
  await expect(dialog.getByRole('status')).toHaveText(words.fitness.good, { timeout: 40_000 })
  const result = (name: string) => dialog.locator('.check').filter({ hasText: name })
  for (const shut of [words.relay.udp, words.relay.tcp, words.directWay])
    await expect(result(shut)).toContainText(words.shut)
  await expect(result(words.relay.tls)).toContainText(words.open)
  await expect(result(words.route)).toContainText(words.relayed)
  await expect(dialog.getByText(words.advice.relayed)).toBeVisible()
  const checks = await dialog.locator('.check').allInnerTexts()
  console.log(`      ${checks.map((line) => line.replace(/\s+/g, ' ')).join('; ')}`)
  await guest.close()
  home.disconnect()
})

test('the network is lost and another found, five times: the voice comes back', async () => {
  test.setTimeout(180_000)
  home.connect(20)
  home.allow('open')
  const { host, guest } = await consultation(server, 'reseau')
  await host.sees(guest, 2)
  await guest.sees(host, 2)
  const ids = () =>
    Promise.all([
      host.tile(guest).getAttribute('data-participant'),
      guest.tile(host).getAttribute('data-participant'),
    ])
  const before = await ids()
  const hearings: [string, Hearing][] = [
    ['patient', await startHearing(guest)],
    ['doctor', await startHearing(host)],
  ]
  const noticed: number[] = []
  const back: number[] = []
  for (let i = 0; i < 5; i++) {
    const lost = Date.now()
    home.disconnect()
    await expect(guest.page.locator('.banner--alert')).toBeVisible()
    noticed.push(Date.now() - lost)
    home.connect(30 + i)
    const found = Date.now()
    const heard = await Promise.all(hearings.map(([, hearing]) => hearing.after(found)))
    back.push(Math.max(...heard) - found)
    const each = hearings.map(([who], j) => `at the ${who} ${heard[j]! - found} ms`)
    console.log(
      `      ${i + 1}: noticed after ${noticed[i]} ms; ` +
        `voice back ${each.join(', ')} after the new network`,
    )
    await guest.sees(host, 2, 20_000)
    await host.sees(guest, 2, 20_000)
  }
  console.log(
    `      median: noticed after ${median(noticed)} ms, ` +
      `voice back both ways ${median(back)} ms after the new network`,
  )
  expect(await ids(), 'the same places, under the same names').toEqual(before)
  for (const person of [host, guest])
    expect((await person.negotiations()).connections, 'the same connection, with its slots').toBe(1)
  expect(median(noticed)).toBeLessThanOrEqual(3_000)
  expect(median(back)).toBeLessThanOrEqual(3_000)
  await guest.close()
  await host.close()
  home.disconnect()
})
