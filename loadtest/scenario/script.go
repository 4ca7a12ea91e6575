package scenario

import (
	"fmt"
	"math/rand/v2"
	"time"

	"draille/loadtest/link"
	"draille/signaling/protocol"
)

// script writes what happens in one room.
type script struct {
	kind      protocol.Kind
	plan      *Plan
	o         Options
	room      int
	thin      []link.Profile // of the thin ones, in turn
	thinSeats int            // that are taken
	other     link.Profile
	rand      *rand.Rand
	begin     time.Duration // when the room opens: rooms do not all open at once
}

const (
	betweenRooms = 100 * time.Millisecond
	arrivals     = 5 * time.Second // within which all rooms open, however many
)

func newScript(plan *Plan, o Options, kind protocol.Kind, room int, thin []link.Profile,
	other link.Profile) *script {
	gap := min(betweenRooms, arrivals/time.Duration(o.Rooms), o.Length/10/time.Duration(o.Rooms))
	return &script{kind: kind, plan: plan, o: o, room: room, thin: thin, other: other,
		rand: rand.New(rand.NewPCG(o.Seed, uint64(room))), begin: time.Duration(room-1) * gap}
}

// seat adds a participant and returns their index.
func (s *script) seat(name string, role protocol.Role, thin bool) int {
	profile := s.other
	if thin {
		profile = s.thin[s.thinSeats%len(s.thin)]
		s.thinSeats++
	}
	if s.o.Guests && role != protocol.RoleHost {
		role = protocol.RoleGuest
	}
	s.plan.Seats = append(s.plan.Seats,
		Seat{Kind: s.kind, Room: s.room, Name: name, Role: role, Link: profile,
			Seed: s.rand.Uint64(), Small: s.o.Small})
	return len(s.plan.Seats) - 1
}

func (s *script) do(at time.Duration, seat int, action Action) {
	s.plan.Steps = append(s.plan.Steps, Step{At: at, Seat: seat, Do: action})
}

// turns let one speak after the other from one time to another: a turn lasts mean on average (half
// of it at least), a pause up to a second follows, and one turn in ten begins before the last has
// ended, as in life.
func (s *script) turns(from, to, mean time.Duration, speakers []int) {
	ends := map[int]time.Duration{} // nobody begins before their own last turn is over
	for at := from; at < to; {
		next := speakers[s.rand.IntN(len(speakers))]
		if at = max(at, ends[next]); at >= to {
			return
		}
		turn := min(mean/2+time.Duration(s.rand.ExpFloat64()*float64(mean/2)), 4*mean)
		end := min(at+turn, to)
		ends[next] = end
		s.do(at, next, Speak)
		s.do(end, next, Hush)
		pause := time.Duration(s.rand.Float64() * float64(time.Second))
		if s.rand.Float64() < 0.1 {
			pause = -min(time.Second, (end-at)/4)
		}
		at = end + pause
	}
}

// settle is when everybody has had the time to come in.
func (s *script) settle() time.Duration { return s.begin + min(2*time.Second, s.o.Length/4) }

// arrival is when somebody comes who comes at the beginning: one after the other, all before the
// call has settled.
func (s *script) arrival(order int) time.Duration {
	gap := min(200*time.Millisecond, (s.settle()-s.begin)/time.Duration(s.o.Participants))
	return s.begin + time.Duration(order)*gap
}

// leave ends the call for those named.
func (s *script) leave(seats []int) {
	for _, seat := range seats {
		s.do(s.plan.Length, seat, Leave)
	}
}

func (s *script) consultation() {
	seats := []int{s.seat("Psychiatrist", protocol.RoleHost, s.o.Thin >= s.o.Participants)}
	for i := 1; i < s.o.Participants; i++ {
		name := "Nurse"
		if i > 1 {
			name = fmt.Sprintf("Relative %d", i-1)
		}
		seats = append(seats, s.seat(name, protocol.RoleGuest, i <= s.o.Thin))
	}
	for i, seat := range seats {
		s.do(s.arrival(i), seat, Join)
	}
	s.turns(s.settle(), s.plan.Length, 4*time.Second, seats)
	s.leave(seats)
}

