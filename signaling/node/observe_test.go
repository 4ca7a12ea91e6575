package node

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/homes/register"
	"draille/signaling/tenure"
)

// Rooms that a server left behind live nowhere, as do those that are over.
func TestRoomsOfAServerThatHasLeftLiveNowhere(t *testing.T) {
	keys := map[string]register.Change{}
	put := func(key string, value any) {
		encoded, err := json.Marshal(value)
		require.NoError(t, err)
		keys[key] = register.Change{Key: key, Value: encoded}
	}
	put(tenure.NodeKey("n1"), tenure.NodeRecord{Peer: "192.0.2.1:7420"})
	put(tenure.RoomKey("a"), tenure.RoomRecord{Node: "n1"})
	put(tenure.RoomKey("b"), tenure.RoomRecord{Node: "n2"})
	put(tenure.RoomKey("c"), tenure.RoomRecord{})
	status := statusOf(keys)
	require.Len(t, status.Nodes, 1)
	require.Equal(t, []int{1, 2}, []int{status.Nodes[0].Rooms, status.Unowned})
}

// A watch of a register that is full does not begin: whoever looks at the cluster is told why.
func TestWhoeverLooksAtAFullRegisterIsTold(t *testing.T) {
	e := &engine{}
	require.ErrorContains(t, e.untold(), "did not tell everything")
	e.nearlyFull.Store(true)
	require.ErrorContains(t, e.untold(), "expected less than 960 MB, got more; calls go on")
}
