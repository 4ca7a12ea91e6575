/**
 * Whether an encoder is held to the size of its picture, on a link that has become thin: once what is left has settled, and as long as
 * that costs no frames.
 */

/** frames/s below which a movement can no longer be judged: then the picture had better be smaller. */
const fluent = 14
/** Part of the frames that a slow camera gives (a dark room) which is fluent all the same. */
const ofCamera = 0.75
const judgedEvery = 2_000 // ms
/** So many judgements in a row: a keyframe, or a hand before the camera, costs frames too. */
const patience = 3
/** ms after a fall in which its first frames may be small: the voice waits behind them. */
const settling = 5_000
/** ms after which the size is tried again: what moved before the camera may have come to rest. */
const triedAgain = 20_000

/**
 * bit/s. Where a link once carried so much and then fell, the server knows how large a picture it still carries, and Chromium would halve
 * its lines without need. On a link that was thin from the first, small frames are better for the voice.
 */
const plenty = 400_000

type Sent = { frames: number; bytes: number; at: number }

export class Fluency {
  private held = false
  private carried = 0 // bit/s, the most so far
  private stutters = 0
  private before?: Sent
  private timer?: ReturnType<typeof setInterval>
  private settled?: ReturnType<typeof setTimeout>
  private again?: ReturnType<typeof setTimeout> // set: the size has cost too many frames lately

  constructor(
    private readonly sender: Pick<RTCRtpSender, 'getStats'>,
    private readonly changed: () => void,
  ) {}

  /** Whether a moving picture, if there is one, is held to its size on a thin link now; `changed` tells when to ask again. */
  holds(moving: boolean, thin: boolean): boolean {
    if (moving) this.watch()
    else this.rest()
    if (!moving || !thin || this.carried < plenty) this.release()
    else if (!this.held && !this.again) this.settled ??= setTimeout(() => this.hold(), settling)
    return this.held
  }

  /** What was too much may be right from now on. */
  forget(): void {
    clearTimeout(this.again)
    this.again = undefined
  }

  stop(): void {
    this.rest()
    this.release()
    this.forget()
  }

  private hold(): void {
    this.held = true
    this.stutters = 0
    this.changed()
  }

  private release(): void {
    clearTimeout(this.settled)
    this.settled = undefined
    this.held = false
  }

  private watch(): void {
    this.timer ??= setInterval(() => {
      this.judge().catch(() => {
        // The connection was given up meanwhile.
      })
    }, judgedEvery)
  }

  private rest(): void {
    clearInterval(this.timer)
    this.timer = this.before = undefined
  }

  private async judge(): Promise<void> {
    const sent: Sent = { frames: 0, bytes: 0, at: performance.now() }
    let camera = 0 // frames/s
    for (const report of (await this.sender.getStats()).values()) {
      const { type, framesEncoded, bytesSent, framesPerSecond } = report as { type: string } & Record<string, number | undefined>
      if (type === 'outbound-rtp') {
        sent.frames += framesEncoded ?? 0
        sent.bytes += bytesSent ?? 0
      } else if (type === 'media-source') camera = framesPerSecond ?? 0
    }
    const { before } = this
    if (!this.timer) return
    this.before = sent
    if (!before) return
    const seconds = (sent.at - before.at) / 1000
    this.carried = Math.max(this.carried, (8 * (sent.bytes - before.bytes)) / seconds)
    if (!this.held || !camera) return
    this.stutters = (sent.frames - before.frames) / seconds < Math.min(fluent, ofCamera * camera) ? this.stutters + 1 : 0
    if (this.stutters < patience) return
    this.release()
    this.again = setTimeout(() => {
      this.forget()
      this.changed()
    }, triedAgain)
    this.changed()
  }
}
