// Package node is this server's part in a cluster, put together: what the nodes agree on (the
// register, package jetstream), which of them each room lives on (package cluster), and how they
// reach each other (package peers).
package node

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"golang.org/x/crypto/acme/autocert"

	"draille/signaling"
	"draille/signaling/homes"
	"draille/signaling/homes/certificates"
	"draille/signaling/homes/cluster"
	"draille/signaling/homes/network"
	"draille/signaling/homes/notices"
	"draille/signaling/peers"
	"draille/signaling/peers/identity"
	"draille/signaling/peers/wire"
	"draille/signaling/tenure"
)

// stateFormat is the format of rooms' states that this version reads and writes.
const stateFormat = 1

// closeWithin bounds how long websockets that are carried here may take to end.
const closeWithin = 2 * time.Second

// Config is what a node needs: all but Media, Load, Now and Log.
type Config struct {
	ID       string
	Instance string   // of this process, which no other has; empty: one is drawn
	Dead     []string // instances of before, under this id, that are proved to be dead
	Secret   []byte
	Listen   string // host:port for other nodes, as it is told to them
	Version  string
	Media    []string // addresses to which media are sent
	Register RegisterConfig
	Load     func() float64 // of this node: 1 is full
	// MediaElsewhere hears where the other nodes have their media, when that changes, as
	// cluster.Config says.
	MediaElsewhere func(open, fenced []string)
	Now            func() time.Time // the time of day; nil: time.Now
	Log            *zap.Logger
}

// Node is one server's part in a cluster: homes of rooms, and doors to the other nodes.
type Node struct {
	config   Config
	log      *zap.Logger
	identity *identity.Identity
	engine   *engine
	homes    *cluster.Cluster
	client   *peers.Client
	server   *peers.Server
	listener net.Listener
	ended    *notices.Board
	revoked  *notices.Board
	ctx      context.Context // of what runs beside
	stop     context.CancelFunc
	serving  sync.WaitGroup
	answered atomic.Bool  // by the register, once at least since it started
	others   atomic.Bool  // some may decide in their rooms, and this one may not
	apart    atomic.Int64 // nanoseconds by which its clock is ahead, if it is wrong
	leaves   atomic.Bool  // it hands its rooms over
	carried  atomic.Uint64
	refused  atomic.Uint64
}

var (
	_ signaling.Homes   = (*Node)(nil)
	_ signaling.Carrier = (*Node)(nil)
)

// Start joins the cluster. It does not wait for the others: until the register answers, nobody can
// say where a room lives. Other nodes are answered once Serve is called.
func Start(config Config) (_ *Node, err error) {
	if config.Log == nil {
		config.Log = zap.NewNop()
	}
	if config.Load == nil {
		config.Load = func() float64 { return 0 }
	}
	n := &Node{config: config, log: config.Log}
	n.ctx, n.stop = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			n.Close()
		}
	}()
	n.identity, err = identity.New(identity.Config{Secret: config.Secret, Node: config.ID,
		Instance: cmp.Or(config.Instance, rand.Text()), Now: config.Now})
	if err != nil {
		return nil, err
	}
	if n.listener, err = net.Listen("tcp", config.Listen); err != nil {
		return nil, fmt.Errorf("other nodes cannot reach this one: expected to listen at "+
			"cluster.listen %s, got: %w", config.Listen, err)
	}
	if n.client, err = peers.NewClient(n.between()); err != nil {
		return nil, err
	}
	if n.engine, err = openEngine(config.ID, n.identity, config.Register, config.Log); err != nil {
		return nil, err
	}
	n.ended = notices.New(n.engine, endedKind, n.log)
	n.revoked = notices.New(n.engine, revokedKind, n.log)
	n.homes, err = n.join()
	return n, err
}

// The kinds of what all servers are told: of whom a call has ended while they were away, and which
// invitations are withdrawn.
const endedKind, revokedKind = "ended", "revoked"

// Listener hears what all servers must know. None of its methods waits.
type Listener interface {
	HearEnded(digest string, until time.Time)
	HearRevoked(invitation string, until time.Time)
}

// Ended tells the other servers of whom a call has ended while they were away.
func (n *Node) Ended(digest string, until time.Time) { n.post(n.ended, digest, until) }

// Revoked tells the other servers that an invitation is withdrawn.
func (n *Node) Revoked(invitation string, until time.Time) { n.post(n.revoked, invitation, until) }

func (n *Node) post(board *notices.Board, id string, until time.Time) {
	if err := board.Post(notices.Notice{ID: id, Until: until}); err != nil {
		n.log.Error("the other servers cannot be told", zap.Error(err))
	}
}

