package cluster

import (
	"flag"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var before = flag.String("cluster.before", "", "binary of the version of before: from it to this "+
	"one, and back, the servers are changed one after the other under a call")

// The servers are changed from one version to another one after the other, and back, while people
// talk: no call ends. The other version is the one that is given, and one that speaks the next
// formats, too.
func TestOneVersionAfterAnother(t *testing.T) {
	wants(t)
	t.Run("of the next formats", func(t *testing.T) {
		w := begin(t, 3)
		w.changes(ofNextFormats(t), w.program)
	})
	t.Run("of before", func(t *testing.T) {
		if *before == "" {
			t.Skip("it wants the binary of another version: -cluster.before")
		}
		w := begin(t, 3)
		w.changes(*before, w.program)
	})
}

// changes plays a call from one version to another, and back.
func (w *world) changes(before, after string) {
	w.program = before
	w.startAll()
	c := w.open()
	ids := c.ids()
	for _, program := range []string{after, before} {
		for _, p := range w.servers {
			w.program = program
			c.change(p, ids)
		}
	}
	w.program = after
	c.remembers()
}

// change stops one server in order and starts another version of it.
func (c *call) change(p *process, ids [2]string) {
	c.t.Helper()
	lives, began := c.owner() == p, time.Now()
	require.NoError(c.t, exec.Command(c.program, "drain", "--data-directory="+p.data).Run())
	_ = p.command.Wait()
	what := fmt.Sprintf("%s is changed to %s", p.id, c.program)
	if lives {
		c.goesOn(what, began, ids)
	}
	c.start(p)
	p.await(answers)
	require.True(c.t, c.talks())
	require.Equal(c.t, ids, c.ids())
	c.t.Logf("%s after %v", what, time.Since(began))
}
