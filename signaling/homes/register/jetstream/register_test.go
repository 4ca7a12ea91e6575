package jetstream

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"draille/signaling/homes/register"
)

// A server that was the leader, and does not know yet that another one is, answers before that one.
func TestALeaderThatIsBehindIsAskedAgain(t *testing.T) {
	server, err := Start(ServerOptions{Name: "one", Folder: t.TempDir()})
	require.NoError(t, err)
	defer func() { require.NoError(t, server.Stop(t.Context())) }()
	conn, err := server.Connect()
	require.NoError(t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	r := &Register{conn: conn, js: js, prefix: "$KV.rooms."}
	answers := []string{
		`{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 5"}}`,
		`{"error":{"code":400,"err_code":10164,"description":"wrong last sequence"}}`,
		`{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 7"}}`,
		`{"stream":"KV_rooms","seq":9}`,
	}
	asked := 0
	_, err = conn.Subscribe("$KV.rooms.room.1", func(message *nats.Msg) {
		require.Equal(t, "7", message.Header.Get(jetstream.ExpectedLastSubjSeqHeader))
		asked++
		require.NoError(t, message.Respond([]byte(answers[asked-1])))
	})
	require.NoError(t, err)
	revision, err := r.Put(t.Context(), "room.1", []byte("a"), 7)
	require.NoError(t, err)
	require.Equal(t, uint64(9), revision)
	require.Equal(t, len(answers), asked)
}

// served is a register of one server, with node.n1 in it, and the revision of that.
func served(t *testing.T, options ServerOptions) (*Server, *Register, uint64) {
	t.Helper()
	options.Name, options.Folder = "one", t.TempDir()
	server, err := Start(options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop(context.Background())) })
	conn, err := server.Connect()
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	r, err := Open(t.Context(), conn, "rooms", 1)
	require.NoError(t, err)
	revision, err := r.Put(t.Context(), "node.n1", []byte("a"), 0)
	require.NoError(t, err)
	return server, r, revision
}

// What is changed while a watch begins has been there all along: it is told before the watch says
// that all that is there has been told.
func TestAKeyThatIsChangedWhileAWatchBeginsIsThere(t *testing.T) {
	_, r, revision := served(t, ServerOptions{})
	w := &watch{register: r, filters: []string{r.prefix + ">"},
		changes: make(chan register.Change, buffered)}
	until, err := r.barrier(t.Context())
	require.NoError(t, err)
	_, err = r.Put(t.Context(), "node.n1", []byte("b"), revision)
	require.NoError(t, err)
	f, err := w.begin(t.Context(), until)
	require.NoError(t, err)
	defer f.end()
	for !f.live {
		require.NoError(t, f.step(t.Context()))
	}
	require.Equal(t, []byte("b"), (<-w.changes).Value)
	require.Equal(t, register.Live, (<-w.changes).Kind)
}

// A server that gave its disk up, as one that is full, keeps the register again once there is room,
// with what was in it.
func TestAServerGoesOnWhenItsDiskHasRoom(t *testing.T) {
	core, seen := observer.New(zap.InfoLevel)
	server, r, revision := served(t,
		ServerOptions{Log: zap.New(core), restartEvery: 10 * time.Millisecond})

	require.NoError(t, server.server.ShutdownJetStream())
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := r.Put(ctx, "node.n1", []byte("b"), revision)
		require.NoError(c, err)
	}, time.Minute, 10*time.Millisecond)
	require.Eventually(t, func() bool { return seen.Len() >= 2 }, time.Minute,
		time.Millisecond) // it keeps the register before it can say so
	var said []string
	for _, entry := range seen.All() {
		said = append(said, entry.Message)
	}
	require.Len(t, said, 2)
	require.Contains(t, said[0], "its disk is full, or cannot be written")
	require.Contains(t, said[1], "keeps the register again")
}
