package protocol

// Messages from the browser to the server.

// Join is the first message on every websocket. It authenticates, and either opens a new seat (in
// the lobby) or, with Resume, takes over the seat that is held for its bearer.
type Join struct {
	Type  string `json:"type"`  // "join"
	Token string `json:"token"` // the invitation's signed token
	// Random id that the browser keeps. The same invitation twice on one device is two tabs.
	Device string `json:"device"`
	// Room that the page's address names, if any. It must be the token's.
	Room   string `json:"room,omitempty"`
	Resume string `json:"resume,omitempty"` // resume token of the last Welcome
	// Display name of the seat before, if there was one. A restarted server knows no names.
	Name string `json:"name,omitempty"`
	Lang string `json:"lang,omitempty"` // "fr" or "en": language of the server's sentences
	// The person has confirmed that this device goes on in the place of the other one that uses the
	// invitation.
	TakeOver bool `json:"takeOver,omitempty"`
}

// Enter leaves the lobby: a guest goes to the waiting room, everybody else into the room.
type Enter struct {
	Type string `json:"type"` // "enter"
	Name string `json:"name"` // display name, 1 to 60 characters
}

// Offer carries an SDP offer. The browser always offers. Connection names the RTCPeerConnection: a
// new value replaces the participant's transport (page reload), the same value renegotiates it (ICE
// restart, more slots).
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

// Media says which of the sender's own sources are live. A source that is not live sends nothing.
type Media struct {
	Type       string `json:"type"` // "media"
	Microphone bool   `json:"microphone"`
	Camera     bool   `json:"camera"`
	Screen     bool   `json:"screen"`
}

// Capture says how many lines the sender's camera gives, the pixels of its shorter side. Encodings
// are told relative to pictures of at most 540 lines: of a camera of twice as many or more the page
// sends half of the size where scaleResolutionDownBy is 1.
type Capture struct {
	Type  string `json:"type"` // "capture"
	Lines int    `json:"lines"`
}

// Estimate carries the client's initial estimate of its downlink, measured while the page loaded.
// The page sends it when the estimate is low, so that the first pictures do not fill the link.
type Estimate struct {
	Type    string `json:"type"`    // "estimate"
	Bitrate int    `json:"bitrate"` // bit/s
}

// Subscribe lists the pictures that the page shows, with their sizes. The server forwards these and
// no others. Each list replaces the one before.
type Subscribe struct {
	Type          string         `json:"type"` // "subscribe"
	Subscriptions []Subscription `json:"subscriptions"`
}

// Subscription is one picture on the page.
type Subscription struct {
	Participant string `json:"participant"`
	Source      Source `json:"source"` // camera or screen
	Width       int    `json:"width"`  // device pixels
	Height      int    `json:"height"`
	// Higher is served first: 0 thumbnail, 1 grid, 2 speaker or pinned, 3 document,
	// 4 interpreter whose signs are a person's voice.
	Priority int `json:"priority"`
}

// Mode sets how much of the link a participant's call may use. Everybody sets their own in any
// place; a host sets that of another participant in the room. That participant may set it again at
// any time.
type Mode struct {
	Type        string   `json:"type"` // "mode"
	Participant string   `json:"participant,omitempty"`
	Mode        CallMode `json:"mode"`
}

// Say sends a line of chat to everybody in the room.
type Say struct {
	Type string `json:"type"` // "say"
	Text string `json:"text"` // 1 to 2,000 characters
}

// Hand raises or lowers the sender's hand. A host may lower the hand of another participant.
type Hand struct {
	Type        string `json:"type"` // "hand"
	Raised      bool   `json:"raised"`
	Participant string `json:"participant,omitempty"`
}

// Mute switches off one source of a participant (host only). Its owner may switch it on again.
type Mute struct {
	Type        string `json:"type"` // "mute"
	Participant string `json:"participant"`
	Source      Source `json:"source"`
}

// Admit lets a waiting participant in (host or clinician). In a consultation a guest is let in
// beside guests with other invitations only if each of them is named: the page has asked the
// person, and two patients do not meet because the one before is still there.
type Admit struct {
	Type        string   `json:"type"` // "admit"
	Participant string   `json:"participant"`
	Beside      []string `json:"beside,omitempty"` // ids of guests in the room, at most 50
}

// Refuse turns a waiting participant away (host or clinician).
type Refuse struct {
	Type        string `json:"type"` // "refuse"
	Participant string `json:"participant"`
}

// Note sets the sentence from the staff that the waiting room shows (host or clinician).
type Note struct {
	Type string `json:"type"` // "note"
	Text string `json:"text"` // up to 280 characters; empty: none
}

// Remove takes a participant out of the room (host only). Their invitation leads to the waiting
// room from then on.
type Remove struct {
	Type        string `json:"type"` // "remove"
	Participant string `json:"participant"`
}

// Block withdraws the invitation of a participant, wherever they are (host only): all who use it
// are put out, and it opens this room no more.
type Block struct {
	Type        string `json:"type"` // "block"
	Participant string `json:"participant"`
}

