package tenure

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func (c *cluster) node(id string) NodeRecord {
	var record NodeRecord
	require.NoError(c.t, decode(c.values[NodeKey(id)].Value, &record))
	return record
}

func TestAFencedNodeTakesTheNextIncarnation(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	c.find("a", "kept")
	c.cut["a"] = true
	c.pass(5 * time.Second)
	c.do("b", c.nodes["b"].Find(c.now, "r", 1))
	require.Equal(t, 1, count[Held](c, "b"))
	c.cut["a"] = false
	c.watch("a")
	c.pass(2 * time.Second)
	require.Equal(t, uint64(2), c.node("a").Incarnation, "what it had is another's, or is claimed")
	require.True(t, c.nodes["a"].MayDecide(c.now, "kept"))
	require.False(t, c.nodes["a"].MayDecide(c.now, "r"))
	var record RoomRecord
	require.NoError(t, decode(c.values[RoomKey("kept")].Value, &record))
	require.Equal(t, [2]uint64{2, 2}, [2]uint64{record.Epoch, record.Incarnation})
}

func TestClaimantsWaitForTheLeasesOfBeforeAnOutage(t *testing.T) {
	c := newCluster(t, "a", "b")
	b := c.nodes["b"]
	broke := c.now
	c.do("b", b.Changed(c.now, Change{Kind: Gap}))
	c.pass(time.Second)
	c.watch("b")
	c.do("b", b.Find(c.now, "free", 0))
	c.pass(broke + c.config.Lease - 20*time.Millisecond - c.now)
	require.Zero(t, count[Held](c, "b"))
	c.pass(200 * time.Millisecond)
	require.Equal(t, 1, count[Held](c, "b"))
}

func TestNobodyIsFencedWhileTheWatchIsBroken(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	delete(c.nodes, "a")
	c.pass(5 * time.Second)
	b := c.nodes["b"]
	c.do("b", b.Changed(c.now, Change{Kind: Gap}))
	c.do("b", b.Find(c.now, "r", 1))
	c.pass(time.Second)
	require.Empty(t, c.node("a").Fenced, "it may live, and nobody here would see it")
	c.watch("b")
	c.pass(c.config.Lease)
	c.do("b", b.Find(c.now, "r", 1))
	require.Equal(t, "b", c.node("a").Fenced)
}

// The write was acknowledged, the watch broke before it showed it, and the register forgot it.
func TestWhatTheRegisterForgotIsWrittenAgain(t *testing.T) {
	c := newCluster(t, "a")
	c.find("a", "r")
	c.pass(500 * time.Millisecond)
	a := c.nodes["a"]
	put, ok := putOf(a.Keep(c.now, "r", json.RawMessage(`{"removed":1}`)), RoomKey("r"))
	require.True(t, ok)
	c.do("a", a.Changed(c.now, Change{Kind: Gap}))
	c.revision++
	c.do("a", a.Result(c.now, put.Nonce, Stored, c.revision))
	require.Empty(t, c.stored("r"))
	c.watch("a")
	c.pass(c.config.Lease + 2*time.Second)
	require.JSONEq(t, `{"removed":1}`, c.stored("r"))
	require.True(t, a.MayDecide(c.now, "r"))
}

func TestAnOwnerThatDidNotAnswerIsTriedAgain(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	c.do("b", c.nodes["b"].Find(c.now, "r", 1))
	require.Zero(t, count[Found](c, "b"), "it did not answer just now")
	c.pass(c.config.Renew + 50*time.Millisecond)
	require.Equal(t, 1, count[Found](c, "b"))
}

func TestAForgottenRoomIsNotTakenFromWhoLives(t *testing.T) {
	c := newCluster(t, "a")
	c.find("a", "r")
	c.pass(time.Second)
	x := NodeRecord{Mark: Mark{"x-1", 1}, Incarnation: 1, Format: 1}
	c.revision++
	c.store(NodeKey("x"), x, c.revision)
	c.otherHistory("r", `{"removed":4}`)
	record := c.values[RoomKey("r")]
	for range 6 {
		c.pass(time.Second)
		x.Nonce++
		c.revision++
		c.store(NodeKey("x"), x, c.revision)
	}
	require.Equal(t, 1, count[Ended](c, "a"))
	require.Equal(t, record, c.values[RoomKey("r")])
}

func TestARestartedProcessTakesTheNextIncarnation(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	proved := c.config
	proved.Dead = []string{c.nodes["a"].config.Instance}
	c.add("a", proved)
	c.pass(c.config.Settle + 100*time.Millisecond)
	require.Equal(t, uint64(2), c.node("a").Incarnation)
	c.do("b", c.nodes["b"].Find(c.now, "r", 1))
	require.Equal(t, 1, count[Held](c, "b"), "the process that had the room is gone")
}

func TestALateWriteThatTookTheNewerOnesPlaceIsWrittenOver(t *testing.T) {
	c := newCluster(t, "a")
	c.find("a", "r")
	c.pass(500 * time.Millisecond)
	a := c.nodes["a"]
	late := c.values[RoomKey("r")]
	c.do("a", a.Keep(c.now, "r", json.RawMessage(`{"removed":1}`)))
	c.pass(500 * time.Millisecond)
	require.JSONEq(t, `{"removed":1}`, c.stored("r"))
	c.revision++
	late.Revision = c.revision
	c.values[late.Key] = late
	c.do("a", a.Changed(c.now, late))
	c.pass(500 * time.Millisecond)
	require.JSONEq(t, `{"removed":1}`, c.stored("r"))
}

