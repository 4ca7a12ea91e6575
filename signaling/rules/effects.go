package rules

import (
	"time"

	"draille/signaling/protocol"
)

// Connection names one websocket. Zero is none: the participant's websocket is lost and their seat
// is held.
type Connection uint64

// Effect is one thing to do, in the order returned.
type Effect interface{ effect() }

// Send sends a message. In a Welcome, the server fills in what the rules do not know: ICE servers
// and its version.
type Send struct {
	To      Connection
	Message protocol.ServerMessage
}

// Close sends a goodbye as last message, then closes the websocket.
type Close struct {
	To  Connection
	Bye protocol.Bye
}

// Seat gives a new participant a media plane, gate closed.
type Seat struct{ Participant string }

// Attach tells which websocket speaks for a participant from now on; with Connection zero, none for
// the moment.
type Attach struct {
	Participant string
	Connection  Connection
}

// Gate opens the media gate of a participant. It is closed from the start and stays open until
// Unseat.
type Gate struct{ Participant string }

// SetLive enforces which sources of a participant are forwarded.
type SetLive struct {
	Participant string
	Live        protocol.Live
}

// SetPictures sets whether pictures are forwarded to a participant at all. They are until it says
// otherwise.
type SetPictures struct {
	Participant string
	On          bool
}

// Invite asks for a link to the room, and to send it.
type Invite struct {
	To      Connection
	Role    protocol.Role
	Name    string
	Expires time.Time
}

// KeepPhoto makes room for a photo of which nothing has come yet.
type KeepPhoto struct {
	Number      int
	Participant string
	Pieces      []int
}

// SendPhoto sends the bytes of a photo to somebody who may see it and looks at it.
type SendPhoto struct {
	Participant string
	Look        protocol.PhotoLook
}

// HidePhoto sends somebody no more of a photo.
type HidePhoto struct {
	Participant string
	Number      int
}

// ForgetPhoto forgets all of a photo.
type ForgetPhoto struct{ Number int }

// Unseat takes the media plane of a participant down.
type Unseat struct{ Participant string }

// Dissolve says that the room is over; nothing follows. Ended lists the resume tokens of those who
// were away when the host ended the call: they still have to be told.
type Dissolve struct{ Ended []string }

func (Send) effect()        {}
func (Close) effect()       {}
func (Seat) effect()        {}
func (Attach) effect()      {}
func (Gate) effect()        {}
func (SetLive) effect()     {}
func (SetPictures) effect() {}
func (Invite) effect()      {}
func (KeepPhoto) effect()   {}
func (SendPhoto) effect()   {}
func (HidePhoto) effect()   {}
func (ForgetPhoto) effect() {}
func (Unseat) effect()      {}
func (Dissolve) effect()    {}
