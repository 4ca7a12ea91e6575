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
/** pictures in one Subscribe */
export const maxSubscriptions = 100
/** device pixels */
export const maxPictureSide = 8192
/** of a Subscription */
export const maxPriority = 4
/** pixels */
export const maxCaptureLines = 16384
/** bit/s */
export const maxEstimateBitrate = 1000000000
export const maxSafeInteger = 9007199254740991
/** a lost participant's place is held for so long */
export const holdSeconds = 60
/** in the room */
export const maxRoomParticipants = 50
/** in the lobby and the waiting room together */
export const maxWaiting = 50
/** lines kept, for who comes later */
export const maxChatHistory = 200
/** text of the lines kept */
export const maxChatBytes = 65536
/** of an invitation */
export const maxSeats = 50
/** two bytes of a part */
export const maxPhotoNumber = 65535
/** in a room */
export const maxPhotos = 10
/** of one photo, all its pieces together */
export const maxPhotoBytes = 8388608
/** of its first piece */
export const maxPhotoPreviewBytes = 15360
/** of all photos in a room */
export const maxPhotoRoomBytes = 25165824
/** a preview, the whole at a middle size, and tiles */
export const maxPhotoPieces = 514
/** pixels of the sides of a tile */
export const photoTile = 384
/** on one photo */
export const maxPhotoMarks = 40
/** of one mark: 16 KiB of marks a photo at most */
export const maxMarkPoints = 64
/** that a scale stands for, in hundredths of a millimetre: 10 m */
export const maxMarkLength = 1000000
/** told by one Transfer: ten seconds of the highest rate */
export const maxTransferBytes = 4194304

/** Role is what a token lets its bearer do in a room. */
export type Role =
  | 'host' // admits, mutes, removes, locks, ends
  | 'clinician' // enters without waiting, may admit
  | 'guest' // waits until admitted

/** Kind is the kind of a room. It decides the page's layout and nothing else. */
export type Kind =
  | 'consultation'
  | 'telestaff'

/** Place is how far a participant has come into a room. */
export type Place =
  | 'lobby' // page open, transport being set up, invisible to the others
  | 'waiting' // has asked to enter; seen by those who may admit
  | 'room' // in the call

/** Source is one of the three things that a participant can publish. */
export type Source =
  | 'microphone'
  | 'camera'
  | 'screen'

/** CallMode is how much of their link a participant's call may use. The voice is part of each mode. */
export type CallMode =
  | 'automatic' // pictures as good as the link takes
  | 'saver' // small pictures both ways, for a metered link
  | 'voice' // no picture either way

/**
 * Join is the first message on every websocket. It authenticates, and either opens a new seat (in
 * the lobby) or, with Resume, takes over the seat that is held for its bearer.
 */
export interface Join {
  type: 'join'
  /** the invitation's signed token */
  token: string
  /** Random id that the browser keeps. The same invitation twice on one device is two tabs. */
  device: string
  /** Room that the page's address names, if any. It must be the token's. */
  room?: string
  /** resume token of the last Welcome */
  resume?: string
  /** Display name of the seat before, if there was one. A restarted server knows no names. */
  name?: string
  /** "fr" or "en": language of the server's sentences */
  lang?: string
  /** The person has confirmed that this device goes on in the place of the other one that uses the invitation. */
  takeOver?: boolean
}

/** Enter leaves the lobby: a guest goes to the waiting room, everybody else into the room. */
export interface Enter {
  type: 'enter'
  /** display name, 1 to 60 characters */
  name: string
}

/**
 * Offer carries an SDP offer. The browser always offers. Connection names the RTCPeerConnection: a
 * new value replaces the participant's transport (page reload), the same value renegotiates it (ICE
 * restart, more slots).
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

/** Media says which of the sender's own sources are live. A source that is not live sends nothing. */
export interface Media {
  type: 'media'
  microphone: boolean
  camera: boolean
  screen: boolean
}

/**
 * Capture says how many lines the sender's camera gives, the pixels of its shorter side. Encodings
 * are told relative to pictures of at most 540 lines: of a camera of twice as many or more the page
 * sends half of the size where scaleResolutionDownBy is 1.
 */
export interface Capture {
  type: 'capture'
  lines: number
}

