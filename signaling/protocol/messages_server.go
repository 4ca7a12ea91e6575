package protocol

// Messages from the server to the browser.

// Welcome answers Join.
type Welcome struct {
	Type        string `json:"type"` // "welcome"
	Participant string `json:"participant"`
	Resume      string `json:"resume"`  // opaque; valid for 60 s after the websocket is lost
	Resumed     bool   `json:"resumed"` // the seat and its media are those of before
	// The chat and the note are those of before, on a server to which the room was handed over.
	Kept       bool        `json:"kept,omitempty"`
	Place      Place       `json:"place"`
	Role       Role        `json:"role"`
	Name       string      `json:"name"` // the invitation's, or that of the seat before
	Room       RoomInfo    `json:"room"`
	ICEServers []ICEServer `json:"iceServers"`
	Server     string      `json:"server"` // version of the server
	Now        int64       `json:"now"`    // by the server's clock, Unix milliseconds
	// Build of the page that the server serves now. An older page reloads itself.
	Page string `json:"page,omitempty"`
}

// ICEServers replaces the Welcome's, in a call that goes on, before their credentials expire. An
// ICE restart uses the newest.
type ICEServers struct {
	Type       string      `json:"type"` // "iceservers"
	ICEServers []ICEServer `json:"iceServers"`
}

// RoomInfo is what a participant in the lobby may know of a room: no health data and no name of
// another participant.
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

// Waiting tells a participant that they are in the waiting room.
type Waiting struct {
	Type string `json:"type"`           // "waiting"
	Host string `json:"host,omitempty"` // name of the host or clinician in the room, if any
	Note string `json:"note,omitempty"` // sentence from the staff
	// Minutes that it takes longer, as announced for the appointment; 0: none is announced.
	Delay int `json:"delay,omitempty"`
}

// Admitted tells a participant that they are in the room: the server forwards media from and to
// them.
type Admitted struct {
	Type string `json:"type"` // "admitted"
}

// History carries lines of chat from before, in their order. After Admitted the server sends what
// there is in several of these, behind everything that the call needs. A line may come again.
type History struct {
	Type  string     `json:"type"` // "history"
	Lines []ChatLine `json:"lines"`
}

// Answer answers an Offer.
type Answer struct {
	Type       string `json:"type"` // "answer"
	Connection string `json:"connection"`
	SDP        string `json:"sdp"`
}

// Slots says which source each video slot carries. It replaces the message before; slots that carry
// nothing are left out.
type Slots struct {
	Type  string `json:"type"` // "slots"
	Slots []Slot `json:"slots"`
}

// Slot is one receive-only video section of the browser's offer, and what it carries now.
type Slot struct {
	MID         string `json:"mid"`
	Participant string `json:"participant"`
	Source      Source `json:"source"`
	// CSRC of every packet of that source: RTCRtpReceiver.getContributingSources() shows whose
	// frames are decoded.
	CSRC   uint32 `json:"csrc"`
	Paused bool   `json:"paused"` // nothing is sent for now
	// One picture every few seconds, because the link that Reason names carries no more.
	Still  bool   `json:"still,omitempty"`
	Reason Reason `json:"reason,omitempty"` // why paused, or why less than asked for
}

// Reason says why a picture is missing or smaller than asked for.
type Reason string

// Reasons for a missing or smaller picture.
const (
	ReasonNone      Reason = ""
	ReasonDownlink  Reason = "downlink"  // the subscriber's own link does not carry it
	ReasonUplink    Reason = "uplink"    // the publisher's link does not carry it
	ReasonUnproven  Reason = "unproven"  // a link has not been tried with more yet
	ReasonPublisher Reason = "publisher" // the publisher does not send it (yet)
	ReasonSlots     Reason = "slots"     // more pictures asked for than there are slots
	ReasonCodec     Reason = "codec"     // the subscriber's browser does not decode what is sent
)

// Encode tells a publisher how to encode one of their sources, according to who subscribes to it.
type Encode struct {
	Type      string     `json:"type"` // "encode"
	Source    Source     `json:"source"`
	Encodings []Encoding `json:"encodings"`
}

