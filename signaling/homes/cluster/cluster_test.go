package cluster

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"draille/signaling/homes"
	"draille/signaling/homes/register"
	"draille/signaling/homes/register/memory"
	"draille/signaling/protocol"
	"draille/signaling/rules"
	"draille/signaling/tenure"
)

func TestMain(m *testing.M) {
	// The race detector of Go 1.26 crashes where timers of a bubble of synctest go off on several
	// processors: 3 of 10 times with 400,000 of them, 0 of 10 on one. It sees races there, too.
	runtime.GOMAXPROCS(1)
	goleak.VerifyTestMain(m)
}

// nodes are some servers on one register and one network.
type nodes struct {
	t        *testing.T
	register *memory.Register
	began    time.Time
	log      *zap.Logger // nil: nobody reads it

	mu        sync.Mutex
	processes int
	byID      map[string]*Cluster
	doors     map[string]*door
	media     []string // what the last that was told knows of the others' media
}

// port is a node's way to the others.
type port struct {
	nodes *nodes
	from  string
}

func (p port) Send(to, _ string, m Message) {
	p.nodes.mu.Lock()
	other := p.nodes.byID[to]
	p.nodes.mu.Unlock()
	if other != nil {
		other.Receive(p.from, m)
	}
}

// door is a node's way to the register. It may be shut, both ways; it never lets the revision of a
// removal pass, which no key is at.
type door struct {
	register.Register
	t *testing.T

	nearlyFull, full atomic.Bool

	mu       sync.Mutex
	shut     bool
	late     time.Duration // by which each answer comes late, there and back
	opened   chan struct{}
	removed  map[uint64]bool
	watches  int
	tried    []time.Time
	unopened int // times that a watch cannot be opened
}

// passable is closed while the door is open.
func (d *door) passable() chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.opened
}

func (d *door) set(shut bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case shut && !d.shut:
		d.opened = make(chan struct{})
	case !shut && d.shut:
		close(d.opened)
	}
	d.shut = shut
}

func (d *door) Put(ctx context.Context, key string, value []byte, revision uint64) (uint64,
	error) {
	if d.full.Load() {
		return 0, errFull
	}
	d.mu.Lock()
	if d.removed[revision] {
		d.t.Errorf("%s is set at revision %d, which is that of a removal", key, revision)
	}
	shut, behind := d.shut, slow{d.Register, d.late}
	d.mu.Unlock()
	if shut {
		<-ctx.Done()
		return 0, register.ErrUnknown
	}
	return behind.Put(ctx, key, value, revision)
}

// slow makes each answer late from now on.
func (d *door) slow(late time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.late = late
}

func (d *door) Delete(ctx context.Context, key string, revision uint64) error {
	if d.full.Load() {
		return errFull
	}
	d.mu.Lock()
	behind := slow{d.Register, d.late}
	d.mu.Unlock()
	return behind.Delete(ctx, key, revision)
}

// shows is a change that is shown at an instant.
type shows struct {
	change register.Change
	at     time.Time
}

func (d *door) Watch(ctx context.Context, prefix string) (<-chan register.Change, error) {
	d.mu.Lock()
	d.watches++
	d.tried = append(d.tried, time.Now())
	fails, behind := d.watches <= d.unopened, d.Register
	d.mu.Unlock()
	if fails {
		return nil, errors.New("the register cannot be reached")
	}
	changes, err := behind.Watch(ctx, prefix)
	if err != nil {
		return nil, err
	}
	shown := make(chan register.Change)
	queue := make(chan shows, 1000)
	go func() {
		defer close(queue)
		for change := range changes {
			d.mu.Lock()
			at := time.Now().Add(d.late / 2)
			d.mu.Unlock()
			queue <- shows{change, at}
		}
	}()
	go func() {
		defer close(shown)
		for next := range queue {
			change := next.change
			if wait := time.Until(next.at); wait > 0 {
				select {
				case <-time.After(wait):
				case <-ctx.Done():
				}
			}
			select {
			case <-d.passable():
			case <-ctx.Done():
			}
			if change.Kind == register.Deleted {
				d.mu.Lock()
				d.removed[change.Revision] = true
				d.mu.Unlock()
			}
			select {
			case shown <- change:
			case <-ctx.Done():
			}
		}
	}()
	return shown, nil
}

// begin starts nodes; it is called in virtual time.
func begin(t *testing.T, ids ...string) *nodes {
	n := &nodes{t: t, register: memory.New(), began: time.Now(), byID: map[string]*Cluster{},
		doors: map[string]*door{}}
	for _, id := range ids {
		n.start(id, 0)
	}
	t.Cleanup(func() {
		for _, c := range n.byID {
			c.Close()
		}
	})
	time.Sleep(3 * time.Second)
	return n
}

