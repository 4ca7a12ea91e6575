/**
 * Whether media are coming. A path that has died looks like nothing from here: no packet tells so,
 * and browsers take between two and a half seconds and half a minute to say it.
 */

const every = 500 // ms
const silentAfter = 1_000 // ms: in a pause a voice still sends a packet every 400 ms
// ms after which silence means that nobody sends, not that nothing arrives
const forgottenAfter = 10_000

export class MediaActivity {
  private latest = 0 // when the newest packet was played, on a clock that differs between browsers
  private cameAt = -Infinity // ms, when that was noticed
  private readonly timer = setInterval(() => this.poll(), every)

  constructor(
    private readonly receivers: () => readonly RTCRtpReceiver[],
    private readonly events: {
      /**
       * With every poll from one second after the last packet on, until media come again or are
       * forgotten.
       */
      stopped(): void
      /** Media come again. */
      resumed(): void
      /** With every poll. */
      polled(now: number): void
    },
  ) {}

  /** Media came within the last second. */
  get active(): boolean {
    return performance.now() - this.cameAt < silentAfter
  }

  /** Media came a moment ago, and do not any longer. */
  get stopped(): boolean {
    return !this.active && performance.now() - this.cameAt < forgottenAfter
  }

  stop(): void {
    clearInterval(this.timer)
  }

  private poll(): void {
    const newest = Math.max(
      0,
      ...this.receivers().flatMap((receiver) =>
        receiver.getSynchronizationSources().map((source) => source.timestamp),
      ),
    )
    const now = performance.now()
    if (newest !== this.latest) {
      this.latest = newest
      const before = this.active
      if (newest) this.cameAt = now
      if (newest && !before) this.events.resumed()
    } else if (this.stopped) this.events.stopped()
    this.events.polled(now)
  }
}
