import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { Person } from './support/people'
import { expect, test } from './support/test'

/** What the first minute of a patient's call may weigh, in either language. */
const mostAtFirst = 60 * 1024

test('what a patient needs at first weighs at most 60 KiB, in either language', async () => {
  const dist = resolve(import.meta.dirname, '../dist')
  const bytes = { atFirst: 0, english: 0, later: 0, staff: 0 }
  for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(js|css)$/.test(file)) continue
    const whose = file.includes('staff/')
      ? 'staff'
      : file.includes('later/')
        ? 'later'
        : /\ben-/.test(file) // a page in English loads these beside the French ones
          ? 'english'
          : 'atFirst'
    bytes[whose] += brotliCompressSync(readFileSync(join(dist, file))).length
  }
  const inFrench = bytes.atFirst
  const inEnglish = bytes.atFirst + bytes.english
  const kilobytes = (weight: number) => `${(weight / 1024).toFixed(1)} KiB`
  console.log(
    `client, JS and CSS, brotli: ${kilobytes(inFrench)} in French, ` +
      `${kilobytes(inEnglish)} in English; ${kilobytes(bytes.later)} later, ` +
      `both languages; ${kilobytes(bytes.staff)} for staff`,
  )
  expect(inFrench).toBeLessThanOrEqual(mostAtFirst)
  expect(inEnglish).toBeLessThanOrEqual(mostAtFirst)
  expect(bytes.later, 'what comes later lies apart').toBeGreaterThan(0)
  expect(bytes.later).toBeLessThanOrEqual(24 * 1024)
  expect(bytes.staff, 'the pages of the staff lie apart').toBeGreaterThan(0)
})

test('from the opening of the page to the first remote frame', async ({ browser, server }) => {
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
    `first remote frame ${elapsed} ms after the page was opened, a click included; ` +
      `${network.page} bytes of page, ${network.media} bytes of media`,
  )
  expect(network.page).toBeLessThan(110 * 1024)
  await host.close()
  await other.close()
})
