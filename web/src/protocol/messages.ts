// Generated from signaling/protocol by "go generate ./signaling/...". Do not edit.
/** Subprotocol is the websocket subprotocol both sides must name. */
export const subprotocol = 'draille.v1'
/** one message, uncompressed */
export const maxMessageBytes = 65536
/** messages a second from one connection, on average */
export const maxMessageRate = 50
/** display name */
export const maxNameCharacters = 60
/** one line of chat */
export const maxChatCharacters = 2000
/** the staff's sentence in the waiting room */
export const maxNoteCharacters = 280
/** an invitation's token */
export const maxTokenBytes = 4096
/** participant, connection, device, resume token */
export const maxIDBytes = 64
/** one ICE candidate */
export const maxCandidateBytes = 1024
/** media identification of an SDP section */
export const maxMIDBytes = 32
/** pictures in one View */
export const maxWants = 100
/** device pixels */
export const maxPictureSide = 8192
/** of a Want */
export const maxPriority = 3
/** bit/s */
export const maxLoadedBitrate = 1000000000
export const maxSafeInteger = 9007199254740991
/** a lost participant's place is held for so long */
export const holdSeconds = 60
/** in the room */
export const maxRoomParticipants = 50
/** in the lobby and the waiting room together */
export const maxWaiting = 50
/** lines kept and sent with Admitted */
export const maxChatHistory = 200

/** Role is what a token lets its bearer do in a room. */
export type Role =
  | 'host' // admits, mutes, removes, locks, ends
  | 'clinician' // enters without waiting, may admit
  | 'guest' // waits until admitted

/** Kind is the kind of a room; it decides the page's layout and nothing else. */
export type Kind =
  | 'consultation'
  | 'telestaff'

/** Place is where a participant stands in the house. */
export type Place =
  | 'lobby' // page open, transport being set up, invisible to the others
  | 'waiting' // has asked to come in; seen by those who may admit
  | 'room' // in the call

/** Source is one of the three things that a participant can publish. */
export type Source =
  | 'microphone'
  | 'camera'
  | 'screen'

/** CallMode is how much of his link a participant's call may use. The voice is in all of them. */
export type CallMode =
  | 'automatic' // pictures as good as the link takes
  | 'saver' // small pictures both ways: what they cost is somebody's money
  | 'voice' // no picture either way

/**
 * Join is the first message on every websocket. It authenticates, and either opens a new place (in the lobby) or, with
 * Resume, takes back one held less than 60 s ago.
 */
export interface Join {
  type: 'join'
  /** the invitation's signed token */
  token: string
  /** random id kept by the browser: the same link twice on one device is two tabs */
  device: string
  /** room that the page's address names, if any: must be the token's */
  room?: string
  /** resume token of the last Welcome */
  resume?: string
  /** by which the page was known before: a restarted server has no other way to know */
  name?: string
  /** "fr" or "en": language of the server's sentences */
  lang?: string
}

/** Enter asks to leave the lobby: a guest goes to the waiting room, others straight into the room. */
export interface Enter {
  type: 'enter'
  /** display name, 1 to 60 characters */
  name: string
}

/**
 * Offer carries an SDP offer. The browser always offers. Connection names the RTCPeerConnection: a new value replaces
 * the participant's transport (page reload), the same value renegotiates it (ICE restart, more slots).
 */
export interface Offer {
  type: 'offer'
  connection: string
  sdp: string
}

/** Candidate carries one trickled ICE candidate of the browser. */
export interface Candidate {
  type: 'candidate'
  connection: string
  /** RFC 8839 "candidate:…"; empty: end of candidates */
  candidate: string
  mid?: string
}

/** Media tells which of the sender's own sources are live. A source that is not live sends nothing. */
export interface Media {
  type: 'media'
  microphone: boolean
  camera: boolean
  screen: boolean
}

/** Loaded tells what the link carried while the page was loading, where that was little: a call that begins with more would fill it. */
export interface Loaded {
  type: 'loaded'
  /** bit/s */
  bitrate: number
}

/** View tells what the page shows, at which size: the server forwards that and nothing else. It replaces the view before. */
export interface View {
  type: 'view'
  wants: Want[]
}

/** Want is one picture on the page. */
export interface Want {
  participant: string
  /** camera or screen */
  source: Source
  /** device pixels */
  width: number
  height: number
  /** higher is served first: 0 thumbnail, 1 grid, 2 looked at, 3 document */
  priority: number
}

/**
 * Mode chooses how much of the link a call may use: one's own in any place; a host chooses for somebody in the room by
 * naming him. Whoever it is about may choose again at any time.
 */
