package cluster

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/homes"
	"draille/signaling/homes/register"
	"draille/signaling/rules"
)

// weather lets a register be late, and silent about what it has done.
type weather struct {
	register.Register
	door   *door      // its lock guards random and calm
	random *rand.Rand // nil: all is well
}

func (w *weather) draw(most time.Duration) time.Duration {
	w.door.mu.Lock()
	defer w.door.mu.Unlock()
	if w.random == nil {
		return 0
	}
	return time.Duration(w.random.Int64N(int64(most)))
}

// Put is late; of one in twenty nobody hears whether it was done.
func (w *weather) Put(ctx context.Context, key string, value []byte, revision uint64) (uint64,
	error) {
	time.Sleep(w.draw(50 * time.Millisecond))
	stored, err := w.Register.Put(ctx, key, value, revision)
	answer := w.draw(50 * time.Millisecond)
	if w.draw(time.Second) > 950*time.Millisecond {
		answer = 2 * writeWithin
	}
	select {
	case <-time.After(answer):
		return stored, err
	case <-ctx.Done():
		return 0, register.ErrUnknown
	}
}

// chaos is some nodes that die, are cut off and come back, and what is decided meanwhile.
type chaos struct {
	*nodes
	random   *rand.Rand
	weathers map[string]*weather

	// The lock of nodes guards these.
	owners   map[homes.Tenure]*owner
	promised map[string]rules.State // by room: what was said to be stored
}

// owner is a room's goroutine, as the server has one.
type owner struct {
	chaos  *chaos
	tenure *held
	state  rules.State
}

func (o *owner) Ended()   { o.chaos.forget(o) }
func (o *owner) ToDoors() {}

func (o *owner) Learned(state rules.State) {
	o.chaos.mu.Lock()
	defer o.chaos.mu.Unlock()
	o.state = o.state.Merge(state)
}

func (x *chaos) forget(o *owner) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.owners, o.tenure)
}

func newChaos(t *testing.T, seed uint64) *chaos {
	x := &chaos{random: rand.New(rand.NewPCG(seed, 3)), weathers: map[string]*weather{},
		owners: map[homes.Tenure]*owner{}, promised: map[string]rules.State{},
		nodes: begin(t, "a", "b", "c")}
	for id := range x.byID {
		x.stir(id)
	}
	return x
}

// stir gives a node bad weather.
func (x *chaos) stir(id string) {
	d := x.doors[id]
	d.mu.Lock()
	defer d.mu.Unlock()
	x.weathers[id] = &weather{d.Register, d, rand.New(rand.NewPCG(x.random.Uint64(), 4))}
	d.Register = x.weathers[id]
}

// own returns the owner of a room that lives here.
func (x *chaos) own(tenure homes.Tenure) *owner {
	x.mu.Lock()
	defer x.mu.Unlock()
	o := x.owners[tenure]
	if o == nil {
		state, _ := tenure.Recalled()
		o = &owner{x, tenure.(*held), state}
		x.owners[tenure] = o
		tenure.Listen(o)
	}
	return o
}

// come lets somebody come to a room; whoever comes where it lives removes one more.
func (x *chaos) come(id, room string, turn int) {
	x.byID[id].Find(room, func(home homes.Home) {
		if home.Tenure != nil && home.Tenure.MayDecide() {
			x.remove(x.own(home.Tenure), fmt.Sprint("f", turn))
		}
	})
}

func (x *chaos) remove(o *owner, family string) {
	x.mu.Lock()
	o.state = o.state.Merge(removal(family))
	state := o.state
	x.mu.Unlock()
	c, room := o.tenure.cluster, o.tenure.room
	o.tenure.KeepNow(state, func() {
		if c.held[room] != o.tenure || c.left {
			return // it is not known whether it is stored
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		x.promised[room] = x.promised[room].Merge(removal(family))
	})
}

// trouble kills a node and starts it again, or cuts it off for a while.
func (x *chaos) trouble(id string, last time.Duration) {
	if x.byID[id] == nil {
		return
	}
	if x.random.IntN(2) == 0 {
		d := x.doors[id]
		d.set(true)
		time.AfterFunc(last, func() { d.set(false) })
		return
	}
	x.kill(id)
	x.mu.Lock()
	for tenure, o := range x.owners {
		if o.tenure.cluster.config.Node.ID == id {
			delete(x.owners, tenure)
		}
	}
	x.mu.Unlock()
}

// judge is what must hold at every instant.
func (x *chaos) judge(t *testing.T, rooms []string) {
	for _, room := range rooms {
		var deciders []string
		for id, c := range x.byID {
			if c.mayDecide(room) {
				deciders = append(deciders, id)
			}
		}
		require.LessOrEqual(t, len(deciders), 1, "%s: %v", room, deciders)
	}
}

var seeds = flag.Uint64("cluster.seeds", 6, "seeds of TestNodesInTrouble, a minute each")

// Never two that may decide, and what was said to be stored is there in the end.
func TestNodesInTrouble(t *testing.T) {
	rooms := []string{"r0", "r1", "r2", "r3"}
	for seed := range *seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := newChaos(t, seed)
				ids := []string{"a", "b", "c"}
				for turn := range 1200 { // a minute
					time.Sleep(50 * time.Millisecond)
					x.judge(t, rooms)
					id := ids[x.random.IntN(len(ids))]
					switch {
					case x.byID[id] == nil:
						if x.random.IntN(20) == 0 {
							x.start(id, 0)
							x.stir(id)
						}
					case turn%100 == 99:
						x.trouble(id, time.Duration(x.random.Int64N(int64(10*time.Second))))
					case turn%4 == 0:
						x.come(id, rooms[x.random.IntN(len(rooms))], turn)
					}
				}
				x.settle(t, ids)
				for _, room := range rooms {
					o := x.own(x.follow("a", room))
					x.mu.Lock()
					require.Equal(t, o.state, o.state.Merge(x.promised[room]), "of %s", room)
					require.NotEmpty(t, x.promised[room].Removed)
					x.mu.Unlock()
				}
			})
		})
	}
}

// settle ends all trouble.
func (x *chaos) settle(t *testing.T, ids []string) {
	for _, id := range ids {
		if x.byID[id] == nil {
			x.start(id, 0)
			x.stir(id)
		}
		d := x.doors[id]
		d.set(false)
		d.mu.Lock()
		x.weathers[id].random = nil
		d.mu.Unlock()
	}
	time.Sleep(12 * time.Second)
	for _, id := range ids {
		require.NotNil(t, x.byID[id])
	}
}
