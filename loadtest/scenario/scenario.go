package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"draille/loadtest/link"
	"draille/signaling/protocol"
)

// Scenario is a kind of call.
type Scenario struct {
	Name     string
	Summary  string
	defaults Options
	least    int // participants
	kind     protocol.Kind
	write    func(*script)
}

// Defaults of the scenario.
func (s Scenario) Defaults() Options {
	o := s.defaults
	o.OtherLink, o.Seed = "fibre", 1
	return o
}

// Build makes the plan of a scenario. Equal options give equal plans.
func (s Scenario) Build(o Options) (*Plan, error) {
	o = o.over(s.Defaults())
	switch {
	case o.Rooms < 1:
		return nil, fmt.Errorf("%d rooms cannot be played: expected at least 1", o.Rooms)
	case o.Participants < s.least:
		return nil, fmt.Errorf("%d participants are too few for %s: expected at least %d",
			o.Participants, s.Name, s.least)
	case o.Thin < 0 || o.Thin > o.Participants:
		return nil, fmt.Errorf(
			"%d of %d participants cannot be behind the thin link: expected 0 to %d", o.Thin,
			o.Participants, o.Participants)
	case o.Length < leastLength:
		return nil, fmt.Errorf("a call of %v is too short: expected at least %v", o.Length,
			leastLength)
	}
	thin, err := o.thinLinks()
	if err != nil {
		return nil, err
	}
	other, err := link.Find(o.OtherLink)
	if err != nil {
		return nil, err
	}
	plan := &Plan{Name: s.Name, Rooms: o.Rooms, Length: o.Length, Seed: o.Seed}
	plan.Summary = fmt.Sprintf("%s. %d × %d participants, of each room %s, the others on %s.",
		strings.ToUpper(s.Summary[:1])+s.Summary[1:], o.Rooms, o.Participants, o.thinWords(),
		other.Name)
	for room := range o.Rooms {
		s.write(newScript(plan, o, s.kind, room+1, thin, other))
	}
	slices.SortStableFunc(plan.Steps, func(a, b Step) int {
		return cmp.Or(cmp.Compare(a.At, b.At),
			slices.Index(inOneMoment, a.Do)-slices.Index(inOneMoment, b.Do))
	})
	return plan, nil
}

// BuildMatrix makes the plan of one room for each link: the same call everywhere, its thin ones
// behind that room's link. Rooms and Link of the options do not count.
func (s Scenario) BuildMatrix(links []link.Profile, o Options) (*Plan, error) {
	if len(links) == 0 {
		return nil, errNoLinks
	}
	o.Rooms, o.Links = len(links), nil
	plan, err := s.Build(o)
	if err != nil {
		return nil, err
	}
	behind := map[int]link.Profile{}
	for i, l := range links {
		behind[i+1] = l
		plan.RoomNames = append(plan.RoomNames, l.Name)
	}
	thin := o.over(s.Defaults()).Link
	for i := range plan.Seats {
		if seat := &plan.Seats[i]; seat.Link.Name == thin {
			seat.Link = behind[seat.Room]
		}
	}
	plan.Summary =
		fmt.Sprintf("The same call over each of %d links, %d of %d participants behind it, the "+
			"others on %s.",
			len(links), o.over(s.Defaults()).Thin, plan.Participants(),
			o.over(s.Defaults()).OtherLink)
	return plan, nil
}
