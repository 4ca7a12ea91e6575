// Package protocol holds the messages that a browser and the server exchange over one websocket:
// subprotocol "draille.v1", one JSON object a text frame, with its name in "type". The Go types
// here are the single source: the TypeScript types of the client are generated from them, and
// PROTOCOL.md, one folder up, shows an example of each. The package holds types and their
// validation only; signaling/rules decides what the messages mean for a room.
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

// Kind is the kind of a room. It decides the page's layout and nothing else.
type Kind string

// Kinds of room.
const (
	KindConsultation Kind = "consultation"
	KindTelestaff    Kind = "telestaff"
)

// Place is how far a participant has come into a room.
type Place string

// Places of a participant.
const (
	PlaceLobby   Place = "lobby"   // page open, transport being set up, invisible to the others
	PlaceWaiting Place = "waiting" // has asked to enter; seen by those who may admit
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

// CallMode is how much of their link a participant's call may use. The voice is part of each mode.
type CallMode string

// Modes of a participant's call.
const (
	ModeAutomatic CallMode = "automatic" // pictures as good as the link takes
	ModeSaver     CallMode = "saver"     // small pictures both ways, for a metered link
	ModeVoice     CallMode = "voice"     // no picture either way
)