// Lock closes the room to new participants, or opens it again (host only).
type Lock struct {
	Type   string `json:"type"` // "lock"
	Locked bool   `json:"locked"`
}

// End ends the call for everybody (host only).
type End struct {
	Type string `json:"type"` // "end"
}

// Typing is real-time text in the manner of ITU-T T.140: how the draft of the sender's next line of
// chat has changed. Of the draft before, the first Keep characters stay, and Text follows them. A
// page sends it at most every 300 ms while somebody types and wants to be read at once; the line
// itself still comes by Say, which ends the draft.
type Typing struct {
	Type string `json:"type"` // "typing"
	Keep int    `json:"keep"` // Unicode code points
	Text string `json:"text"` // up to 2,000 characters
}

// Spotlight shows one participant large to everybody who has not chosen a picture themselves (host
// only).
type Spotlight struct {
	Type        string `json:"type"`        // "spotlight"
	Participant string `json:"participant"` // empty: nobody, the speaker again
}

// Handover makes a clinician in the room the host, and its sender a clinician (host only).
type Handover struct {
	Type        string `json:"type"` // "handover"
	Participant string `json:"participant"`
}

// Invite asks for a link to this room, for somebody who is to join the call that goes on. A host or
// a clinician invites guests, a host clinicians, too.
type Invite struct {
	Type string `json:"type"` // "invite"
	Role Role   `json:"role"` // guest or clinician
	Name string `json:"name"` // proposed to the person; may be empty
}

// PhotoAsk asks somebody in the room for a photo at the full resolution of their camera (host or
// clinician).
type PhotoAsk struct {
	Type        string `json:"type"` // "photoask"
	Participant string `json:"participant"`
}

// Photo announces a photo, by its pieces: a preview, the whole at a middle size, then tiles of the
// whole, 384 by 384 pixels or what is left at the edges, row by row. A guest sends one that they
// were asked for, a host or a clinician any. Its bytes follow in binary frames, as Upload says.
type Photo struct {
	Type   string `json:"type"`   // "photo"
	Width  int    `json:"width"`  // pixels
	Height int    `json:"height"` // pixels
	Pieces []int  `json:"pieces"` // bytes of each
}

// PhotoShow shows a photo to everybody who is in the room now, or to the staff and its sender alone
// again (host or clinician). Whoever comes later does not see it.
type PhotoShow struct {
	Type  string `json:"type"` // "photoshow"
	Photo int    `json:"photo"`
	Shown bool   `json:"shown"`
}

// PhotoDrop takes a photo back (whoever sent it, host or clinician): the server forgets it.
type PhotoDrop struct {
	Type  string `json:"type"` // "photodrop"
	Photo int    `json:"photo"`
}

// PhotoLook asks for the bytes of a photo. Pieces are what is looked at, the most important first;
// the others follow. With Have, the bytes of each piece that the page has, they begin there:
// nothing is sent on a websocket before it was told once.
type PhotoLook struct {
	Type   string `json:"type"` // "photolook"
	Photo  int    `json:"photo"`
	Pieces []int  `json:"pieces"`
	Have   []int  `json:"have,omitempty"`
}

// PhotoMark draws on a photo, for all who see it: a stroke, or a ruler between two points. A scale
// is a ruler of which somebody knows how long it is; there is one on a photo, the latest.
type PhotoMark struct {
	Type  string   `json:"type"` // "photomark"
	Photo int      `json:"photo"`
	Kind  MarkKind `json:"kind"`
	// Points are x and y of each in turn, in pixels of the photo.
	Points []int `json:"points"`
	Length int   `json:"length,omitempty"` // of a scale, in hundredths of a millimetre
}

// PhotoUnmark takes back the last mark that the sender has drawn on a photo, or with All all that
// there are (whoever sent the photo, host or clinician).
type PhotoUnmark struct {
	Type  string `json:"type"` // "photounmark"
	Photo int    `json:"photo"`
	All   bool   `json:"all"`
}

// PhotoPoint shows where the sender points on a photo, to whoever sees it now. It is not kept.
type PhotoPoint struct {
	Type  string `json:"type"` // "photopoint"
	Photo int    `json:"photo"`
	X     int    `json:"x"` // pixels of the photo
	Y     int    `json:"y"`
	Away  bool   `json:"away,omitempty"` // no longer
}

// Transfer speaks for other pages of the sender's browser, which send over HTTPS on the same link:
// whether they have anything to send, and what has left since the message before. It comes once a
// second while they do; the wish ends by itself a few seconds after the last one.
type Transfer struct {
	Type   string `json:"type"`   // "transfer"
	Wanted bool   `json:"wanted"` // there is more to send
	Sent   int    `json:"sent"`   // bytes, all headers included
}

// Leave says that the sender leaves on purpose: their seat is not held.
type Leave struct {
	Type string `json:"type"` // "leave"
}

// Ping asks for a Pong with the same number. It measures liveness and round trip of the websocket.
type Ping struct {
	Type string `json:"type"` // "ping"
	N    int    `json:"n"`
}
