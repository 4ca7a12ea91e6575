/**
 * How long a voice waits before it is heard. A browser begins with little, learns the network's
 * jitter from the packets that came too late, and conceals each of them; a call begins with
 * pictures that fill the queues of a thin link at just that moment. So the first words wait longer,
 * until there is something to learn from. What is lost and comes again comes late, too: a voice
 * that has gaps is worth waiting for. And a long line may fall at any time, ours or that of whoever
 * speaks: what is under way by the time that anybody knows of it waits in its queue, and the voice
 * behind it.
 */
import {
  firstWords,
  firstWordsNear,
  lesson,
  longLine,
  lossyLink,
  limitedLine,
} from './playoutThresholds'

const silentAfter = 1_000 // ms: in a pause a voice still sends a packet every 400 ms

/**
 * What may be wrong: the link carries less than is watched, what is heard over it is concealed
 * audibly, or the way to the server is long. Or the voice loses packets on its way to the server:
 * most are repaired in time, and a gap that tells of it is rare.
 */
export interface PlayoutConditions {
  limited: boolean
  concealed: boolean
  long: boolean // DSL, a mobile network or a satellite
  uplinkLoss(number: number): boolean // the voice of that number
  far(number: number): boolean // likewise: the way to the server is long for whoever speaks
}

/** Makes the first words of whoever is heard through a receiver wait. */
export class JitterBufferTarget {
  private newest = 0 // when the newest packet was played, on a clock that differs between browsers
  private cameAt = -Infinity // ms, when that was noticed
  private beganAt = -Infinity // ms
  private asked: number | null = null

  constructor(private readonly receiver: RTCRtpReceiver) {
    this.wait(firstWords)
  }

  /** To be called every half second or so. */
  poll(now: number, { limited, concealed, long, uplinkLoss, far }: PlayoutConditions): void {
    const newest = Math.max(
      0,
      ...this.receiver.getSynchronizationSources().map((source) => source.timestamp),
    )
    const silent = now - this.cameAt >= silentAfter
    const first = limited || long ? firstWords : firstWordsNear
    if (newest === this.newest) {
      if (silent) this.wait(first)
      return
    }
    if (silent) this.beganAt = now
    this.newest = newest
    this.cameAt = now
    if (now - this.beganAt < lesson) {
      if (this.asked !== null) this.wait(first) // what is known of the way by now
      return
    }
    const heard = this.receiver.getContributingSources()
    const repaired = concealed || heard.some(({ source }) => uplinkLoss(source))
    const falls = long || heard.some(({ source }) => far(source))
    // else the browser knows better by now
    this.wait(repaired ? lossyLink : limited ? limitedLine : falls ? longLine : null)
  }

  private wait(ms: number | null): void {
    this.asked = ms
    // Older browsers do not let a page choose.
    if ('jitterBufferTarget' in this.receiver && this.receiver.jitterBufferTarget !== ms)
      this.receiver.jitterBufferTarget = ms
  }
}
