/**
 * What a page may know of a call. The engine behind it owns the websocket, the RTCPeerConnection,
 * the slots and the devices, and knows nothing of the page; the pages know nothing of SDP, slots or
 * tracks.
 */
import type { ReadonlySignal, Signal } from '@preact/signals-core'
import type {
  ByeReason,
  CallMode,
  ChatLine,
  ClientMessage,
  Invitation,
  Kind,
  PhotoAsked,
  PhotoMarks,
  PhotoPointed,
  Photos,
  Role,
  TransferRate,
  Upload,
} from '../protocol/messages'
import type { Progress } from './room/session'

export type PictureSource = 'camera' | 'screen'

/** Where the participant stands. */
export type Place = 'connecting' | 'lobby' | 'waiting' | 'room' | 'ended'

/** The websocket: `lost` while it is being opened again; media may go on meanwhile. */
export type Link =
  { state: 'open' } | { state: 'lost'; attempt: number; retryAt: number /* performance.now() */ }

/** The media transport. */
export type Transport = 'new' | 'connecting' | 'connected' | 'interrupted'

export type PersonView = {
  id: string
  name: string
  role: Role
  me: boolean
  connected: boolean
  microphone: boolean
  camera: boolean
  screen: boolean
  handRaised: number // ms since epoch, 0: not raised
  removedOnce: boolean
  invitedAs: string // name that the invitation proposes, '' where it is theirs
  sameLink: readonly string[] // of who waits: ids of the others who use the same link
  refused: number // of who waits: how often their link was refused
  since: number // performance.now() when they came, by the server's clock
  mode: CallMode
}

/** Why a wanted input is not live. */
export type DeviceTrouble =
  | 'refused-by-person' // the browser's question was closed
  | 'refused-by-browser' // this site is not allowed
  | 'refused-by-system' // the browser is not allowed, by Windows, macOS or a policy
  | 'missing' // there is none
  | 'busy' // another program has it
  | 'lost' // it was unplugged; a screen: the sharing was ended
  | 'interrupted' // it is open and gives nothing: a call, an assistant, a key, a minimised window
  | 'insecure' // the page is not served securely
  | 'failed' // it does not start, or has stopped, and the browser does not say why

export type DeviceState = {
  wanted: boolean // the person wants it on; neither live nor in trouble: it is being opened
  live: boolean // it is on and being sent (once in the room)
  trouble?: DeviceTrouble
  deviceId?: string
  choices: { id: string; label: string }[]
  facing?: 'user' | 'environment' // camera only, when the device tells
}

export type ScreenState = {
  possible: boolean // this browser can share a screen
  live: boolean
  trouble?: DeviceTrouble
}

/** Codec: this browser does not decode it. */
export type PauseReason = 'downlink' | 'uplink' | 'publisher' | 'slots' | 'codec'

export type Picture =
  | { state: 'off' } // the source is not live
  | { state: 'coming' } // asked for, no frame yet
  | { state: 'live'; width: number; height: number }
  // one every few seconds, the latest of which came at that time of performance.now()
  | { state: 'still'; reason: 'downlink' | 'uplink'; at: number }
  | { state: 'paused'; reason: PauseReason }

/** Three levels, told in words. */
export type QualityLevel = 'good' | 'fair' | 'weak'

/** What a picture is worth, measured on the screen; it changes only with what has lasted. */
export type PictureQuality = {
  level?: QualityLevel
  short?: 'downlink' | 'uplink' // less is shown than asked for, and whose link it is
  frozen?: boolean // nothing has moved for a while, though nobody said why
  assessable: boolean // movements can be observed: frames enough, lines enough
}

/** What the others get of one's own picture, and whose link makes it small. */
export type Delivery =
  | 'whole'
  | 'unseen' // somebody's browser decodes nothing of it
  | 'small-own'
  | 'small-theirs'
  | 'small-device' // this device has too little processor time
  | 'still-own'
  | 'still-theirs'
  | 'none-own'
  | 'none-theirs'

/** One picture on the page. Close it when the element goes away. */
export interface Watch {
  readonly picture: ReadonlySignal<Picture>
  readonly quality: ReadonlySignal<PictureQuality>
  close(): void
}

export type Ended = {
  reason: ByeReason | 'unsupported'
  place?: Place // where one was until then
  canReturn: boolean
  mine?: boolean // one has ended it oneself, for all
  from?: number // Unix ms from which the invitation is valid, when it is too early
}

