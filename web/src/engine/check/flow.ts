/**
 * Short flows over the call's own connection, answered by the server: echoes at the pace of a voice
 * for delay and loss, then as much as fits, down and up. signaling/PROTOCOL.md, “Data channels”,
 * describes the messages.
 */
import type { Findings, VoiceTrial } from '../api'
import { bestRate, burstRate, Echoes, CongestionWindow, type Mark } from './count'

const echo = 1
const down = 2
const up = 3

const echoEvery = 30 // ms
const echoCount = 66
const warmUpEvery = 1_500 // ms
const warmUpNumber = 0xffff_ffff
const echoBytes = 60
const upHeader = 13 // bytes of a report of what came up, before its gaps
const packetBytes = 1_100
const length = 2_000 // ms of each flow, and two round trips to get going
/** bit/s that are tried at most: more than a call takes. */
export const tried = 2_000_000
const tick = 10 // ms
const openWithin = 5_000 // ms
const quietAfter = 300 // ms without a packet after which a flow has ended
const farAway = 200 // ms there and back from which on a flow of this length does not fill the link
const queueMost = 2_000 // ms that what is on its way may wait in the queues of a thin link

type Told = Pick<Findings, 'voice' | 'down' | 'up'>

/** Tells each figure as it is known; null for those that were not to be had. */
export async function measureFlow(
  connection: RTCPeerConnection,
  tell: (more: Told) => void,
  signal: AbortSignal,
): Promise<void> {
  const known: Told = { voice: null, down: null, up: null }
  const know = (more: Told) => {
    Object.assign(known, more)
    tell(more)
  }
  const channel = connection.createDataChannel('test', { ordered: false, maxRetransmits: 0 })
  channel.binaryType = 'arraybuffer'
  const close = () => channel.close()
  signal.addEventListener('abort', close)
  try {
    await until(channel, openWithin, (done) => (channel.onopen = done))
    const voice = await echoes(channel)
    if (!voice) return
    know({ voice })
    const time = length + 2 * Math.min(voice.roundTrip, 1_000)
    know({ down: await flowDown(channel, time, voice.roundTrip) })
    know({ up: await flowUp(channel, time, voice.roundTrip) })
  } catch {
    // Closed by the server, with the connection, or by whoever has seen enough.
  } finally {
    signal.removeEventListener('abort', close)
    close()
    tell(known)
  }
}

/**
 * Waits for what `begin` calls done for, or for the time to pass; fails when the channel closes.
 */
function until(
  channel: RTCDataChannel,
  patience: number,
  begin: (done: () => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(resolve), patience)
    const end = (how: () => void) => {
      clearTimeout(timer)
      channel.onclose = channel.onopen = channel.onmessage = null
      how()
    }
    const closed = () => end(() => reject(new Error('the channel was closed')))
    channel.onclose = closed
    if (channel.readyState === 'closing' || channel.readyState === 'closed') closed()
    else begin(() => end(resolve))
  })
}

function message(kind: number, number: number, bytes: number): DataView<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(bytes))
  view.setUint8(0, kind)
  view.setUint32(1, number)
  return view
}

/** Calls `heard` with each message of a kind. */
function listen(channel: RTCDataChannel, kind: number, heard: (view: DataView) => void): void {
  channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
    const view = new DataView(data)
    if (view.byteLength >= 5 && view.getUint8(0) === kind) heard(view)
  }
}

/**
 * Sends one packet, again if need be, until it comes back, and returns how many had reached the
 * server by then.
 */
async function warmUp(channel: RTCDataChannel): Promise<number> {
  let arrived = 0
  let timer: ReturnType<typeof setInterval> | undefined
  try {
    await until(channel, openWithin, (done) => {
      listen(channel, echo, (view) => {
        arrived = view.getUint32(5)
        done()
      })
      const ask = () => channel.send(message(echo, warmUpNumber, echoBytes))
      ask()
      timer = setInterval(ask, warmUpEvery)
    })
  } finally {
    clearInterval(timer)
  }
  return arrived
}