export interface Mode {
  type: 'mode'
  participant?: string
  mode: CallMode
}

/** Say sends a line to everybody in the room. */
export interface Say {
  type: 'say'
  /** 1 to 2,000 characters */
  text: string
}

/** Hand raises or lowers the sender's hand; a host may lower another's by naming him. */
export interface Hand {
  type: 'hand'
  raised: boolean
  participant?: string
}

/** Mute silences one source of a participant (host only). He may switch it on again himself. */
export interface Mute {
  type: 'mute'
  participant: string
  source: Source
}

/** Admit lets a waiting participant in (host or clinician). */
export interface Admit {
  type: 'admit'
  participant: string
}

/** Refuse turns a waiting participant away (host or clinician). */
export interface Refuse {
  type: 'refuse'
  participant: string
}

/** Note is a sentence from the staff, shown in the waiting room (host or clinician). */
export interface Note {
  type: 'note'
  /** up to 280 characters; empty: none */
  text: string
}

/** Remove puts a participant out (host only). With the same link he can only come back through the waiting room. */
export interface Remove {
  type: 'remove'
  participant: string
}

/** Lock closes the room to newcomers, or opens it again (host only). */
export interface Lock {
  type: 'lock'
  locked: boolean
}

/** End ends the call for everybody (host only). */
export interface End {
  type: 'end'
}

/** Leave says that the sender goes away on purpose: his place is not held. */
export interface Leave {
  type: 'leave'
}

/** Ping asks for a Pong with the same number: liveness and round trip of the websocket. */
export interface Ping {
  type: 'ping'
  n: number
}

/** Welcome answers Join. */
export interface Welcome {
  type: 'welcome'
  participant: string
  /** opaque; good for 60 s after the websocket is lost */
  resume: string
  /** the place of before was taken back */
  resumed: boolean
  place: Place
  role: Role
  /** from the invitation, or the one of before */
  name: string
  room: RoomInfo
  iceServers: ICEServer[]
  /** version of the server */
  server: string
  /** build of the page that it serves now: an older one reloads itself */
  page?: string
}

/** RoomInfo is what somebody in the lobby may know of a room: no health data, nobody's name but his own. */
export interface RoomInfo {
  id: string
  kind: Kind
}

/** ICEServer mirrors RTCIceServer. */
export interface ICEServer {
  urls: string[]
  username?: string
  credential?: string
}

/** Waiting tells a guest that he has arrived and is expected to wait. */
export interface Waiting {
  type: 'waiting'
  /** name of the host or clinician present, if any */
  host?: string
  /** sentence from the staff */
  note?: string
}

/** Admitted tells that the sender's gate is open: he is in the room. */
export interface Admitted {
  type: 'admitted'
  /** what was said since the room began */
  chat: ChatLine[]
}

/** Answer answers an Offer. */
export interface Answer {
  type: 'answer'
  connection: string
  sdp: string
}

/** Slots tells which source each video slot carries. It replaces the one before; slots that carry nothing are left out. */
export interface Slots {
  type: 'slots'
  slots: Slot[]
}

/**
 * Slot is one receive-only video section of the browser's offer, and what it carries now. Number is the CSRC of every
 * packet of that source: RTCRtpReceiver.getContributingSources() tells whose frames are really being decoded.
 */
export interface Slot {
  mid: string
  participant: string
  source: Source
  number: number
  /** nothing is being sent for now */
  paused: boolean
  /** a still picture every few seconds: the link that reason tells carries no more */
  still?: boolean
  /** why paused, or why less than asked for */
  reason?: Reason
}

/** Reason says why a picture is missing or smaller than asked for. */
export type Reason =
  | ''
  | 'downlink' // the watcher's own link does not carry it
  | 'uplink' // the publisher's link does not carry it
  | 'publisher' // the publisher does not send it (yet)
  | 'slots' // more pictures asked for than there are slots

/** Encode tells a publisher what anybody watches of one of his sources. */
export interface Encode {
  type: 'encode'
  source: Source
  encodings: Encoding[]
}

/** Encoding is the demand for one encoding, applied with RTCRtpSender.setParameters. */
export interface Encoding {
  /** empty: the only one */
  rid: string
  active: boolean
  /** bit/s; 0: no cap */
  maxBitrate?: number
  /** frames/s; 0: no cap */
  maxFramerate?: number
  /** scaleResolutionDownBy; 0: as it is */
  scale?: number
  /** pictures: "AV1" if the page has it and the strength; empty: its first */
  codec?: string
  /** microphone: ms of sound in a packet (20, 40 or 60); 0: as it is */
  ptime?: number
  /** microphone: each packet repeats the sound of the one before (RFC 2198) */
  redundant?: boolean
  /** "downlink" (the watchers' links) or "uplink" (his own): why it is less than asked for */
  reason?: Reason
}

