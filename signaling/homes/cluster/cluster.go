// Package cluster runs this server's part in a cluster: it carries out, over a register and between
// the nodes, what package tenure decides about which node each room lives on.
//
// One goroutine gives events to the tenure.Node and carries out what comes back; each write has a
// goroutine of its own for at most a second, and one reads the watch.
package cluster

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"draille/signaling/homes"
	"draille/signaling/homes/register"
	"draille/signaling/rules"
	"draille/signaling/tenure"
)

const (
	// writeWithin is when a write is given up: package tenure wants to know its outcome by then.
	writeWithin = time.Second
	// watchAgain is when a watch that could not be opened is tried again: the living must renew
	// within the second that claimants wait after an outage of the register.
	watchAgain = 300 * time.Millisecond
	// loadEvery is how often the node's load is told, and what is overdue is looked for.
	loadEvery = time.Second
	// tickAtLeast is between two looks at the clock: the node may ask for one that it cannot use.
	tickAtLeast = 5 * time.Millisecond
	// followWithin is how long whoever comes to a room that was handed over waits for what its
	// giver has to say: as long as that is tried. The giver forwards media for longer.
	followWithin = 2 * time.Second
	// earlyMost bounds what is kept of rooms whose claims do not count yet: ten are handed over at
	// once, by each node that leaves.
	earlyMost = 100
	// unreachedFor is how long an owner that was not reached is not named again at once.
	unreachedFor = 5 * time.Second
	// findWithin is when whoever looks for a room is told that nobody can say where it lives.
	findWithin = 8 * time.Second
)

// LeftError is how a drain ends that leaves rooms behind.
type LeftError struct {
	Rooms  []string
	Reason tenure.Reason // why they were left
}

// Error implements error.
func (e *LeftError) Error() string {
	return "no other server took these rooms: expected one that runs, is not full and does not " +
		"drain, too; whoever is in there finds the room again, with its places, on the next " +
		"server that runs, but without names and chat: " + strings.Join(e.Rooms, ", ") + " (" +
		string(e.Reason) + ")"
}

// ownerSilent is why nobody can say where a room lives, where the register answers.
const ownerSilent = "the server on which the room lives has fallen silent, and another may take " +
	"it over in a moment"

// Config is what a Cluster needs. Now, Log and Node.Instance have defaults that work.
type Config struct {
	Node     tenure.Config
	Register register.Register
	Network  Network
	Load     func() float64 // of this node: 1 is full
	// NearlyFull reports whether the room that is left in the register is that of leases and of
	// rooms that are remembered already: no other room is opened meanwhile. Nil: never. It must not
	// wait.
	NearlyFull func() bool
	// MediaElsewhere hears where the other nodes have their media, when that changes: of those that
	// may own rooms, and of those that were declared dead. Nil: nobody wants to know. It must not
	// wait.
	MediaElsewhere func(open, fenced []string)
	// Hold is how long a room is kept here that another node gave and nobody comes to.
	Hold time.Duration
	Log  *zap.Logger
	// Now is a clock that goes on while the machine is suspended, and does not jump.
	Now func() time.Duration
}

// Network carries messages to other nodes. What cannot be carried is lost, and nobody is told. Send
// never waits. The other node's Cluster.Receive is called.
type Network interface {
	Send(to, peer string, message Message)
}

// Message is what one node says to another of a room. One of Ask, Answer, Gift, Volatile and
// Reminder is set.
type Message struct {
	Room   string         `json:"room"`
	Ask    bool           `json:"ask,omitempty"`
	Answer *tenure.Answer `json:"answer,omitempty"`
	Gift   *tenure.Gift   `json:"gift,omitempty"`
	// What follows a gift that was taken.
	Volatile *Volatile `json:"volatile,omitempty"`
	// State of the room that a former owner remembers.
	Reminder json.RawMessage `json:"reminder,omitempty"`
}

// Volatile is what the giver of a room says to the heir once it has ended there.
type Volatile struct {
	Epoch   uint64          `json:"epoch"` // at which the heir took it
	State   json.RawMessage `json:"state,omitempty"`
	Content json.RawMessage `json:"content,omitempty"` // a rules.Volatile
}

// event is something for the node.
type event func(n *tenure.Node, now time.Duration) []tenure.Effect

// Cluster is the homes of the rooms of several servers. Its methods may be called from any
// goroutine, and none but Close and Drain waits.
type Cluster struct {
	config  Config
	stop    context.CancelFunc
	working sync.WaitGroup
	writes  sync.WaitGroup // on their way
	drained chan struct{}

	nodeMu sync.Mutex // taken alone
	node   *tenure.Node

	mu    sync.Mutex // taken alone
	queue []event
	wake  chan struct{}

	// These belong to the goroutine that runs the node.
	held    map[string]*held
	finds   map[string]*find
	savings map[string][]func() // by room: who waits until its state is stored
	early   map[string]early    // by room: what its giver said before the claim counted
	media   media
	// by room: owners that were not reached from here just now
	unreached map[string]unreached
	left      bool
	refused   tenure.Reason // why it left
	remained  []string      // rooms that no other node took when it left
	remain    tenure.Reason // why not

	counts  counts
	refusal atomic.Bool // this node is no part of the cluster
}

