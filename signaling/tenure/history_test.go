package tenure

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// putOf finds what is written to a key.
func putOf(effects []Effect, key string) (Put, bool) {
	for _, effect := range effects {
		if put, ok := effect.(Put); ok && put.Key == key {
			return put, true
		}
	}
	return Put{}, false
}

// store lets the register hold a value, and all see it.
func (c *cluster) store(key string, record any, revision uint64) {
	c.values[key] = Change{Set, key, encode(record), revision}
	for id, n := range c.nodes {
		c.do(id, n.Changed(c.now, c.values[key]))
	}
}

// older is a revision of a room that is older than what all know.
func (c *cluster) older(room string) uint64 { return c.values[RoomKey(room)].Revision - 1 }

// otherHistory lets the register show a room in a history in which another node, which is gone,
// went on from the time before this one.
func (c *cluster) otherHistory(room, state string) {
	c.store(RoomKey(room), RoomRecord{Mark: Mark{"x-1", 7}, Epoch: 0, Node: "x", Incarnation: 1,
		Format: 1, State: json.RawMessage(state)}, c.older(room))
}

func (c *cluster) stored(room string) string {
	var record RoomRecord
	require.NoError(c.t, decode(c.values[RoomKey(room)].Value, &record))
	return string(record.State)
}

func TestTwoHistoriesOfARoomAreMerged(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	a := c.nodes["a"]
	c.do("a", a.Keep(c.now, "r", json.RawMessage(`{"removed":1}`)))
	c.pass(time.Second)
	c.otherHistory("r", `{"removed":4}`)
	c.pass(2 * c.config.Lease)
	require.True(t, a.MayDecide(c.now, "r"))
	require.JSONEq(t, `{"removed":5}`, c.stored("r"))
	learned, ok := last[Learned](c, "a")
	require.True(t, ok)
	require.JSONEq(t, `{"removed":5}`, string(learned.State))

	c.do("a", a.Keep(c.now, "r", json.RawMessage(`{"removed":3}`)))
	c.pass(time.Second)
	require.JSONEq(t, `{"removed":7}`, c.stored("r"), "it was given before it was taken in")
	c.do("a", a.Keep(c.now, "r", json.RawMessage(`{"removed":7}`)))
	require.Equal(t, 1, count[Learned](c, "a"))
	c.pass(time.Second)
	c.do("a", a.Release(c.now, "r", nil))
	require.NotContains(t, c.values, RoomKey("r"), "the rules know, and say that it is over")
}

func TestWhatWasLearnedOutlivesARelease(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	c.pass(time.Second)
	c.otherHistory("r", `{"removed":4}`)
	c.pass(2 * c.config.Lease)
	c.do("a", c.nodes["a"].Release(c.now, "r", nil))
	c.pass(time.Second)
	require.JSONEq(t, `{"removed":4}`, c.stored("r"))
	require.Equal(t, "b", c.find("b", "r").Node)
}

func TestAClaimIsNotDecidedBeforeALaterRenewalCounts(t *testing.T) {
	c := newCluster(t, "a")
	c.pass(100 * time.Millisecond)
	a := c.nodes["a"]
	claim, ok := putOf(a.Find(c.now, "r", 0), RoomKey("r"))
	require.True(t, ok)
	c.revision++
	a.Changed(c.now, Change{Set, claim.Key, claim.Value, c.revision})
	renewal, ok := putOf(a.Result(c.now, claim.Nonce, Stored, c.revision), NodeKey("a"))
	require.True(t, ok)
	require.False(t, a.MayDecide(c.now, "r"), "a register that forgets the claim is not noticed")
	a.Result(c.now, renewal.Nonce, Stored, c.revision+1)
	require.True(t, a.MayDecide(c.now, "r"))
}

func TestAClaimThatABrokenWatchDidNotShow(t *testing.T) {
	c := newCluster(t, "a")
	a := c.nodes["a"]
	claim, ok := putOf(a.Find(c.now, "r", 0), RoomKey("r"))
	require.True(t, ok)
	broke := c.now
	c.do("a", a.Changed(c.now, Change{Kind: Gap}))
	c.revision++
	c.values[claim.Key] = Change{Set, claim.Key, claim.Value, c.revision}
	c.do("a", a.Result(c.now, claim.Nonce, Stored, c.revision))
	c.pass(500 * time.Millisecond)
	c.watch("a")
	c.pass(broke + c.config.Lease - 20*time.Millisecond - c.now)
	require.False(t, a.MayDecide(c.now, "r"), "another may have owned it in a lost history")
	c.pass(50 * time.Millisecond)
	require.True(t, a.MayDecide(c.now, "r"))
}

func TestNobodyGainsForALeaseAfterHistoryWentBackwards(t *testing.T) {
	for name, back := range map[string]func(*cluster, *Node){
		"the watch shows it": func(c *cluster, b *Node) {
			old := c.values[RoomKey("r")]
			old.Revision--
			c.do("b", b.Changed(c.now, old))
		},
		"an own write shows it": func(c *cluster, b *Node) {
			c.pass(b.lease.sentAt + c.config.Renew - c.now)
			renewal, ok := putOf(b.Tick(c.now), NodeKey("b"))
			require.True(t, ok)
			c.do("b", b.Result(c.now, renewal.Nonce, Stored, 1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, "a", "b")
			c.find("a", "r")
			c.pass(time.Second)
			b := c.nodes["b"]
			back(c, b)
			went := c.now
			c.do("b", b.Find(c.now, "free", 0))
			c.pass(went + c.config.Lease - 20*time.Millisecond - c.now)
			require.Zero(t, count[Held](c, "b"), "leases of the lost history may still run")
			c.pass(200 * time.Millisecond)
			require.Equal(t, 1, count[Held](c, "b"))
		})
	}
}