// After many rooms have lost their owner several nodes are asked for the same one. Whoever sees
// that another has it while its own claim waits for earlier writes sends nothing: the register has
// no time for what it must refuse.
func TestAClaimThatWaitsIsGivenUpWhenAnotherHasTheRoom(t *testing.T) {
	c := newCluster(t, "a", "b")
	a := c.nodes["a"]
	a.config.InFlight = 1
	first, sent := putOf(a.Find(c.now, "r1", 0), RoomKey("r1"))
	require.True(t, sent)
	_, sent = putOf(a.Find(c.now, "r2", 0), RoomKey("r2"))
	require.False(t, sent)
	require.Equal(t, "b", c.find("b", "r2").Node)
	found, _ := last[Found](c, "a")
	require.Equal(t, "b", found.Node)
	c.revision++
	_, sent = putOf(a.Result(c.now, first.Nonce, Stored, c.revision), RoomKey("r2"))
	require.False(t, sent)
}

// The watch of an heir may be behind what the giver knows: nobody else has the room.
func TestAnHeirWhoseClaimWaitsDoesNotMindAnOldRecord(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	c.pass(time.Second)
	old := c.values[RoomKey("r")]
	c.do("a", c.nodes["a"].Keep(c.now, "r", json.RawMessage(`{"removed":1}`)))
	c.pass(time.Second)
	b := c.nodes["b"]
	delete(b.view.rooms, "r")
	b.config.InFlight = 1
	first, sent := putOf(b.Find(c.now, "other", 0), RoomKey("other"))
	require.True(t, sent)
	at := c.values[RoomKey("r")].Revision
	b.Given(c.now, "a", "r", Gift{Epoch: 1, Revision: at})
	require.Empty(t, b.Changed(c.now, old))
	c.revision++
	claim, sent := putOf(b.Result(c.now, first.Nonce, Stored, c.revision), RoomKey("r"))
	require.True(t, sent)
	require.Equal(t, at, claim.Revision)
}

// The register forgets an heir's claim and what the giver wrote last; a third one claims the room,
// at the revision of what was forgotten.
func TestAnHeirGivesUpWhenItsRevisionCameBackAsAnothersClaim(t *testing.T) {
	c := newCluster(t, "a", "b")
	b := c.nodes["b"]
	c.find("a", "r")
	c.pass(time.Second)
	given := c.values[RoomKey("r")].Revision
	claim, sent := putOf(b.Given(c.now, "a", "r", Gift{Epoch: 1, Revision: given}), RoomKey("r"))
	require.True(t, sent)
	b.Result(c.now, claim.Nonce, Unknown, 0)
	value, err := json.Marshal(RoomRecord{Mark: Mark{"c/1", 1}, Epoch: 2, Node: "c",
		Incarnation: 1, Format: 1})
	require.NoError(t, err)
	effects := b.Changed(c.now, Change{Kind: Set, Key: RoomKey("r"), Value: value,
		Revision: given})
	require.Contains(t, effects, Effect(Answer{To: "a", Room: "r", Verdict: Declined,
		Offer: 1}))
	require.NotContains(t, b.tenures, "r")
}

// Another may have the room, in a history in which the very revision came back.
func TestANodeWithoutItsLeaseWritesNoRoom(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	c.pass(500 * time.Millisecond)
	c.cut["a"] = true
	c.do("a", c.nodes["a"].Keep(c.now, "r", json.RawMessage(`{"removed":1}`)))
	c.pass(c.config.Lease)
	require.Equal(t, 1, count[Islanded](c, "a"))
	c.said["a"] = nil
	c.pass(10 * time.Second)
	for _, effect := range c.said["a"] {
		put, ok := effect.(Put)
		require.True(t, !ok || put.Key == NodeKey("a"), "%v", effect)
	}
	c.cut["a"] = false
	c.watch("a")
	c.pass(2 * time.Second)
	require.JSONEq(t, `{"removed":1}`, c.stored("r"))
}

// The register forgot this node's claim, which was over by then, and the watch has not shown yet
// that the room was released.
func TestAClaimTakesAReleasedRecordForWhatItIs(t *testing.T) {
	c := newCluster(t, "a")
	c.find("a", "r")
	c.pass(500 * time.Millisecond)
	a := c.nodes["a"]
	delete(a.tenures, "r")
	claim, ok := putOf(a.Find(c.now, "r", 0), RoomKey("r"))
	require.True(t, ok)
	c.do("a", a.Result(c.now, claim.Nonce, Conflict, 0))
	c.revision++
	c.store(RoomKey("r"), RoomRecord{Mark: Mark{a.config.Instance, claim.Nonce - 1}, Epoch: 2,
		Format: 1, State: json.RawMessage(`{"removed":1}`)}, c.revision)
	c.pass(time.Second)
	require.True(t, a.MayDecide(c.now, "r"))
	require.JSONEq(t, `{"removed":1}`, c.stored("r"))
}
