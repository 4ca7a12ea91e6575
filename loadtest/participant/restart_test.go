package participant

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
	"draille/signaling/rules"
)

// heardAndSeen reports whether they have heard and seen somebody since their connection was made
// anew.
func (p *Participant) heardAndSeen() bool {
	f := p.Figures()
	return f.Audio.Packets > 0 && f.Video.Frames > 0
}

// onDisk reports whether the server has written that these, and nobody else, have a place, and that
// somebody was removed.
func (s *server) onDisk(places map[*Participant]string) bool {
	directory := strings.TrimPrefix(s.options[len(s.options)-1], "--data-directory=")
	data, err := os.ReadFile(filepath.Join(directory, "rooms", s.room+".json"))
	if err != nil {
		return false
	}
	var file struct{ State rules.State }
	require.NoError(s.t, json.Unmarshal(data, &file))
	held := map[string]bool{}
	for _, seat := range file.State.Seats {
		held[seat.Participant] = true
	}
	for _, id := range places {
		if !held[id] {
			return false
		}
	}
	return len(held) == len(places) && len(file.State.Removed) == 1
}

// A staff meeting of five under a server that goes and comes back: everybody stands in their place
// again with their role, and touches nothing for it.
func TestRestartUnderATelestaff(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"killed": syscall.SIGKILL,
		"stopped": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			join := func(name string, role protocol.Role, seed uint64) *Participant {
				return s.join(protocol.KindTelestaff, role, func(o *Options) {
					o.Name, o.Seed, o.View = name, seed, Speaker
					o.Speech = func(time.Duration) bool { return true }
				})
			}
			host := join("host", protocol.RoleHost, 1)
			inside := []*Participant{host, join("clinician", protocol.RoleClinician, 2)}
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			admit := func(p *Participant) {
				eventually(t, "the host sees them waiting", func() bool {
					_, waiting := host.Roster()
					return len(waiting) == 1
				})
				require.NoError(t, host.Admit(p.ID()))
				require.NoError(t, p.AwaitAdmission(ctx))
			}
			for seed := range uint64(3) {
				guest := join("guest", protocol.RoleGuest, 10+seed)
				admit(guest)
				inside = append(inside, guest)
			}
			out := join("out", protocol.RoleGuest, 20)
			admit(out)
			require.NoError(t, host.send(protocol.Remove{Participant: out.ID()}))
			<-out.Ended()
			waits := join("waits", protocol.RoleGuest, 30)
			ids := map[*Participant]string{}
			for _, p := range append(inside, waits) {
				ids[p] = p.ID()
			}
			eventually(t, "they hear and see each other", func() bool {
				return host.heardAndSeen() && inside[3].heardAndSeen()
			})

			// What happened in the last milliseconds before a crash may be lost: whoever comes back
			// enters again by themselves.
			eventually(t, "all places are on disk", func() bool { return s.onDisk(ids) })
			_ = s.end(signal)
			s.start()
			started := time.Now()
			eventually(t, "everybody is back in their place, and hears and sees", func() bool {
				for _, p := range inside {
					if place, ready := p.Place(); place != protocol.PlaceRoom || !ready ||
						!p.heardAndSeen() {
						return false
					}
				}
				place, ready := waits.Place()
				return place == protocol.PlaceWaiting && ready
			})
			t.Logf("everybody back %v after the start", time.Since(started))
			for p, id := range ids {
				assert.Equal(t, id, p.ID())
			}
			present, waiting := host.Roster()
			require.Len(t, present, 5)
			roles := map[protocol.Role]int{}
			for _, person := range present {
				roles[person.Role]++
				assert.NotEmpty(t, person.Name)
			}
			assert.Equal(t, map[protocol.Role]int{protocol.RoleHost: 1, protocol.RoleClinician: 1,
				protocol.RoleGuest: 3}, roles)
			require.Len(t, waiting, 1)
			require.Equal(t, "waits", waiting[0].Name)
			require.Error(t, out.Err(), "who was put out is not back by themselves")

			// With the same link they wait, marked.
			again := s.join(protocol.KindTelestaff, protocol.RoleGuest, func(o *Options) {
				o.URL, o.Name, o.Seed = out.options.URL, "out", 20
			})
			place, _ := again.Place()
			require.Equal(t, protocol.PlaceWaiting, place)
			eventually(t, "the host is told", func() bool {
				_, waiting := host.Roster()
				return len(waiting) == 2
			})
			_, waiting = host.Roster()
			require.True(t, waiting[1].RemovedOnce)
		})
	}
}

// A page that is closed and opened again takes its place back.
func TestReload(t *testing.T) {
	t.Parallel()
	s := serve(t)
	host, guest := s.consultation(nil)
	eventually(t, "they see each other", func() bool {
		return host.heardAndSeen() && guest.heardAndSeen()
	})
	require.NoError(t, guest.Vanish())
	again := s.join(protocol.KindConsultation, protocol.RoleGuest, func(o *Options) {
		*o = guest.options
	})
	require.Equal(t, guest.ID(), again.ID())
	place, _ := again.Place()
	require.Equal(t, protocol.PlaceRoom, place)
	eventually(t, "they see each other again", again.heardAndSeen)
}
