/**
 * How long a voice waits before it is heard. A browser begins with little, learns the network's jitter from the packets that
 * came too late, and conceals each of them; a call begins with pictures that fill the queues of a thin link at just that
 * moment. So the first words wait longer, until there is something to learn from. What is lost and comes again comes late, too:
 * a voice that has gaps is worth waiting for. And a long line may fall at any time: what is under way by the time that anybody knows
 * of it waits in its queue, and the voice behind it.
 */
const beginning = 200 // ms
const suddenQueue = 150 // ms: on thin links, where it comes and goes and, as calm as it is between, teaches nothing, and on long ones
const lossyLink = 200 // ms: three frames of 60 ms, the last of which repeats the first, and some of a queue; or what is asked for again
const lesson = 3_000 // ms of a voice
const silentAfter = 1_000 // ms: in a pause a voice still sends a packet every 400 ms

/**
 * What may be wrong: the link carries less than is watched, what is heard over it has gaps, or the way to the server is long. Or the
 * voice loses packets on its way to the server: most are repaired in time, and a gap that tells of it is rare.
 */
export interface Trouble {
  thin: boolean
  gaps: boolean
  long: boolean // DSL, a mobile network or a satellite
  patchy(number: number): boolean // the voice of that number
}

/** Makes the first words of whoever is heard through a receiver wait. */
export class Cushion {
  private newest = 0 // when the newest packet was played, on a clock that differs between browsers
  private cameAt = -Infinity // ms, when that was noticed
  private beganAt = -Infinity // ms

  constructor(private readonly receiver: RTCRtpReceiver) {
    this.wait(beginning)
  }

  /** To be called every half second or so. */
  beat(now: number, { thin, gaps, long, patchy }: Trouble): void {
    const newest = Math.max(0, ...this.receiver.getSynchronizationSources().map((source) => source.timestamp))
    const silent = now - this.cameAt >= silentAfter
    if (newest === this.newest) {
      if (silent) this.wait(beginning)
      return
    }
    if (silent) this.beganAt = now
    this.newest = newest
    this.cameAt = now
    if (now - this.beganAt < lesson) return
    const repaired = gaps || this.receiver.getContributingSources().some(({ source }) => patchy(source))
    this.wait(repaired ? lossyLink : thin || long ? suddenQueue : null) // else the browser knows better by now
  }

  private wait(ms: number | null): void {
    // Older browsers do not let a page choose.
    if ('jitterBufferTarget' in this.receiver && this.receiver.jitterBufferTarget !== ms) this.receiver.jitterBufferTarget = ms
  }
}
