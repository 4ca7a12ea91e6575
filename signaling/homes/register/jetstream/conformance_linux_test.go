package jetstream_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	native "github.com/nats-io/nats.go/jetstream"
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
	folder, secure := t.TempDir(), mutualTLS(t)
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
			TLS:     secure,
		}))
	}
	return conns
}

// ownAddress is a loopback address that no other process on this machine derives.
func ownAddress() string {
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d", 64+pid>>16&63, pid>>8&255, pid&255)
}

// mutualTLS is for both sides of a connection between processes that know one key.
func mutualTLS(t *testing.T) *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.ParseIP(ownAddress())},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth,
			x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		RootCAs:      pool, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
		MinVersion: tls.VersionTLS13,
	}
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
			a.sweepers = append(a.sweepers, jetstream.NewSweeper(r))
		}
		return a
	}
}

// Whoever does not know the key is not let in, by either door.
func TestStrangersAreRefused(t *testing.T) {
	options := jetstream.ServerOptions{Name: "one", Folder: t.TempDir(), TLS: mutualTLS(t),
		Clients: fmt.Sprintf("%s:6211", ownAddress())}
	server, err := jetstream.Start(options)
	require.NoError(t, err)
	defer stop(t, server)
	for name, secure := range map[string]*tls.Config{
		"another key": mutualTLS(t),
		"no key":      {RootCAs: options.TLS.RootCAs},
	} {
		conn, err := nats.Connect("nats://"+options.Clients, nats.Secure(secure))
		require.Error(t, err, name)
		require.Nil(t, conn)
	}
	conn, err := nats.Connect("nats://"+options.Clients, nats.Secure(options.TLS))
	require.NoError(t, err)
	conn.Close()
}

// The server goes away and comes back. What was asked meanwhile is not known, and a watch says that
// it may have missed something.
func TestTheServerComesBack(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	options := jetstream.ServerOptions{Name: "one", Folder: t.TempDir(),
		Clients: fmt.Sprintf("%s:6210", ownAddress()), TLS: mutualTLS(t)}
	server, err := jetstream.Start(options)
	require.NoError(t, err)
	conn, err := jetstream.Dial([]string{options.Clients}, options.TLS)
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

	kinds(register.Gap) // while it is away

	server, err = jetstream.Start(options)
	require.NoError(t, err)
	defer stop(t, server)
	change := kinds(register.Set)
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
	sweepers  []*jetstream.Sweeper
	calls     atomic.Uint64
}

// Sweep has each server's sweeper look twice, and so forget what is removed now.
func (a *alternating) Sweep(ctx context.Context) error {
	for _, sweeper := range a.sweepers {
		for range 2 {
			if _, err := sweeper.Look(ctx); err != nil {
				return err
			}
		}
	}
	return nil
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

// A watch of another machine's consumer would break with that machine, and what it broke off would
// have to be believed again from the beginning.
func TestAWatchIsInTheMemoryOfItsOwnServer(t *testing.T) {
	const watches = 4 // chance alone would put one in three here
	conns := cluster(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, conn := range conns {
		here := conn.ConnectedServerName()
		r, err := jetstream.Open(ctx, conn, "watched-"+here, len(conns))
		require.NoError(t, err)
		js, err := native.New(conn)
		require.NoError(t, err)
		stream, err := js.Stream(ctx, "KV_watched-"+here)
		require.NoError(t, err)
		for range watches {
			changes, err := r.Watch(ctx, "")
			require.NoError(t, err)
			require.Equal(t, register.Live, (<-changes).Kind)
		}
		// The cluster's leader lists what it has applied itself: less than that server has already.
		var at []string
		for len(at) < watches {
			require.NoError(t, ctx.Err(), "listed: %v", at)
			at = at[:0]
			for consumer := range stream.ListConsumers(ctx).Info() {
				if consumer.NumWaiting > 0 { // not one that was elsewhere, and is not forgotten yet
					at = append(at, consumer.Cluster.Leader)
				}
			}
		}
		require.Equal(t, slices.Repeat([]string{here}, watches), at)
	}
}
