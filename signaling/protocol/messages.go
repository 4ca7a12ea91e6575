// Package protocol holds the messages that a browser and the server exchange over one websocket
// (subprotocol "draille.v1", one JSON object a text frame, told apart by its "type"). The Go types here are the single
// source: the TypeScript types of the client are generated from them, and PROTOCOL.md, one folder up, shows an example
// of each. The package holds types and their validation only; what the messages mean for a room is decided in
// signaling/rules.
package protocol

// Subprotocol is the websocket subprotocol both sides must name.
const Subprotocol = "draille.v1"

// Role is what a token lets its bearer do in a room.
type Role string

// Roles, from the most to the least powerful.
const (
	RoleHost      Role = "host"      // admits, mutes, removes, locks, ends
	RoleClinician Role = "clinician" // enters without waiting, may admit
	RoleGuest     Role = "guest"     // waits until admitted
)

// Kind is the kind of a room; it decides the page's layout and nothing else.
type Kind string

// Kinds of room.
const (
	KindConsultation Kind = "consultation"
	KindTelestaff    Kind = "telestaff"
)

// Place is where a participant stands in the house.
type Place string

// Places of a participant.
const (
	PlaceLobby   Place = "lobby"   // page open, transport being set up, invisible to the others
	PlaceWaiting Place = "waiting" // has asked to come in; seen by those who may admit
	PlaceRoom    Place = "room"    // in the call
)

// Source is one of the three things that a participant can publish.
type Source string

// Sources of a participant.
const (
	SourceMicrophone Source = "microphone"
	SourceCamera     Source = "camera"
	SourceScreen     Source = "screen"
)

// CallMode is how much of his link a participant's call may use. The voice is in all of them.
type CallMode string

// Modes of a participant's call.
const (
	ModeAutomatic CallMode = "automatic" // pictures as good as the link takes
	ModeSaver     CallMode = "saver"     // small pictures both ways: what they cost is somebody's money
	ModeVoice     CallMode = "voice"     // no picture either way
)

// Messages from the browser to the server.

// Join is the first message on every websocket. It authenticates, and either opens a new place (in the lobby) or, with
// Resume, takes back one held less than 60 s ago.
type Join struct {
	Type   string `json:"type"`             // "join"
	Token  string `json:"token"`            // the invitation's signed token
	Device string `json:"device"`           // random id kept by the browser: the same link twice on one device is two tabs
	Room   string `json:"room,omitempty"`   // room that the page's address names, if any: must be the token's
	Resume string `json:"resume,omitempty"` // resume token of the last Welcome
	Name   string `json:"name,omitempty"`   // by which the page was known before: a restarted server has no other way to know
	Lang   string `json:"lang,omitempty"`   // "fr" or "en": language of the server's sentences
}

// Enter asks to leave the lobby: a guest goes to the waiting room, others straight into the room.
type Enter struct {
	Type string `json:"type"` // "enter"
	Name string `json:"name"` // display name, 1 to 60 characters
}

// Offer carries an SDP offer. The browser always offers. Connection names the RTCPeerConnection: a new value replaces
// the participant's transport (page reload), the same value renegotiates it (ICE restart, more slots).
type Offer struct {
	Type       string `json:"type"` // "offer"
	Connection string `json:"connection"`
	SDP        string `json:"sdp"`
}

// Candidate carries one trickled ICE candidate of the browser.
type Candidate struct {
	Type       string `json:"type"` // "candidate"
	Connection string `json:"connection"`
	Candidate  string `json:"candidate"` // RFC 8839 "candidate:…"; empty: end of candidates
	MID        string `json:"mid,omitempty"`
}

// Media tells which of the sender's own sources are live. A source that is not live sends nothing.
type Media struct {
	Type       string `json:"type"` // "media"
	Microphone bool   `json:"microphone"`
	Camera     bool   `json:"camera"`
	Screen     bool   `json:"screen"`
}

// Loaded tells what the link carried while the page was loading, where that was little: a call that begins with more would fill it.
type Loaded struct {
	Type    string `json:"type"`    // "loaded"
	Bitrate int    `json:"bitrate"` // bit/s
}

