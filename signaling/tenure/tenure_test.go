package tenure

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestARoomIsFoundWhereItWasClaimed(t *testing.T) {
	c := newCluster(t, "a", "b", "c")
	found := c.find("a", "r")
	require.Equal(t, Found{Room: "r", Node: "a", Epoch: 1}, found)
	require.True(t, c.nodes["a"].MayDecide(c.now, "r"))
	require.Equal(t, "a", c.find("b", "r").Node)
	require.False(t, c.nodes["b"].MayDecide(c.now, "r"))
}

func TestALeaseRunsFromItsSending(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	c.cut["a"] = true
	sent := c.nodes["a"].lease.sentAt
	c.pass(sent + c.config.Lease - c.config.Margin - c.now)
	require.True(t, c.nodes["a"].MayDecide(c.now-10*time.Millisecond, "r"))
	require.False(t, c.nodes["a"].MayDecide(sent+c.config.Lease-c.config.Margin, "r"))
	c.pass(20 * time.Millisecond)
	_, islanded := last[Islanded](c, "a")
	require.True(t, islanded)
}

func TestALateAcknowledgementGrantsNoMore(t *testing.T) {
	c := newCluster(t, "a")
	c.find("a", "r")
	a := c.nodes["a"]
	c.pass(a.lease.sentAt + c.config.Renew - c.now)
	sent := c.now
	renewal := a.Tick(sent)[0].(Put)
	require.Equal(t, NodeKey("a"), renewal.Key)
	c.now += 800 * time.Millisecond
	a.Result(c.now, renewal.Nonce, Stored, c.revision+1)
	require.Equal(t, sent+c.config.Lease-c.config.Margin, a.lease.until)
}

func TestNothingIsDecidedAfterAGap(t *testing.T) {
	c := newCluster(t, "a")
	c.find("a", "r")
	a := c.nodes["a"]
	require.True(t, a.MayDecide(c.now+c.config.Gap-100*time.Millisecond, "r"))
	c.cut["a"] = true
	c.now += c.config.Gap + time.Second
	require.False(t, a.MayDecide(c.now, "r"), "before any event")
	c.do("a", a.Tick(c.now))
	require.Less(t, c.now, a.lease.until)
	require.False(t, a.MayDecide(c.now, "r"), "before a renewal counts")
	c.cut["a"] = false
	c.pass(1100 * time.Millisecond)
	require.True(t, a.MayDecide(c.now, "r"))
	require.Zero(t, count[Islanded](c, "a"))
}

func TestAClaimNeedsALaterRenewal(t *testing.T) {
	c := newCluster(t, "a")
	before := c.nodes["a"].lease.granted
	c.find("a", "r")
	lease := c.nodes["a"].lease
	require.Greater(t, lease.granted, c.nodes["a"].tenures["r"].asserted)
	require.Greater(t, c.nodes["a"].tenures["r"].asserted, before)
}

func TestNobodyIsFencedUnlessSomebodyWaits(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	delete(c.nodes, "a")
	c.pass(time.Minute)
	require.Empty(t, c.nodes["b"].view.nodes["a"].Fenced)
	require.Equal(t, Found{Room: "r", Node: "b", Epoch: 2}, c.find("b", "r"))
	require.Equal(t, "b", c.nodes["b"].view.nodes["a"].Fenced)
}

func TestARestartedNodeClaimsItsRoomAtOnce(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	kept := json.RawMessage(`{"locked":true}`)
	c.do("a", c.nodes["a"].Keep(c.now, "r", kept))
	c.pass(time.Second)
	proved := c.config
	proved.Dead = []string{c.nodes["a"].config.Instance}
	c.add("a", proved)
	c.pass(c.config.Settle + 100*time.Millisecond)
	require.Equal(t, Found{Room: "r", Node: "a", Epoch: 2}, c.find("a", "r"))
	held, _ := last[Held](c, "a")
	require.JSONEq(t, string(kept), string(held.State))
}

// Whoever restarts on another disk does not know whether the process of before is dead.
func TestARestartWithoutProofWaitsForTheLeaseOfBefore(t *testing.T) {
	for _, door := range []string{"a", "b"} {
		c := newCluster(t, "a", "b")
		c.find("a", "r")
		old := c.nodes["a"] // goes on, and hears of nothing
		c.said["a"] = nil
		c.add("a", c.config)
		began := c.now
		c.pass(c.config.Settle + 100*time.Millisecond)
		c.do(door, c.nodes[door].Find(c.now, "r", 1))
		for c.holds(door) == 0 {
			require.Less(t, c.now, began+c.config.Lease+c.config.Settle)
			require.False(t, c.nodes[door].MayDecide(c.now, "r"))
			c.pass(10 * time.Millisecond)
		}
		require.False(t, old.MayDecide(c.now, "r"))
		require.GreaterOrEqual(t, c.now, old.lease.until)
		require.GreaterOrEqual(t, c.now, began+c.config.Lease-c.config.Margin)
	}
}

