package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/homes"
	"draille/signaling/homes/cluster"
	"draille/signaling/homes/register"
	"draille/signaling/homes/register/jetstream"
	"draille/signaling/node/natstest"
	"draille/signaling/protocol"
	"draille/signaling/rules"
	"draille/signaling/tenure"
)

// restorable is a register of one server whose folder is put back, and nodes on it.
type restorable struct {
	t        *testing.T
	options  jetstream.ServerOptions
	server   *jetstream.Server
	register *jetstream.Register
	rooms    int

	mu    sync.Mutex
	nodes map[string]*cluster.Cluster
}

func newRestorable(t *testing.T) *restorable {
	r := &restorable{t: t, nodes: map[string]*cluster.Cluster{},
		options: jetstream.ServerOptions{Name: "one", Clients: natstest.FreeAddress(),
			Folder: filepath.Join(t.TempDir(), "register")}}
	r.start()
	t.Cleanup(r.stop)
	conn, err := jetstream.Dial([]string{r.options.Clients}, nil)
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	r.register, err = jetstream.Open(t.Context(), conn, "rooms", 1)
	require.NoError(t, err)
	for _, id := range []string{"a", "b"} {
		config := tenure.DefaultConfig()
		config.ID, config.Instance, config.Format = id, id+"-1", 1
		config.Peer = "https://" + id
		c, err := cluster.Start(cluster.Config{Node: config, Register: r.register,
			Network: from{r, id}, Load: func() float64 { return 0 }})
		require.NoError(t, err)
		r.mu.Lock()
		r.nodes[id] = c
		r.mu.Unlock()
		t.Cleanup(c.Close)
	}
	return r
}

// from is a node's way to the other.
type from struct {
	r  *restorable
	id string
}

func (f from) Send(to, _ string, m cluster.Message) {
	f.r.mu.Lock()
	other := f.r.nodes[to]
	f.r.mu.Unlock()
	if other != nil {
		other.Receive(f.id, m)
	}
}

func (r *restorable) start() {
	var err error
	r.server, err = jetstream.Start(r.options)
	require.NoError(r.t, err)
}

func (r *restorable) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(r.t, r.server.Stop(ctx))
}

// opensNew opens a room that nobody has opened yet. A node that has no lease at this moment lets
// the other one take a room: then it is another room.
func (r *restorable) opensNew(id string) (room string, lives homes.Tenure) {
	r.t.Helper()
	require.Eventually(r.t, func() bool {
		r.rooms++
		room = fmt.Sprintf("room-%d", r.rooms)
		lives = r.find(id, room)
		return lives != nil
	}, patience, 20*time.Millisecond)
	return room, lives
}

// find asks at a node for a room. It is nil where the room does not live there.
func (r *restorable) find(id, room string) homes.Tenure {
	found := make(chan homes.Home, 1)
	home, known := r.nodes[id].Find(room, func(home homes.Home) { found <- home })
	if !known {
		home = <-found
	}
	return home.Tenure
}

// opens asks at a node for a room until it lives there.
func (r *restorable) opens(id, room string) (lives homes.Tenure) {
	r.t.Helper()
	require.Eventually(r.t, func() bool {
		lives = r.find(id, room)
		return lives != nil
	}, patience, 20*time.Millisecond)
	return lives
}

// decides waits until it may be decided in rooms.
func (r *restorable) decides(rooms ...homes.Tenure) {
	r.t.Helper()
	for _, room := range rooms {
		require.Eventually(r.t, room.MayDecide, patience, 20*time.Millisecond)
	}
}

// probe sets a key of no node, and repeats what a server that starts has lost.
func (r *restorable) probe(value string, revision uint64) uint64 {
	r.t.Helper()
	for {
		ctx, cancel := context.WithTimeout(r.t.Context(), time.Second)
		next, err := r.register.Put(ctx, "probe", []byte(value), revision)
		cancel()
		if !errors.Is(err, register.ErrUnknown) {
			require.NoError(r.t, err)
			return next
		}
	}
}

// written waits until the register holds that somebody was removed from a room.
func (r *restorable) written(room, family string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	changes, err := r.register.Watch(ctx, tenure.RoomKey(room))
	require.NoError(r.t, err)
	for change := range changes {
		if bytes.Contains(change.Value, []byte(family)) {
			return
		}
	}
	require.Fail(r.t, "expected it to be written again", "%s of %s", family, room)
}

// removes keeps that somebody was removed from a room.
func removes(room homes.Tenure, family string) {
	saved := make(chan struct{})
	room.KeepNow(rules.State{Kind: protocol.KindConsultation, Removed: map[string]time.Time{
		family: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}}, func() { close(saved) })
	<-saved
}

// quiet fails where anybody is sent away.
type quiet struct{ t *testing.T }

func (q quiet) Ended()              { q.t.Error("expected the call to go on here") }
func (q quiet) ToDoors()            { q.t.Error("expected nobody to be sent away") }
func (q quiet) Learned(rules.State) {}

// Somebody puts a copy of the register's folder back that is older than what was acknowledged
// since: a removal, and a room. No call ends, the room's server writes both again, and whoever
// takes its rooms over knows them.
func TestARegisterThatComesBackWithAnOlderHistory(t *testing.T) {
	r, backup := newRestorable(t), t.TempDir()
	name, room := r.opensNew("a")
	room.Listen(quiet{t})
	removes(room, "first")
	at := r.probe("old", 0)

	r.stop()
	require.NoError(t, os.CopyFS(backup, os.DirFS(r.options.Folder)))
	r.start()
	r.decides(room)
	r.probe("new", at)
	removes(room, "second")
	nameLater, later := r.opensNew("a")
	later.Listen(quiet{t})
	removes(later, "third")

	r.stop()
	require.NoError(t, os.RemoveAll(r.options.Folder))
	require.NoError(t, os.CopyFS(r.options.Folder, os.DirFS(backup)))
	r.start()
	r.decides(room, later)
	r.probe("again", at) // at a revision that was replaced: history went backwards
	r.written(name, "second")
	r.written(nameLater, "third")

	r.nodes["a"].Close()
	state, _ := r.opens("b", name).Recalled()
	require.Contains(t, state.Removed, "second")
	state, _ = r.opens("b", nameLater).Recalled()
	require.Contains(t, state.Removed, "third")
}