// View tells what the page shows, at which size: the server forwards that and nothing else. It replaces the view before.
type View struct {
	Type  string `json:"type"` // "view"
	Wants []Want `json:"wants"`
}

// Want is one picture on the page.
type Want struct {
	Participant string `json:"participant"`
	Source      Source `json:"source"` // camera or screen
	Width       int    `json:"width"`  // device pixels
	Height      int    `json:"height"`
	Priority    int    `json:"priority"` // higher is served first: 0 thumbnail, 1 grid, 2 looked at, 3 document
}

// Mode chooses how much of the link a call may use: one's own in any place; a host chooses for somebody in the room by
// naming him. Whoever it is about may choose again at any time.
type Mode struct {
	Type        string   `json:"type"` // "mode"
	Participant string   `json:"participant,omitempty"`
	Mode        CallMode `json:"mode"`
}

// Say sends a line to everybody in the room.
type Say struct {
	Type string `json:"type"` // "say"
	Text string `json:"text"` // 1 to 2,000 characters
}

// Hand raises or lowers the sender's hand; a host may lower another's by naming him.
type Hand struct {
	Type        string `json:"type"` // "hand"
	Raised      bool   `json:"raised"`
	Participant string `json:"participant,omitempty"`
}

// Mute silences one source of a participant (host only). He may switch it on again himself.
type Mute struct {
	Type        string `json:"type"` // "mute"
	Participant string `json:"participant"`
	Source      Source `json:"source"`
}

// Admit lets a waiting participant in (host or clinician).
type Admit struct {
	Type        string `json:"type"` // "admit"
	Participant string `json:"participant"`
}

// Refuse turns a waiting participant away (host or clinician).
type Refuse struct {
	Type        string `json:"type"` // "refuse"
	Participant string `json:"participant"`
}

// Note is a sentence from the staff, shown in the waiting room (host or clinician).
type Note struct {
	Type string `json:"type"` // "note"
	Text string `json:"text"` // up to 280 characters; empty: none
}

// Remove puts a participant out (host only). With the same link he can only come back through the waiting room.
type Remove struct {
	Type        string `json:"type"` // "remove"
	Participant string `json:"participant"`
}

// Lock closes the room to newcomers, or opens it again (host only).
type Lock struct {
	Type   string `json:"type"` // "lock"
	Locked bool   `json:"locked"`
}

// End ends the call for everybody (host only).
type End struct {
	Type string `json:"type"` // "end"
}

// Leave says that the sender goes away on purpose: his place is not held.
type Leave struct {
	Type string `json:"type"` // "leave"
}

// Ping asks for a Pong with the same number: liveness and round trip of the websocket.
type Ping struct {
	Type string `json:"type"` // "ping"
	N    int    `json:"n"`
}

// Messages from the server to the browser.

// Welcome answers Join.
type Welcome struct {
	Type        string      `json:"type"` // "welcome"
	Participant string      `json:"participant"`
	Resume      string      `json:"resume"`  // opaque; good for 60 s after the websocket is lost
	Resumed     bool        `json:"resumed"` // the place of before was taken back
	Place       Place       `json:"place"`
	Role        Role        `json:"role"`
	Name        string      `json:"name"` // from the invitation, or the one of before
	Room        RoomInfo    `json:"room"`
	ICEServers  []ICEServer `json:"iceServers"`
	Server      string      `json:"server"`         // version of the server
	Page        string      `json:"page,omitempty"` // build of the page that it serves now: an older one reloads itself
}

// RoomInfo is what somebody in the lobby may know of a room: no health data, nobody's name but his own.
type RoomInfo struct {
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
}

// ICEServer mirrors RTCIceServer.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// Waiting tells a guest that he has arrived and is expected to wait.
type Waiting struct {
	Type string `json:"type"`           // "waiting"
	Host string `json:"host,omitempty"` // name of the host or clinician present, if any
	Note string `json:"note,omitempty"` // sentence from the staff
}

// Admitted tells that the sender's gate is open: he is in the room.
type Admitted struct {
	Type string     `json:"type"` // "admitted"
	Chat []ChatLine `json:"chat"` // what was said since the room began
}

