package cluster

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"draille/signaling/homes"
	"draille/signaling/homes/register"
	"draille/signaling/tenure"
)

// errFull is what a register answers that has no room.
var errFull = errors.Join(register.ErrUnknown, register.ErrFull)

// fill tells all nodes that the register is nearly full, and has it refuse everything if it is.
func (n *nodes) fill(nearly, entirely bool) {
	for _, d := range n.doors {
		d.nearlyFull.Store(nearly)
		d.full.Store(entirely)
	}
}

// What is left in a register that is nearly full is for what is there: leases are renewed, rooms
// that are open go on and are written, those that are remembered are opened, and no other one is.
func TestARegisterThatIsNearlyFullOpensNoNewRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, "a", "b")
		room, ear := n.open("a", "r"), newEar()
		room.Listen(ear)
		remembered := n.open("a", "before")
		keep(remembered, removal("family"))
		remembered.Release(removal("family"))
		n.fill(true, false)
		time.Sleep(2 * time.Second)
		require.Equal(t, homes.Home{Away: string(tenure.RegisterFull)}, n.find("a", "new"))
		for range 30 {
			time.Sleep(time.Second)
			require.True(t, room.MayDecide())
		}
		keep(room, removal("meanwhile"))
		require.True(t, n.byID["a"].Stats().Full)
		n.opens("b", "before")
		require.Empty(t, ear.heard)
		n.fill(false, false)
		n.open("a", "new")
		time.Sleep(2 * time.Second)
		require.False(t, n.byID["a"].Stats().Full)
	})
}

// forgets deletes a room's key as if the register had come back with an older history.
func (n *nodes) forgets(room string) {
	n.t.Helper()
	ctx, stop := context.WithCancel(n.t.Context())
	defer stop()
	changes, err := n.register.Watch(ctx, tenure.RoomKey(room))
	require.NoError(n.t, err)
	found := <-changes
	require.Equal(n.t, tenure.RoomKey(room), found.Key)
	require.NoError(n.t, n.register.Delete(ctx, found.Key, found.Revision))
}

// An open room of which a register that is nearly full knows nothing any more is claimed anew: it
// keeps its lease, and whoever looks for it finds it.
func TestARoomThatTheRegisterForgotIsNoNewOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, "a", "b")
		room, ear := n.open("a", "r"), newEar()
		room.Listen(ear)
		n.fill(true, false)
		time.Sleep(2 * time.Second)
		n.forgets("r")
		for range 60 {
			time.Sleep(time.Second)
			require.True(t, room.MayDecide())
		}
		require.Equal(t, "a", n.find("b", "r").Node)
		require.Equal(t, homes.Home{Away: string(tenure.RegisterFull)}, n.find("b", "new"))
		require.Empty(t, ear.heard)
	})
}

// A register that refuses everything, renewals too, ends no call. It is said once, and once that
// there is room again; then all goes on by itself.
func TestARegisterThatIsFullEndsNoCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t)
		core, seen := observer.New(zap.InfoLevel)
		n.log = zap.New(core)
		n.start("a", 0)
		time.Sleep(3 * time.Second)
		room, ear := n.open("a", "r"), newEar()
		room.Listen(ear)
		keep(room, removal("before"))
		n.fill(false, true)
		time.Sleep(10 * time.Minute)
		require.False(t, room.MayDecide())
		require.Nil(t, n.find("a", "new").Tenure)
		require.True(t, n.byID["a"].Stats().Full)
		require.Empty(t, ear.heard, "nobody is sent away, nothing ends")
		require.Equal(t, 1, seen.FilterMessageSnippet("the register is full: calls go on").Len())
		n.fill(false, false)
		time.Sleep(10 * time.Second)
		require.True(t, room.MayDecide())
		n.open("a", "new")
		require.Empty(t, ear.heard)
		require.Equal(t, 1, seen.FilterMessage("the register has room again").Len())
	})
}
