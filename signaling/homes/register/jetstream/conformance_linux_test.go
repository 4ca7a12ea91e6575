package jetstream_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"draille/signaling/homes/register"
	"draille/signaling/homes/register/jetstream"
	"draille/signaling/homes/register/registertest"
)

// patience is how long a cluster may take to find a leader, which is nine seconds twice at most
// unless two elections end without one.
const patience = time.Minute

func TestOneServer(t *testing.T) {
	conn := start(t, jetstream.ServerOptions{Name: "one", Folder: t.TempDir()})
	registertest.Run(t, buckets(1, conn))
}

func TestThreeServers(t *testing.T) {
	registertest.Run(t, buckets(3, cluster(t)...))
}

// cluster starts three servers and connects to each.
func cluster(t *testing.T) []*nats.Conn {
	folder := t.TempDir()
	var servers []string
	for i := range 3 {
		servers = append(servers, fmt.Sprintf("%s:%d", ownAddress(), 6201+i))
	}
	var conns []*nats.Conn
	for i, address := range servers {
		name := fmt.Sprintf("s%d", i+1)
		conns = append(conns, start(t, jetstream.ServerOptions{
			Name: name, Folder: filepath.Join(folder, name),
			Cluster: &jetstream.ClusterOptions{Name: "test", Address: address, Servers: servers},
		}))
	}
	return conns
}

// ownAddress is a loopback address that no other process on this machine derives.
func ownAddress() string {
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d", 64+pid>>16&63, pid>>8&255, pid&255)
}

func start(t *testing.T, options jetstream.ServerOptions) *nats.Conn {
	server, err := jetstream.Start(options)
	require.NoError(t, err)
	t.Cleanup(func() { stop(t, server) })
	conn, err := server.Connect()
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	return conn
}

func stop(t *testing.T, server *jetstream.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(t, server.Stop(ctx))
}

var opened atomic.Int64

// buckets gives each test a bucket of its own. Each call of the register goes by another server.
func buckets(copies int, conns ...*nats.Conn) func(t *testing.T) register.Register {
	return func(t *testing.T) register.Register {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		bucket := fmt.Sprintf("test%d", opened.Add(1))
		a := &alternating{}
		for _, conn := range conns {
			r, err := jetstream.Open(ctx, conn, bucket, copies)
			require.NoError(t, err)
			a.registers = append(a.registers, r)
		}
		return a
	}
}

// The server goes away and comes back. What was asked meanwhile is not known, and a watch says that
// it may have missed something.
func TestTheServerComesBack(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	options := jetstream.ServerOptions{Name: "one", Folder: t.TempDir(),
		Clients: fmt.Sprintf("%s:6210", ownAddress())}
	server, err := jetstream.Start(options)
	require.NoError(t, err)
	conn, err := jetstream.Dial([]string{options.Clients}, nil)
	require.NoError(t, err)
	defer conn.Close()
	r, err := jetstream.Open(ctx, conn, "rooms", 1)
	require.NoError(t, err)
	kept, err := r.Put(ctx, "room.1", []byte("a"), 0)
	require.NoError(t, err)
	gone, err := r.Put(ctx, "room.2", []byte("b"), 0)
	require.NoError(t, err)
	changes, err := r.Watch(ctx, "")
	require.NoError(t, err)
	kinds := func(want ...register.Kind) (last register.Change) {
		for _, kind := range want {
			last = <-changes
			require.Equal(t, kind, last.Kind, "%+v", last)
		}
		return last
	}
	kinds(register.Set, register.Set, register.Live)
	require.NoError(t, r.Delete(ctx, "room.2", gone))
	kinds(register.Deleted)

	stop(t, server)
	soon, cancelSoon := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancelSoon()
	_, err = r.Put(soon, "room.1", []byte("c"), kept)
	require.ErrorIs(t, err, register.ErrUnknown)

	server, err = jetstream.Start(options)
	require.NoError(t, err)
	defer stop(t, server)
	change := kinds(register.Gap, register.Set)
	require.Equal(t, register.Change{Kind: register.Set, Key: "room.1", Value: []byte("a"),
		Revision: kept}, change)
	kinds(register.Live)
	_, err = r.Put(ctx, "room.1", []byte("c"), kept)
	require.NoError(t, err)
	kinds(register.Set)
}

// alternating asks one server after the other.
type alternating struct {
	registers []register.Register
	calls     atomic.Uint64
}

func (a *alternating) next() register.Register {
	return a.registers[a.calls.Add(1)%uint64(len(a.registers))]
}

func (a *alternating) Put(ctx context.Context, key string, value []byte, revision uint64) (uint64,
	error) {
	return a.next().Put(ctx, key, value, revision)
}

func (a *alternating) Delete(ctx context.Context, key string, revision uint64) error {
	return a.next().Delete(ctx, key, revision)
}

func (a *alternating) Watch(ctx context.Context, prefix string) (<-chan register.Change, error) {
	return a.next().Watch(ctx, prefix)
}