// find is who looks for a room.
type find struct {
	found  []func(homes.Home)
	until  time.Duration
	reason tenure.Reason // why it takes so long
}

// Start joins the cluster.
func Start(config Config) (*Cluster, error) {
	if config.Register == nil || config.Network == nil || config.Load == nil ||
		config.Node.ID == "" {
		return nil, errors.New("cluster: expected a register, a network, a load and the node's " +
			"id, got none of one of them; give all four")
	}
	if config.Node.Instance == "" {
		config.Node.Instance = rand.Text()
	}
	if config.Hold == 0 {
		config.Hold = rules.DefaultConfig().Hold
	}
	if config.Log == nil {
		config.Log = zap.NewNop()
	}
	if config.Now == nil {
		config.Now = bootTime
	}
	ctx, stop := context.WithCancel(context.Background())
	c := &Cluster{
		config:  config,
		stop:    stop,
		drained: make(chan struct{}),
		node:    tenure.New(config.Node, merge),
		wake:    make(chan struct{}, 1),
		held:    map[string]*held{},
		finds:   map[string]*find{},
		savings: map[string][]func(){},
		early:   map[string]early{},

		unreached: map[string]unreached{},
	}
	c.working.Go(func() { c.run(ctx) })
	c.working.Go(func() { c.watch(ctx) })
	return c, nil
}

// Close ends this node's part without a word to the others, as if the process had died.
func (c *Cluster) Close() {
	c.stop()
	c.working.Wait()
}

// Drain hands all rooms over to other nodes and leaves the cluster; at the deadline, or after 10 s
// where no other node could take any, it leaves with what is left: then the error is a
// *LeftError. It returns when that is done, or when ctx ends.
func (c *Cluster) Drain(ctx context.Context, deadline time.Duration) error {
	c.post(func(n *tenure.Node, now time.Duration) []tenure.Effect {
		return n.Drain(now, now+deadline)
	})
	select {
	case <-c.drained:
		if len(c.remained) > 0 {
			return &LeftError{c.remained, c.remain}
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Receive handles what another node says. Who it is has been proved.
func (c *Cluster) Receive(from string, m Message) {
	c.post(func(n *tenure.Node, now time.Duration) []tenure.Effect {
		switch {
		case m.Ask:
			return n.Asked(now, from, m.Room)
		case m.Answer != nil:
			answer := *m.Answer
			answer.Room = m.Room
			return n.Answered(now, from, answer)
		case m.Gift != nil:
			return n.Given(now, from, m.Room, *m.Gift)
		case m.Volatile != nil:
			c.follows(now, m.Room, *m.Volatile)
		case m.Reminder != nil:
			return n.Reminded(now, m.Room, m.Reminder)
		}
		return nil
	})
}

// Find looks where a room lives, because somebody is at this door.
func (c *Cluster) Find(room string, found func(homes.Home)) (home homes.Home, known bool) {
	c.post(func(n *tenure.Node, now time.Duration) []tenure.Effect {
		f := c.finds[room]
		if f == nil {
			f = &find{until: now + findWithin, reason: ownerSilent}
			c.finds[room] = f
		}
		f.found = append(f.found, found)
		if c.left {
			f.until, f.reason = now, c.refused
			return nil
		}
		return n.Find(now, room, c.unreached[room].epoch)
	})
	return homes.Home{}, false
}

// unreached is an owner that did not answer.
type unreached struct {
	epoch uint64
	until time.Duration
}

// Unreached says that a room's owner was not reached from here just now.
func (c *Cluster) Unreached(room string, home homes.Home) {
	c.post(func(_ *tenure.Node, now time.Duration) []tenure.Effect {
		c.unreached[room] = unreached{home.Epoch, now + unreachedFor}
		return nil
	})
}

// post puts an event into the queue.
func (c *Cluster) post(e event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, e)
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *Cluster) take() []event {
	c.mu.Lock()
	defer c.mu.Unlock()
	queue := c.queue
	c.queue = nil
	return queue
}

// mayDecide asks the node.
func (c *Cluster) mayDecide(room string) bool {
	now := c.config.Now()
	c.nodeMu.Lock()
	defer c.nodeMu.Unlock()
	return c.node.MayDecide(now, room)
}

// merge is a tenure.Merge of the rules' states. What cannot be read adds nothing.
func merge(state, other json.RawMessage) json.RawMessage {
	var mine, theirs rules.State
	if len(other) == 0 || json.Unmarshal(other, &theirs) != nil ||
		len(state) > 0 && json.Unmarshal(state, &mine) != nil {
		return state
	}
	return encodeUnlessSame(state, mine, mine.Merge(theirs))
}