/**
 * Estimate carries the client's initial estimate of its downlink, measured while the page loaded.
 * The page sends it when the estimate is low, so that the first pictures do not fill the link.
 */
export interface Estimate {
  type: 'estimate'
  /** bit/s */
  bitrate: number
}

/**
 * Subscribe lists the pictures that the page shows, with their sizes. The server forwards these and
 * no others. Each list replaces the one before.
 */
export interface Subscribe {
  type: 'subscribe'
  subscriptions: Subscription[]
}

/** Subscription is one picture on the page. */
export interface Subscription {
  participant: string
  /** camera or screen */
  source: Source
  /** device pixels */
  width: number
  height: number
  /** Higher is served first: 0 thumbnail, 1 grid, 2 speaker or pinned, 3 document, 4 interpreter whose signs are a person's voice. */
  priority: number
}

/**
 * Mode sets how much of the link a participant's call may use. Everybody sets their own in any
 * place; a host sets that of another participant in the room. That participant may set it again at
 * any time.
 */
export interface Mode {
  type: 'mode'
  participant?: string
  mode: CallMode
}

/** Say sends a line of chat to everybody in the room. */
export interface Say {
  type: 'say'
  /** 1 to 2,000 characters */
  text: string
}

/** Hand raises or lowers the sender's hand. A host may lower the hand of another participant. */
export interface Hand {
  type: 'hand'
  raised: boolean
  participant?: string
}

/** Mute switches off one source of a participant (host only). Its owner may switch it on again. */
export interface Mute {
  type: 'mute'
  participant: string
  source: Source
}

/**
 * Admit lets a waiting participant in (host or clinician). In a consultation a guest is let in
 * beside guests with other invitations only if each of them is named: the page has asked the
 * person, and two patients do not meet because the one before is still there.
 */
export interface Admit {
  type: 'admit'
  participant: string
  /** ids of guests in the room, at most 50 */
  beside?: string[]
}

/** Refuse turns a waiting participant away (host or clinician). */
export interface Refuse {
  type: 'refuse'
  participant: string
}

/** Note sets the sentence from the staff that the waiting room shows (host or clinician). */
export interface Note {
  type: 'note'
  /** up to 280 characters; empty: none */
  text: string
}

/**
 * Remove takes a participant out of the room (host only). Their invitation leads to the waiting
 * room from then on.
 */
export interface Remove {
  type: 'remove'
  participant: string
}

/**
 * Block withdraws the invitation of a participant, wherever they are (host only): all who use it
 * are put out, and it opens this room no more.
 */
export interface Block {
  type: 'block'
  participant: string
}

/** Lock closes the room to new participants, or opens it again (host only). */
export interface Lock {
  type: 'lock'
  locked: boolean
}

/** End ends the call for everybody (host only). */
export interface End {
  type: 'end'
}

/**
 * Typing is real-time text in the manner of ITU-T T.140: how the draft of the sender's next line of
 * chat has changed. Of the draft before, the first Keep characters stay, and Text follows them. A
 * page sends it at most every 300 ms while somebody types and wants to be read at once; the line
 * itself still comes by Say, which ends the draft.
 */
export interface Typing {
  type: 'typing'
  /** Unicode code points */
  keep: number
  /** up to 2,000 characters */
  text: string
}

/**
 * Spotlight shows one participant large to everybody who has not chosen a picture themselves (host
 * only).
 */
export interface Spotlight {
  type: 'spotlight'
  /** empty: nobody, the speaker again */
  participant: string
}

/** Handover makes a clinician in the room the host, and its sender a clinician (host only). */
export interface Handover {
  type: 'handover'
  participant: string
}

/**
 * Invite asks for a link to this room, for somebody who is to join the call that goes on. A host or
 * a clinician invites guests, a host clinicians, too.
 */
export interface Invite {
  type: 'invite'
  /** guest or clinician */
  role: Role
  /** proposed to the person; may be empty */
  name: string
}

/**
 * PhotoAsk asks somebody in the room for a photo at the full resolution of their camera (host or
 * clinician).
 */
export interface PhotoAsk {
  type: 'photoask'
  participant: string
}

