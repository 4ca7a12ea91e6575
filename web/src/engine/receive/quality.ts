/**
 * How good a picture and a voice are, in the few levels that a person can be told, and whether
 * movements can be observed in a picture. Pure: times are arguments, in ms. What is shown changes
 * only when it has lasted.
 */
import type { QualityLevel, Picture } from '../api'
import {
  calmAfter,
  gapsFrom,
  gapsMemory,
  gapsUntil,
  longTrip,
  lossFrom,
} from './playoutThresholds'

/**
 * What a clinician needs to see a tremor: 15 frames/s for its 1–7 Hz, and 240 lines (EN 301 549
 * asks for QVGA).
 */
const framerateToAssess = 15
export const linesToAssess = 240

/** A value that is replaced only by one that has lasted. */
export class Hysteresis<T> {
  private next: T
  private since = 0

  /** `patience`: ms that the second value must last to replace the first. */
  constructor(
    public value: T,
    private readonly patience: (from: T, to: T) => number,
  ) {
    this.next = value
  }

  take(next: T, now: number): T {
    if (next !== this.next) {
      this.next = next
      this.since = now
    }
    if (next !== this.value && now - this.since >= this.patience(this.value, next))
      this.value = next
    return this.value
  }
}

/** Frames a second that reach the screen, over the last two seconds. */
export class FrameMeter {
  private readonly window = 2_000
  private readonly slack = 300 // ms without a frame that are believed to lie between two of them
  private marks: { at: number; frames: number }[] = []
  private last?: { at: number; frames: number }

  /** A frame was presented; `count`: how many the browser has presented in all, where it tells. */
  frame(at: number, count?: number): void {
    this.last = { at, frames: count ?? (this.last?.frames ?? 0) + 1 }
    if (!this.marks.length) this.marks.push(this.last)
  }

  /** To be called about once a second; nothing while it is too early to tell. */
  sample(now: number): number | undefined {
    const { last } = this
    if (!last) return undefined
    while (this.marks.length > 1 && this.marks[1]!.at <= now - this.window) this.marks.shift()
    const first = this.marks[0]!
    if (last !== this.marks.at(-1)) this.marks.push(last)
    const span = Math.max(last.at, now - this.slack) - first.at
    return span < 700 ? undefined : ((last.frames - first.frames) * 1000) / span
  }

  reset(): void {
    this.marks = []
    this.last = undefined
  }
}

/**
 * Whether movements can be observed. Said after 3 s that they cannot, taken back after 5 s that
 * they can.
 */
export class Assessment {
  private readonly steady = new Hysteresis(true, (_, enough) => (enough ? 5_000 : 3_000))

  get enough(): boolean {
    return this.steady.value
  }

  take(framerate: number, lines: number, now: number): boolean {
    // A camera of 15 frames/s is never measured at exactly that.
    const least = this.steady.value ? framerateToAssess - 0.5 : framerateToAssess - 0.2
    return this.steady.take(framerate >= least && lines >= linesToAssess, now)
  }
}

const worseFirst: QualityLevel[] = ['weak', 'fair', 'good']

export function worst(...levels: (QualityLevel | undefined)[]): QualityLevel | undefined {
  return worseFirst.find((level) => levels.includes(level))
}

/** The level of a picture, by what is seen of it; nothing while nobody would expect one. */
export function levelOfPicture(
  picture: Picture,
  framerate: number | undefined,
  short: boolean,
): QualityLevel | undefined {
  switch (picture.state) {
    case 'paused':
      return picture.reason === 'downlink' || picture.reason === 'uplink' ? 'weak' : undefined
    case 'still':
      return 'weak'
    case 'live':
      if (framerate !== undefined && framerate < 8) return 'weak'
      return short || (framerate !== undefined && framerate < framerateToAssess - 0.5)
        ? 'fair'
        : 'good'
  }
  return undefined
}

/** The level of a voice, by the share of it that had to be made up: 1 % is good, 5 % usable. */
export function levelOfVoice(concealed: number): QualityLevel {
  return concealed < 0.01 ? 'good' : concealed < 0.05 ? 'fair' : 'weak'
}

/**
 * Whether voices have had gaps lately. A link that loses packets makes single ones, with good
 * seconds between, and goes on doing so; a queue that has drained does not.
 */
export class Concealment {
  private share = 0
  private lost = 0
  private calm = 0 // s
  private now = false

  get audible(): boolean {
    return this.now
  }

  /**
   * Takes the share of a second of sound that had to be made up, and the share of its packets that
   * did not come as they were first sent.
   */
  take(concealed: number, lost: number): void {
    this.share += (concealed - this.share) / gapsMemory
    this.lost += (lost - this.lost) / gapsMemory
    this.calm = concealed < gapsUntil && this.lost < lossFrom ? this.calm + 1 : 0
    if (!this.now) this.now = this.share >= gapsFrom
    else if (this.calm >= calmAfter) {
      this.now = false
      this.share = 0 // paid back
    }
  }
}

/**
 * How far the server is, by the least round trip over the path in use: longer ones waited
 * somewhere.
 */
export class RoundTrip {
  private path?: string
  private least = Infinity // s

  /** Takes the latest round trip over a path, in s; 0 or nothing: not known yet. */
  take(path: string, roundTrip: number | undefined): void {
    if (path !== this.path) this.least = Infinity
    this.path = path
    if (roundTrip) this.least = Math.min(this.least, roundTrip)
  }

  get long(): boolean {
    return Number.isFinite(this.least) && 1000 * this.least >= longTrip
  }
}

/** A level is worse after 2 s, better after 5 s. */
export function levelHysteresis(): Hysteresis<QualityLevel | undefined> {
  return new Hysteresis<QualityLevel | undefined>(undefined, (from, to) => {
    if (from === undefined || to === undefined) return 0
    return worseFirst.indexOf(to) < worseFirst.indexOf(from) ? 2_000 : 5_000
  })
}