func (n *nodes) start(id string, unopened int) *Cluster {
	config := tenure.DefaultConfig()
	config.ID, config.Peer, config.Format = id, "https://"+id, 1
	config.Media = []string{id + ":3478"}
	n.mu.Lock()
	n.processes++
	config.Instance = fmt.Sprintf("%s-%d", id, n.processes)
	for process := range n.processes { // whoever is killed is dead
		config.Dead = append(config.Dead, fmt.Sprintf("%s-%d", id, process))
	}
	n.mu.Unlock()
	d := &door{Register: n.register, t: n.t, removed: map[uint64]bool{}, unopened: unopened,
		opened: make(chan struct{})}
	close(d.opened)
	c, err := Start(Config{Node: config, Register: d, Network: port{n, id}, Log: n.log,
		Load: func() float64 { return 0.1 }, NearlyFull: d.nearlyFull.Load,
		MediaElsewhere: func(open, fenced []string) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.media = append(append([]string{id + " knows"}, open...), fenced...)
		},
		Now: func() time.Duration { return time.Since(n.began) }})
	require.NoError(n.t, err)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.byID[id], n.doors[id] = c, d
	return c
}

// kill ends a process.
func (n *nodes) kill(id string) {
	n.mu.Lock()
	c := n.byID[id]
	delete(n.byID, id)
	n.mu.Unlock()
	c.Close()
}

// find asks at a door, and waits for the answer.
func (n *nodes) find(id, room string) homes.Home {
	found := make(chan homes.Home, 1)
	_, known := n.byID[id].Find(room, func(home homes.Home) { found <- home })
	require.False(n.t, known)
	return <-found
}

// open opens a room at a door.
func (n *nodes) open(id, room string) homes.Tenure {
	home := n.find(id, room)
	require.NotNil(n.t, home.Tenure, "%+v", home)
	return home.Tenure
}

// opens asks again while the door knows of another owner.
func (n *nodes) opens(id, room string) homes.Tenure {
	for {
		if home := n.find(id, room); home.Tenure != nil {
			return home.Tenure
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// follow asks where a door says that the room lives, until that is so.
func (n *nodes) follow(door, room string) homes.Tenure {
	for {
		home := n.find(door, room)
		if other := n.byID[home.Node]; other != nil && home.Node != door {
			home = n.find(home.Node, room)
		}
		if home.Tenure != nil {
			return home.Tenure
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// ear is a listener that a test can read.
type ear struct{ heard chan string }

func newEar() ear                 { return ear{make(chan string, 16)} }
func (e ear) Ended()              { e.heard <- "ended" }
func (e ear) ToDoors()            { e.heard <- "to the doors" }
func (e ear) Learned(rules.State) { e.heard <- "learned" }
func (e ear) hears(t *testing.T, s string) {
	t.Helper()
	require.Equal(t, s, <-e.heard)
}

func removal(family string) rules.State {
	return rules.State{Kind: protocol.KindConsultation, Removed: map[string]time.Time{
		family: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}}
}

func keep(tenure homes.Tenure, state rules.State) {
	saved := make(chan struct{})
	tenure.KeepNow(state, func() { close(saved) })
	<-saved
}

func TestARoomIsFoundWhereItWasClaimed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, "a", "b", "c")
		asked := time.Now()
		room := n.open("a", "r")
		require.Less(t, time.Since(asked), time.Second)
		require.True(t, room.MayDecide())
		state, _ := room.Recalled()
		require.True(t, state.Empty())
		at := homes.Home{Node: "a", Peer: "https://a", Epoch: 1}
		require.Equal(t, at, n.find("b", "r"))
		require.Equal(t, at, n.find("c", "r"))
	})
}

// Who did not reach the owner is not told at once to try again there; whoever else asks is.
func TestAnOwnerThatIsNotReachedIsNamedAgainIfItLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, "a", "b", "c")
		n.open("a", "r")
		at := n.find("b", "r")
		n.byID["b"].Unreached("r", at)
		asked := time.Now()
		require.Equal(t, at, n.find("b", "r"))
		require.GreaterOrEqual(t, time.Since(asked), time.Second)
		asked = time.Now()
		require.Equal(t, at, n.find("c", "r"))
		require.Less(t, time.Since(asked), 100*time.Millisecond)
		time.Sleep(unreachedFor + loadEvery)
		asked = time.Now()
		require.Equal(t, at, n.find("b", "r"))
		require.Less(t, time.Since(asked), 100*time.Millisecond)
	})
}

func TestADeadNodesRoomIsRecalledByAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, "a", "b", "c")
		keep(n.open("a", "r"), removal("inv"))
		n.kill("a")
		died := time.Now()
		room := n.opens("b", "r")
		require.Greater(t, time.Since(died), 3*time.Second)
		require.Less(t, time.Since(died), 6500*time.Millisecond)
		state, lostAt := room.Recalled()
		require.Equal(t, removal("inv"), state)
		require.Less(t, time.Since(lostAt), time.Second)
		require.True(t, room.MayDecide())
		require.Equal(t, "b", n.find("c", "r").Node)
	})
}

