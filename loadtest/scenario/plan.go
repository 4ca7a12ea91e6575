// Package scenario plays calls against a server and makes a report of them.
//
// A [Plan] says who takes part, behind which link, and who does what when: it is made by [Build]
// from a name (a consultation, a telestaff, …) and a seed, without clock or network. A [Runner]
// carries a plan out with participants that it is given, reads the server's metrics and its own
// machine meanwhile, and returns a [report.Run]. [Capacity] plays ever more rooms until a criterion
// breaks.
package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"draille/loadtest/link"
	"draille/signaling/protocol"
)

// Plan is everything that is going to happen.
type Plan struct {
	Name    string
	Summary string
	Rooms   int
	Seats   []Seat
	// Steps in order of time. A participant joins once and does nothing after they have left.
	Steps  []Step
	Length time.Duration
	Seed   uint64
	// RoomNames are how reports call the rooms, from room 1 on; nil: by their numbers.
	RoomNames []string
}

// Seat is one participant of a plan. A host lets guests in as soon as they wait.
type Seat struct {
	Kind protocol.Kind // of the room
	Room int           // 1, 2, 3 …
	Name string
	Role protocol.Role
	Link link.Profile
	Seed uint64
	// Small is a camera of 320×180 with one encoding, instead of 640×360.
	Small bool
	// Fine is a camera of 1280×720, of real browsers alone.
	Fine bool
}

// Step is one thing that one participant does.
type Step struct {
	At   time.Duration
	Seat int // index into Plan.Seats
	Do   Action
}

// Action is what a participant does.
type Action string

// Actions.
const (
	Join    Action = "join"
	Speak   Action = "speak"
	Hush    Action = "hush"
	Share   Action = "share"
	Unshare Action = "unshare"
	Leave   Action = "leave"
)

// inOneMoment is the order of what happens at the same time: one may stop and start at once, and
// leaving comes last.
var inOneMoment = []Action{Join, Hush, Unshare, Speak, Share, Leave}

// Options of a scenario. The zero value of each means the scenario's own default.
type Options struct {
	Rooms        int
	Participants int    // in each room
	Thin         int    // of these, behind Link
	Link         string // profile of the thin ones
	OtherLink    string // profile of the others; default fibre
	Length       time.Duration
	Seed         uint64
	// Links are the profiles of the thin ones, one each; nil: all have Link.
	Links []string
	// Small gives everybody a camera of 320×180 with one encoding.
	Small bool
	// Guests makes everybody but the host a guest who waits to be let in: for invitations that
	// cannot be chosen.
	Guests bool
}

// Scenarios lists them all but capacity, which plays these.
func Scenarios() []Scenario { return slices.Clone(scenarios) }

var scenarios = []Scenario{
	{
		Name: "consultation",
		Summary: "a psychiatrist, and a nurse with a patient behind the thin link, talk " +
			"to each other",
		defaults: Options{Rooms: 1, Participants: 2, Thin: 1, Link: "adsl-end",
			Length: time.Minute},
		least: 2, kind: protocol.KindConsultation, write: (*script).consultation,
	},
	{
		Name:    "telestaff",
		Summary: "professionals take turns to speak; some are behind the thin link",
		defaults: Options{Rooms: 1, Participants: 8, Thin: 2, Link: "adsl-end",
			Length: time.Minute},
		least: 2, kind: protocol.KindTelestaff, write: (*script).telestaff,
	},
	{
		Name: "third-party",
		Summary: "an interpreter behind the thin link comes into a consultation and " +
			"leaves it again",
		defaults: Options{Rooms: 1, Participants: 3, Thin: 2, Link: "adsl-end",
			Length: time.Minute},
		least: 3, kind: protocol.KindConsultation, write: (*script).thirdParty,
	},
	{
		Name: "churn", Summary: "everybody joins within a second; again and again half of them " +
			"leave at once and others come",
		defaults: Options{Rooms: 1, Participants: 8, Thin: 2, Link: "adsl-end",
			Length: time.Minute},
		least: 3, kind: protocol.KindTelestaff, write: (*script).churn,
	},
	{
		Name:    "document",
		Summary: "a document is shared with professionals of whom some are behind the thin link",
		defaults: Options{Rooms: 1, Participants: 4, Thin: 1, Link: "adsl-end",
			Length: time.Minute},
		least: 2, kind: protocol.KindTelestaff, write: (*script).document,
	},
}

// Find returns the scenario of that name.
func Find(name string) (Scenario, error) {
	names := make([]string, len(scenarios))
	for i, s := range scenarios {
		if s.Name == name {
			return s, nil
		}
		names[i] = s.Name
	}
	return Scenario{}, fmt.Errorf("%q is not a scenario: expected one of %s", name,
		strings.Join(names, ", "))
}

// leastLength lets everybody come in and be heard.
const leastLength = 3 * time.Second

// thinLinks are the profiles of the thin ones, in the order of their seats.
func (o Options) thinLinks() ([]link.Profile, error) {
	names := o.Links
	if len(names) == 0 {
		names = []string{o.Link}
	}
	var links []link.Profile
	for _, name := range names {
		profile, err := link.Find(name)
		if err != nil {
			return nil, err
		}
		links = append(links, profile)
	}
	return links, nil
}

// thinWords tells who is behind which thin link.
func (o Options) thinWords() string {
	if len(o.Links) == 0 {
		return fmt.Sprintf("%d on %s", o.Thin, o.Link)
	}
	var words []string
	for _, name := range slices.Compact(slices.Sorted(slices.Values(o.Links))) {
		count := 0
		for _, each := range o.Links {
			if each == name {
				count++
			}
		}
		words = append(words, fmt.Sprintf("%d on %s", count, name))
	}
	return strings.Join(words, " and ")
}

func (o Options) over(defaults Options) Options {
	pick := func(value *int, other int) {
		if *value == 0 {
			*value = other
		}
	}
	pick(&o.Rooms, defaults.Rooms)
	pick(&o.Participants, defaults.Participants)
	if len(o.Links) > 0 {
		o.Thin = len(o.Links)
	} else if o.Thin < 0 { // nobody, said on purpose
		o.Thin = 0
	} else if o.Thin == 0 {
		o.Thin = min(defaults.Thin, o.Participants)
	}
	if o.Link == "" {
		o.Link = defaults.Link
	}
	if o.OtherLink == "" {
		o.OtherLink = defaults.OtherLink
	}
	if o.Length == 0 {
		o.Length = defaults.Length
	}
	if o.Seed == 0 {
		o.Seed = defaults.Seed
	}
	return o
}

// Participants in one room at a time, as planned: those who come for somebody who left are not
// counted twice.
func (p *Plan) Participants() int {
	joined, most := 0, 0
	for _, s := range p.Steps {
		if p.Seats[s.Seat].Room != 1 {
			continue
		}
		switch s.Do {
		case Join:
			joined++
		case Leave:
			joined--
		}
		most = max(most, joined)
	}
	return most
}

// RoomName is how reports call a room; with one room there is nothing to tell apart.
func (p *Plan) RoomName(room int) string {
	if room <= len(p.RoomNames) {
		return p.RoomNames[room-1]
	}
	if p.Rooms == 1 {
		return ""
	}
	return fmt.Sprintf("room %d", room)
}

// links are the profiles in use, each once.
func (p *Plan) links() []link.Profile {
	var links []link.Profile
	for _, s := range p.Seats {
		if !slices.ContainsFunc(links, func(l link.Profile) bool { return l.Name == s.Link.Name }) {
			links = append(links, s.Link)
		}
	}
	return links
}