/**
 * Photo announces a photo, by its pieces: a preview, the whole at a middle size, then tiles of the
 * whole, 384 by 384 pixels or what is left at the edges, row by row. A guest sends one that they
 * were asked for, a host or a clinician any. Its bytes follow in binary frames, as Upload says.
 */
export interface Photo {
  type: 'photo'
  /** pixels */
  width: number
  /** pixels */
  height: number
  /** bytes of each */
  pieces: number[]
}

/**
 * PhotoShow shows a photo to everybody who is in the room now, or to the staff and its sender alone
 * again (host or clinician). Whoever comes later does not see it.
 */
export interface PhotoShow {
  type: 'photoshow'
  photo: number
  shown: boolean
}

/** PhotoDrop takes a photo back (whoever sent it, host or clinician): the server forgets it. */
export interface PhotoDrop {
  type: 'photodrop'
  photo: number
}

/**
 * PhotoLook asks for the bytes of a photo. Pieces are what is looked at, the most important first;
 * the others follow. With Have, the bytes of each piece that the page has, they begin there:
 * nothing is sent on a websocket before it was told once.
 */
export interface PhotoLook {
  type: 'photolook'
  photo: number
  pieces: number[]
  have?: number[]
}

/**
 * PhotoMark draws on a photo, for all who see it: a stroke, or a ruler between two points. A scale
 * is a ruler of which somebody knows how long it is; there is one on a photo, the latest.
 */
export interface PhotoMark {
  type: 'photomark'
  photo: number
  kind: MarkKind
  /** Points are x and y of each in turn, in pixels of the photo. */
  points: number[]
  /** of a scale, in hundredths of a millimetre */
  length?: number
}

/**
 * PhotoUnmark takes back the last mark that the sender has drawn on a photo, or with All all that
 * there are (whoever sent the photo, host or clinician).
 */
export interface PhotoUnmark {
  type: 'photounmark'
  photo: number
  all: boolean
}

/** PhotoPoint shows where the sender points on a photo, to whoever sees it now. It is not kept. */
export interface PhotoPoint {
  type: 'photopoint'
  photo: number
  /** pixels of the photo */
  x: number
  y: number
  /** no longer */
  away?: boolean
}

/**
 * Transfer speaks for other pages of the sender's browser, which send over HTTPS on the same link:
 * whether they have anything to send, and what has left since the message before. It comes once a
 * second while they do; the wish ends by itself a few seconds after the last one.
 */
export interface Transfer {
  type: 'transfer'
  /** there is more to send */
  wanted: boolean
  /** bytes, all headers included */
  sent: number
}

/** Leave says that the sender leaves on purpose: their seat is not held. */
export interface Leave {
  type: 'leave'
}

/** Ping asks for a Pong with the same number. It measures liveness and round trip of the websocket. */
export interface Ping {
  type: 'ping'
  n: number
}

/** Welcome answers Join. */
export interface Welcome {
  type: 'welcome'
  participant: string
  /** opaque; valid for 60 s after the websocket is lost */
  resume: string
  /** the seat and its media are those of before */
  resumed: boolean
  /** The chat and the note are those of before, on a server to which the room was handed over. */
  kept?: boolean
  place: Place
  role: Role
  /** the invitation's, or that of the seat before */
  name: string
  room: RoomInfo
  iceServers: ICEServer[]
  /** version of the server */
  server: string
  /** by the server's clock, Unix milliseconds */
  now: number
  /** Build of the page that the server serves now. An older page reloads itself. */
  page?: string
}

/**
 * ICEServers replaces the Welcome's, in a call that goes on, before their credentials expire. An
 * ICE restart uses the newest.
 */
export interface ICEServers {
  type: 'iceservers'
  iceServers: ICEServer[]
}

/**
 * RoomInfo is what a participant in the lobby may know of a room: no health data and no name of
 * another participant.
 */
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

/** Waiting tells a participant that they are in the waiting room. */
export interface Waiting {
  type: 'waiting'
  /** name of the host or clinician in the room, if any */
  host?: string
  /** sentence from the staff */
  note?: string
  /** Minutes that it takes longer, as announced for the appointment; 0: none is announced. */
  delay?: number
}

/**
 * Admitted tells a participant that they are in the room: the server forwards media from and to
 * them.
 */
