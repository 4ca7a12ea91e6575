package cluster

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"draille/loadtest/scenario"
	"draille/signaling/protocol"
	"draille/signaling/tenure/simulation"
)

// What is asked for.
const (
	backWithin        = 8 * time.Second  // after a machine was lost
	backWithoutLeader = 13 * time.Second // if the register's leader died with it
	backAfterRestart  = 3 * time.Second
	drainedWithin     = 200 * time.Millisecond // of silence
	drainRoundTrip    = 50 * time.Millisecond
	wholeWithin       = 30 * time.Second // until a server with wholeRooms has none
	wholeRooms        = 100
	decidesWithin     = 2 * time.Second // after the register is back
	doorCosts         = 5 * time.Millisecond
	roomCosts         = 25 * time.Millisecond
	predictedWithin   = 20.0 // percent, by the simulation
	// Fewer calls where nothing is counted.
	fewConsultations = 6
)

// machineLost takes a machine away on which all rooms live, and which is the door of their hosts.
// How long its rooms have no owner is compared with what the simulation says of such a world.
func (s *site) machineLost() []figure {
	owned, figures := s.lost(s.after(s.leader()), backWithin)
	_, predicted := simulation.PredictRehoming(1, len(s.machines), len(s.machines)**many)
	differs := math.Abs(owned.Seconds()/predicted.Seconds()-1) * 100
	return append(figures, plain(took("the same, as the simulation predicts it", predicted, 0)),
		figure{what: "differs from it by", value: differs, unit: "%", most: predictedWithin})
}

// leaderLost does the same to the one that leads the register.
func (s *site) leaderLost() []figure {
	_, figures := s.lost(s.leader(), backWithoutLeader)
	return figures
}

func (s *site) lost(m *machine, within time.Duration) (owned time.Duration, figures []figure) {
	opened := s.consultations(*many, m, sound{camera: true})
	defer s.restored(m, (*machine).isBack)
	var looking sync.WaitGroup
	silences := interrupted(everybody(opened), func() {
		before := s.takenOver(m)
		m.isLost()
		began := time.Now()
		looking.Go(func() {
			comes(never, func() bool { return s.takenOver(m) >= before+len(opened) })
			owned = time.Since(began)
		})
	})
	looking.Wait()
	return owned, []figure{
		took("voice back at both ends, p95", quantile(silences, 0.95), within),
		plain(took("the same, median", quantile(silences, 0.5), within)),
		share("places and roles kept", s.keptSoon(opened)),
		plain(took("until all rooms have an owner", owned, 0)),
	}
}

// takenOver counts the rooms that other machines than one have taken over from the dead.
func (s *site) takenOver(lost *machine) (rooms int) {
	for _, m := range s.machines {
		if m != lost {
			reading, err := scenario.MetricsEndpoint{URL: "http://" + m.metrics + "/metrics"}.
				Read(context.Background())
			if err == nil {
				rooms += int(reading.Claims["dead"])
			}
		}
	}
	return rooms
}

// restored waits until a machine is one of the three again.
func (s *site) restored(m *machine, back func(*machine)) {
	if !m.alive() {
		back(m)
	}
	m.await(answers)
	s.settles()
}

// keptSoon gives them a moment: who hears already may not be known to the other yet.
func (s *site) keptSoon(opened []*consultation) float64 {
	comes(3*time.Second, func() bool { return kept(opened) == 1 })
	return kept(opened)
}

// restarted ends a process as a fault does, and starts it at once, as systemd does.
func (s *site) restarted() []figure { return s.killed(s.after(s.leader()), backAfterRestart) }

// leaderRestarted does the same to the one that leads the register: what it owns is written down
// once the others have elected another leader.
func (s *site) leaderRestarted() []figure { return s.killed(s.leader(), backWithoutLeader) }

func (s *site) killed(m *machine, within time.Duration) []figure {
	opened := s.consultations(fewConsultations, m, sound{camera: true})
	silences := interrupted(everybody(opened), func() {
		m.dies()
		m.start()
	})
	share := share("places and roles kept", s.keptSoon(opened))
	s.restored(m, (*machine).start)
	return []figure{
		took("voice back at both ends, p95", quantile(silences, 0.95), within), share,
	}
}

// drained stops a server from whose rooms everybody is 50 ms away.
func (s *site) drained() []figure {
	near := s.far(drainRoundTrip)
	defer near()
	m := s.machines[0]
	opened := s.consultations(*many/2, m, sound{camera: true})
	var stopped time.Duration
	silences := longest(everybody(opened), func() { stopped = m.drains() })
	share := share("places and roles kept", s.keptSoon(opened))
	leaveAll(everybody(opened))
	s.restored(m, (*machine).start)
	return []figure{
		took("gap in the voice, p95", quantile(silences, 0.95), drainedWithin),
		plain(took("the same, median", quantile(silences, 0.5), drainedWithin)),
		plain(took("until the server has stopped", stopped, wholeWithin)), share,
	}
}

