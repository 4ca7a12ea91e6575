import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, expect, test } from '@playwright/test'
import { consultation } from '../support/people'
import { Server } from '../support/server'
import { clusterFlags, leaderOf, prepareCluster } from './cluster'
import { Place, hindrance, joinPlaces, prepareServerSide } from './place'
import { watchVoices } from './probes'

const why = hindrance()
test.skip(!!why, why)

/** Three machines, each in a network of its own, and the people in another one. */
const subnets = [31, 32, 33]
const addresses = subnets.map((subnet) => `198.18.${subnet}.2`)

let folder: string
let machines: Place[]
let servers: Server[]
let home: Place
let browser: Browser

test.beforeAll(async () => {
  if (why) return
  folder = mkdtempSync(join(tmpdir(), 'draille-machine-'))
  prepareServerSide()
  joinPlaces()
  const pin = prepareCluster(folder, addresses)
  machines = await Promise.all(subnets.map((_, i) => Place.open(`machine${i}`, folder)))
  machines.forEach((machine, i) => machine.connect(subnets[i]!))
  const serve = (machine: Place, i: number) =>
    Server.start(
      clusterFlags(folder, addresses, i),
      `https://${addresses[i]}`,
      { inside: machine.enter, host: addresses[i]! },
    )
  servers = await Promise.all(machines.map(serve))
  home = await Place.open('home', folder)
  home.connect(20)
  browser = await home.launch([`--ignore-certificate-errors-spki-list=${pin}`])
})
test.afterAll(async () => {
  if (why) return
  await browser?.close()
  for (const server of servers ?? []) await server.end('SIGKILL')
  for (const place of [...(machines ?? []), home]) place?.close()
  rmSync(folder, { recursive: true, force: true })
  delete process.env.DRAILLE_SECRET_FILE
})

test('a machine is lost, with its address: the voices come back by themselves', async () => {
  test.setTimeout(180_000)
  for (const server of servers)
    // A server without a lease takes no room: another one would have this call.
    await expect.poll(() => server.metric('draille_cluster_lease_seconds')).toBeGreaterThan(0)
  const lost = servers[0]!
  const { host, guest } = await consultation(browser, lost, 'machine')
  await Promise.all([host.sees(guest, 2), guest.sees(host, 2)])
  await Promise.all([host.hears(guest), guest.hears(host)])
  expect(await lost.metric('draille_cluster_rooms')).toBe(1)
  const before = await host.tile(guest).getAttribute('data-participant')
  const watches = await Promise.all([watchVoices(host), watchVoices(guest)])

  const led = (await leaderOf(folder, addresses)) === 0
  const at = Date.now()
  machines[0]!.disconnect()
  await lost.end('SIGKILL')
  // What a page had received may be played for a moment.
  const heard = await Promise.all(watches.map((watch) => watch.after(at + 1_000)))
  const [doctor, patient] = heard.map((then) => then - at)
  console.log(
    `      voice back after ${doctor} ms at the doctor, ${patient} ms at the patient` +
      (led ? '; the machine led the register' : ''),
  )
  const file = process.env.MACHINE_FIGURES
  if (file) writeFileSync(file, JSON.stringify({ doctor, patient, led }))
  await Promise.all([host.sees(guest, 2, 30_000), guest.sees(host, 2, 30_000)])
  await Promise.all([host.hears(guest), guest.hears(host)])
  expect(await host.tile(guest).getAttribute('data-participant'), 'the same place').toBe(before)
  // ms: as loadtest/cluster asks of the rows `machine`, and `leader` where the others had to elect
  // another leader of the register first
  expect(Math.max(doctor!, patient!)).toBeLessThanOrEqual(led ? 13_000 : 8_000)
  await guest.close()
  await host.close()
})