// Encoding is the demand for one encoding, as RTCRtpEncodingParameters where that has the field.
// The page applies it with RTCRtpSender.setParameters.
type Encoding struct {
	RID          string  `json:"rid"` // empty: the only one
	Active       bool    `json:"active"`
	MaxBitrate   int     `json:"maxBitrate,omitempty"`   // bit/s; 0: no cap
	MaxFramerate float64 `json:"maxFramerate,omitempty"` // frames/s; 0: no cap
	// 0: the encoding's own size; 0.5: twice that, of a camera that gives so much (see Capture).
	ScaleResolutionDownBy float64 `json:"scaleResolutionDownBy,omitempty"`
	// Pictures: "AV1" if the page has it and the processor for it, another so that everybody who
	// watches decodes it; empty: the first one negotiated.
	Codec string `json:"codec,omitempty"`
	// Microphone: ms of sound in a packet (20, 40 or 60); 0: as before.
	Ptime int `json:"ptime,omitempty"`
	// Microphone: each packet repeats the sound of the one before (RFC 2198).
	RED bool `json:"red,omitempty"`
	// Why it is less than the page could send: "downlink" (the subscribers') or "uplink" (their
	// own).
	Reason Reason `json:"reason,omitempty"`
	// Somebody who watches decodes nothing of what the page sends.
	Unseen bool `json:"unseen,omitempty"`
}

// Speakers lists the active speakers, the loudest first. It travels on the unreliable data channel
// when that is open.
type Speakers struct {
	Type         string   `json:"type"` // "speakers"
	Participants []string `json:"participants"`
}

// UplinkLoss lists the participants in the room whose audio loses packets on its way to the server.
// Retransmissions of theirs arrive late, so a larger jitter buffer pays for them. Both lists are
// complete; before the first ones they are empty.
type UplinkLoss struct {
	Type         string   `json:"type"` // "uplinkloss"
	Participants []string `json:"participants"`
	// Those whose way to the server is long: should it fall, what is under way waits in its queue,
	// and their voice with it.
	Far []string `json:"far,omitempty"`
}

// Roster says who is in the room. With Full it replaces everything known; otherwise it changes or
// removes the participants that it names.
type Roster struct {
	Type    string   `json:"type"` // "roster"
	Full    bool     `json:"full"`
	Present []Person `json:"present"` // in the room, changed or new
	// In the waiting room, for those who may admit; always complete.
	Waiting []Person `json:"waiting"`
	Left    []string `json:"left"` // ids of those who have left the room
	Locked  bool     `json:"locked"`
	Note    string   `json:"note,omitempty"` // the staff's sentence in the waiting room
	// For those who may admit: minutes of delay that those who wait are told of.
	Delay int `json:"delay,omitempty"`
	// Id of whom a host shows large to everybody; empty: nobody.
	Spotlight string `json:"spotlight,omitempty"`
}

// Person is one entry of the roster.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role Role   `json:"role"`
	// Name that the invitation proposed, where the participant has given another.
	InvitedAs string `json:"invitedAs,omitempty"`
	// Of somebody who waits: ids of the others, in the room or waiting, who use the same
	// invitation.
	SameLink  []string `json:"sameLink,omitempty"`
	Connected bool     `json:"connected"` // false: websocket lost, seat held for up to 60 s
	Media     Live     `json:"media"`     // which sources are live
	Mode      CallMode `json:"mode"`      // how much of their link their call may use
	// Name of the host who set the mode; empty: their own choice.
	ModeBy string `json:"modeBy,omitempty"`
	// CSRC of each source, as in Slot.CSRC.
	CSRCs map[Source]uint32 `json:"csrcs"`
	// When they raised their hand, Unix milliseconds; 0: not raised.
	HandRaised int64 `json:"handRaised,omitempty"`
	// They were removed before and ask to come back.
	RemovedOnce bool `json:"removedOnce,omitempty"`
	// Of somebody who waits: how often their invitation was refused before.
	Refused int `json:"refused,omitempty"`
	// When they entered the room or the waiting room, Unix milliseconds.
	Since int64 `json:"since"`
}

// Live says which sources of a participant are live.
type Live struct {
	Microphone bool `json:"microphone"`
	Camera     bool `json:"camera"`
	Screen     bool `json:"screen"`
}

// Chat is a line of chat from a participant in the room.
type Chat struct {
	Type string   `json:"type"` // "chat"
	Line ChatLine `json:"line"`
}