func TestARoomOfARestartedNodeIsRecalledSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, "a", "b", "c")
		keep(n.open("a", "r"), removal("inv"))
		n.kill("a")
		n.start("a", 0)
		restarted := time.Now()
		state, _ := n.follow("a", "r").Recalled() // another may take it before this one is ready
		require.Equal(t, removal("inv"), state)
		require.Less(t, time.Since(restarted), 3*time.Second)
	})
}

func TestADrainedNodesRoomsGoOnElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, "a", "b", "c")
		room, listener := n.open("a", "r"), newEar()
		room.Listen(listener)
		keep(room, removal("inv"))
		began := time.Now()
		require.NoError(t, n.byID["a"].Drain(t.Context(), time.Minute))
		require.Less(t, time.Since(began), 5*time.Second)
		listener.hears(t, "ended")
		require.False(t, room.MayDecide())
		state, _ := n.follow("b", "r").Recalled()
		require.Equal(t, removal("inv"), state)
		require.NotEmpty(t, n.find("a", "r").Away, "it has left")

		saved := make(chan struct{})
		room.KeepNow(removal("late"), func() { close(saved) })
		<-saved // whoever waits is answered
	})
}

func TestARoomThatWasReleasedIsFoundAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, "a", "b")
		for range 3 { // its key is removed each time
			n.opens("a", "r").Release(rules.State{})
			n.opens("b", "r").Release(rules.State{})
		}
		room := n.opens("a", "r")
		keep(room, removal("inv"))
		room.Release(removal("inv"))
		state, _ := n.opens("b", "r").Recalled()
		require.Equal(t, removal("inv"), state)
	})
}

func TestAnIslandDecidesNothingAndSendsEverybodyOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, "a", "b")
		room, listener := n.open("a", "r"), newEar()
		room.Listen(listener)
		n.doors["a"].set(true)
		time.Sleep(3 * time.Second)
		require.True(t, room.MayDecide(), "its lease still runs")
		time.Sleep(3 * time.Second)
		require.False(t, room.MayDecide())
		room.SeatLost()
		room.SeatLost()
		listener.hears(t, "to the doors")
		n.doors["a"].set(false)
		time.Sleep(3 * time.Second)
		require.True(t, room.MayDecide(), "nobody else has taken it")
		require.Empty(t, listener.heard)
	})
}

func TestAWatchThatCannotBeOpenedIsTriedAgainSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, "a")
		n.start("b", 5)
		require.Equal(t, "a", n.open("a", "r").(*held).cluster.config.Node.ID)
		require.Equal(t, "a", n.find("b", "r").Node)
		tried := n.doors["b"].tried
		require.Len(t, tried, 6)
		for i := range 5 {
			require.LessOrEqual(t, tried[i+1].Sub(tried[i]), 500*time.Millisecond)
		}
	})
}

func TestARoomThatNobodyComesToIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, "a", "b")
		keep(n.open("a", "r"), removal("inv"))
		require.NoError(t, n.byID["a"].Drain(t.Context(), time.Minute))
		time.Sleep(2 * rules.DefaultConfig().Hold)
		c := n.byID["b"]
		done := make(chan int)
		c.post(func(*tenure.Node, time.Duration) []tenure.Effect {
			done <- len(c.held)
			return nil
		})
		require.Zero(t, <-done)
		state, _ := n.open("b", "r").Recalled()
		require.Equal(t, removal("inv"), state, "what is remembered stays")
	})
}

func TestMergedStatesAreTheirsThatAddNothing(t *testing.T) {
	mine, other := encode(removal("a")), encode(removal("b"))
	both := merge(mine, other)
	require.Contains(t, string(both), `"a"`)
	require.Contains(t, string(both), `"b"`)
	require.Equal(t, string(both), string(merge(both, other)))
	require.Equal(t, string(both), string(merge(both, mine)))
	require.Equal(t, string(mine), string(merge(mine, nil)))
	require.Equal(t, string(mine), string(merge(mine, []byte("damaged"))))
	require.Empty(t, merge(nil, encode(rules.State{Seats: []rules.SeatState{{Participant: "p"}}})))
	require.Equal(t, decode(other), decode(merge(nil, other)))
}

func TestTheRelayHearsWhereOtherNodesHaveTheirMedia(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := begin(t, "a", "b")
		n.byID["a"].SetMedia([]string{"a.example:3478"})
		time.Sleep(3 * time.Second)
		n.mu.Lock()
		defer n.mu.Unlock()
		require.Equal(t, []string{"b knows", "a.example:3478"}, n.media)
	})
}

func TestAClusterNeedsARegister(t *testing.T) {
	_, err := Start(Config{})
	require.ErrorContains(t, err, "give all four")
}