// Listen lets a listener hear what the servers tell each other, from now on.
func (n *Node) Listen(l Listener) {
	n.serving.Go(func() {
		n.ended.Run(n.ctx, func(m notices.Notice) { l.HearEnded(m.ID, m.Until) })
	})
	n.serving.Go(func() {
		n.revoked.Run(n.ctx, func(m notices.Notice) { l.HearRevoked(m.ID, m.Until) })
	})
}

// between is how this node and others speak to each other.
func (n *Node) between() peers.Config {
	return peers.Config{Identity: n.identity, Version: n.config.Version,
		Now: n.config.Now, Log: n.config.Log.Named("peers")}
}

func (n *Node) join() (*cluster.Cluster, error) {
	who := tenure.DefaultConfig()
	who.ID, who.Instance, who.Dead = n.config.ID, n.identity.Instance(), n.config.Dead
	who.Peer, who.Media, who.Version = n.config.Listen, n.config.Media, n.config.Version
	who.Format, who.Secret = stateFormat, n.identity.Check()
	return cluster.Start(cluster.Config{Node: who, Register: n.engine,
		Network: network.New(n.client), Load: n.config.Load, NearlyFull: n.engine.nearlyFull.Load,
		MediaElsewhere: n.config.MediaElsewhere, Log: n.config.Log.Named("cluster")})
}

// Serve answers other nodes from now on. Failed hears why it ended, if not by Close.
func (n *Node) Serve(websockets network.Websockets, failed func(error)) error {
	var err error
	answers := n.between()
	answers.Condition = n.condition
	n.server, err = peers.NewServer(answers,
		network.Owner{Rooms: n.homes, Websockets: websockets})
	if err != nil {
		return err
	}
	n.serving.Go(func() {
		if err := n.server.Serve(n.listener); err != nil {
			failed(err)
		}
	})
	n.serving.Go(n.watchOthers)
	return nil
}

// Certificates is what all servers of the cluster remember of certificates that they ask for.
// Local keeps a copy here for when the register does not answer.
func (n *Node) Certificates(local autocert.Cache) (autocert.Cache, error) {
	store, err := certificates.New(n.engine, n.config.Secret, n.identity.Instance(), local, n.log)
	if err != nil {
		return nil, err
	}
	n.serving.Go(func() { store.Run(n.ctx) })
	return store, nil
}

// Find implements signaling.Homes.
func (n *Node) Find(room string, found func(homes.Home)) (homes.Home, bool) {
	return n.homes.Find(room, found)
}

// SetMedia changes the addresses to which media are sent here.
func (n *Node) SetMedia(media []string) { n.homes.SetMedia(media) }

// Unreached implements signaling.Homes.
func (n *Node) Unreached(room string, home homes.Home) { n.homes.Unreached(room, home) }

// Drain hands all rooms over to other nodes and leaves the cluster; at the deadline it leaves with
// what is left.
func (n *Node) Drain(ctx context.Context, deadline time.Duration) error {
	n.leaves.Store(true)
	if away := n.KeepersAway(); len(away) > 0 {
		n.log.Warn("this server keeps the register, too, and not all of its keepers run: once "+
			"it has stopped, calls go on, but nobody gets into a room and none begins until "+
			"two of them run; start it again soon", zap.Strings("not reached", away))
	}
	return n.homes.Drain(ctx, deadline)
}

// KeepersAway returns the keepers of the register that are not reached, where this server is one.
func (n *Node) KeepersAway() []string {
	if n.engine.server == nil {
		return nil
	}
	return n.engine.server.Missed()
}

// Close ends this node's part.
func (n *Node) Close() {
	if n.client != nil {
		n.client.Close()
	}
	if n.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
		if err := n.server.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			n.log.Warn("the port of nodes was not closed in order", zap.Error(err))
		}
		cancel()
	}
	if n.listener != nil {
		n.listener.Close()
	}
	n.stop()
	n.serving.Wait()
	if n.homes != nil {
		n.homes.Close()
	}
	if n.engine != nil {
		n.engine.close()
	}
}

// Stats is a snapshot for whoever watches the node.
type Stats struct {
	cluster.Stats
	Out     int    // websockets of pages here that are carried to other nodes
	In      int    // websockets that other nodes carry here
	Carried uint64 // websockets that other nodes took
	Refused uint64 // websockets that they did not take
}

// Stats returns a snapshot. Serve was called before.
func (n *Node) Stats() Stats {
	return Stats{Stats: n.homes.Stats(), Out: n.client.Pipes(), In: n.server.Pipes(),
		Carried: n.carried.Load(), Refused: n.refused.Load()}
}

// Open implements signaling.Carrier.
func (n *Node) Open(ctx context.Context, target peers.Target, opening wire.Opening,
	first []byte) (*peers.Stream, error) {
	stream, err := n.client.Open(ctx, target, opening, first)
	if err != nil {
		n.refused.Add(1)
		return nil, err
	}
	n.carried.Add(1)
	return stream, nil
}
