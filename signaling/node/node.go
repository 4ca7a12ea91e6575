// Package node is this server's part in a cluster, put together: what the nodes agree on (the
// register, package jetstream), which of them each room lives on (package cluster), and how they
// reach each other (package peers).
package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"draille/signaling"
	"draille/signaling/homes"
	"draille/signaling/homes/cluster"
	"draille/signaling/peers"
	"draille/signaling/peers/identity"
	"draille/signaling/tenure"
)

// stateFormat is the format of rooms' states that this version reads and writes.
const stateFormat = 1

// closeWithin bounds how long websockets that are carried here may take to end.
const closeWithin = 2 * time.Second

// Config is what a node needs: all but Media, Load and Log.
type Config struct {
	ID       string
	Secret   []byte
	Listen   string // host:port for other nodes, as it is told to them
	Version  string
	Media    []string // addresses to which media are sent
	Register RegisterConfig
	Load     func() float64 // of this node: 1 is full
	Log      *zap.Logger
}

// Websockets serves websockets that were opened elsewhere. *signaling.Server does.
type Websockets interface {
	ServeWebsocket(ws signaling.Websocket, address netip.Addr)
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
	sockets  atomic.Pointer[Websockets]
	serving  sync.WaitGroup
	piped    atomic.Int64
	carried  atomic.Uint64
	lost     atomic.Uint64
}

var (
	_ signaling.Homes = (*Node)(nil)
	_ signaling.Doors = (*Node)(nil)
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
	defer func() {
		if err != nil {
			n.Close()
		}
	}()
	n.identity, err = identity.New(identity.Config{Secret: config.Secret, Node: config.ID,
		Instance: rand.Text()})
	if err != nil {
		return nil, err
	}
	if n.listener, err = net.Listen("tcp", config.Listen); err != nil {
		return nil, fmt.Errorf("other nodes cannot reach this one: expected to listen at "+
			"cluster.listen %s, got: %w", config.Listen, err)
	}
	between := peers.Config{Identity: n.identity, Version: config.Version,
		Log: config.Log.Named("peers")}
	if n.client, err = peers.NewClient(between); err != nil {
		return nil, err
	}
	if n.server, err = peers.NewServer(between, owner{n}); err != nil {
		return nil, err
	}
	if n.engine, err = openEngine(config.ID, n.identity, config.Register, config.Log); err != nil {
		return nil, err
	}
	n.homes, err = n.join()
	return n, err
}

func (n *Node) join() (*cluster.Cluster, error) {
	who := tenure.DefaultConfig()
	who.ID, who.Instance = n.config.ID, n.identity.Instance()
	who.Peer, who.Media, who.Version = n.config.Listen, n.config.Media, n.config.Version
	who.Format, who.Secret = stateFormat, n.identity.Check()
	return cluster.Start(cluster.Config{Node: who, Register: n.engine, Network: network{n},
		Load: n.config.Load, Log: n.config.Log.Named("cluster")})
}

// Serve answers other nodes from now on. Failed hears why it ended, if not by Close.
func (n *Node) Serve(websockets Websockets, failed func(error)) {
	n.sockets.Store(&websockets)
	n.serving.Go(func() {
		if err := n.server.Serve(n.listener); err != nil {
			failed(err)
		}
	})
}

// Find implements signaling.Homes.
func (n *Node) Find(room string, unreachable uint64, found func(homes.Home)) (homes.Home, bool) {
	return n.homes.Find(room, unreachable, found)
}

// Drain hands all rooms over to other nodes and leaves the cluster; at the deadline it leaves with
// what is left.
func (n *Node) Drain(ctx context.Context, deadline time.Duration) error {
	return n.homes.Drain(ctx, deadline)
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
	Carried uint64 // websockets that were carried to other nodes
	Lost    uint64 // of these, those whose node was lost
}

// Stats returns a snapshot.
func (n *Node) Stats() Stats {
	return Stats{Stats: n.homes.Stats(), Out: int(n.piped.Load()), In: n.server.Pipes(),
		Carried: n.carried.Load(), Lost: n.lost.Load()}
}

// Carry implements signaling.Doors.
func (n *Node) Carry(ctx context.Context, to homes.Home, page signaling.Page) bool {
	stream, err := n.client.Open(ctx, peers.Target{Node: to.Node, Address: to.Peer},
		opening(page), page.First)
	if err != nil {
		n.log.Info("a websocket was not taken by the room's node: it is looked up again",
			zap.String("room", page.Room), zap.String("node", to.Node), zap.Error(err))
		return false
	}
	page.Taken()
	n.carried.Add(1)
	n.piped.Add(1)
	defer n.piped.Add(-1)
	defer context.AfterFunc(ctx, stream.Close)()
	outcome, err := stream.Pipe(page.Websocket, page.Trusted)
	if outcome == peers.ByLoss {
		n.lost.Add(1)
		n.log.Info("a websocket that was carried is lost: its page connects again",
			zap.String("room", page.Room), zap.String("node", to.Node), zap.Error(err))
	}
	return true
}