// Answer answers an Offer.
type Answer struct {
	Type       string `json:"type"` // "answer"
	Connection string `json:"connection"`
	SDP        string `json:"sdp"`
}

// Slots tells which source each video slot carries. It replaces the one before; slots that carry nothing are left out.
type Slots struct {
	Type  string `json:"type"` // "slots"
	Slots []Slot `json:"slots"`
}

// Slot is one receive-only video section of the browser's offer, and what it carries now. Number is the CSRC of every
// packet of that source: RTCRtpReceiver.getContributingSources() tells whose frames are really being decoded.
type Slot struct {
	MID         string `json:"mid"`
	Participant string `json:"participant"`
	Source      Source `json:"source"`
	Number      uint32 `json:"number"`
	Paused      bool   `json:"paused"`           // nothing is being sent for now
	Still       bool   `json:"still,omitempty"`  // a still picture every few seconds: the link that reason tells carries no more
	Reason      Reason `json:"reason,omitempty"` // why paused, or why less than asked for
}

// Reason says why a picture is missing or smaller than asked for.
type Reason string

// Reasons for a missing or smaller picture.
const (
	ReasonNone      Reason = ""
	ReasonDownlink  Reason = "downlink"  // the watcher's own link does not carry it
	ReasonUplink    Reason = "uplink"    // the publisher's link does not carry it
	ReasonPublisher Reason = "publisher" // the publisher does not send it (yet)
	ReasonSlots     Reason = "slots"     // more pictures asked for than there are slots
)

// Encode tells a publisher what anybody watches of one of his sources.
type Encode struct {
	Type      string     `json:"type"` // "encode"
	Source    Source     `json:"source"`
	Encodings []Encoding `json:"encodings"`
}

// Encoding is the demand for one encoding, applied with RTCRtpSender.setParameters.
type Encoding struct {
	RID          string  `json:"rid"` // empty: the only one
	Active       bool    `json:"active"`
	MaxBitrate   int     `json:"maxBitrate,omitempty"`   // bit/s; 0: no cap
	MaxFramerate float64 `json:"maxFramerate,omitempty"` // frames/s; 0: no cap
	Scale        float64 `json:"scale,omitempty"`        // scaleResolutionDownBy; 0: as it is
	Codec        string  `json:"codec,omitempty"`        // pictures: "AV1" if the page has it and the strength; empty: its first
	Ptime        int     `json:"ptime,omitempty"`        // microphone: ms of sound in a packet (20, 40 or 60); 0: as it is
	Redundant    bool    `json:"redundant,omitempty"`    // microphone: each packet repeats the sound of the one before (RFC 2198)
	Reason       Reason  `json:"reason,omitempty"`       // "downlink" (the watchers' links) or "uplink" (his own): why it is less than asked for
}

// Speakers lists who is speaking, the loudest first. It travels on the unreliable data channel when that is open.
type Speakers struct {
	Type         string   `json:"type"` // "speakers"
	Participants []string `json:"participants"`
}

// Patchy lists those in the room whose voices lose packets on their way to the server. What is repaired of them comes late, so they are
// worth waiting for. It is complete; until it comes there are none.
type Patchy struct {
	Type         string   `json:"type"` // "patchy"
	Participants []string `json:"participants"`
}

// Roster tells who is in the room. With Full it replaces everything known; else it changes or removes those it names.
type Roster struct {
	Type    string   `json:"type"` // "roster"
	Full    bool     `json:"full"`
	Present []Person `json:"present"` // in the room, changed or new
	Waiting []Person `json:"waiting"` // in the waiting room, for those who may admit; always complete
	Gone    []string `json:"gone"`    // ids that have left the room
	Locked  bool     `json:"locked"`
	Note    string   `json:"note,omitempty"` // the staff's sentence in the waiting room
}