/** Something that just happened, for a sentence in the page's live region. */
export type Notice =
  | { kind: 'joined' | 'left' | 'waiting'; name: string }
  | { kind: 'muted'; source: 'microphone' | 'camera' | 'screen'; by: string }
  | { kind: 'hand'; name: string }
  | { kind: 'unheard' } // one speaks while one's microphone is off; once a mute
  | {
      kind: 'device'
      device: 'microphone' | 'camera' | 'screen' | 'speaker'
      trouble: DeviceTrouble
      kept?: boolean // a change has failed, and the device before is used again
    }
  | { kind: 'host'; name: string; mine: boolean } // somebody else rules the room now
  | { kind: 'screen-ended' }
  | { kind: 'screen-shared' | 'screen-stopped'; name: string } // by another
  | { kind: 'error'; code: string }

/** How a device stood when the connection was tested. `untried`: nobody has asked for it yet. */
export type DeviceFinding = 'works' | 'off' | 'untried' | DeviceTrouble

/** A way that media can take to the server. */
export type Way = 'udp' | 'tcp' | 'tls'

/** One relay that the server names, and ms until it was ours; null: it does not answer. */
export type RelayFinding = { way: Way; address: string /* host:port */; within?: number | null }

/** What became of packets at the pace of a voice, there and back over the call's own connection. */
export type VoiceTrial = {
  roundTrip: number // ms, median
  jitter: number // ms by which one round trip in twenty is longer
  lost: { up: number; down: number } // share of the packets, 0 … 1
}

/** What a test of the connection has found. Undefined is not known yet; null did not work. */
export type Findings = {
  at: number // ms since epoch
  browser: string // as it names itself
  server: string // host of the page
  microphone: DeviceFinding
  camera: DeviceFinding
  websocket?: { opened: number; roundTrip: number } | null // ms
  relays?: RelayFinding[] | null // null: the server has not told any
  route?: { relayed: boolean; way: Way } | null // that the call has taken
  direct?: boolean // media reach the server over UDP without a relay
  voice?: VoiceTrial | null
  down?: number | null // bit/s that came
  up?: number | null // bit/s that arrived
  most: number // bit/s that were tried: a rate near it may be more
  /** What the server itself shows, to be compared with what the browser names. */
  certificate?: { issuer: string; sha256: string } | null
}

/** Whom one is to meet, when (Unix ms), and in which room. */
/** Zone: the IANA time zone in which its hours are told; undefined: the device's. */
export type Meeting = { with?: string; at?: number; zone?: string; room?: string }

/** Others in the call use the same link, as a rule on another device in the same room. */
export type SameLink = {
  participants: readonly string[]
  muted: boolean // we came last: our microphone was switched off
}

/** Guests are in the room, and nobody of the staff. */
export type Unattended = {
  stopped: boolean // nobody is seen or heard any more
  endsAt: number // performance.now() when the call ends
}

/** What concerns photos: messages, and parts of them. */
export type PhotoNews =
  | PhotoAsked
  | Photos
  | PhotoMarks
  | PhotoPointed
  | Upload
  | ArrayBuffer

export interface Call {
  readonly token: string // the link's signed invitation, also when the tab has forgotten it
  readonly place: ReadonlySignal<Place>
  readonly link: ReadonlySignal<Link>
  readonly transport: ReadonlySignal<Transport>
  readonly ended: ReadonlySignal<Ended | undefined>

  readonly me: ReadonlySignal<{ id: string; name: string; role: Role } | undefined>
  readonly kind: ReadonlySignal<Kind>
  readonly meeting: ReadonlySignal<Meeting | undefined> // as far as the link tells it
  readonly people: ReadonlySignal<PersonView[]> // in the room, me included, by time of entry
  readonly waiting: ReadonlySignal<PersonView[]> // for those who may admit
  readonly locked: ReadonlySignal<boolean>
  readonly note: ReadonlySignal<string> // the staff's sentence in the waiting room
  readonly delay: ReadonlySignal<number> // minutes that those who wait are told of
  // in the waiting room: who is there to admit, '' if nobody yet
  readonly expectedBy: ReadonlySignal<string>
  readonly chat: ReadonlySignal<ChatLine[]>
  readonly drafts: ReadonlySignal<Readonly<Record<string, string>>> // of the others, being written
  readonly spotlight: ReadonlySignal<string> // id of whom a host shows to everybody, or ''
  readonly sameLink: ReadonlySignal<SameLink | undefined>
  readonly invitation: ReadonlySignal<Invitation | undefined> // the link asked for last
  // lines that the server refused: whoever shows them in the field empties it
  readonly unsent: Signal<string>
  readonly speakers: ReadonlySignal<string[]> // ids, the loudest first
  // how fast other pages of this browser may send, by the last answer to `transfer`
  readonly transferRate: ReadonlySignal<TransferRate | undefined>
  // what has come of photos: whoever takes it empties it
  readonly photoNews: Signal<readonly PhotoNews[]>
  readonly unattended: ReadonlySignal<Unattended | undefined>

