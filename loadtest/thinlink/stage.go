package thinlink

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"draille/loadtest/link"
	"draille/loadtest/scenario"
	"draille/signaling/protocol"
)

// Local is the link of somebody beside the server.
func Local() link.Profile {
	return link.Profile{Name: "local", Summary: "on the server's own machine, nothing is emulated"}
}

// Plan is a consultation: the first seat's browser stands beside the server and lets the second in,
// who is behind the link.
func Plan(host, guest string, profile link.Profile, length time.Duration,
	seed uint64) *scenario.Plan {
	return &scenario.Plan{
		Name: "thinlink", Rooms: 1, Length: length, Seed: seed,
		Summary: fmt.Sprintf("Two real Chromiums: %s beside the server, and %s behind %s.", host,
			guest, profile.Name),
		Seats: []scenario.Seat{
			{Kind: protocol.KindConsultation, Room: 1, Name: host, Role: protocol.RoleHost,
				Link: Local(), Seed: seed},
			{Kind: protocol.KindConsultation, Room: 1, Name: guest, Role: protocol.RoleGuest,
				Link: profile, Seed: seed + 1},
		},
		Steps: []scenario.Step{
			{Seat: 0, Do: scenario.Join}, {Seat: 1, Do: scenario.Join},
			{Seat: 0, Do: scenario.Speak}, {Seat: 1, Do: scenario.Speak},
			{At: length, Seat: 1, Do: scenario.Leave}, {At: length, Seat: 0, Do: scenario.Leave},
		},
	}
}

// Document is the same call, in which the first seat's browser shares a page of text after a while.
func Document(host, guest string, profile link.Profile, shared, length time.Duration,
	seed uint64) *scenario.Plan {
	plan := Plan(host, guest, profile, length, seed)
	plan.Summary += fmt.Sprintf(" After %v, %s shares a page of text.", shared, host)
	plan.Steps = slices.Insert(plan.Steps, len(plan.Steps)-2,
		scenario.Step{At: shared, Seat: 0, Do: scenario.Share})
	return plan
}

// Telestaff is a meeting with small cameras in which people take turns to speak. The first seat's
// browser stands beside the server, the last's behind the link; those between are virtual, on
// fibre.
func Telestaff(participants int, profile link.Profile, length time.Duration,
	seed uint64) (*scenario.Plan, error) {
	staff, err := scenario.Find("telestaff")
	if err != nil {
		return nil, err
	}
	plan, err := staff.Build(scenario.Options{Participants: participants, Thin: 1,
		Link: profile.Name, Small: true, Length: length, Seed: seed})
	if err != nil {
		return nil, err
	}
	plan.Name = "thinlink"
	plan.Summary += " The first and the last are real Chromiums, the others virtual."
	plan.Seats[0].Link = Local()
	var steps []scenario.Step
	for _, s := range plan.Steps {
		steps = append(steps, s)
		if s.Do == scenario.Join { // browsers speak until they are told
			steps = append(steps, scenario.Step{At: s.At, Seat: s.Seat, Do: scenario.Hush})
		}
	}
	plan.Steps = steps
	return plan, nil
}

// Stage gives browsers to the seats of a plan, by name; seats without one go to another stage.
type Stage struct {
	Host   *Browser // in the room already, and stays
	Guest  *Browser // nil: Others
	Link   func(scenario.Seat) (string, error)
	Others scenario.Stage

	mu    sync.Mutex
	actor map[string]*actor
}

// Join implements scenario.Stage.
func (s *Stage) Join(ctx context.Context, seat scenario.Seat) (scenario.Participant, error) {
	a := &actor{stage: s, since: millis(time.Now()), ended: make(chan struct{})}
	switch {
	case seat.Name == s.Host.seat.Name:
		a.browser, a.stays = s.Host, true
	case s.Guest != nil && seat.Name == s.Guest.seat.Name:
		invitation, err := s.Link(seat)
		if err != nil {
			return nil, err
		}
		a.browser = s.Guest
		if s.Guest.seat.Access != nil {
			s.Guest.seat.Access.Restart()
		}
		s.photograph()
		if err := s.Guest.Visit(ctx, invitation); err != nil {
			return nil, err
		}
	case s.Others != nil:
		return s.Others.Join(ctx, seat)
	default:
		return nil, fmt.Errorf("there is no browser for %s", seat.Name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.actor == nil {
		s.actor = map[string]*actor{}
	}
	s.actor[seat.Name] = a
	go a.wait()
	return a, nil
}

// photograph takes pictures of what both see whenever the guest's picture has become worse than
// ever.
func (s *Stage) photograph() {
	var moments worst
	read := 0
	s.Guest.mu.Lock()
	defer s.Guest.mu.Unlock()
	s.Guest.watch = func(b *Browser) {
		v := b.visit()
		for ; read < len(v.Readings); read++ {
			if read == 0 || v.FirstFrameAt == 0 {
				continue
			}
			frames := v.Readings[read].Reading.Frames - v.Readings[read-1].Reading.Frames
			if caption := moments.next((v.Readings[read].At-v.FirstFrameAt)/1000,
				frames); caption != "" {
				s.Guest.Picture(caption)
				s.Host.Picture(caption)
			}
		}
	}
}

// worst finds the moments that are worth a picture: one in any case, then each that is clearly
// worse than all before. A picture costs the machine some of the next second, so there are few.
type worst struct {
	taken int
	last  float64 // s since the first frame
	least float64 // frames/s
}

const (
	firstPicture  = 8.0 // s: the call has begun
	pictureEvery  = 6.0 // s, at least
	clearlyWorse  = 2.0 // frames/s
	pictureBudget = 3
)

// next returns the caption if the second that has just passed is worth a picture.
func (w *worst) next(second, frames float64) string {
	if second < firstPicture || w.taken == pictureBudget {
		return ""
	}
	if w.taken > 0 && (second-w.last < pictureEvery || frames > w.least-clearlyWorse) {
		return ""
	}
	w.taken, w.last, w.least = w.taken+1, second, frames
	return fmt.Sprintf("when the nurse got %.0f frames/s", frames)
}

// beeps of everybody, by the number in their picture.
func (s *Stage) beeps() map[int][]float64 {
	beeps := map[int][]float64{}
	for _, b := range []*Browser{s.Host, s.Guest} {
		if b != nil {
			beeps[b.seat.Who] = b.visit().Beeped
		}
	}
	return beeps
}

// drawings of everybody, by the number in their picture.
func (s *Stage) drawings() map[int][]drawn {
	drawings := map[int][]drawn{}
	for _, b := range []*Browser{s.Host, s.Guest} {
		if b != nil {
			drawings[b.seat.Who] = b.visit().Drawn
		}
	}
	return drawings
}
