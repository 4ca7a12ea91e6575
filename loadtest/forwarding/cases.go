package forwarding

import (
	"fmt"
	"strings"

	"draille/sfu/voice"
)

// Case says who sends what to whom.
type Case struct {
	Name      string
	Rooms     int
	Senders   int  // in each room
	Receivers int  // in each room, besides the senders
	Mutual    bool // senders receive each other
	Video     int  // packets/s of each sender, of VideoBytes
	Audio     int  // packets/s of each sender, of AudioBytes
}

// Sizes of RTP payloads, in bytes.
const (
	VideoBytes = 1100
	AudioBytes = 80
)

// cases are those of the table in the README, and a crowded room.
var cases = []Case{
	{Name: "1-50", Rooms: 1, Senders: 1, Receivers: 50, Video: 100, Audio: 50},
	{Name: "4-50", Rooms: 1, Senders: 4, Receivers: 50, Video: 100, Audio: 50},
	{Name: "12-12", Rooms: 1, Senders: 12, Mutual: true, Video: 50, Audio: 50},
	{Name: "40x2", Rooms: 40, Senders: 2, Mutual: true, Video: 50, Audio: 50},
	// the same with a tenth of the packets, of which feedback takes ten times the share
	{Name: "40x2-slow", Rooms: 40, Senders: 2, Mutual: true, Video: 5, Audio: 5},
	// what a participant costs who only speaks, in frames of 60 ms, and one who does nothing
	{Name: "40x2-voice", Rooms: 40, Senders: 2, Mutual: true, Audio: 17},
	{Name: "40x2-idle", Rooms: 40, Senders: 2, Mutual: true},
	consultations(10), consultations(40), consultations(80),
	crowd(200), crowd(250), crowd(300),
}

// consultations are so many calls of two as pages make them: a voice in frames of 60 ms, and a
// camera of 40 packets/s, which is 350 kbit/s.
func consultations(rooms int) Case {
	return Case{Name: fmt.Sprintf("%d-calls", rooms), Rooms: rooms, Senders: 2, Mutual: true,
		Video: 40, Audio: 17}
}

// crowd is one room with that many who listen to one.
func crowd(receivers int) Case {
	return Case{Name: fmt.Sprintf("1-%d", receivers), Rooms: 1, Senders: 1, Receivers: receivers,
		Video: 30, Audio: 50}
}

// Find returns the cases with these names, all but the crowded rooms when there are none.
func Find(names []string) ([]Case, error) {
	if len(names) == 0 {
		return cases[:4], nil
	}
	var found []Case
	for _, name := range names {
		before := len(found)
		for _, c := range cases {
			if c.Name == name {
				found = append(found, c)
			}
		}
		if len(found) == before {
			return nil, fmt.Errorf("%q is no case: expected some of %s", name, Names())
		}
	}
	return found, nil
}

// Names lists the cases, for people.
func Names() string {
	names := make([]string, len(cases))
	for i, c := range cases {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// heard is how many senders each receiver gets.
func (c Case) heard(sends bool) int {
	switch {
	case !sends:
		return c.Senders
	case c.Mutual:
		return c.Senders - 1
	default:
		return 0
	}
}

// should returns how many packets arrive of so many that all senders together have left: a picture
// at all that get the sender, a voice at those to whom it is among the loudest. All are as loud.
func (c Case) should(video, audio int) int {
	voices := c.Senders*min(c.heard(true), voice.MaxVoices) +
		c.Receivers*min(c.heard(false), voice.MaxVoices)
	pictures := c.Senders*c.heard(true) + c.Receivers*c.heard(false)
	return (video*pictures + audio*voices) / c.Senders
}

// silent reports whether nobody sends anything.
func (c Case) silent() bool { return c.Video+c.Audio == 0 }

// seat is that of one who sends, or of one who receives only.
func (c Case) seat(sends bool) seat {
	s := seat{microphone: sends && c.Audio > 0, camera: sends && c.Video > 0,
		slots: c.heard(sends)}
	if !c.silent() {
		s.sees = s.slots
	}
	return s
}

// like reports whether another case has the same people, who may send more or less.
func (c Case) like(other Case) bool {
	c.Name, c.Video, c.Audio = other.Name, other.Video, other.Audio
	return c == other
}

// Offered is how many packets a second should arrive at all receivers together.
func (c Case) Offered() int {
	senders := c.Rooms * c.Senders
	return c.should(senders*c.Video, senders*c.Audio)
}