  readonly microphone: ReadonlySignal<DeviceState>
  readonly camera: ReadonlySignal<DeviceState>
  readonly speaker: ReadonlySignal<{
    choices: { id: string; label: string }[]
    deviceId?: string
    selectable: boolean
  }>
  readonly screen: ReadonlySignal<ScreenState>
  readonly audioLevel: ReadonlySignal<number> // own microphone, 0 … 1
  readonly mode: ReadonlySignal<CallMode>
  readonly modeBy: ReadonlySignal<string> // the host who has set the mode, '' for one's own choice
  readonly receiving: ReadonlySignal<boolean> // pictures of the others are asked for
  readonly usedBytes: ReadonlySignal<number> // sent and received in this call
  readonly delivery: ReadonlySignal<Delivery> // of one's own camera
  // by participant, oneself included
  readonly qualityLevels: ReadonlySignal<Readonly<Record<string, QualityLevel>>>
  readonly selfStream: ReadonlySignal<MediaStream | undefined> // own camera, for the self-view

  /** The browser blocked sound until somebody touches the page. */
  readonly soundBlocked: ReadonlySignal<boolean>
  /** Loudness by participant, 0 … 1; without an entry 1. Undefined: this browser sets none. */
  readonly volumes: ReadonlySignal<Readonly<Record<string, number>> | undefined>

  onNotice(listener: (notice: Notice) => void): () => void

  // Lobby
  openDevices(want: { microphone: boolean; camera: boolean }): Promise<void> // asks for permission
  playTone(): Promise<void> // three notes on the chosen loudspeaker
  chime(): Promise<void> // two notes: somebody has come, or something was written
  enter(name: string): void
  /** Kept for the tab until one is done: a reload goes on there. */
  readonly progress: Progress
  remember(more: Progress): void
  /**
   * Tests devices, server and network, in some six seconds; `told` hears what is known so far.
   * Fails when the program of the test does not come.
   */
  examine(told: (findings: Findings) => void, signal: AbortSignal): Promise<Findings>

  // Devices
  setMicrophone(on: boolean): Promise<void>
  setCamera(on: boolean): Promise<void>
  chooseMicrophone(id: string): Promise<void>
  chooseCamera(id: string): Promise<void>
  chooseSpeaker(id: string): Promise<void>
  flipCamera(): Promise<void>
  setScreen(on: boolean): Promise<void>
  setMode(mode: CallMode): Promise<void> // one's own, in any place
  setModeOf(participant: string, mode: CallMode): void // by a host
  setReceiving(on: boolean): void
  unblockSound(): Promise<void>

  // Pictures: the size on the page is observed by the engine and told to the server. The engine
  // owns the element's srcObject and its inline `visibility`: hidden whenever the frame in it is
  // not the watched one's. Watching the same element again (another priority) replaces the watch
  // before without a gap.
  watch(
    element: HTMLVideoElement,
    participant: string,
    source: PictureSource,
    priority: 0 | 1 | 2 | 3 | 4,
  ): Watch

  // Room
  act(message: ClientMessage): void // kept while the link is lost
  /** Sends a part of a photo, if one is given; returns how many bytes wait to leave. */
  part(data?: ArrayBuffer): number
  say(text: string): void
  /** What stands in the field, for those who read along; ends with `say`. */
  type(draft: string): void
  /** Asks for a link; `invitation` has it when it has come. */
  invite(role: 'guest' | 'clinician', name: string): void
  showToAll(participant: string): void // '': nobody, whoever speaks again
  handOver(participant: string): void // makes a clinician the host
  setVolume(participant: string, volume: number): void
  raiseHand(up: boolean): void
  lowerHand(participant: string): void
  admit(participant: string, beside?: string[]): void // ids of guests with whom they may meet
  refuse(participant: string): void
  mute(participant: string, source: 'microphone' | 'camera' | 'screen'): void
  remove(participant: string): void
  block(participant: string): void // their link opens the room no more
  lock(locked: boolean): void
  setNote(text: string): void
  end(): void
  leave(): void
  /** From the goodbye page: a new attempt with the same link. */
  comeBack(): void
}