export interface Admitted {
  type: 'admitted'
}

/**
 * History carries lines of chat from before, in their order. After Admitted the server sends what
 * there is in several of these, behind everything that the call needs. A line may come again.
 */
export interface History {
  type: 'history'
  lines: ChatLine[]
}

/** Answer answers an Offer. */
export interface Answer {
  type: 'answer'
  connection: string
  sdp: string
}

/**
 * Slots says which source each video slot carries. It replaces the message before; slots that carry
 * nothing are left out.
 */
export interface Slots {
  type: 'slots'
  slots: Slot[]
}

/** Slot is one receive-only video section of the browser's offer, and what it carries now. */
export interface Slot {
  mid: string
  participant: string
  source: Source
  /** CSRC of every packet of that source: RTCRtpReceiver.getContributingSources() shows whose frames are decoded. */
  csrc: number
  /** nothing is sent for now */
  paused: boolean
  /** One picture every few seconds, because the link that Reason names carries no more. */
  still?: boolean
  /** why paused, or why less than asked for */
  reason?: Reason
}

/** Reason says why a picture is missing or smaller than asked for. */
export type Reason =
  | ''
  | 'downlink' // the subscriber's own link does not carry it
  | 'uplink' // the publisher's link does not carry it
  | 'unproven' // a link has not been tried with more yet
  | 'publisher' // the publisher does not send it (yet)
  | 'slots' // more pictures asked for than there are slots
  | 'codec' // the subscriber's browser does not decode what is sent

/** Encode tells a publisher how to encode one of their sources, according to who subscribes to it. */
export interface Encode {
  type: 'encode'
  source: Source
  encodings: Encoding[]
}

/**
 * Encoding is the demand for one encoding, as RTCRtpEncodingParameters where that has the field.
 * The page applies it with RTCRtpSender.setParameters.
 */
export interface Encoding {
  /** empty: the only one */
  rid: string
  active: boolean
  /** bit/s; 0: no cap */
  maxBitrate?: number
  /** frames/s; 0: no cap */
  maxFramerate?: number
  /** 0: the encoding's own size; 0.5: twice that, of a camera that gives so much (see Capture). */
  scaleResolutionDownBy?: number
  /** Pictures: "AV1" if the page has it and the processor for it, another so that everybody who watches decodes it; empty: the first one negotiated. */
  codec?: string
  /** Microphone: ms of sound in a packet (20, 40 or 60); 0: as before. */
  ptime?: number
  /** Microphone: each packet repeats the sound of the one before (RFC 2198). */
  red?: boolean
  /** Why it is less than the page could send: "downlink" (the subscribers') or "uplink" (their own). */
  reason?: Reason
  /** Somebody who watches decodes nothing of what the page sends. */
  unseen?: boolean
}

/**
 * Speakers lists the active speakers, the loudest first. It travels on the unreliable data channel
 * when that is open.
 */
export interface Speakers {
  type: 'speakers'
  participants: string[]
}

/**
 * UplinkLoss lists the participants in the room whose audio loses packets on its way to the server.
 * Retransmissions of theirs arrive late, so a larger jitter buffer pays for them. Both lists are
 * complete; before the first ones they are empty.
 */
export interface UplinkLoss {
  type: 'uplinkloss'
  participants: string[]
  /** Those whose way to the server is long: should it fall, what is under way waits in its queue, and their voice with it. */
  far?: string[]
}

/**
 * Roster says who is in the room. With Full it replaces everything known; otherwise it changes or
 * removes the participants that it names.
 */
export interface Roster {
  type: 'roster'
  full: boolean
  /** in the room, changed or new */
  present: Person[]
  /** In the waiting room, for those who may admit; always complete. */
  waiting: Person[]
  /** ids of those who have left the room */
  left: string[]
  locked: boolean
  /** the staff's sentence in the waiting room */
  note?: string
  /** For those who may admit: minutes of delay that those who wait are told of. */
  delay?: number
  /** Id of whom a host shows large to everybody; empty: nobody. */
  spotlight?: string
}

