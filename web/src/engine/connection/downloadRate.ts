/**
 * What the page itself has found out about the link: how fast its files came. A call that begins
 * with more than that fills the link, and the first words wait behind the first picture.
 */

import { keepRate, recallRate } from '../room/session'

/**
 * One file, as browsers tell of it (Resource Timing): bytes on the wire, and ms since the page was
 * opened.
 */
export type File = Pick<PerformanceResourceTiming, 'transferSize' | 'responseStart' | 'responseEnd'>

const telling = 20_000 // bytes: less comes within a round trip, and tells of the way's length

/**
 * The bit/s at which files came that were not at hand already, or undefined if they were too few to
 * tell.
 */
export function rateOfFiles(files: readonly File[]): number | undefined {
  let bytes = 0
  let busy = 0 // ms in which something came
  let until = 0
  for (const { transferSize, responseStart, responseEnd } of [...files].sort(
    (a, b) => a.responseStart - b.responseStart,
  )) {
    if (!transferSize || !responseStart) continue
    bytes += transferSize
    busy += Math.max(0, responseEnd - Math.max(until, responseStart))
    until = Math.max(until, responseEnd)
  }
  return bytes >= telling && busy > 0 ? Math.round((8_000 * bytes) / busy) : undefined
}

/**
 * The bit/s at which this page came, or the last one that was not at hand already; undefined: not
 * known.
 */
export function downloadRate(): number | undefined {
  const files = [
    ...performance.getEntriesByType('navigation'),
    ...performance.getEntriesByType('resource'),
  ] as PerformanceResourceTiming[]
  const rate = rateOfFiles(files)
  if (rate === undefined) return recallRate()
  keepRate(rate)
  return rate
}