// A door to which the restarted process says that the one of before is dead waits for nothing.
func TestAProofIsGoodForTheOthers(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	proved := c.config
	proved.Dead = []string{c.nodes["a"].config.Instance}
	c.add("a", proved)
	c.pass(c.config.Settle + 100*time.Millisecond)
	c.do("b", c.nodes["b"].Find(c.now, "r", 1))
	require.Equal(t, 1, c.holds("b"))
}

// The last node leaves with its rooms, though it had been restarted before.
func TestANodeThatLeftWithItsRoomsComesBack(t *testing.T) {
	c := newCluster(t, "a")
	c.find("a", "r")
	proved := c.config
	proved.Dead = []string{c.nodes["a"].config.Instance}
	c.add("a", proved)
	c.pass(c.config.Settle + 100*time.Millisecond)
	require.Equal(t, uint64(2), c.find("a", "r").Epoch)
	c.do("a", c.nodes["a"].Drain(c.now, c.now+time.Minute))
	c.pass(c.config.Lonely + time.Second)
	require.Equal(t, 1, count[Drained](c, "a"))
	c.add("a", c.config)
	c.pass(c.config.Settle + c.config.Lease)
	require.Equal(t, uint64(3), c.find("a", "r").Epoch)
}

func TestTwoProcessesOfOneName(t *testing.T) {
	c := newCluster(t, "a")
	c.find("a", "r")
	old := c.nodes["a"]
	c.add("a", c.config)
	c.nodes["old"] = old
	c.pass(c.config.Settle)
	record := c.values[NodeKey("a")]
	c.do("old", old.Changed(c.now, record))
	refused, _ := last[Refused](c, "old")
	require.Equal(t, Superseded, refused.Reason)
	require.False(t, old.MayDecide(c.now, "r"))
}

func TestStrangersAreRefused(t *testing.T) {
	c := newCluster(t, "a")
	config := c.config
	config.Secret = "another"
	c.add("b", config)
	refused, _ := last[Refused](c, "b")
	require.Equal(t, OtherSecret, refused.Reason)
	require.Zero(t, count[Put](c, "b"))

	c.values[MetaKey] = Change{Set, MetaKey, []byte(`{"format":2,"secret":"secret"}`), 1}
	c.add("d", c.config)
	refused, _ = last[Refused](c, "d")
	require.Equal(t, NewerFormat, refused.Reason)
}

func TestANewerRoomIsLeftAlone(t *testing.T) {
	c := newCluster(t, "a")
	value := encode(RoomRecord{Epoch: 3, Format: 2})
	c.values[RoomKey("r")] = Change{Set, RoomKey("r"), value, 50}
	c.revision = 50
	c.do("a", c.nodes["a"].Changed(c.now, c.values[RoomKey("r")]))
	c.do("a", c.nodes["a"].Find(c.now, "r", 0))
	away, _ := last[Away](c, "a")
	require.Equal(t, AllFull, away.Reason)
	c.config.Format = 2
	c.add("b", c.config)
	c.pass(3 * time.Second)
	found, _ := last[Found](c, "a")
	require.Equal(t, Found{Room: "r", Node: "b", Epoch: 4}, found)
}

func TestWhoTakesARoom(t *testing.T) {
	for _, one := range []struct {
		name  string
		loads [3]float64 // of a, the door, b and c
		drain bool       // b
		want  []string
	}{
		{"the door, if it carries little", [3]float64{0.5, 0.5, 0.5}, false, []string{"a"}},
		{"another, if the door carries more than the mean", [3]float64{0.5, 0.1, 0.1}, false,
			[]string{"b", "c"}},
		{"another, if the door carries 60 %", [3]float64{0.6, 0.6, 0.55}, false,
			[]string{"a", "b", "c"}},
		{"none that is full", [3]float64{1, 1, 0.9}, false, []string{"c"}},
		{"none that drains", [3]float64{0.9, 0.1, 0.8}, true, []string{"a", "c"}},
		{"nobody", [3]float64{1, 1, 1}, false, []string{""}},
	} {
		t.Run(one.name, func(t *testing.T) {
			c := newCluster(t, "a", "b", "c")
			for i, id := range []string{"a", "b", "c"} {
				c.nodes[id].SetLoad(one.loads[i])
			}
			if one.drain {
				c.nodes["b"].drain = drain{on: true, deadline: never}
			}
			c.pass(1100 * time.Millisecond)
			for i := range 100 {
				room := fmt.Sprint("r", i)
				require.Contains(t, one.want, c.nodes["a"].choose(c.now, room, nil, nil))
			}
		})
	}
}

