package cluster

import (
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

// A server is killed and started again at once, as a service manager does. It proves that the
// process of before is dead: nobody waits for the end of its lease, whoever takes the room.
func TestAServerIsStartedAgain(t *testing.T) {
	w := begin(t, 3)
	w.startAll()
	c := w.open()
	for range 5 {
		ids, owner := c.ids(), w.owner()

		leads, began := w.leads(owner), time.Now()
		owner.kill()
		w.start(owner)
		c.goesOn("kill -9 and restart of "+owner.id+leads, began, ids)
		owner.await(answers)
	}
	c.remembers()
}

// leads says whether a server leads those which keep the register, for the line of its death.
func (w *world) leads(p *process) string {
	w.t.Helper()
	if w.leader() == p.id {
		return ", which led the register: the others elect another within 4 to 9 s"
	}
	return ""
}

// leader is the server that leads those which keep the register.
func (w *world) leader() string {
	w.t.Helper()
	found := regexp.MustCompile(`(?m)^(\S+) leads the register`).FindStringSubmatch(w.status())
	require.Len(w.t, found, 2)
	return found[1]
}

// A server dies with a locked room before which two people wait: they wait on in their order, the
// room stays locked, and whoever comes now is not let in.
func TestALockedRoomAndWhoWaitsBeforeIt(t *testing.T) {
	w := begin(t, 3)
	w.startAll()
	c := w.open()
	var order []string
	for i := range 2 {
		link := w.invite(protocol.RoleGuest)
		one := w.join(link, fmt.Sprintf("waiting %d", i+1), i+1)
		order = append(order, one.ID())
		until(t, "they wait", func() bool { return slices.Equal(order, c.waiting()) })
	}
	require.NoError(t, c.host.Lock(true))
	until(t, "the room is locked", c.host.Locked)
	for _, again := range []bool{true, false} {
		ids, owner, began := c.ids(), w.owner(), time.Now()
		owner.kill()
		if again {
			w.start(owner)
		}
		c.goesOn(fmt.Sprintf("kill -9 of %s, started again: %t", owner.id, again), began, ids)
		until(t, "they wait on, in their order", func() bool {
			return slices.Equal(order, c.waiting())
		})
		require.True(t, c.host.Locked())
		require.ErrorContains(t, w.refused(w.invite(protocol.RoleGuest)),
			string(protocol.ByeLocked))
		require.Equal(t, order, c.waiting())
		if again {
			owner.await(answers)
		}
	}
	require.NoError(t, c.host.Lock(false))
	until(t, "the room is open", func() bool { return !c.host.Locked() })
	for len(order) > 0 {
		require.NoError(t, c.host.Admit(order[0]))
		order = order[1:]
		until(t, "the first is let in", func() bool { return slices.Equal(order, c.waiting()) })
	}
	until(t, "all are in the room", func() bool {
		present, _ := c.host.Roster()
		return len(present) == 4
	})
}

// waiting are the ids of those who wait, in their order.
func (c *call) waiting() (ids []string) {
	_, waiting := c.host.Roster()
	for _, one := range waiting {
		ids = append(ids, one.ID)
	}
	return ids
}
