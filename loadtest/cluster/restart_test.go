package cluster

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A server is killed and started again at once, as a service manager does. It proves that the
// process of before is dead: nobody waits for the end of its lease, whoever takes the room.
func TestAServerIsStartedAgain(t *testing.T) {
	w := begin(t, 3)
	for _, p := range w.servers {
		w.start(p)
	}
	for _, p := range w.servers {
		p.await(answers)
	}
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
