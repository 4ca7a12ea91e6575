package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

// call is a consultation in a cluster: a host, a guest, and somebody who was removed.
type call struct {
	*world
	host, guest *person
	removed     string // their link
}

// open opens a consultation, the guest through another server than the host.
func (w *world) open() *call {
	w.t.Helper()
	links := []string{w.invite(protocol.RoleHost), w.invite(protocol.RoleGuest)}
	began := time.Now()
	host := w.join(links[0], "host", 0)
	w.t.Logf("a new room, until the host is in it: %v", time.Since(began))
	began = time.Now()
	guest := w.join(links[1], "guest", 1)
	w.t.Logf("a join through another server: %v", time.Since(began))
	link := w.inviteTo("room-2", protocol.RoleHost)
	began = time.Now()
	alone := w.join(link, "alone", 0)
	w.t.Logf("another new room: %v", time.Since(began))
	leave(w.t, alone)
	c := &call{w, host, guest, w.invite(protocol.RoleGuest)}
	c.admit(guest)
	out := w.join(c.removed, "somebody", 1)
	c.admit(out)
	require.NoError(w.t, host.Remove(out.ID()))
	select {
	case <-out.Ended():
	case <-time.After(patience):
		require.FailNow(w.t, "whoever was removed is there still")
	}
	until(w.t, "they hear and see each other", c.talks)
	return c
}

func (c *call) admit(guest *person) {
	c.t.Helper()
	until(c.t, "the host sees them waiting", func() bool {
		_, waiting := c.host.Roster()
		return len(waiting) == 1 && waiting[0].ID == guest.ID()
	})
	require.NoError(c.t, c.host.Admit(guest.ID()))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(c.t, guest.AwaitAdmission(ctx))
}

func (c *call) talks() bool { return c.host.hears() && c.guest.hears() }

func leave(t *testing.T, p *person) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(t, p.Leave(ctx))
}

// goesOn waits until both are in the room again, with their roles.
func (c *call) goesOn(what string, since time.Time, ids [2]string) {
	c.t.Helper()
	c.host.returns(since)
	c.guest.returns(since)
	c.t.Logf("%s: both have their places after %v", what, time.Since(since))
	until(c.t, "they hear and see each other again", c.talks)
	c.t.Logf("%s: both hear and see each other after %v", what, time.Since(since))
	require.Equal(c.t, ids, [2]string{c.host.ID(), c.guest.ID()})
	roles := map[string]protocol.Role{}
	until(c.t, "both know each other again", func() bool {
		present, _ := c.host.Roster()
		for _, one := range present {
			roles[one.ID] = one.Role
		}
		return len(present) == 2
	})
	require.Equal(c.t, map[string]protocol.Role{ids[0]: protocol.RoleHost,
		ids[1]: protocol.RoleGuest}, roles)
}

// remembers looks whether it is known that somebody was removed.
func (c *call) remembers() {
	c.t.Helper()
	again := c.join(c.removed, "somebody", 2)
	until(c.t, "whoever was removed asks again", func() bool {
		_, waiting := c.host.Roster()
		return len(waiting) == 1 && waiting[0].ID == again.ID()
	})
	_, waiting := c.host.Roster()
	require.True(c.t, waiting[0].RemovedOnce)
	leave(c.t, again)
	until(c.t, "they have gone", func() bool {
		_, waiting := c.host.Roster()
		return len(waiting) == 0
	})
}

// revokes withdraws a link on one server: no other opens anything by it.
func (c *call) revokes() {
	c.t.Helper()
	link := c.invite(protocol.RoleGuest)
	inside := c.join(link, "somebody", 1)
	p := c.running()
	c.run(append([]string{"revoke", link, "--data-directory=" + p.data}, c.look()...)...)
	select {
	case <-inside.Ended():
		require.ErrorContains(c.t, inside.Err(), string(protocol.ByeRevoked))
	case <-time.After(patience):
		require.FailNow(c.t, "whoever is inside by a withdrawn link stays")
	}
}

// doctor is what draille doctor finds about the cluster, given the configuration of a server.
func (w *world) doctor(p *process, more ...string) (found []string) {
	w.t.Helper()
	// It fails where something else is wrong with this machine, or with its register.
	out, err := exec.Command(w.program, append(append([]string{"doctor", "--json"}, p.args[2:]...),
		more...)...).Output()
	var findings []struct{ Check, Verdict, Found, Do string }
	require.NoError(w.t, json.Unmarshal(out, &findings), "%v: %s", err, out)
	for _, f := range findings {
		if f.Check == "cluster" {
			found = append(found, f.Verdict+": "+f.Found)
		}
	}
	return found
}