/** Person is one entry of the roster. */
export interface Person {
  id: string
  name: string
  role: Role
  /** Name that the invitation proposed, where the participant has given another. */
  invitedAs?: string
  /** Of somebody who waits: ids of the others, in the room or waiting, who use the same invitation. */
  sameLink?: string[]
  /** false: websocket lost, seat held for up to 60 s */
  connected: boolean
  /** which sources are live */
  media: Live
  /** how much of their link their call may use */
  mode: CallMode
  /** Name of the host who set the mode; empty: their own choice. */
  modeBy?: string
  /** CSRC of each source, as in Slot.CSRC. */
  csrcs: Record<Source, number>
  /** When they raised their hand, Unix milliseconds; 0: not raised. */
  handRaised?: number
  /** They were removed before and ask to come back. */
  removedOnce?: boolean
  /** Of somebody who waits: how often their invitation was refused before. */
  refused?: number
  /** When they entered the room or the waiting room, Unix milliseconds. */
  since: number
}

/** Live says which sources of a participant are live. */
export interface Live {
  microphone: boolean
  camera: boolean
  screen: boolean
}

/** Chat is a line of chat from a participant in the room. */
export interface Chat {
  type: 'chat'
  line: ChatLine
}

/** ChatLine is one line of the chat. It is kept in memory only, until the room ends. */
export interface ChatLine {
  /** 1, 2, 3 … in the room */
  n: number
  participant: string
  name: string
  /** always given by this server */
  role?: Role
  /** Name that the invitation proposed, where the participant has given another. */
  invitedAs?: string
  text: string
  /** Unix milliseconds */
  at: number
}

/** Muted tells a participant that a host has switched off one of their sources. */
export interface Muted {
  type: 'muted'
  source: Source
  /** name of the host */
  by: string
}

/**
 * Typed is the Typing of another participant in the room. A line of chat from them ends their
 * draft.
 */
export interface Typed {
  type: 'typed'
  participant: string
  /** Unicode code points */
  keep: number
  text: string
}

/**
 * SameLink tells a participant that others in the room use the same invitation: two devices in one
 * room howl. Who came last comes with the microphone off (Muted), and may switch it on.
 */
export interface SameLink {
  type: 'samelink'
  participants: string[]
  muted: boolean
}

/** Invitation answers Invite. */
export interface Invitation {
  type: 'invitation'
  link: string
  /** QR code of the link, as a data: URL */
  picture: string
  /** Unix milliseconds */
  expires: number
}

/**
 * Unattended tells a participant that guests are in the room and nobody who may admit. It holds
 * until somebody who may admit is in the roster. With Stopped none of their sources is forwarded,
 * and the page stops capturing; their owner switches them on again when somebody is back.
 */
export interface Unattended {
  type: 'unattended'
  stopped: boolean
  /** until the media stop, ms */
  mediaLeft: number
  /** until the call ends for them, ms */
  callLeft: number
}

/** PhotoAsked says that somebody asks for a photo. */
export interface PhotoAsked {
  type: 'photoasked'
  /** name */
  by: string
}

/** PhotoInfo is a photo in the room. */
export interface PhotoInfo {
  /** in the room */
  number: number
  participant: string
  /** of whoever sent it */
  name: string
  width: number
  height: number
  /** bytes of each, as announced */
  pieces: number[]
  /** to others than the staff and its sender */
  shown: boolean
}

/**
 * Photos lists all photos that its reader may see. It replaces the list before; before the first
 * one it is empty.
 */
export interface Photos {
  type: 'photos'
  photos: PhotoInfo[]
  /** Anew says that nothing was asked for on this websocket yet: what is to come is asked for again. */
  anew?: boolean
}

/** MarkKind is what a mark is. */
export type MarkKind =
  | 'stroke'
  | 'ruler'
  | 'scale' // a ruler whose length somebody knows

/** Mark is something drawn on a photo. */
export interface Mark {
  /** on the photo; it grows */
  n: number
  name: string
  kind: MarkKind
  points: number[]
  length?: number
}

/**
 * PhotoMarks says what is new on a photo: what was drawn, and what was taken back, by its number.
 * With Anew it replaces all that was there.
 */
export interface PhotoMarks {
  type: 'photomarks'
  photo: number
  add: Mark[]
  drop: number[]
  anew?: boolean
}

