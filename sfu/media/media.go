// Package media names what participants publish.
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