// running returns a server that runs and on which the room does not live.
func (c *call) running() *process {
	c.t.Helper()
	owner := c.owner()
	for _, p := range c.servers {
		if p != owner && p.command.ProcessState == nil {
			return p
		}
	}
	require.FailNow(c.t, "no other server runs")
	return nil
}

func (c *call) ids() [2]string { return [2]string{c.host.ID(), c.guest.ID()} }

// Three servers that keep the register themselves: one dies, comes back, and another is drained.
func TestThreeServers(t *testing.T) {
	w := begin(t, 3)
	w.startAll()
	c := w.open()
	owner := w.owner()
	c.mediaGoTo(owner)
	found := w.doctor(owner)
	require.Len(t, found, 4)
	require.Equal(t, "ok: the register answers; 3 servers", found[0])
	for _, one := range found[1:] {
		require.Regexp(t, "^ok: ", one)
	}
	found = w.doctor(owner, "--secret-file="+secretFile(t))
	require.NotEmpty(t, found)
	require.Regexp(t, "^fail: .*has another secret", found[0])

	leads := w.leads(owner)
	ids, began := c.ids(), time.Now()
	owner.kill()
	c.goesOn("kill -9"+leads, began, ids)
	require.Condition(t, func() bool {
		return slices.ContainsFunc(w.doctor(owner), func(found string) bool {
			return strings.HasPrefix(found, fmt.Sprintf("warn: node %q at ", owner.id)) &&
				strings.HasSuffix(found, " was declared dead")
		})
	})
	c.remembers()
	c.revokes()
	next := w.owner()
	require.NotEqual(t, owner.id, next.id)
	c.mediaGoTo(next)

	w.start(owner)
	owner.await(answers)
	began = time.Now()
	var told bytes.Buffer
	drained := exec.Command(w.program, "drain", "--data-directory="+next.data)
	drained.Stdout, drained.Stderr = &told, &told
	require.NoError(t, drained.Start())
	c.goesOn("drain", began, ids)
	require.NoError(t, next.command.Wait())
	require.NoError(t, drained.Wait(), "%s", &told)
	require.Regexp(t, `Handing [1-9]\d* rooms? over .*\n(?s:.*)[1-9]\d* rooms? moved, none left`,
		told.String())
	t.Logf("drain: the server has stopped after %v", time.Since(began))
	c.remembers()
	require.NotEqual(t, next.id, w.owner().id)

	stranger := w.server("n4", secretFile(t))
	w.start(stranger)
	stranger.await("has another secret than this node")
	looks := exec.Command(w.program, append([]string{"cluster", "status"}, w.look()...)...)
	looks.Args = append(looks.Args, "--secret-file="+secretFile(t))
	out, err := looks.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "has another secret than this node")
}

// mediaGoTo looks whether the owner of the room alone has media.
func (c *call) mediaGoTo(owner *process) {
	c.t.Helper()
	for _, p := range c.servers {
		if p.command.ProcessState != nil {
			continue // it is dead
		}
		packets := p.metric(`draille_media_packets_total{direction="in"}`)
		if p == owner {
			require.NotEqual(c.t, "0", packets)
		} else {
			require.Equal(c.t, "0", packets)
		}
	}
}

// Two servers and a keeper: the death of one leaves a majority.
func TestTwoServersAndAKeeper(t *testing.T) {
	w := begin(t, 2)
	keeper := &process{t: t, id: "n3", data: t.TempDir()}
	keeper.args = []string{"keeper", "--cluster.node=n3", w.register[0],
		"--secret-file=" + w.secret, "--data-directory=" + keeper.data}
	w.start(keeper)
	w.startAll()
	c := w.open()
	out, err := exec.Command(w.program, append([]string{"cluster", "force", "n1"},
		w.look()...)...).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "it renews its lease, so it lives")
	ids, owner := c.ids(), w.owner()
	leads, began := w.leads(owner), time.Now()
	owner.kill()
	c.goesOn("kill -9"+leads, began, ids)
	c.remembers()
	require.NotEqual(t, owner.id, w.owner().id)
	w.run(append([]string{"cluster", "force", owner.id}, w.look()...)...)
	require.Contains(t, w.status(), "declared dead")

	last := w.owner()
	out, err = exec.Command(w.program, "drain", "--data-directory="+last.data).CombinedOutput()
	require.Error(t, err, "the last server is drained under a call")
	require.Regexp(t, `0 rooms moved, [1-9] left, with 1 call and 2 people in them: no other `+
		`server could take them`, string(out))
	require.NoError(t, last.command.Wait())
}