func TestDoorsChooseTheSame(t *testing.T) {
	c := newCluster(t, "a", "b", "c", "d", "e")
	for _, n := range c.nodes {
		n.SetLoad(0.7)
	}
	c.pass(1100 * time.Millisecond)
	chosen := map[string]bool{}
	for i := range 100 {
		room := fmt.Sprint("r", i)
		to := c.nodes["a"].choose(c.now, room, nil, nil)
		chosen[to] = true
		require.Equal(t, to, c.nodes["b"].choose(c.now, room, nil, nil))
	}
	require.Len(t, chosen, 5)
}

func TestAnIslandSendsEverybodyOnce(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	c.do("a", c.nodes["a"].SeatLost(c.now, "r"))
	require.Zero(t, count[ToDoors](c, "a"), "it is no island")
	c.cut["a"] = true
	c.pass(5 * time.Second)
	c.do("a", c.nodes["a"].SeatLost(c.now, "r"))
	c.do("a", c.nodes["a"].SeatLost(c.now, "r"))
	require.Equal(t, 1, count[ToDoors](c, "a"))
	c.cut["a"] = false
	c.pass(2 * time.Second)
	require.Equal(t, 1, count[Restored](c, "a"))
	require.True(t, c.nodes["a"].MayDecide(c.now, "r"))
}

func TestADrainHandsOver(t *testing.T) {
	c := newCluster(t, "a", "b", "c")
	for i := range 25 {
		c.find("a", fmt.Sprint("r", i))
	}
	mine := len(c.nodes["a"].tenures)
	require.NotZero(t, mine)
	a := c.nodes["a"]
	c.do("a", a.Drain(c.now, c.now+time.Minute))
	c.pass(time.Second)
	require.Equal(t, mine, count[HandOver](c, "a"))
	require.Equal(t, mine, count[Ended](c, "a"))
	drained, ok := last[Drained](c, "a")
	require.True(t, ok)
	require.Empty(t, drained.Left)
	require.NotContains(t, c.values, NodeKey("a"))
	require.Equal(t, uint64(2), c.find("b", "r0").Epoch)
}

func TestAHeirThatDoesNotAnswer(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	c.mute["b"] = true
	a := c.nodes["a"]
	c.do("a", a.Drain(c.now, c.now+10*time.Second))
	require.False(t, a.MayDecide(c.now, "r"), "the heir may have it")
	c.pass(3 * time.Second)
	require.NotZero(t, count[Restored](c, "a"))
	c.pass(10 * time.Second)
	drained, _ := last[Drained](c, "a")
	require.Equal(t, Drained{[]string{"r"}, Unanswered}, drained)
	c.mute["b"] = false
	require.Equal(t, "b", c.find("b", "r").Node)
}

// The heir's answer to the first offer comes while the second one is with it.
func TestALateAnswerIsNoneToTheNextOffer(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	c.pass(time.Second)
	c.mute["b"] = true
	a := c.nodes["a"]
	c.do("a", a.Drain(c.now, c.now+20*time.Second))
	first, _ := last[HandOver](c, "a")
	for second := first; second.Gift.Epoch == first.Gift.Epoch; second, _ = last[HandOver](c, "a") {
		require.Less(t, c.now, 15*time.Second, "it is taken back and offered again")
		c.pass(50 * time.Millisecond)
	}
	require.Equal(t, handing, a.tenures["r"].stage)
	a.Answered(c.now, "b", Answer{Room: "r", Verdict: Declined, Offer: first.Gift.Epoch})
	require.False(t, a.MayDecide(c.now, "r"), "the heir may take it at any instant")
	require.Equal(t, "b", a.tenures["r"].heir)
	// Nor is what it says to a door that had asked it for the room.
	a.Answered(c.now, "b", Answer{Room: "r", Verdict: Elsewhere})
	require.False(t, a.MayDecide(c.now, "r"))
	epoch := a.tenures["r"].epoch
	require.Contains(t,
		a.Answered(c.now, "b", Answer{Room: "r", Verdict: Declined, Offer: epoch}),
		Effect(Restored{"r", epoch}))
}

func TestTheLastNodeDrains(t *testing.T) {
	c := newCluster(t, "a")
	c.find("a", "r")
	c.do("a", c.nodes["a"].Drain(c.now, c.now+5*time.Second))
	c.pass(4900 * time.Millisecond)
	require.True(t, c.nodes["a"].MayDecide(c.now, "r"), "the call goes on until the deadline")
	c.pass(200 * time.Millisecond)
	drained, _ := last[Drained](c, "a")
	require.Equal(t, Drained{[]string{"r"}, NobodyElse}, drained)
}

