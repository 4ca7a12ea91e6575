package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"draille/signaling/protocol"
)

// person is one seat of a round.
type person struct {
	guest Guest
	link  string
	role  protocol.Role
	kind  protocol.Kind
	room  string
	seed  uint64
	place protocol.Place // where they should be
}

// people are those of a round: a consultation, and a staff meeting of four with one who waits.
type people struct {
	*soak
	all []*person
}

func (p *people) arrive(ctx context.Context) error {
	consultation := fmt.Sprintf("soak-%d-consultation", p.report.Rounds)
	meeting := fmt.Sprintf("soak-%d-meeting", p.report.Rounds)
	for _, seat := range []struct {
		room  string
		kind  protocol.Kind
		role  protocol.Role
		waits bool
	}{
		{consultation, protocol.KindConsultation, protocol.RoleHost, false},
		{consultation, protocol.KindConsultation, protocol.RoleGuest, false},
		{meeting, protocol.KindTelestaff, protocol.RoleHost, false},
		{meeting, protocol.KindTelestaff, protocol.RoleClinician, false},
		{meeting, protocol.KindTelestaff, protocol.RoleGuest, false},
		{meeting, protocol.KindTelestaff, protocol.RoleGuest, false},
		{meeting, protocol.KindTelestaff, protocol.RoleGuest, true},
	} {
		link, err := p.Server.Link(seat.room, seat.kind, seat.role)
		if err != nil {
			return err
		}
		one := &person{link: link, role: seat.role, kind: seat.kind, room: seat.room,
			seed: p.random.Uint64(), place: protocol.PlaceRoom}
		if seat.waits {
			one.place = protocol.PlaceWaiting
		}
		if err := p.join(ctx, one); err != nil {
			return fmt.Errorf("a %s cannot join: %w", seat.role, err)
		}
	}
	return nil
}

// join lets somebody in, and has them admitted if they should be in the room.
func (p *people) join(ctx context.Context, one *person) error {
	ctx, cancel := context.WithTimeout(ctx, joinWithin)
	defer cancel()
	guest, err := p.Crowd.Join(ctx, one.link, one.role, one.seed, one.place == protocol.PlaceRoom)
	if err != nil {
		return err
	}
	one.guest = guest
	known := false
	for _, other := range p.all {
		known = known || other == one
	}
	if !known {
		p.all = append(p.all, one)
	}
	if place, _ := guest.Place(); place == one.place {
		return nil
	}
	for _, host := range p.all {
		if host.room == one.room && host.role == protocol.RoleHost {
			if err := host.guest.Admit(guest.ID()); err != nil {
				return err
			}
		}
	}
	for {
		if place, _ := guest.Place(); place == one.place {
			return nil
		}
		if !p.wait(ctx, lookEvery) {
			return errors.New("they were not admitted in time")
		}
	}
}

// leave ends the round for all. More than once is fine.
func (p *people) leave() {
	var leaving sync.WaitGroup
	for _, one := range p.all {
		if one.guest != nil {
			leaving.Go(one.guest.Leave)
		}
	}
	leaving.Wait()
	p.all = nil
}

// heard is what everybody has heard so far.
func (p *people) heard() map[Guest]int {
	heard := map[Guest]int{}
	for _, one := range p.all {
		heard[one.guest] = one.guest.Heard()
	}
	return heard
}

// packetsWell is how many packets of voice are enough to say that somebody hears: half a second of
// them.
const packetsWell = 25

// missing says who is not where they should be, or hears nothing; empty: all is well. Counts begin
// again with a new connection.
func (p *people) missing(heard map[Guest]int) string {
	var problems []string
	for _, one := range p.all {
		place, connected := one.guest.Place()
		now := one.guest.Heard()
		if now < heard[one.guest] {
			heard[one.guest] = 0
		}
		who := fmt.Sprintf("the %s %s of %s", one.role, one.guest.ID(), one.room)
		switch {
		case one.guest.Err() != nil:
			problems = append(problems, fmt.Sprintf("%s is out: %v", who, one.guest.Err()))
		case place != one.place:
			problems = append(problems, fmt.Sprintf("%s is in the %s and not in the %s", who, place,
				one.place))
		case !connected:
			problems = append(problems, who+" has no media connection")
		case one.place == protocol.PlaceRoom && now < heard[one.guest]+packetsWell:
			problems = append(problems,
				fmt.Sprintf("%s hears nothing (%d packets)", who, now-heard[one.guest]))
		}
	}
	return strings.Join(problems, "; ")
}

func (p *people) any() *person { return p.all[p.random.IntN(len(p.all))] }

// suffer lets one thing go wrong and returns when it is over.
func (p *people) suffer(ctx context.Context, m *Mishap) error {
	switch m.Kind {
	case "reload":
		one := p.any()
		m.Detail = "of a " + string(one.role) + "'s page"
		one.guest.Vanish()
		return p.join(ctx, one)
	case "comes and goes":
		one := p.all[len(p.all)-1]
		m.Detail = "the one who waits"
		one.guest.Leave()
		one.seed = p.random.Uint64()
		return p.join(ctx, one)
	case "cut":
		one := p.any()
		m.Detail = "of a " + string(one.role) + "'s websocket"
		one.guest.CutSocket()
		return nil
	case "flap":
		return p.flap(ctx, m)
	case "kill", "stop":
		return p.restart(ctx, m)
	case "certificate":
		m.Detail = "renewed and read again"
		return errors.Join(p.Server.RenewCertificate(), p.Server.Reload())
	case "disk":
		return p.breakDisk(ctx, m)
	case "attack":
		return p.attack(ctx, m)
	}
	return fmt.Errorf("%q is no mishap", m.Kind)
}

func (p *people) flap(ctx context.Context, m *Mishap) error {
	one := p.any()
	length := between(p.random, time.Second, 5*time.Second)
	m.Detail = fmt.Sprintf("of a %s's link, %.1f s", one.role, length.Seconds())
	one.guest.SetLink(false)
	defer one.guest.SetLink(true)
	p.wait(ctx, length)
	return nil
}

func (p *people) restart(ctx context.Context, m *Mishap) error {
	away := between(p.random, 100*time.Millisecond, 3*time.Second)
	m.Detail = fmt.Sprintf("of the server, away for %.1f s", away.Seconds())
	if m.Kind == "kill" {
		p.Server.Kill()
	} else {
		p.Server.Stop()
	}
	p.wait(ctx, away)
	p.process++
	return p.Server.Start()
}

// breakDisk has something to be written meanwhile: somebody is put on the list of those who wait,
// and off again.
func (p *people) breakDisk(ctx context.Context, m *Mishap) error {
	m.Detail = "cannot be written while somebody comes"
	if err := p.Server.BreakDisk(); err != nil {
		return err
	}
	one := p.all[len(p.all)-1]
	one.guest.Leave()
	one.seed = p.random.Uint64()
	return errors.Join(p.join(ctx, one), p.Server.MendDisk())
}

func (p *people) attack(ctx context.Context, m *Mishap) error {
	names := p.Server.Attacks()
	m.Detail = names[p.random.IntN(len(names))]
	answers, err := p.Server.Attack(ctx, m.Detail, attackLength)
	m.Detail += " (" + answers + ")"
	return err
}

func between(random *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(random.Int64N(int64(most-least)))
}