// ChatLine is one line of the chat. It is kept in memory only, until the room ends.
type ChatLine struct {
	N           int    `json:"n"` // 1, 2, 3 … in the room
	Participant string `json:"participant"`
	Name        string `json:"name"`
	Role        Role   `json:"role,omitempty"` // always given by this server
	// Name that the invitation proposed, where the participant has given another.
	InvitedAs string `json:"invitedAs,omitempty"`
	Text      string `json:"text"`
	At        int64  `json:"at"` // Unix milliseconds
}

// Muted tells a participant that a host has switched off one of their sources.
type Muted struct {
	Type   string `json:"type"` // "muted"
	Source Source `json:"source"`
	By     string `json:"by"` // name of the host
}

// Typed is the Typing of another participant in the room. A line of chat from them ends their
// draft.
type Typed struct {
	Type        string `json:"type"` // "typed"
	Participant string `json:"participant"`
	Keep        int    `json:"keep"` // Unicode code points
	Text        string `json:"text"`
}

// SameLink tells a participant that others in the room use the same invitation: two devices in one
// room howl. Who came last comes with the microphone off (Muted), and may switch it on.
type SameLink struct {
	Type         string   `json:"type"` // "samelink"
	Participants []string `json:"participants"`
	Muted        bool     `json:"muted"`
}

// Invitation answers Invite.
type Invitation struct {
	Type    string `json:"type"` // "invitation"
	Link    string `json:"link"`
	Picture string `json:"picture"` // QR code of the link, as a data: URL
	Expires int64  `json:"expires"` // Unix milliseconds
}

// Unattended tells a participant that guests are in the room and nobody who may admit. It holds
// until somebody who may admit is in the roster. With Stopped none of their sources is forwarded,
// and the page stops capturing; their owner switches them on again when somebody is back.
type Unattended struct {
	Type      string `json:"type"` // "unattended"
	Stopped   bool   `json:"stopped"`
	MediaLeft int64  `json:"mediaLeft"` // until the media stop, ms
	CallLeft  int64  `json:"callLeft"`  // until the call ends for them, ms
}

// PhotoAsked says that somebody asks for a photo.
type PhotoAsked struct {
	Type string `json:"type"` // "photoasked"
	By   string `json:"by"`   // name
}

// PhotoInfo is a photo in the room.
type PhotoInfo struct {
	Number      int    `json:"number"` // in the room
	Participant string `json:"participant"`
	Name        string `json:"name"` // of whoever sent it
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	Pieces      []int  `json:"pieces"` // bytes of each, as announced
	Shown       bool   `json:"shown"`  // to others than the staff and its sender
}

// Photos lists all photos that its reader may see. It replaces the list before; before the first
// one it is empty.
type Photos struct {
	Type   string      `json:"type"` // "photos"
	Photos []PhotoInfo `json:"photos"`
	// Anew says that nothing was asked for on this websocket yet: what is to come is asked for
	// again.
	Anew bool `json:"anew,omitempty"`
}

// MarkKind is what a mark is.
type MarkKind string

// Kinds of marks.
const (
	MarkStroke MarkKind = "stroke"
	MarkRuler  MarkKind = "ruler"
	MarkScale  MarkKind = "scale" // a ruler whose length somebody knows
)

// Mark is something drawn on a photo.
type Mark struct {
	N      int      `json:"n"` // on the photo; it grows
	Name   string   `json:"name"`
	Kind   MarkKind `json:"kind"`
	Points []int    `json:"points"`
	Length int      `json:"length,omitempty"`
}

// PhotoMarks says what is new on a photo: what was drawn, and what was taken back, by its number.
// With Anew it replaces all that was there.
type PhotoMarks struct {
	Type  string `json:"type"` // "photomarks"
	Photo int    `json:"photo"`
	Add   []Mark `json:"add"`
	Drop  []int  `json:"drop"`
	Anew  bool   `json:"anew,omitempty"`
}

// TransferRate answers Transfer, and comes again when the rate has changed: at how many bit/s the
// other pages may send beside the call. A photo of the call goes before them.
type TransferRate struct {
	Type    string `json:"type"`    // "transferrate"
	Bitrate int    `json:"bitrate"` // bit/s, all headers included; 0: none for now
}

