/**
 * Answers the other pages of this browser that have something to send beside a call in this one
 * (`callRate.ts`): asks the server how fast they may, tells each its share, and the server what has
 * left. Loaded when the first one asks: a patient's browser has no such page.
 */
import { askEvery, silence, type Answer, type Asking } from './callRate'
import type { Call } from '../engine/api'
import { interval } from '../picture/pace'
import { maxTransferBytes, type TransferRate } from '../protocol/messages'

/** So often the server is asked in vain: one of another version than the page knows no answer. */
const tries = 3

/** Goes on until it is told to stop. */
export function answerRates(call: Call, channel: BroadcastChannel): () => void {
  const answers = new Answers(call, (answer) => channel.postMessage(answer))
  channel.onmessage = ({ data }: MessageEvent<Partial<Asking>>) => {
    if (data.ask !== undefined) answers.asked(data as Asking)
  }
  return () => answers.end()
}

class Answers {
  private readonly me = crypto.randomUUID()
  private readonly askers = new Map<string, number>() // when each has asked last, in ms
  private sent = 0 // bytes of which the server was not told
  private rate?: TransferRate // on this websocket, for this wish
  private unanswered = 0
  private toldServer = -Infinity // ms
  private toldPages = -Infinity // ms
  private timer?: ReturnType<typeof setInterval>
  private readonly stop: () => void

  constructor(
    private readonly call: Call,
    private readonly post: (answer: Answer) => void,
  ) {
    this.stop = call.transferRate.subscribe((rate) => {
      this.rate = rate
      this.unanswered = 0
    })
    this.rate = undefined // of another wish
  }

  asked({ ask, wanted, sent }: Asking): void {
    this.sent += sent
    if (wanted) this.askers.set(ask, performance.now())
    else this.askers.delete(ask)
    if (wanted && !this.timer) {
      this.timer = setInterval(() => this.step(performance.now()), interval)
      this.step(performance.now())
    }
  }

  end(): void {
    this.stop()
    this.askers.clear()
    if (this.timer) this.over()
  }

  private step(now: number): void {
    for (const [ask, at] of this.askers) if (now - at > silence) this.askers.delete(ask)
    if (!this.askers.size) return this.over()
    if (this.call.link.peek().state !== 'open') {
      this.rate = undefined
      this.unanswered = 0
      this.toldServer = -Infinity
    } else if (now - this.toldServer >= askEvery && this.unanswered < tries) {
      this.toldServer = now
      if (!this.rate) this.unanswered++
      this.tell(true)
    }
    const bitrate = Math.floor((this.rate?.bitrate ?? 0) / this.askers.size)
    if (!bitrate && now - this.toldPages < askEvery) return
    this.toldPages = now
    this.post({ call: this.me, bitrate })
  }

  private over(): void {
    clearInterval(this.timer)
    this.timer = this.rate = undefined
    this.unanswered = 0
    this.toldServer = this.toldPages = -Infinity
    if (this.call.link.peek().state === 'open') this.tell(false)
    this.sent = 0
  }

  private tell(wanted: boolean): void {
    const sent = Math.min(Math.round(this.sent), maxTransferBytes)
    this.sent = 0
    this.call.act({ type: 'transfer', wanted, sent })
  }
}
