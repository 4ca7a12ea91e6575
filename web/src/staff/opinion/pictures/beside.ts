/**
 * Requests beside a call in another page of this browser: they leave at the rate that the page of
 * the call grants (`callRate.ts`), in pieces behind which a voice need not wait.
 */
import { callOver } from '../../../callLock'
import { askRate, type Rate } from '../../callRate'
import { Pace } from '../../../picture/pace'

/**
 * What a request costs beside its body, in bytes: measured with the headers of a browser and those
 * of this page, 141 above TCP by HTTP/2, 831 by HTTP/1.1, and four packets' headers (52 each), of
 * which two acknowledge the answer.
 */
const perRequest = { h2: 349, other: 1_039 }
/** Headers of TCP/IP, a packet, and of TLS beside that packet's part of a body: 52 + 5 of 1,448. */
const perByte = 1.04
/** A request that cannot be cut: a voice waits for no longer than its packet is worth keeping. */
const longest = 200 // ms at the rate that is granted
/** A body that fits a packet is not long on any link. */
const short = 1_400 // bytes
/** Nothing is sent for so long: the rate is given back. The answer to a part may take a while. */
const idle = 10_000 // ms

const onWire = (bytes: number) => {
  const [page] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
  const cost = page?.nextHopProtocol === 'h2' ? perRequest.h2 : perRequest.other
  return Math.ceil(cost + perByte * bytes)
}

/** One for all requests: they share the link. */
let rate: Rate | undefined
let usedAt = 0 // ms
const pace = new Pace(0)
const waiting = new Set<() => void>()

function heard(): void {
  for (const look of [...waiting]) look()
  if (!waiting.size && performance.now() - usedAt > idle) close()
}

function close(): void {
  rate?.close()
  rate = undefined
}

/** How many bytes of a body leave now; undefined: the request has to wait. */
function take(body: number, whole: boolean): number | undefined {
  const bitrate = rate?.bitrate() ?? 0
  pace.pass(performance.now(), bitrate)
  const most = pace.part(bitrate)
  if (!bitrate || !most || (whole && isLong(body, bitrate))) return undefined
  const bytes = whole ? body : Math.min(body, most)
  pace.sent(onWire(bytes))
  rate!.sent(onWire(bytes))
  return bytes
}

const isLong = (body: number, bitrate: number) =>
  body > short && 8_000 * onWire(body) > longest * bitrate

/** What is said of a request: it `waits` for the call's end, or goes `beside` it. */
export type Said = 'waits' | 'beside'

/**
 * Settles when some of a body may leave, with how much: Infinity once no call goes on, or with the
 * signal. A `whole` one leaves at once or not at all.
 */
export async function besideCall(
  signal: AbortSignal,
  body: number,
  whole: boolean,
  say: (said: Said) => void,
): Promise<number> {
  if (signal.aborted) return Infinity
  const over = new AbortController()
  const stop = () => over.abort()
  signal.addEventListener('abort', stop)
  rate ??= askRate(heard)
  let look = () => {}
  const granted = new Promise<number>((resolve) => {
    let said: Said | undefined
    look = () => {
      const bitrate = rate?.bitrate() ?? 0
      const news = bitrate && !(whole && isLong(body, bitrate)) ? 'beside' : 'waits'
      if (news !== said) say((said = news))
      const bytes = take(body, whole)
      if (bytes === undefined) return
      waiting.delete(look) // before another look takes more
      resolve(bytes)
    }
  })
  waiting.add(look)
  look()
  const bytes = await Promise.race([granted, callOver(over.signal).then(() => Infinity)])
  waiting.delete(look)
  signal.removeEventListener('abort', stop)
  over.abort()
  usedAt = performance.now()
  if (bytes === Infinity && !signal.aborted && !waiting.size) close()
  return bytes
}