// drainedWhole stops a server with a hundred rooms.
func (s *site) drainedWhole() []figure {
	m := s.machines[1]
	opened := s.consultations(wholeRooms, m, sound{alone: true})
	stopped := m.drains()
	share := share("places and roles kept", s.keptSoon(opened))
	leaveAll(everybody(opened))
	s.restored(m, (*machine).start)
	return []figure{
		took(fmt.Sprintf("until %d rooms are elsewhere, and the server has stopped", len(opened)),
			stopped, wholeWithin), share,
	}
}

// registerGone cuts the register off from all servers for a while. A guest comes meanwhile.
func (s *site) registerGone() []figure {
	m := s.machines[0]
	opened := s.consultations(fewConsultations, m, sound{camera: true})
	var atFirst []string
	for _, m := range s.machines {
		atFirst = append(atFirst, strconv.Itoa(m.command.Process.Pid))
		m.inside("nft", "add", "table", "ip", "gone")
		for _, way := range []string{"input", "output"} {
			m.inside("nft", "add", "chain", "ip", "gone", way,
				fmt.Sprintf("{ type filter hook %s priority 0; }", way))
			for _, end := range []string{"sport", "dport"} {
				m.inside("nft", "add", "rule", "ip", "gone", way, "tcp", end,
					fmt.Sprintf("%d-%d", registerPort, registerPort+1), "drop")
			}
		}
	}
	silences := longest(everybody(opened), func() {
		healed := time.NewTimer(*away)
		defer healed.Stop()
		select {
		case <-healed.C:
		case <-s.t.Context().Done():
		}
	})
	share := share("places and roles kept", kept(opened))
	ended := 0
	for i, m := range s.machines {
		if !m.alive() || strconv.Itoa(m.command.Process.Pid) != atFirst[i] {
			ended++
		}
	}
	healed := time.Now()
	for _, m := range s.machines {
		m.inside("nft", "delete", "table", "ip", "gone")
	}
	back, decides := s.decidesAgain()
	return []figure{
		took("longest silence", quantile(silences, 1), silence), share,
		{what: "servers that ended", value: float64(ended), unit: "", most: 0},
		plain(took("until the register answers after the cut", back.Sub(healed), 0)),
		took("until somebody is let in after that", max(0, decides.Sub(back)), decidesWithin),
	}
}

// decidesAgain tells when the register answered, and when somebody was let into a new room.
func (s *site) decidesAgain() (back, decides time.Time) {
	var looking sync.WaitGroup
	looking.Go(func() {
		if comes(never, func() bool {
			_, err := s.observe(time.Second)
			return err == nil
		}) {
			back = time.Now()
		}
	})
	c := &consultation{}
	room := s.room()
	s.joins(c, s.link(room, protocol.RoleHost), 1, 90)
	s.joins(c, s.link(room, protocol.RoleGuest), 2, 91)
	decides = time.Now()
	looking.Wait()
	leaveAll(c.people)
	require.False(s.t, back.IsZero(), "the register does not come back")
	require.Len(s.t, c.people, 2)
	return back, decides
}

// joinsMeasured compares joins by the owner with those by another door, and new rooms with those of
// a server that is alone.
func (s *site) joinsMeasured() []figure {
	const samples = 200
	alone := s.alone(s.machines[2], s.program)
	defer alone.dies()
	owner, other := s.machines[0], s.machines[1]
	c := &consultation{}
	room := s.room()
	s.joins(c, s.link(room, protocol.RoleHost), owner.index, 1)
	defer leaveAll(c.people)
	var straight, through, opened, before []time.Duration
	for i := range samples {
		device := fmt.Sprintf("device-%d", i)
		guest := func(at *machine) time.Duration {
			return s.knock(at.web, s.link(room, protocol.RoleGuest), device)
		}
		straight, through = append(straight, guest(owner)), append(through, guest(other))
		fresh := func(at string) time.Duration {
			return s.knock(at, s.link(s.room(), protocol.RoleHost), device)
		}
		opened, before = append(opened, fresh(owner.web)), append(before, fresh(alone.web))
	}
	differ := func(what string, with, without []time.Duration, most time.Duration) []figure {
		sortAll(with, without)
		at := func(q float64) time.Duration { return quantile(with, q) - quantile(without, q) }
		return []figure{took(what+", p99", at(0.99), most),
			plain(took(what+", median", at(0.5), 0)),
			plain(took(what+": p99 without", quantile(without, 0.99), 0))}
	}
	return append(differ("more by another door", through, straight, doorCosts),
		differ("more for a new room than alone", opened, before, roomCosts)...)
}

// upgraded drains one server after the other, and starts it again, while calls go on.
func (s *site) upgraded() []figure {
	var opened []*consultation
	for _, m := range s.machines {
		opened = append(opened, s.consultations(fewConsultations/machines, m,
			sound{camera: true})...)
	}
	people := everybody(opened)
	silences := longest(people, func() {
		for _, m := range s.machines {
			m.drains()
			m.start()
			m.await(answers)
			s.settles()
		}
	})
	ended := 0
	for _, p := range people {
		select {
		case <-p.Ended():
			ended++
		default:
		}
	}
	return []figure{
		{what: "calls that ended", value: float64(ended), unit: "", most: 0},
		share("places and roles kept", s.keptSoon(opened)),
		plain(took("longest silence of all", quantile(silences, 1), 0)),
	}
}
