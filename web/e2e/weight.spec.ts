import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Browser } from '@playwright/test'
import { Person } from './support/people'
import type { Server } from './support/server'
import { expect, test } from './support/test'

test('what a patient needs at first weighs at most 60 KiB, in either language', async () => {
  const root = resolve(import.meta.dirname, '../..')
  const run = promisify(execFile)(`${root}/.ci/weight`, [`${root}/web/dist`])
  console.log((await run).stdout.trim()) // fails with the reason
})

/** From the opening of the page to the first remote frame. */
async function firstFrame(which: string, browser: Browser, server: Server): Promise<void> {
  const host = await Person.arrive(
    browser,
    await server.invite({ room: 'vite', role: 'host', name: 'Dr Martin' }),
    { name: 'Dr Martin', who: 1 },
  )
  await host.enter()
  await host.inCall()
  const link = await server.invite({ room: 'vite', role: 'clinician', name: 'Dr Bonnet' })
  const start = Date.now()
  const other = await Person.arrive(browser, link, { name: 'Dr Bonnet', who: 2 })
  await other.enter()
  await other.sees(host, 1)
  const elapsed = Date.now() - start
  const network = await other.page.evaluate(async () => {
    let page = 0
    for (const entry of performance.getEntriesByType('resource') as PerformanceResourceTiming[])
      page += entry.transferSize
    for (const entry of performance.getEntriesByType('navigation') as PerformanceNavigationTiming[])
      page += entry.transferSize
    let media = 0
    for (const report of (await window.draille.connections[0]!.getStats()).values())
      if (report.type === 'transport') media += report.bytesReceived
    return { page, media }
  })
  console.log(
    `${which}: first remote frame ${elapsed} ms after the page was opened, a click included; ` +
      `${network.page} bytes of page, ${network.media} bytes of media`,
  )
  expect(network.page).toBeLessThan(110 * 1024)
  await host.close()
  await other.close()
}

test('from the opening of the page to the first remote frame', ({ browser, server }) =>
  firstFrame('with a practice', browser, server))

test.describe('without a practice', () => {
  test.use({ serverFlags: ['--practice.enabled=false'] })

  test('from the opening of the page to the first remote frame', ({ browser, server }) =>
    firstFrame('without a practice', browser, server))
})
