/** What « économie de données » changes in what is asked for and in what is sent. Pure. */
import * as regime from '../regime'
import type { Encoding, Source, Subscription } from '../../protocol/messages'

/**
 * The largest camera pictures that are asked for, in device pixels: looked at, and beside. A
 * document stays readable.
 */
const looked = { width: 320, height: 180 }
const beside = { width: 160, height: 90 }

/** The most that is sent of each source. A document moves less and stays sharp. */
const most: Partial<
  Record<Source, { bitrate: number /* bit/s */; framerate: number; scale: number }>
> = {
  camera: { bitrate: 0.8 * regime.thin, framerate: 15, scale: 2 },
  screen: { bitrate: regime.modest, framerate: 5, scale: 1 },
}

/** The pictures of the page, asked for in small. */
export function smallSubscriptions(subscriptions: Subscription[]): Subscription[] {
  return subscriptions.map((want) => {
    if (want.source === 'screen') return want
    const cap = want.priority >= 2 ? looked : beside
    return {
      ...want,
      width: Math.min(want.width, cap.width),
      height: Math.min(want.height, cap.height),
    }
  })
}

/** The demand, made small: one encoding at most, the smallest that is asked for. */
export function smallDemand(
  source: Source,
  demand: readonly Encoding[],
  scales: Readonly<Record<string, number>>,
): Encoding[] {
  const cap = most[source]
  if (!cap) return [...demand]
  const scaleOf = (one: Encoding) => one.scaleResolutionDownBy || scales[one.rid] || 1
  const smallest = Math.max(...demand.filter((one) => one.active).map(scaleOf))
  let taken = false
  return demand.map((one) => {
    if (!one.active || taken || scaleOf(one) < smallest) return { ...one, active: false }
    taken = true
    return {
      ...one,
      maxBitrate: Math.min(one.maxBitrate || Infinity, cap.bitrate),
      maxFramerate: Math.min(one.maxFramerate || Infinity, cap.framerate),
      scaleResolutionDownBy: Math.max(scaleOf(one), cap.scale),
    }
  })
}