// Person is one entry of the roster.
type Person struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Role        Role              `json:"role"`
	Connected   bool              `json:"connected"`             // false: websocket lost, place held for up to 60 s
	Media       Live              `json:"media"`                 // which sources are live
	Mode        CallMode          `json:"mode"`                  // how much of his link his call may use
	ModeBy      string            `json:"modeBy,omitempty"`      // name of the host who has set the mode; empty: his own choice
	Numbers     map[Source]uint32 `json:"numbers"`               // CSRC of each source, as in Slot.Number
	HandRaised  int64             `json:"handRaised,omitempty"`  // when, Unix milliseconds; 0: not raised
	RemovedOnce bool              `json:"removedOnce,omitempty"` // was put out before and asks to come back
	Since       int64             `json:"since"`                 // entered the room or the waiting room, Unix milliseconds
}

// Live tells which sources of a participant are live.
type Live struct {
	Microphone bool `json:"microphone"`
	Camera     bool `json:"camera"`
	Screen     bool `json:"screen"`
}

// Chat is a line said by somebody in the room.
type Chat struct {
	Type string   `json:"type"` // "chat"
	Line ChatLine `json:"line"`
}

// ChatLine is one line of the conversation; it lives in memory and dies with the room.
type ChatLine struct {
	N           int    `json:"n"` // 1, 2, 3 … in the room
	Participant string `json:"participant"`
	Name        string `json:"name"`
	Text        string `json:"text"`
	At          int64  `json:"at"` // Unix milliseconds
}

// Muted tells a participant that the host has switched off one of his sources.
type Muted struct {
	Type   string `json:"type"` // "muted"
	Source Source `json:"source"`
	By     string `json:"by"` // name of the host
}

// Pong answers Ping.
type Pong struct {
	Type string `json:"type"` // "pong"
	N    int    `json:"n"`
}

// Error answers a message that could not be carried out; the connection stays.
type Error struct {
	Type    string    `json:"type"` // "error"
	Code    ErrorCode `json:"code"`
	Message string    `json:"message"`      // for the developer's console, in English: what was expected, what came, what to do
	Of      string    `json:"of,omitempty"` // type of the message that failed
}

// ErrorCode names an error; the page has a sentence for each.
type ErrorCode string

// Error codes.
const (
	ErrorMalformed  ErrorCode = "malformed"    // not JSON, unknown type or field out of range
	ErrorTooLarge   ErrorCode = "too-large"    // more than 64 KiB
	ErrorTooFast    ErrorCode = "too-fast"     // more than 50 messages/s
	ErrorForbidden  ErrorCode = "forbidden"    // the role does not allow it
	ErrorOutOfPlace ErrorCode = "out-of-place" // not now: not joined yet, not in the room …
	ErrorNotFound   ErrorCode = "not-found"    // no such participant
	ErrorFull       ErrorCode = "full"         // nobody more can be admitted: the room holds 50
	ErrorSDP        ErrorCode = "sdp"          // an offer that this server cannot answer
	ErrorServer     ErrorCode = "server"       // our fault; logged
)

// Bye is the last message before the server closes the websocket. The page does not reconnect by itself unless Retry.
type Bye struct {
	Type    string    `json:"type"` // "bye"
	Reason  ByeReason `json:"reason"`
	Message string    `json:"message"` // one English sentence for the log
	Retry   bool      `json:"retry"`
}

// ByeReason says how it ended; the page has a sentence for each.
type ByeReason string

// Reasons for a goodbye.
const (
	ByeLeft     ByeReason = "left"
	ByeEnded    ByeReason = "ended"    // the host ended the call
	ByeRemoved  ByeReason = "removed"  // the host put him out
	ByeRefused  ByeReason = "refused"  // not admitted
	ByeReplaced ByeReason = "replaced" // the same link was opened in another tab
	ByeExpired  ByeReason = "expired"  // the invitation is no longer valid
	ByeNotYet   ByeReason = "not-yet"  // the invitation is not valid yet
	ByeInvalid  ByeReason = "invalid"  // forged, damaged or for another server
	ByeFull     ByeReason = "full"     // 50 participants
	ByeLocked   ByeReason = "locked"   // the room is locked
	ByeProtocol ByeReason = "protocol" // repeated bad messages
	ByeSlow     ByeReason = "slow"     // the client did not read for too long
	ByeShutdown ByeReason = "shutdown" // the server stops; it may come back (Retry)
)
