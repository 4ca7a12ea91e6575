package homes

import (
	"maps"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
	"draille/signaling/rules"
)

// notebook is a memory that a test can read.
type notebook map[string]rules.State

func (n notebook) Recall() map[string]rules.State      { return maps.Clone(n) }
func (n notebook) Keep(room string, state rules.State) { n[room] = state }
func (n notebook) Forget(room string)                  { delete(n, room) }

func (n notebook) KeepNow(room string, state rules.State, saved func()) {
	n.Keep(room, state)
	saved()
}

func find(t *testing.T, a *Alone, room string) Tenure {
	t.Helper()
	home, known := a.Find(room, nil)
	require.True(t, known)
	require.NotNil(t, home.Tenure)
	return home.Tenure
}

func seated(expires time.Time) rules.State {
	return rules.State{
		Locked:  true,
		Seats:   []rules.SeatState{{Participant: "p", Place: protocol.PlaceRoom}},
		Removed: map[string]time.Time{"inv": expires},
	}
}

func TestPlacesOfBeforeAreRecalledForAMinute(t *testing.T) {
	now := time.Now()
	clock := now
	a := NewAlone(Config{Memory: notebook{"a": seated(now.Add(time.Hour)),
		"b": seated(now.Add(time.Hour)), "c": {Seats: seated(now).Seats}},
		Now: func() time.Time { return clock }})
	state, lostAt := find(t, a, "a").Recalled()
	require.Equal(t, now, lostAt)
	require.Equal(t, seated(now.Add(time.Hour)).Seats, state.Seats)
	require.True(t, state.Locked)
	clock = now.Add(2 * time.Minute)
	state, _ = find(t, a, "b").Recalled()
	require.Equal(t, map[string]time.Time{"inv": now.Add(time.Hour)}, state.Removed)
	require.Empty(t, state.Seats)
	require.False(t, state.Locked)
	require.NotContains(t, a.config.Memory, "c", "there is nothing left to remember")
}

// An appointment may be moved: the invitation that replaces the one of before ends later.
func TestARemovalIsRecalledLongAfterItsInvitationHasEnded(t *testing.T) {
	clock := time.Now()
	memory := notebook{}
	a := NewAlone(Config{Memory: memory, Now: func() time.Time { return clock }})
	first := find(t, a, "a")
	removal := rules.State{Removed: map[string]time.Time{"inv": clock.Add(time.Hour)}}
	first.Keep(removal)
	first.Release(removal)
	second := find(t, a, "a")
	second.Release(removal)
	clock = clock.Add(60 * 24 * time.Hour)
	third := find(t, a, "a")
	state, _ := third.Recalled()
	require.Equal(t, removal.Removed, state.Removed)
	third.Release(removal)
	clock = clock.Add(2 * 365 * 24 * time.Hour)
	state, _ = find(t, a, "a").Recalled()
	require.True(t, state.Empty())
	require.Empty(t, memory)
}

func TestARoomOfWhichNothingIsLeftIsForgotten(t *testing.T) {
	memory := notebook{}
	a := NewAlone(Config{Memory: memory})
	tenure := find(t, a, "a")
	tenure.Keep(seated(time.Now()))
	require.Len(t, memory, 1)
	tenure.Keep(rules.State{Kind: protocol.KindConsultation})
	tenure.Release(rules.State{})
	require.Empty(t, memory)
	state, _ := find(t, a, "a").Recalled()
	require.True(t, state.Empty())
}

func TestAServerThatIsAloneStartsNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	a := NewAlone(Config{})
	saved := false
	tenure := find(t, a, "a")
	tenure.KeepNow(rules.State{}, func() { saved = true })
	require.True(t, saved)
	require.True(t, tenure.MayDecide())
	require.Equal(t, before, runtime.NumGoroutine())
}
