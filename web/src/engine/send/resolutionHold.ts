/**
 * Whether an encoder is held to one size of its picture, which it would choose by itself otherwise,
 * on a link that has become thin: once what is left has settled, and as long as that costs no
 * frames. Pure: it is told the time.
 */
import * as regime from '../regime'
import type { EncoderStats } from './encoderStats'

/**
 * frames/s below which a movement can no longer be judged: then the picture had better be smaller.
 */
export const fluent = 14
/** Part of the frames that a slow camera gives (a dark room) which is fluent all the same. */
const ofCamera = 0.75
/** So many measurements in a row: a keyframe, or a hand before the camera, costs frames too. */
const patience = 3
/** ms after a fall in which its first frames may be small: the voice waits behind them. */
const settling = 5_000
/** ms after which the size is tried again: what moved before the camera may have come to rest. */
const triedAgain = 20_000

/**
 * bit/s. Where a link once carried so much and then fell, the server knows how large a picture it
 * still carries, and Chromium would halve its lines without need. On a link that was thin from the
 * first, small frames are better for the voice.
 */
const plenty = regime.decent

export class ResolutionHold {
  /** Whether the picture is held to its size. */
  held = false
  private carried = 0 // bit/s, the most so far
  private stutters = 0
  private limitedSince?: number // ms; undefined: no link limits it, or nothing that moves
  private notBefore = 0 // ms: until then the size costs too many frames

  /**
   * What is to be encoded from now on: whether there is a moving picture, and whether a link is too
   * thin for all of it.
   */
  demand(now: number, moving: boolean, limited: boolean): void {
    if (moving && limited) this.limitedSince ??= now
    else {
      this.limitedSince = undefined
      this.held = false
    }
  }

  /** Takes one measurement; tells whether `held` has changed. */
  judge(now: number, { frames, camera, bitrate }: EncoderStats): boolean {
    const before = this.held
    this.carried = Math.max(this.carried, bitrate)
    if (this.held) {
      if (!camera) return false
      this.stutters = frames < Math.min(fluent, ofCamera * camera) ? this.stutters + 1 : 0
      if (this.stutters >= patience) {
        this.held = false
        this.notBefore = now + triedAgain
      }
    } else if (
      this.limitedSince !== undefined &&
      now - this.limitedSince >= settling &&
      now >= this.notBefore &&
      this.carried >= plenty
    ) {
      this.held = true
      this.stutters = 0
    }
    return this.held !== before
  }

  /** What was too much may be right from now on. */
  forget(): void {
    this.notBefore = 0
  }
}
