/** When parts of a picture leave, at a rate that is granted. Pure: ms are an argument. */

export const interval = 100 // ms
/** One fits a packet: a voice waits behind one at most. More at once costs less on a good link. */
const leastPart = 1_100 // bytes
/** Below that rate, in bit/s, a whole packet would hold up a voice for longer than its frame. */
const thinRate = 40_000
const thinPart = 550 // bytes
const mostPart = 32 << 10
const longest = 3 * interval // ms that are made up for

export class Pace {
  private budget = 0 // bytes; what was too much is paid back
  private at = 0 // ms

  /** @param overhead what a part costs beside its bytes, in bytes */
  constructor(private readonly overhead: number) {}

  pass(now: number, bitrate: number): void {
    const gained = ((bitrate / 8) * Math.min(now - this.at, longest)) / 1_000
    this.at = now
    this.budget = Math.min(this.budget + gained, Math.max(gained, 1))
  }

  /** How many bytes may leave in one part now; 0: none. */
  part(bitrate: number): number {
    if (this.budget <= 0) return 0
    const least = bitrate < thinRate ? thinPart : leastPart
    return Math.min(mostPart, Math.max(least, Math.floor((bitrate * interval) / 8_000)))
  }

  sent(bytes: number): void {
    this.budget -= bytes + this.overhead
  }
}
