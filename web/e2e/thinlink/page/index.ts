/**
 * Runs in the page before the client: gives it a camera and a microphone, and notes what it gets
 * from the others. The client, the encoders, the transport and the decoders are the real ones.
 */
import { at, now } from './clock'
import { Ear, type Heard } from './beep'
import { type Drawn, installDevices, type Person } from './devices'
import { Eye, type Likeness, type Seen } from './eye'
import { Gaze } from './gaze'
import { Meter, type Reading } from './stats'

/**
 * What happened since the last time that somebody asked, and since when there is what. Times in ms
 * since 1970.
 */
export type Notes = {
  participant: string // id that the server gave
  connectedAt: number // 0: not yet, as below
  firstAudioAt: number
  firstFrameAt: number
  taps: number[] // touches and clicks
  readings: { at: number; reading: Reading }[]
  drawn: Drawn[]
  beeped: number[]
  seen: Seen[]
  heard: Heard[]
  shown: number[] // frames of the picture looked at
  likeness: Likeness[]
}

declare global {
  interface Window {
    thinlinkOptions: Person
    thinlink: { take(): Notes; speak(speaks: boolean): void }
  }
}

const listenEvery = 20 // ms
const readEvery = 1000 // ms

const notes: Notes = {
  participant: '',
  connectedAt: 0,
  firstAudioAt: 0,
  firstFrameAt: 0,
  taps: [],
  readings: [],
  drawn: [],
  beeped: [],
  seen: [],
  heard: [],
  shown: [],
  likeness: [],
}
const connections: RTCPeerConnection[] = []
const meters = new WeakMap<RTCPeerConnection, Meter>()
const gaze = new Gaze()
const speak = installDevices(
  window.thinlinkOptions,
  (frame) => notes.drawn.push(frame),
  (at) => notes.beeped.push(at),
)
const ear = new Ear(window.thinlinkOptions.who, (beep) => notes.heard.push(beep))

window.thinlink = {
  take() {
    const taken = { ...notes }
    Object.assign(notes, { taps: [], readings: [], drawn: [], beeped: [], seen: [], heard: [] })
    Object.assign(notes, { shown: [], likeness: [] })
    return taken
  },
  speak,
}

const NativeConnection = window.RTCPeerConnection
window.RTCPeerConnection = class extends NativeConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration)
    connections.push(this)
    meters.set(this, new Meter())
    this.addEventListener('track', ({ track }) => track.kind === 'audio' && ear.attach(track))
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
      gaze.received(event.data)
      notes.participant = gaze.participant
    })
  }

  override send(data: Parameters<WebSocket['send']>[0]): void {
    gaze.sent(data)
    super.send(data)
  }
}

// A click by a test comes without pointer events of its own kind; the click itself is what a tap
// ends with.
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
  notes.readings.push({
    at: time,
    reading: meters.get(connection)!.read(report.values(), time, gaze.others, gaze.main),
  })
}, readEvery)

/** Tells whether an element shows the picture looked at. */
function isMain(video: HTMLVideoElement): boolean {
  const [track] = video.srcObject instanceof MediaStream ? video.srcObject.getVideoTracks() : []
  const main = gaze.main
  return (
    !!main &&
    connections
      .at(-1)
      ?.getTransceivers()
      .find((t) => t.mid === main)?.receiver.track === track
  )
}

new Eye(
  window.thinlinkOptions.who,
  (frame) => {
    notes.firstFrameAt ||= frame.at
    notes.seen.push(frame)
  },
  (likeness) => notes.likeness.push(likeness),
  (video, time) => {
    if (!isMain(video)) return
    notes.firstFrameAt ||= time
    notes.shown.push(time)
  },
)
