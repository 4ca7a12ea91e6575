/** What is made of the packets of a connection test. Pure: times are arguments, in ms. */
import type { VoiceTrial } from '../api'

/** Packets that the server sends back, each with how many had reached it by then. */
export class Echoes {
  private readonly sentAt: number[] = []
  private readonly trips: number[] = []
  private readonly back = new Set<number>()
  private arrived = 0

  /** The number of the packet that is sent now. */
  send(now: number): number {
    return this.sentAt.push(now) - 1
  }

  came(number: number, arrived: number, now: number): void {
    const sentAt = this.sentAt[number]
    if (sentAt === undefined || this.back.has(number)) return
    this.back.add(number)
    this.trips.push(now - sentAt)
    this.arrived = Math.max(this.arrived, arrived)
  }

  get complete(): boolean {
    return this.trips.length === this.sentAt.length
  }

  /** Nothing, when nothing has come back. */
  result(): VoiceTrial | undefined {
    const trips = [...this.trips].sort((a, b) => a - b)
    if (!trips.length) return undefined
    const roundTrip = trips[Math.floor(trips.length / 2)]!
    const late = trips[Math.floor(trips.length * 0.95)]!
    const arrived = Math.min(this.arrived, this.sentAt.length)
    return {
      roundTrip,
      jitter: late - roundTrip,
      lost: { up: 1 - arrived / this.sentAt.length, down: Math.max(0, 1 - trips.length / arrived) },
    }
  }
}

/** How many bytes had come at a time, all together. */
export type Mark = { at: number; bytes: number }

const window = 1_000 // ms

/**
 * The best rate over a second in bit/s, or over all the time if that was shorter: a flow is slow to
 * begin.
 */
export function bestRate(marks: readonly Mark[]): number {
  const last = marks.at(-1)
  if (!last || last.at <= marks[0]!.at) return 0
  const least = Math.min(window, last.at - marks[0]!.at)
  let best = 0
  let from = 0
  for (const mark of marks) {
    while (from + 1 < marks.length && mark.at - marks[from + 1]!.at >= least) from++
    const span = mark.at - marks[from]!.at
    if (span >= least) best = Math.max(best, ((mark.bytes - marks[from]!.bytes) * 8_000) / span)
  }
  return best
}

const idleAtLeast = 50 // ms
const idleFrom = 4 // times the usual gap
const fewestGaps = 10

/**
 * The rate in bit/s at which packets of one size come out of a bottleneck while there are any:
 * their dispersion. Gaps (ms) between one and the next that are far longer than the usual are not
 * the link's but the sender's, who waits for acknowledgements. For flows of a few round trips,
 * which do not fill the link; where round trips are short, a second at its best tells more truly,
 * since a link that stands still for a moment lets go of everything at once. 0: too few to tell.
 */
export function burstRate(gaps: readonly number[], packetBytes: number): number {
  if (gaps.length < fewestGaps) return 0
  const usual = [...gaps].sort((a, b) => a - b)[Math.floor(gaps.length / 2)]!
  const busy = gaps.filter((gap) => gap <= Math.max(idleAtLeast, idleFrom * usual))
  const time = busy.reduce((sum, gap) => sum + gap, 0)
  return time > 0 ? (busy.length * packetBytes * 8_000) / time : 0
}

const initialWindow = 6_000 // bytes
const windowGrowth = 2 // of what was acknowledged in a round trip
const ackInterval = 100 // ms

/**
 * How many bytes may be on their way: little more than come through, since what waits in queues
 * delays all behind it. The server does the same for the flow down.
 */
export class CongestionWindow {
  private readonly marks: Mark[] = []

  constructor(private readonly roundTrip: number /* ms */) {}

  /** `acknowledged`: bytes, all together. */
  limit(now: number, acknowledged: number): number {
    this.marks.push({ at: now, bytes: acknowledged })
    while (this.marks.length > 1 && now - this.marks[0]!.at > this.roundTrip + ackInterval)
      this.marks.shift()
    return initialWindow + windowGrowth * (acknowledged - this.marks[0]!.bytes)
  }
}