// staff seats professionals: the host first, those behind the thin link last.
func (s *script) staff() []int {
	seats := make([]int, s.o.Participants)
	for i := range seats {
		role, name := protocol.RoleClinician, fmt.Sprintf("Clinician %d", i+1)
		if i == 0 {
			role, name = protocol.RoleHost, "Chair"
		}
		seats[i] = s.seat(name, role, i >= s.o.Participants-s.o.Thin)
	}
	return seats
}

func (s *script) telestaff() {
	seats := s.staff()
	for i, seat := range seats {
		s.do(s.arrival(i), seat, Join)
	}
	s.turns(s.settle(), s.plan.Length, 8*time.Second, seats)
	s.leave(seats)
}

func (s *script) thirdParty() {
	host := s.seat("Psychiatrist", protocol.RoleHost, s.o.Thin >= s.o.Participants)
	nurse := s.seat("Nurse", protocol.RoleGuest, s.o.Thin >= 1)
	pair, all := []int{host, nurse}, []int{host, nurse}
	for i := 2; i < s.o.Participants; i++ {
		name := "Interpreter"
		if i > 2 {
			name = fmt.Sprintf("Relative %d", i-2)
		}
		all = append(all, s.seat(name, protocol.RoleGuest, i <= s.o.Thin))
	}
	s.do(s.begin, host, Join)
	s.do(s.arrival(1), nurse, Join)
	come, go_ := s.plan.Length/3, s.plan.Length*5/6
	for _, third := range all[2:] {
		s.do(come, third, Join)
		s.do(go_, third, Leave)
	}
	s.turns(s.settle(), come, 4*time.Second, pair)
	s.turns(come+min(2*time.Second, s.o.Length/6), go_, 4*time.Second, all)
	s.turns(go_, s.plan.Length, 4*time.Second, pair)
	s.leave(pair)
}

// churn: the host stays and speaks; every few seconds half of the others leave at once, and as many
// come a moment later.
func (s *script) churn() {
	const every, away = 6 * time.Second, 1500 * time.Millisecond
	present := s.staff()
	host := present[0]
	s.do(s.begin, host, Join)
	for _, seat := range present[1:] {
		s.do(s.begin+time.Duration(s.rand.Int64N(int64(time.Second))), seat, Join)
	}
	s.turns(s.settle(), s.plan.Length, 6*time.Second, []int{host})
	arrived := len(present)
	for storm := s.begin + every; storm+away < s.plan.Length-leastLength/2; storm += every {
		s.rand.Shuffle(len(present)-1, func(a, b int) {
			present[a+1], present[b+1] = present[b+1], present[a+1]
		})
		for i := 1; i <= (len(present)-1)/2; i++ {
			gone := present[i]
			s.do(storm+time.Duration(s.rand.Int64N(int64(200*time.Millisecond))), gone, Leave)
			arrived++
			thin := s.plan.Seats[gone].Link.Name != s.other.Name
			present[i] = s.seat(fmt.Sprintf("Clinician %d", arrived), protocol.RoleClinician, thin)
			s.do(storm+away+time.Duration(s.rand.Int64N(int64(200*time.Millisecond))), present[i],
				Join)
		}
	}
	s.leave(present)
}

// document: the host shares from a sixth of the call to its last sixth, and speaks most of the
// time.
func (s *script) document() {
	seats := s.staff()
	for i, seat := range seats {
		s.do(s.arrival(i), seat, Join)
	}
	s.do(max(s.settle(), s.plan.Length/6), seats[0], Share)
	s.do(s.plan.Length*5/6, seats[0], Unshare)
	speakers := append([]int{seats[0], seats[0]}, seats...)
	s.turns(s.settle(), s.plan.Length, 6*time.Second, speakers)
	s.leave(seats)
}