// PhotoPointed says where somebody points on a photo now.
type PhotoPointed struct {
	Type        string `json:"type"` // "photopointed"
	Photo       int    `json:"photo"`
	Participant string `json:"participant"`
	Name        string `json:"name"`
	X           int    `json:"x"`
	Y           int    `json:"y"`
	Away        bool   `json:"away,omitempty"`
}

// Upload tells the sender of a photo what to send next, and how fast. It comes once for each photo
// on a websocket with Have and Key, and again when the rate or the order changes.
type Upload struct {
	Type    string `json:"type"` // "upload"
	Photo   int    `json:"photo"`
	Bitrate int    `json:"bitrate"` // bit/s, all headers included; 0: none for now
	// Order is what goes before the other pieces, which follow in their order; the preview goes
	// before all.
	Order []int  `json:"order"`
	Have  []int  `json:"have,omitempty"` // bytes of each piece that the server has
	Key   string `json:"key,omitempty"`  // 32 bytes, base64: seals what the browser keeps
}

// Pong answers Ping.
type Pong struct {
	Type string `json:"type"` // "pong"
	N    int    `json:"n"`
}

// Error answers a message that was not carried out. The websocket stays open.
type Error struct {
	Type string    `json:"type"` // "error"
	Code ErrorCode `json:"code"`
	// For the developer's console, in English: what was expected, what was got, what to do.
	Message string `json:"message"`
	Of      string `json:"of,omitempty"` // type of the message that failed
}

// ErrorCode names an error. The page has a sentence for each.
type ErrorCode string

// Error codes.
const (
	ErrorMalformed  ErrorCode = "malformed"    // not JSON, unknown type or field out of range
	ErrorTooLarge   ErrorCode = "too-large"    // more than 64 KiB
	ErrorTooFast    ErrorCode = "too-fast"     // more than 50 messages/s
	ErrorForbidden  ErrorCode = "forbidden"    // the role does not allow it
	ErrorOutOfPlace ErrorCode = "out-of-place" // not now: not joined yet, not in the room …
	ErrorNotFound   ErrorCode = "not-found"    // no such participant
	ErrorFull       ErrorCode = "full"         // the room holds no more participants
	ErrorOccupied   ErrorCode = "occupied"     // another guest is there whom Admit does not name
	ErrorSDP        ErrorCode = "sdp"          // an offer that this server cannot answer
	ErrorServer     ErrorCode = "server"       // our fault; logged
)

// Bye is the last message before the server closes the websocket. The page reconnects by itself
// only with Retry.
type Bye struct {
	Type    string    `json:"type"` // "bye"
	Reason  ByeReason `json:"reason"`
	Message string    `json:"message"` // one English sentence for the log
	Retry   bool      `json:"retry"`
}

// ByeReason says why the websocket is closed. The page has a sentence for each.
type ByeReason string

// Reasons of a Bye.
const (
	ByeLeft     ByeReason = "left"
	ByeEnded    ByeReason = "ended"    // a host ended the call
	ByeRemoved  ByeReason = "removed"  // a host removed the participant
	ByeRefused  ByeReason = "refused"  // not admitted
	ByeReplaced ByeReason = "replaced" // the same link was opened in another tab
	// The invitation is in use on another device. With Join.TakeOver this one goes on instead,
	// where the invitation is for one device, or where the other one's websocket is lost.
	ByeElsewhere ByeReason = "elsewhere"
	ByeBlocked   ByeReason = "blocked"  // a host has withdrawn the invitation
	ByeRevoked   ByeReason = "revoked"  // the operator has withdrawn the invitation
	ByeExpired   ByeReason = "expired"  // the invitation is no longer valid
	ByeNotYet    ByeReason = "not-yet"  // the invitation is not valid yet
	ByeInvalid   ByeReason = "invalid"  // forged, damaged or for another server
	ByeFull      ByeReason = "full"     // 50 participants
	ByeLocked    ByeReason = "locked"   // the room is locked
	ByeProtocol  ByeReason = "protocol" // repeated bad messages
	ByeSlow      ByeReason = "slow"     // the client did not read for too long
	ByeBusy      ByeReason = "busy"     // too many joins from one address or invitation (Retry)
	ByeShutdown  ByeReason = "shutdown" // the server stops; it may come back (Retry)
	ByeMoved     ByeReason = "moved"    // another server serves the room, or nobody now (Retry)
)
