/**
 * How fast this page may send while a call goes on in another page of this browser: that page asks
 * the server for all, and tells each its share (`callRates.ts`). Who asks is hidden, as a
 * rule, and a hidden page's timers run once a minute in the end: what the call's page says comes as
 * often as parts may leave, and wakes it.
 */
import { callName } from '../callLock'

/** From a page that has something to send. */
export type Asking = {
  ask: string // who
  wanted: boolean
  sent: number // bytes on the wire since the one before
}

/** From the page of a call. */
export type Answer = { call: string; bitrate: number } // bit/s for each that asks; 0: wait

export const askEvery = 1_000 // ms
/** A page in a call says something once a second; four times nothing: it does not know how to. */
export const silence = 4_000 // ms

export type Rate = {
  /** In bit/s, all headers included; 0: none for now; undefined: no page of a call answers. */
  bitrate(): number | undefined
  /** So many bytes have left. */
  sent(bytes: number): void
  close(): void
}

/** Asks until it is closed. `heard` is called whenever more may leave, and once a second. */
export function askRate(heard: () => void): Rate {
  const me = crypto.randomUUID()
  const channel = new BroadcastChannel(callName)
  const answers = new Map<string, { bitrate: number; at: number }>()
  let unsaid = 0
  let askedAt = 0
  const ask = (wanted: boolean) => {
    channel.postMessage({ ask: me, wanted, sent: unsaid } satisfies Asking)
    unsaid = 0
    askedAt = performance.now()
  }
  const pass = () => {
    if (performance.now() - askedAt >= askEvery) ask(true)
    heard()
  }
  channel.onmessage = ({ data }: MessageEvent<Partial<Answer>>) => {
    if (data.call === undefined || data.bitrate === undefined) return
    answers.set(data.call, { bitrate: data.bitrate, at: performance.now() })
    pass()
  }
  const timer = setInterval(pass, askEvery)
  ask(true)
  return {
    bitrate() {
      const since = performance.now() - silence
      const now = [...answers.values()].filter(({ at }) => at > since)
      return now.length ? Math.min(...now.map(({ bitrate }) => bitrate)) : undefined
    },
    sent: (bytes) => void (unsaid += bytes),
    close() {
      clearInterval(timer)
      ask(false)
      channel.close()
    },
  }
}