// Nor does whoever had sent a claim, and has no answer: the register may have forgotten an owner of
// the time since then.
func TestAClaimIsNotSentAgainBeforeHistoryIsSettled(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	c.pass(time.Second)
	b := c.nodes["b"]
	claim, ok := putOf(b.Find(c.now, "free", 0), RoomKey("free"))
	require.True(t, ok)
	c.do("b", b.Result(c.now, claim.Nonce, Unknown, 0))
	old := c.values[RoomKey("r")]
	old.Revision--
	c.do("b", b.Changed(c.now, old))
	went := c.now
	c.pass(went + c.config.Lease - 20*time.Millisecond - c.now)
	require.NotContains(t, c.values, RoomKey("free"))
	c.pass(200 * time.Millisecond)
	require.Contains(t, c.values, RoomKey("free"))
	require.Equal(t, 1, c.holds("b"))
}

func TestAForgottenRoomGoesOnForTheLeaseOfBefore(t *testing.T) {
	c := newCluster(t, "a")
	c.find("a", "r")
	c.pass(time.Second)
	a := c.nodes["a"]
	c.revision++
	c.store(NodeKey("x"), NodeRecord{Mark: Mark{"x-1", 1}, Incarnation: 1, Format: 1}, c.revision)
	until := a.lease.until
	c.otherHistory("r", `{"removed":4}`)
	c.pass(until - 20*time.Millisecond - c.now)
	require.True(t, a.MayDecide(c.now, "r"))
	c.pass(30 * time.Millisecond)
	require.Less(t, c.now, a.lease.until, "the node lives")
	require.False(t, a.MayDecide(c.now, "r"), "the other may have taken the room over")
	c.pass(c.config.Lease)
	require.True(t, a.MayDecide(c.now, "r"), "nobody renewed: the other was fenced")
	require.JSONEq(t, `{"removed":4}`, c.stored("r"))
}

func TestWhoLosesARoomRemindsItsOwner(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	a := c.nodes["a"]
	c.pass(time.Second)
	before := c.values[RoomKey("r")]
	c.do("a", a.Keep(c.now, "r", json.RawMessage(`{"removed":1}`)))
	c.pass(100 * time.Millisecond)
	require.JSONEq(t, `{"removed":1}`, c.stored("r"))
	c.cut["a"] = true
	c.values[RoomKey("r")] = before // the register forgets the removal, and a does not hear of it
	c.do("b", c.nodes["b"].Changed(c.now, before))
	c.mute["a"] = true
	c.pass(2 * c.config.Lease)
	c.do("b", c.nodes["b"].Find(c.now, "r", 1))
	require.Equal(t, 1, count[Held](c, "b"))
	require.Empty(t, c.stored("r"))

	c.cut["a"], c.mute["a"] = false, false
	c.watch("a")
	c.pass(2 * time.Second)
	require.Equal(t, 1, count[Ended](c, "a"))
	require.Positive(t, count[Remind](c, "a"))
	require.JSONEq(t, `{"removed":1}`, c.stored("r"))
	require.Equal(t, 1, count[Learned](c, "b"))
	reminded := count[Remind](c, "a")
	c.pass(2 * c.config.Remember)
	require.Equal(t, reminded, count[Remind](c, "a"), "the owner knows it")
	require.Empty(t, a.legacies)
}

func TestARoomIsNotReleasedOverAnothersRecord(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	c.pass(time.Second)
	c.revision++
	c.store(NodeKey("x"), NodeRecord{Mark: Mark{"x-1", 1}, Incarnation: 1, Format: 1}, c.revision)
	c.otherHistory("r", `{"removed":4}`)
	before := c.values[RoomKey("r")]
	c.do("a", c.nodes["a"].Release(c.now, "r", json.RawMessage(`{"removed":1}`)))
	require.Equal(t, before, c.values[RoomKey("r")])
	c.pass(2 * c.config.Lease)
	require.Equal(t, "b", c.find("b", "r").Node)
	c.pass(2 * time.Second)
	require.JSONEq(t, `{"removed":5}`, c.stored("r"), "the next owner is reminded")
}

func TestAClaimThatWasNotStoredIsReleased(t *testing.T) {
	c := newCluster(t, "a")
	c.pass(100 * time.Millisecond)
	a := c.nodes["a"]
	claim, ok := putOf(a.Find(c.now, "r", 0), RoomKey("r"))
	require.True(t, ok)
	c.do("a", a.Result(c.now, claim.Nonce, Unknown, 0))
	c.do("a", a.Forget(c.now, "r"))
	c.do("a", a.Release(c.now, "r", nil))
	c.pass(time.Second)
	require.Empty(t, a.tenures)
	require.NotContains(t, c.values, RoomKey("r"))
}