/** Speakers lists who is speaking, the loudest first. It travels on the unreliable data channel when that is open. */
export interface Speakers {
  type: 'speakers'
  participants: string[]
}

/**
 * Patchy lists those in the room whose voices lose packets on their way to the server. What is repaired of them comes late, so they are
 * worth waiting for. It is complete; until it comes there are none.
 */
export interface Patchy {
  type: 'patchy'
  participants: string[]
}

/** Roster tells who is in the room. With Full it replaces everything known; else it changes or removes those it names. */
export interface Roster {
  type: 'roster'
  full: boolean
  /** in the room, changed or new */
  present: Person[]
  /** in the waiting room, for those who may admit; always complete */
  waiting: Person[]
  /** ids that have left the room */
  gone: string[]
  locked: boolean
  /** the staff's sentence in the waiting room */
  note?: string
}

/** Person is one entry of the roster. */
export interface Person {
  id: string
  name: string
  role: Role
  /** false: websocket lost, place held for up to 60 s */
  connected: boolean
  /** which sources are live */
  media: Live
  /** how much of his link his call may use */
  mode: CallMode
  /** name of the host who has set the mode; empty: his own choice */
  modeBy?: string
  /** CSRC of each source, as in Slot.Number */
  numbers: Record<Source, number>
  /** when, Unix milliseconds; 0: not raised */
  handRaised?: number
  /** was put out before and asks to come back */
  removedOnce?: boolean
  /** entered the room or the waiting room, Unix milliseconds */
  since: number
}

/** Live tells which sources of a participant are live. */
export interface Live {
  microphone: boolean
  camera: boolean
  screen: boolean
}

/** Chat is a line said by somebody in the room. */
export interface Chat {
  type: 'chat'
  line: ChatLine
}

/** ChatLine is one line of the conversation; it lives in memory and dies with the room. */
export interface ChatLine {
  /** 1, 2, 3 … in the room */
  n: number
  participant: string
  name: string
  text: string
  /** Unix milliseconds */
  at: number
}

/** Muted tells a participant that the host has switched off one of his sources. */
export interface Muted {
  type: 'muted'
  source: Source
  /** name of the host */
  by: string
}

/** Pong answers Ping. */
export interface Pong {
  type: 'pong'
  n: number
}

/** Error answers a message that could not be carried out; the connection stays. */
export interface Error {
  type: 'error'
  code: ErrorCode
  /** for the developer's console, in English: what was expected, what came, what to do */
  message: string
  /** type of the message that failed */
  of?: string
}

/** ErrorCode names an error; the page has a sentence for each. */
export type ErrorCode =
  | 'malformed' // not JSON, unknown type or field out of range
  | 'too-large' // more than 64 KiB
  | 'too-fast' // more than 50 messages/s
  | 'forbidden' // the role does not allow it
  | 'out-of-place' // not now: not joined yet, not in the room …
  | 'not-found' // no such participant
  | 'full' // nobody more can be admitted: the room holds 50
  | 'sdp' // an offer that this server cannot answer
  | 'server' // our fault; logged

/** Bye is the last message before the server closes the websocket. The page does not reconnect by itself unless Retry. */
export interface Bye {
  type: 'bye'
  reason: ByeReason
  /** one English sentence for the log */
  message: string
  retry: boolean
}

/** ByeReason says how it ended; the page has a sentence for each. */
export type ByeReason =
  | 'left'
  | 'ended' // the host ended the call
  | 'removed' // the host put him out
  | 'refused' // not admitted
  | 'replaced' // the same link was opened in another tab
  | 'expired' // the invitation is no longer valid
  | 'not-yet' // the invitation is not valid yet
  | 'invalid' // forged, damaged or for another server
  | 'full' // 50 participants
  | 'locked' // the room is locked
  | 'protocol' // repeated bad messages
  | 'slow' // the client did not read for too long
  | 'shutdown' // the server stops; it may come back (Retry)

/** A message from the browser to the server. */
export type ClientMessage =
  | Join
  | Enter
  | Offer
  | Candidate
  | Media
  | Loaded
  | View
  | Mode
  | Say
  | Hand
  | Mute
  | Admit
  | Refuse
  | Note
  | Remove
  | Lock
  | End
  | Leave
  | Ping

/** A message from the server to the browser. */
export type ServerMessage =
  | Welcome
  | Waiting
  | Admitted
  | Answer
  | Slots
  | Encode
  | Speakers
  | Patchy
  | Roster
  | Chat
  | Muted
  | Pong
  | Error
  | Bye
