package tenure

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// next lets time go by until a node writes to a key; nothing answers it.
func (c *cluster) next(id, key string) Put {
	c.t.Helper()
	for end := c.now + c.config.Lease; c.now < end; c.now += 10 * time.Millisecond {
		if put, ok := putOf(c.nodes[id].Tick(c.now), key); ok {
			return put
		}
	}
	require.Fail(c.t, "expected a write", key)
	return Put{}
}

// Where the register takes longer than anybody waits for it, the watch is the only answer that ever
// comes.
func TestWhatTheWatchShowsIsAnAnswer(t *testing.T) {
	c := newCluster(t, "a")
	c.find("a", "r")
	c.pass(500 * time.Millisecond)
	a := c.nodes["a"]
	put, ok := putOf(a.Keep(c.now, "r", json.RawMessage(`{"removed":1}`)), RoomKey("r"))
	require.True(t, ok)
	c.now += time.Second
	again, ok := putOf(a.Result(c.now, put.Nonce, Unknown, 0), RoomKey("r"))
	if !ok { // it is repeated while nothing is known of it
		again = c.next("a", RoomKey("r"))
	}
	require.Greater(t, again.Nonce, put.Nonce)
	c.revision++
	c.values[put.Key] = Change{Set, put.Key, put.Value, c.revision}
	c.do("a", a.Changed(c.now, c.values[put.Key]))
	c.do("a", a.Result(c.now, again.Nonce, Conflict, 0))
	c.said["a"] = nil
	c.pass(2 * time.Second)
	_, ok = putOf(c.said["a"], RoomKey("r"))
	require.False(t, ok, "it is stored already")
	require.True(t, a.MayDecide(c.now, "r"))
	require.JSONEq(t, `{"removed":1}`, c.stored("r"))
}

// A renewal that follows one of which nothing was known is refused where that one was stored. The
// lease has no time for that to be told.
func TestARenewalThatWillBeRefusedIsSentAgain(t *testing.T) {
	c := newCluster(t, "a")
	a, key := c.nodes["a"], NodeKey("a")
	first := c.next("a", key)
	c.now += time.Second
	second, ok := putOf(a.Result(c.now, first.Nonce, Unknown, 0), key)
	if !ok {
		second = c.next("a", key)
	}
	require.Equal(t, first.Revision, second.Revision)
	c.revision++
	third, ok := putOf(a.Changed(c.now, Change{Set, key, first.Value, c.revision}), key)
	require.True(t, ok)
	require.Equal(t, c.revision, third.Revision)
}

// Whoever locks a room and unlocks it again gives the state that the register has already, while a
// write of the other one is on its way yet: it may be stored whenever it likes.
func TestAStateThatComesBackIsWrittenOverALateWrite(t *testing.T) {
	c := newCluster(t, "a")
	c.find("a", "r")
	a := c.nodes["a"]
	open, locked := json.RawMessage(`{"locked":false}`), json.RawMessage(`{"locked":true}`)
	c.do("a", a.Keep(c.now, "r", open))
	c.pass(500 * time.Millisecond)
	put, ok := putOf(a.Keep(c.now, "r", locked), RoomKey("r"))
	require.True(t, ok)
	c.do("a", a.Keep(c.now, "r", open))
	c.now += time.Second
	c.do("a", a.Result(c.now, put.Nonce, Unknown, 0))
	require.False(t, a.Kept("r"))
	c.revision++
	c.values[put.Key] = Change{Set, put.Key, put.Value, c.revision}
	c.do("a", a.Changed(c.now, c.values[put.Key]))
	c.pass(2 * time.Second)
	require.JSONEq(t, string(open), c.stored("r"))
	require.True(t, a.Kept("r"))
}