/**
 * TransferRate answers Transfer, and comes again when the rate has changed: at how many bit/s the
 * other pages may send beside the call. A photo of the call goes before them.
 */
export interface TransferRate {
  type: 'transferrate'
  /** bit/s, all headers included; 0: none for now */
  bitrate: number
}

/** PhotoPointed says where somebody points on a photo now. */
export interface PhotoPointed {
  type: 'photopointed'
  photo: number
  participant: string
  name: string
  x: number
  y: number
  away?: boolean
}

/**
 * Upload tells the sender of a photo what to send next, and how fast. It comes once for each photo
 * on a websocket with Have and Key, and again when the rate or the order changes.
 */
export interface Upload {
  type: 'upload'
  photo: number
  /** bit/s, all headers included; 0: none for now */
  bitrate: number
  /** Order is what goes before the other pieces, which follow in their order; the preview goes before all. */
  order: number[]
  /** bytes of each piece that the server has */
  have?: number[]
  /** 32 bytes, base64: seals what the browser keeps */
  key?: string
}

/** Pong answers Ping. */
export interface Pong {
  type: 'pong'
  n: number
}

/** Error answers a message that was not carried out. The websocket stays open. */
export interface Error {
  type: 'error'
  code: ErrorCode
  /** For the developer's console, in English: what was expected, what was got, what to do. */
  message: string
  /** type of the message that failed */
  of?: string
}

/** ErrorCode names an error. The page has a sentence for each. */
export type ErrorCode =
  | 'malformed' // not JSON, unknown type or field out of range
  | 'too-large' // more than 64 KiB
  | 'too-fast' // more than 50 messages/s
  | 'forbidden' // the role does not allow it
  | 'out-of-place' // not now: not joined yet, not in the room …
  | 'not-found' // no such participant
  | 'full' // the room holds no more participants
  | 'occupied' // another guest is there whom Admit does not name
  | 'sdp' // an offer that this server cannot answer
  | 'server' // our fault; logged

/**
 * Bye is the last message before the server closes the websocket. The page reconnects by itself
 * only with Retry.
 */
export interface Bye {
  type: 'bye'
  reason: ByeReason
  /** one English sentence for the log */
  message: string
  retry: boolean
}

/** ByeReason says why the websocket is closed. The page has a sentence for each. */
export type ByeReason =
  | 'left'
  | 'ended' // a host ended the call
  | 'removed' // a host removed the participant
  | 'refused' // not admitted
  | 'replaced' // the same link was opened in another tab
  | 'elsewhere'
  | 'blocked' // a host has withdrawn the invitation
  | 'revoked' // the operator has withdrawn the invitation
  | 'expired' // the invitation is no longer valid
  | 'not-yet' // the invitation is not valid yet
  | 'invalid' // forged, damaged or for another server
  | 'full' // 50 participants
  | 'locked' // the room is locked
  | 'protocol' // repeated bad messages
  | 'slow' // the client did not read for too long
  | 'busy' // too many joins from one address or invitation (Retry)
  | 'shutdown' // the server stops; it may come back (Retry)
  | 'moved' // another server serves the room, or nobody now (Retry)

/** A message from the browser to the server. */
export type ClientMessage =
  | Join
  | Enter
  | Offer
  | Candidate
  | Media
  | Capture
  | Estimate
  | Subscribe
  | Mode
  | Say
  | Hand
  | Mute
  | Admit
  | Refuse
  | Note
  | Remove
  | Block
  | Lock
  | End
  | Typing
  | Spotlight
  | Handover
  | Invite
  | PhotoAsk
  | Photo
  | PhotoShow
  | PhotoDrop
  | PhotoLook
  | PhotoMark
  | PhotoUnmark
  | PhotoPoint
  | Transfer
  | Leave
  | Ping

/** A message from the server to the browser. */
export type ServerMessage =
  | Welcome
  | ICEServers
  | Waiting
  | Admitted
  | History
  | Answer
  | Slots
  | Encode
  | Speakers
  | UplinkLoss
  | Roster
  | Chat
  | Muted
  | Typed
  | SameLink
  | Invitation
  | Unattended
  | PhotoAsked
  | Photos
  | PhotoMarks
  | PhotoPointed
  | Upload
  | TransferRate
  | Pong
  | Error
  | Bye
