package rules

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"draille/signaling/protocol"
)

// leftAlone is a guest in the room, live, whose host has left.
func leftAlone(t *testing.T) (*house, *client) {
	h, host := start(t)
	guest := h.admitted(host, "roux")
	h.send(guest, protocol.Media{Microphone: true, Camera: true})
	require.Empty(t, of[protocol.Unattended](guest))
	h.send(host, protocol.Leave{})
	return h, guest
}

func TestAGuestLeftAloneIsToldAtOnce(t *testing.T) {
	_, guest := leftAlone(t)
	require.Equal(t, []protocol.Unattended{{
		MediaLeft: (2 * time.Minute).Milliseconds(),
		CallLeft:  (10 * time.Minute).Milliseconds(),
	}}, of[protocol.Unattended](guest))
}

func TestMediaOfAGuestLeftAloneStop(t *testing.T) {
	h, guest := leftAlone(t)
	h.pass(2*time.Minute - time.Millisecond)
	require.True(t, h.live[guest.id].Camera)
	next, ok := h.room.Next()
	require.True(t, ok)
	require.Equal(t, h.now.Add(time.Millisecond), next)
	h.pass(time.Millisecond)
	require.Equal(t, protocol.Live{}, h.live[guest.id])
	require.Equal(t, protocol.Unattended{
		Stopped: true, CallLeft: (8 * time.Minute).Milliseconds(),
	}, last[protocol.Unattended](t, guest))
	h.send(guest, protocol.Media{Microphone: true})
	require.Equal(t, protocol.Live{}, h.live[guest.id], "nothing is live while nobody is there")
	require.Len(t, of[protocol.Unattended](guest), 3, "the page switches off again")

	host := h.enters("host", protocol.RoleHost)
	require.Equal(t, protocol.Live{}, h.live[guest.id],
		"nobody is seen before they switch it on themselves")
	h.send(guest, protocol.Media{Microphone: true})
	require.True(t, h.live[guest.id].Microphone)
	require.Equal(t, protocol.PlaceRoom, host.place)
	h.pass(time.Hour)
	require.True(t, guest.open(), "with staff the call goes on")
}

func TestTheCallOfAGuestLeftAloneEnds(t *testing.T) {
	h, guest := leftAlone(t)
	waiting := h.enters("duval", protocol.RoleGuest)
	h.pass(10*time.Minute - time.Millisecond)
	require.True(t, guest.open())
	h.pass(time.Millisecond)
	require.Equal(t, protocol.ByeEnded, guest.bye)
	require.True(t, waiting.open(), "whoever waits goes on waiting")
	h.send(waiting, protocol.Leave{})
	require.NotNil(t, h.over)
}

func TestTheCallOfAGuestLeftAloneEndsWithTheInvitation(t *testing.T) {
	h, host := start(t)
	guest := h.admitted(host, "roux")
	h.pass(time.Hour - 5*time.Minute)
	h.send(host, protocol.Leave{})
	require.EqualValues(t, (5 * time.Minute).Milliseconds(),
		last[protocol.Unattended](t, guest).CallLeft)
	h.pass(2 * time.Minute)
	h.pass(3 * time.Minute)
	require.Equal(t, protocol.ByeExpired, guest.bye)
}

func TestStaffWhoLoseTheLineAfterTheInvitationsEndCanComeBack(t *testing.T) {
	h, host := start(t)
	guest := h.admitted(host, "roux")
	h.pass(2 * time.Hour)
	h.cut(host)
	require.Empty(t, of[protocol.Unattended](guest), "the seat is held")
	h.pass(time.Minute)
	require.EqualValues(t, (2 * time.Minute).Milliseconds(),
		last[protocol.Unattended](t, guest).CallLeft)
	h.pass(2*time.Minute - time.Millisecond)
	require.True(t, guest.open())
	h.pass(time.Millisecond)
	require.Equal(t, protocol.ByeExpired, guest.bye)
}

func TestWhoComesBackToAnUnattendedRoomIsTold(t *testing.T) {
	h, guest := leftAlone(t)
	h.cut(guest)
	h.pass(30 * time.Second)
	back := h.join("roux", protocol.RoleGuest, "device-of-roux", guest.resume)
	require.EqualValues(t, 90*time.Second.Milliseconds(),
		last[protocol.Unattended](t, back).MediaLeft)
	messages := len(of[protocol.Unattended](back))
	h.pass(time.Second)
	require.Len(t, of[protocol.Unattended](back), messages, "said once")
}

func TestNoSequenceKeepsGuestsWithoutStaff(t *testing.T) {
	config := DefaultConfig()
	rapid.Check(t, func(rt *rapid.T) {
		w := &world{
			house: newHouse(rt, config),
			actions: []string{"arrive", "admit", "media", "media", "leave", "leave", "cut", "pass",
				"pass", "pass", "pass"},
			expires: map[string]time.Time{},
			removed: map[string]bool{},
			refused: map[string]bool{},
			lost:    map[string]time.Time{},
			owner:   map[string]*client{},
		}
		host, guest := w.enters("host", protocol.RoleHost), w.enters("a", protocol.RoleGuest)
		w.owner[host.id], w.owner[guest.id] = host, guest
		w.says(host, protocol.Admit{Participant: guest.id})
		w.says(guest, protocol.Media{Microphone: true, Camera: true})
		// The invitation is good for an hour.
		w.pass(time.Duration(rapid.SampledFrom([]int{0, 55, 90}).Draw(rt, "min")) * time.Minute)
		w.says(host, protocol.Leave{})
		w.aloneness(rt, config)
		for range rapid.IntRange(1, 30).Draw(rt, "length") {
			if w.over != nil {
				return
			}
			w.step(rt, config)
			w.aloneness(rt, config)
		}
	})
}
