package rules

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

func TestMergedStates(t *testing.T) {
	early := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	late := early.Add(time.Hour)
	seat := func(id string, place protocol.Place) SeatState {
		return SeatState{Participant: id, Invitation: "inv-" + id, Family: "f-" + id, Place: place}
	}
	state := State{
		Kind: protocol.KindConsultation,
		Seats: []SeatState{seat("in", protocol.PlaceRoom), seat("out", protocol.PlaceRoom),
			seat("waits", protocol.PlaceWaiting), seat("gone", protocol.PlaceWaiting),
			seat("back", protocol.PlaceRoom)},
		Removed: map[string]time.Time{"f-back": early},
	}
	other := State{
		Locked: true,
		Seats:  []SeatState{seat("stranger", protocol.PlaceRoom)},
		Removed: map[string]time.Time{"f-out": early, "f-waits": early,
			"f-back": late},
		Blocked: map[string]time.Time{"f-gone": early},
	}
	merged := state.Merge(other)
	waits := seat("waits", protocol.PlaceWaiting)
	waits.RemovedOnce = true
	require.Equal(t, State{
		Kind:   protocol.KindConsultation,
		Locked: true,
		Seats: []SeatState{seat("in", protocol.PlaceRoom), waits,
			seat("back", protocol.PlaceRoom)},
		Removed: map[string]time.Time{"f-out": early, "f-waits": early, "f-back": late},
		Blocked: map[string]time.Time{"f-gone": early},
	}, merged)
	require.Equal(t, merged, merged.Merge(other), "merged again, it adds nothing")
	require.Equal(t, state, state.Merge(State{}))
	require.Equal(t, State{Removed: other.Removed, Blocked: other.Blocked}, State{}.Merge(other),
		"the places of another history are not taken over")
}

// What a server says of the lock that had the room before is over once a host has opened it here:
// it says so again and again.
func TestAnEarlierLockIsOver(t *testing.T) {
	h, host := start(t)
	h.send(host, protocol.Lock{Locked: true})
	before := h.room.State(h.now)
	h.send(host, protocol.Lock{Locked: true})
	require.Equal(t, before, h.room.State(h.now), "nothing has changed")
	h.send(host, protocol.Lock{Locked: false})
	opened := h.room.State(h.now)
	require.True(t, h.room.Changed())
	require.Equal(t, opened, opened.Merge(before))
	h.apply(h.room.Learn(h.now, before))
	require.False(t, last[protocol.Roster](t, host).Locked)
	require.False(t, h.room.Changed())

	require.Equal(t, opened, before.Merge(opened), "who is behind is told")
	fork := before
	fork.Locked, fork.Locks = true, opened.Locks
	require.True(t, opened.Merge(fork).Locked, "of two that know as much one has locked it")
	require.Equal(t, fork, fork.Merge(opened))
	require.False(t, opened.SamePlaces(fork))
	old := before
	old.Locks = 0
	require.True(t, old.Merge(opened).Locked, "a server of before has locked it, uncounted")
	require.False(t, State{Locks: 2}.SamePlaces(State{Locks: 4}), "whoever comes next must know")
}

func TestWhatAnotherHistoryHoldsIsTakenIn(t *testing.T) {
	h, host := start(t)
	inside := h.admitted(host, "inside")
	waits := h.enters("waits", protocol.RoleGuest)
	withdrawn := h.enters("withdrawn", protocol.RoleGuest)
	expires := h.now.Add(time.Hour)
	other := State{Locked: true,
		Removed: map[string]time.Time{"inside": expires, "waits": expires,
			"expired": h.now.Add(-2 * keptAfter)},
		Blocked: map[string]time.Time{"withdrawn": expires}}
	h.apply(h.room.Learn(h.now, other))
	require.Equal(t, protocol.ByeRemoved, inside.bye)
	require.Equal(t, protocol.ByeBlocked, withdrawn.bye)
	require.Empty(t, waits.bye)
	require.True(t, host.waiting[0].RemovedOnce)
	require.True(t, last[protocol.Roster](t, host).Locked)
	require.True(t, h.room.Urgent(), "it is written before anybody hears of it")
	state := h.room.State(h.now)
	require.Equal(t, state, state.Merge(State{Locked: true, Removed: state.Removed,
		Blocked: state.Blocked}))
	require.NotContains(t, state.Removed, "expired")

	h.apply(h.room.Learn(h.now, other))
	require.False(t, h.room.Urgent(), "it is nothing new")
}

func TestWhereNothingMayBeDecidedOnlyHeldPlacesAreTaken(t *testing.T) {
	h, host := start(t)
	h.admitted(host, "inside")
	stranger := h.arrive(Arrival{Invitation: "new", Role: protocol.RoleClinician, Device: "d",
		Seats: 1, NewParticipant: "n", NewResume: "r", Connection: 900,
		Expires: h.now.Add(time.Hour), Undecided: true})
	require.Equal(t, protocol.ByeMoved, stranger.bye)
	h.cut(host)
	again := host.arrival
	again.Connection, again.Resume, again.Undecided = 901, host.resume, true
	require.True(t, h.arrive(again).resumed)
}