// Whoever is to mend it must know whether others are full, or the register is away, or there was
// too little time.
func TestADrainSaysWhyItLeavesRooms(t *testing.T) {
	leaves := func(deadline time.Duration, trouble func(*cluster)) Reason {
		c := newCluster(t, "a", "b")
		c.find("a", "r")
		trouble(c)
		c.do("a", c.nodes["a"].Drain(c.now, c.now+deadline))
		c.pass(deadline + 5*time.Second)
		drained, ok := last[Drained](c, "a")
		require.True(t, ok)
		require.Equal(t, []string{"r"}, drained.Left)
		return drained.Reason
	}
	full := func(c *cluster) {
		c.nodes["b"].SetLoad(1)
		c.pass(2 * time.Second)
	}
	require.Equal(t, AllFull, leaves(3*time.Second, full))
	cut := func(c *cluster) {
		c.cut["a"] = true
		c.pass(c.config.Slowest + 2*time.Second) // till then it may only be slow
	}
	require.Equal(t, RegisterAway, leaves(3*time.Second, cut))
	mute := func(c *cluster) { c.mute["b"] = true }
	require.Equal(t, OutOfTime, leaves(time.Second, mute), "the heir may answer yet")
}

func TestStateIsWrittenTenTimesASecondAtMost(t *testing.T) {
	c := newCluster(t, "a")
	c.find("a", "r")
	c.pass(time.Second)
	before := count[Put](c, "a")
	for i := range 100 {
		c.do("a", c.nodes["a"].Keep(c.now, "r", json.RawMessage(fmt.Sprint(i))))
		c.pass(10 * time.Millisecond)
	}
	c.pass(200 * time.Millisecond)
	require.LessOrEqual(t, count[Put](c, "a")-before, 11+2) // and two renewals
	record, _ := c.nodes["a"].view.room("r")
	require.Equal(t, "99", string(record.State))
}

func TestAReleasedRoomKeepsWhatIsToBeRemembered(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	c.do("a", c.nodes["a"].Release(c.now, "r", json.RawMessage(`{"removed":1}`)))
	require.Equal(t, Found{Room: "r", Node: "b", Epoch: 2}, c.find("b", "r"))
	held, _ := last[Held](c, "b")
	require.JSONEq(t, `{"removed":1}`, string(held.State))
	c.do("b", c.nodes["b"].Release(c.now, "r", nil))
	require.NotContains(t, c.values, RoomKey("r"))
}

func TestAFormerOwnerDeletesNothing(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	c.cut["a"] = true
	c.pass(5 * time.Second)
	c.do("b", c.nodes["b"].Find(c.now, "r", 1))
	require.Equal(t, 1, count[Held](c, "b"))
	c.cut["a"] = false
	c.do("a", c.nodes["a"].Release(c.now, "r", nil))
	c.pass(time.Second)
	require.Contains(t, c.values, RoomKey("r"))
	require.True(t, c.nodes["b"].MayDecide(c.now, "r"))
}

func TestAReleaseFollowsAWriteOnItsWay(t *testing.T) {
	c := newCluster(t, "a")
	c.find("a", "r")
	c.pass(500 * time.Millisecond)
	a := c.nodes["a"]
	revision := c.values[RoomKey("r")].Revision
	kept := a.Keep(c.now, "r", json.RawMessage(`1`))[0].(Put)
	require.Equal(t, revision, kept.Revision)
	require.Empty(t, a.Release(c.now, "r", nil), "one write after the other")
	release := a.Result(c.now, kept.Nonce, Stored, c.revision+1)
	require.Equal(t, Delete{kept.Nonce + 1, RoomKey("r"), c.revision + 1}, release[0])
}

func TestWhereOtherNodesHaveTheirMedia(t *testing.T) {
	c := newCluster(t)
	for _, id := range []string{"a", "b"} {
		config := c.config
		config.Media = []string{id + ".example:3478"}
		c.add(id, config)
	}
	c.pass(3 * time.Second)
	open, fenced := c.nodes["a"].MediaElsewhere()
	require.Equal(t, []string{"b.example:3478"}, open)
	require.Empty(t, fenced)
	c.find("b", "r")

	c.nodes["b"].SetMedia([]string{"other.example:3478"})
	c.pass(2 * time.Second)
	open, _ = c.nodes["a"].MediaElsewhere()
	require.Equal(t, []string{"other.example:3478"}, open)

	c.cut["b"] = true
	c.pass(2 * c.config.Lease)
	c.do("a", c.nodes["a"].Find(c.now, "r", 0))
	c.pass(2 * c.config.Lease)
	open, fenced = c.nodes["a"].MediaElsewhere()
	require.Empty(t, open)
	require.Equal(t, []string{"other.example:3478"}, fenced)
}
