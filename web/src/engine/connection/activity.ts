/**
 * Whether media are coming. A path that has died looks like nothing from here: no packet tells so, and browsers take
 * between two and a half seconds and half a minute to say it.
 */

const every = 500 // ms
const silentAfter = 1_000 // ms: in a pause a voice still sends a packet every 400 ms
const forgottenAfter = 10_000 // ms after which silence means that nobody sends, not that nothing arrives

export class Pulse {
  private latest = 0 // when the newest packet was played, on a clock that differs between browsers
  private cameAt = -Infinity // ms, when that was noticed
  private readonly timer = setInterval(() => this.beat(), every)

  constructor(
    private readonly receivers: () => readonly RTCRtpReceiver[],
    private readonly events: {
      /** With every beat from one second after the last packet on, until media come again or are forgotten. */
      stopped(): void
      /** Media come again. */
      back(): void
      /** With every beat. */
      beat(now: number): void
    },
  ) {}

  /** Media came within the last second. */
  get beats(): boolean {
    return performance.now() - this.cameAt < silentAfter
  }

  /** Media came a moment ago, and do not any longer. */
  get missed(): boolean {
    return !this.beats && performance.now() - this.cameAt < forgottenAfter
  }

  stop(): void {
    clearInterval(this.timer)
  }

  private beat(): void {
    const newest = Math.max(0, ...this.receivers().flatMap((receiver) => receiver.getSynchronizationSources().map((source) => source.timestamp)))
    const now = performance.now()
    if (newest !== this.latest) {
      this.latest = newest
      const before = this.beats
      if (newest) this.cameAt = now
      if (newest && !before) this.events.back()
    } else if (this.missed) this.events.stopped()
    this.events.beat(now)
  }
}
