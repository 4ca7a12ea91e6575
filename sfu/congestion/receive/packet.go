package receive

import "time"

// Packet is one packet that arrived.
type Packet struct {
	Arrival  time.Time
	Size     int    // bytes on the wire
	Number   uint16 // transport-wide sequence number, if Numbered
	Numbered bool

	// Timestamp tells when the packet left, in units of ClockRate (Hz), as well as Trust says;
	// ClockRate is 0 when nothing does. Stream names the time line: timestamps of different streams
	// are not compared.
	Stream    uint32
	Timestamp uint32
	ClockRate uint32
	Trust     Trust
}

// Trust is how well a timestamp tells when its packet left.
type Trust int

// From the worst to the best.
const (
	OfPicture Trust = iota // when it was captured: it waited for its encoder and its pacer
	// when it was spoken: it leaves at once, but a busy machine loses a little of its sound now and
	// then
	OfVoice
	OfDeparture // when it left
)
