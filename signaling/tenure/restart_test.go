package tenure

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// restart lets a new process take the place of a node's, which is dead: nobody has a proof of that.
func (c *cluster) restart(id string) {
	delete(c.nodes, id)
	c.add(id, c.config)
}

// A process that is started just before the lease of the one of before ends does not put that off.
func TestARestartDoesNotPutOffTheEndOfTheLeaseOfBefore(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	delete(c.nodes, "a")
	seen := c.nodes["b"].view.nodes["a"].changedAt
	c.pass(seen + c.config.Lease - time.Second - c.now)
	c.restart("a")
	c.do("b", c.nodes["b"].Find(c.now, "r", 1))
	c.pass(seen + c.config.Lease - 20*time.Millisecond - c.now)
	require.Zero(t, c.holds("b"), "the process of before may live, and decide")
	c.pass(100 * time.Millisecond)
	require.Equal(t, 1, c.holds("b"))
}

// A node that crashes again and again keeps nothing of what its first process had.
func TestANodeThatRestartsAgainAndAgain(t *testing.T) {
	c := newCluster(t, "a", "b")
	c.find("a", "r")
	c.do("b", c.nodes["b"].Find(c.now, "r", 1))
	for range 5 {
		require.Zero(t, c.holds("b"))
		c.restart("a")
		c.pass(time.Second)
	}
	require.Equal(t, 1, c.holds("b"))
	for range 10 {
		c.restart("a")
		c.pass(time.Second)
	}
	require.Less(t, len(c.nodes["b"].view.nodes["a"].ends), 8, "one tells all that have ended")
}

func TestWhenTheRoomsOfAnIncarnationAreFree(t *testing.T) {
	const lease = 4500 * time.Millisecond
	first := NodeRecord{Mark: Mark{"a-1", 1}, Incarnation: 1}
	missed := Mark{"a-1", 2}
	second := NodeRecord{Mark: Mark{"a-2", 1}, Incarnation: 2, After: &first.Mark}
	fenced := first
	fenced.Fenced = "c"
	after := func(mark Mark) NodeRecord {
		record := second
		record.After = &mark
		return record
	}
	late := after(missed)
	at := func(seconds int) time.Duration { return time.Duration(seconds) * time.Second }
	for name, one := range map[string]struct {
		seen []NodeRecord // at 1 s, 2 s and so on
		back bool         // the last one shows that history went backwards
		want time.Duration
	}{
		"nothing came after":            {[]NodeRecord{first}, false, never},
		"the renewal seen was the last": {[]NodeRecord{first, second}, false, at(1) + lease},
		"another came between":          {[]NodeRecord{first, after(missed)}, false, at(2) + lease},
		"the renewals before not seen":  {[]NodeRecord{second}, false, at(1) + lease},
		"a fence":                       {[]NodeRecord{first, fenced}, false, at(2)},
		"a fence, and a restart":        {[]NodeRecord{first, fenced, second}, false, at(2)},
		"a fence of a renewal not seen": {[]NodeRecord{fenced}, false, at(1) + lease},
		"a fence, told twice":           {[]NodeRecord{first, fenced, fenced}, false, at(2)},
		"the history of a restart":      {[]NodeRecord{first, second}, true, at(2) + lease},
		"the fence was forgotten":       {[]NodeRecord{first, fenced, first}, true, never},
		"a restart was forgotten":       {[]NodeRecord{first, second, first}, true, never},
		"it followed another":           {[]NodeRecord{first, second, late}, false, at(3) + lease},
		"it is told in two histories":   {[]NodeRecord{first, second, second}, true, at(1) + lease},
	} {
		v := newView()
		for i, record := range one.seen {
			change := Change{Set, NodeKey("a"), encode(record), uint64(10 + i)}
			if one.back && i == len(one.seen)-1 {
				change.Revision = 10
			}
			v.setNode(at(i+1), lease, "a", change)
		}
		require.Equal(t, one.want, v.nodes["a"].freeAt(1), name)
	}
}

// A register that forgot a node's later incarnations still has their rooms. The fence is put on
// once more, for those; the node has renewed nothing meanwhile.
func TestAFenceOfLaterIncarnations(t *testing.T) {
	const lease = 4500 * time.Millisecond
	v := newView()
	record := NodeRecord{Mark: Mark{"a-1", 1}, Incarnation: 1}
	for i, fence := range []uint64{0, 1, 3} {
		if fence > 0 {
			record.Incarnation, record.Fenced = fence, "c"
		}
		v.setNode(time.Duration(i)*lease, lease, "a",
			Change{Set, NodeKey("a"), encode(record), uint64(10 + i)})
	}
	require.Equal(t, lease, v.nodes["a"].freeAt(3))
}
