package cluster

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/node/natstest"
)

// Two servers whose register three servers of NATS keep that somebody else runs, over TLS, for a
// user who may do what the documentation asks for and no more. No third machine is needed: one of
// the two dies, and so does the leader of NATS afterwards.
func TestTwoServersOverTheNATSOfSomebodyElse(t *testing.T) {
	wants(t)
	c := natstest.Start(t, 3, nil)
	w := beginWith(t, 2, "--cluster.nats.servers="+strings.Join(c.Servers, ","),
		"--cluster.nats.ca="+c.CA(),
		"--cluster.nats.credentials="+c.Credentials("own.creds", c.Account, natstest.Own()))
	w.startAll()
	call := w.open()
	owner := w.owner()
	call.mediaGoTo(owner)

	ids, began := call.ids(), time.Now()
	owner.kill()
	call.goesOn("kill -9", began, ids)
	call.remembers()
	next := w.owner()
	require.NotEqual(t, owner.id, next.id)
	call.mediaGoTo(next)

	leader := w.leader()
	began = time.Now()
	c.Kill(int(leader[1] - '1'))
	w.start(owner)
	owner.await(answers)
	call.remembers() // somebody asks, and what was written is known
	t.Logf("the leader of NATS dies: a server is started and somebody comes %v later",
		time.Since(began))
	require.NotEqual(t, leader, w.leader())
	until(t, "the status says that it is away", func() bool {
		return strings.Contains(w.status(), "keeper "+leader+" of the register is not reached")
	})
	require.True(t, call.talks())
	require.Equal(t, ids, call.ids())
}
