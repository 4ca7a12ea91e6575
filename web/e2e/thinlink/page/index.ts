/**
 * Runs in the page before the client: gives it a camera and a microphone, and notes what it gets from the others. The client, the
 * encoders, the transport and the decoders are the real ones.
 */
import { at, now } from './clock'
import { type Drawn, installDevices } from './devices'
import { Eye, type Likeness, type Seen } from './eye'
import { Meter, type Reading } from './stats'

export type Options = { who: number; speech: string }

/** What happened since the last time that somebody asked, and since when there is what. Times in ms since 1970. */
export type Notes = {
  participant: string // id that the server gave
  connectedAt: number // 0: not yet, as below
  firstAudioAt: number
  firstFrameAt: number
  taps: number[] // touches and clicks
  readings: { at: number; reading: Reading }[]
  drawn: Drawn[]
  seen: Seen[]
  likeness: Likeness[]
}

declare global {
  interface Window {
    thinlinkOptions: Options
    thinlink: { take(): Notes }
  }
}

const listenEvery = 20 // ms
const readEvery = 1000 // ms

const notes: Notes = { participant: '', connectedAt: 0, firstAudioAt: 0, firstFrameAt: 0, taps: [], readings: [], drawn: [], seen: [], likeness: [] }
const connections: RTCPeerConnection[] = []
const meters = new WeakMap<RTCPeerConnection, Meter>()
let others = 0

window.thinlink = {
  take() {
    const taken = { ...notes }
    Object.assign(notes, { taps: [], readings: [], drawn: [], seen: [], likeness: [] })
    return taken
  },
}

const NativeConnection = window.RTCPeerConnection
window.RTCPeerConnection = class extends NativeConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration)
    connections.push(this)
    meters.set(this, new Meter())
    this.addEventListener('connectionstatechange', () => {
      if (this.connectionState === 'connected') notes.connectedAt ||= now()
    })
  }
}

const NativeSocket = window.WebSocket
window.WebSocket = class extends NativeSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols)
    this.addEventListener('message', (event) => {
      const message = JSON.parse(String(event.data)) as { type: string; participant: string; slots: unknown[] }
      if (message.type === 'welcome') notes.participant = message.participant
      if (message.type === 'slots') others = message.slots.length
    })
  }
}

// A click by a test comes without pointer events of its own kind; the click itself is what a tap ends with.
document.addEventListener('click', (event) => notes.taps.push(at(event.timeStamp)), true)

const listening = setInterval(() => {
  for (const connection of connections) {
    for (const receiver of connection.getReceivers()) {
      if (receiver.track.kind !== 'audio') continue
      const [source] = receiver.getSynchronizationSources()
      if (!source) continue
      notes.firstAudioAt = now()
      return clearInterval(listening)
    }
  }
}, listenEvery)

setInterval(async () => {
  const connection = connections.at(-1)
  if (!connection || connection.connectionState === 'closed') return
  const report = await connection.getStats()
  const time = now()
  notes.readings.push({ at: time, reading: meters.get(connection)!.read(report.values(), time, others) })
}, readEvery)

installDevices(window.thinlinkOptions.who, window.thinlinkOptions.speech, (frame) => notes.drawn.push(frame))
new Eye(
  window.thinlinkOptions.who,
  (frame) => {
    notes.firstFrameAt ||= frame.at
    notes.seen.push(frame)
  },
  (likeness) => notes.likeness.push(likeness),
)