async function echoes(channel: RTCDataChannel): Promise<VoiceTrial | undefined> {
  // Until it knows the round trip, SCTP takes what is still on its way over a satellite for lost.
  const before = await warmUp(channel)
  const count = new Echoes()
  let sent = 0
  let timer: ReturnType<typeof setInterval> | undefined
  try {
    await until(channel, echoCount * echoEvery + queueMost, (done) => {
      listen(channel, echo, (view) => {
        count.came(view.getUint32(1), view.getUint32(5) - before, performance.now())
        if (sent === echoCount && count.complete) done()
      })
      timer = setInterval(() => {
        if (sent === echoCount) return clearInterval(timer)
        sent++
        channel.send(message(echo, count.send(performance.now()), echoBytes))
      }, echoEvery)
    })
  } finally {
    clearInterval(timer)
  }
  return count.result()
}

/** bit/s that come, of what the server sends for a time. */
async function flowDown(channel: RTCDataChannel, time: number, roundTrip: number): Promise<number> {
  const marks: Mark[] = []
  const request = new DataView(new ArrayBuffer(7))
  request.setUint8(0, down)
  request.setUint16(1, time)
  request.setUint16(3, tried / 1000)
  request.setUint16(5, Math.min(roundTrip, 2_000))
  let timer: ReturnType<typeof setInterval> | undefined
  try {
    await until(channel, time + 2 * queueMost, (done) => {
      const began = performance.now()
      const ask = () => {
        const quiet = performance.now() - (marks.at(-1)?.at ?? began)
        if (!marks.length) channel.send(request)
        else if (performance.now() - marks[0]!.at > time && quiet > quietAfter) done()
      }
      listen(channel, down, (view) =>
        marks.push({ at: performance.now(), bytes: (marks.at(-1)?.bytes ?? 0) + view.byteLength }),
      )
      ask()
      timer = setInterval(ask, 100)
    })
  } finally {
    clearInterval(timer)
  }
  return rate(
    marks,
    marks.slice(1).map(({ at }, i) => at - marks[i]!.at),
    roundTrip,
  )
}

function rate(marks: Mark[], gaps: number[], roundTrip: number): number {
  return Math.max(
    bestRate(marks),
    roundTrip < farAway ? 0 : Math.min(burstRate(gaps, packetBytes), tried),
  )
}

/** bit/s that the server says have come, of what is sent for a time. */
async function flowUp(channel: RTCDataChannel, time: number, roundTrip: number): Promise<number> {
  const marks: Mark[] = [] // by the server's clock
  const gaps: number[] = [] // ms
  const packet = message(up, 0, packetBytes)
  const congestionWindow = new CongestionWindow(roundTrip)
  let timer: ReturnType<typeof setInterval> | undefined
  try {
    await until(channel, time + 2 * roundTrip + queueMost, (done) => {
      const began = performance.now()
      let latest = began
      let credit = 0
      let sent = 0
      let heard = began
      listen(channel, up, (view) => {
        const [packets, bytes, at] = [
          view.getUint32(1),
          view.getUint32(5),
          view.getUint32(9) / 1000,
        ]
        if (at > (marks.at(-1)?.at ?? -1)) {
          marks.push({ at, bytes })
          for (let i = upHeader; i + 2 <= view.byteLength; i += 2) gaps.push(view.getUint16(i) / 10)
          heard = performance.now()
        }
        if (packets === sent && performance.now() - began > time) done()
      })
      timer = setInterval(() => {
        const now = performance.now()
        if (now - began > time) {
          if (marks.length && now - heard > quietAfter + roundTrip) done()
          return
        }
        credit = Math.min(credit + ((now - latest) * tried) / 8_000, packetBytes * 10)
        latest = now
        // Browsers count what is not acknowledged yet as buffered.
        const most = congestionWindow.limit(now, sent * packetBytes - channel.bufferedAmount)
        while (credit >= packetBytes && channel.bufferedAmount + packetBytes <= most) {
          packet.setUint32(1, sent++)
          channel.send(packet)
          credit -= packetBytes
        }
      }, tick)
    })
  } finally {
    clearInterval(timer)
  }
  return rate(marks, gaps, roundTrip)
}
