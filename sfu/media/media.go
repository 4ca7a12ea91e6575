// Package media names what participants publish, and why somebody does not see it.
package media

// Source is one of the three things that a participant can publish.
type Source string

// Sources of a participant.
const (
	Microphone Source = "microphone"
	Camera     Source = "camera"
	Screen     Source = "screen"
)

// Sources lists all of them, in the order of the sending sections of an offer: the first is the
// microphone, the second the camera, the third the screen. It is a convention between our page and
// this server, since SDP has no word for it.
var Sources = []Source{Microphone, Camera, Screen}

// Reason says why a picture is missing or smaller than asked for.
type Reason string

// Reasons for a missing or smaller picture.
const (
	NoReason        Reason = ""
	ReasonDownlink  Reason = "downlink"  // the viewer's link carries no more
	ReasonUplink    Reason = "uplink"    // the publisher's link carries no more
	ReasonUnproven  Reason = "unproven"  // a link has not been tried with more yet
	ReasonPublisher Reason = "publisher" // the publisher sends nothing
	ReasonSlots     Reason = "slots"     // the viewer's page has no slot left
	ReasonCodec     Reason = "codec"     // the viewer's browser does not decode what is sent
)
