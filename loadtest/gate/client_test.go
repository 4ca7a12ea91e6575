package gate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"draille/signaling/homes/register"
)

// workload is what clients do.
type workload struct {
	history *history
	keys    func() []string // in use now
	fault   atomic.Pointer[string]
	pause   time.Duration // between two operations, at most
	timeout time.Duration // of one call, at most
}

// during says what goes wrong from now on.
func (w *workload) during(fault string) { w.fault.Store(&fault) }

// client compares and sets by what it did itself and what a watch tells it.
type client struct {
	*workload
	id       int
	register register.Register
	random   *rand.Rand
	count    int

	mu     sync.Mutex
	latest map[string]uint64   // revision of each key, 0: not there
	past   map[string][]uint64 // revisions that were
}

func (w *workload) client(id int, r register.Register, seed uint64) *client {
	return &client{workload: w, id: id, register: r,
		random: rand.New(rand.NewPCG(seed, uint64(id))),
		latest: map[string]uint64{}, past: map[string][]uint64{}}
}

// run acts until ctx ends. What is under way then is completed.
func (c *client) run(ctx context.Context) error {
	watching, cancel := context.WithCancel(context.Background())
	defer cancel()
	changes, err := c.register.Watch(watching, "")
	if err != nil {
		return err
	}
	go c.follow(changes)
	for ctx.Err() == nil {
		keys := c.keys()
		c.act(keys[c.random.IntN(len(keys))])
		if c.pause > 0 {
			pause(ctx, time.Duration(c.random.Int64N(int64(c.pause))))
		}
	}
	return nil
}

// pause lets people and servers be for a while.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// follow reads the watch.
func (c *client) follow(changes <-chan register.Change) {
	var last uint64
	for change := range changes {
		if change.Kind == register.Gap {
			last = 0
		}
		c.history.tell(change, last)
		last = max(last, change.Revision)
		switch change.Kind {
		case register.Set:
			c.learn(change.Key, change.Revision)
		case register.Deleted:
			c.learnGone(change.Key, change.Revision)
		case register.Live, register.Gap:
		}
	}
}

// learn keeps the newest revision of a key.
func (c *client) learn(key string, revision uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if revision > c.latest[key] {
		c.past[key] = append(c.past[key], revision)
		c.latest[key] = revision
	}
}

// learnGone forgets a key unless it came back since.
func (c *client) learnGone(key string, revision uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if revision == 0 || revision > c.latest[key] {
		c.latest[key] = 0
	}
}

// choose draws what to do: mostly by the newest revision known; sometimes by an older one, which a
// register that forgets would accept.
func (c *client) choose(key string) (action, uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	latest, past := c.latest[key], c.past[key]
	switch draw := c.random.IntN(10); {
	case draw == 0:
		return put, 0
	case draw <= 2 && len(past) > 0:
		recent := past[max(0, len(past)-8):]
		return action(c.random.IntN(2)), max(1, recent[c.random.IntN(len(recent))])
	case draw == 3 && latest != 0:
		return remove, latest
	}
	return put, latest
}

func (c *client) act(key string) {
	what, expected := c.choose(key)
	c.do(what, key, expected)
}

// do does one operation and keeps it.
func (c *client) do(what action, key string, expected uint64) operation {
	c.count++
	op := operation{client: c.id, action: what, key: key, expected: expected,
		nonce: fmt.Sprintf("%d-%d", c.id, c.count)}
	if fault := c.fault.Load(); fault != nil {
		op.fault = *fault
	}
	op.call = c.history.now()
	c.ask(&op)
	op.answer = c.history.now()
	if op.action == remove {
		op.nonce = ""
	}
	c.history.add(op)
	switch {
	case op.outcome == done && op.action == put:
		c.learn(key, op.revision)
	case op.outcome == done:
		c.learnGone(key, 0)
	}
	return op
}

// settle sets every key once more, by what a new watch tells: whatever is not known yet of the
// history becomes known, and what was lost shows.
func (c *client) settle(ctx context.Context) error {
	changes, err := c.register.Watch(ctx, "")
	if err != nil {
		return err
	}
	live := make(chan struct{})
	told := make(chan register.Change)
	go func() {
		defer close(told)
		for change := range changes {
			told <- change
			if change.Kind == register.Live {
				close(live)
				break
			}
		}
		for change := range changes {
			told <- change
		}
	}()
	go c.follow(told)
	select {
	case <-live:
	case <-ctx.Done():
		return errors.New("gate: no watch came to its end after everything had healed")
	}
	for _, key := range c.history.keys() {
		for {
			c.mu.Lock()
			latest := c.latest[key]
			c.mu.Unlock()
			if c.do(put, key, latest).outcome == done {
				break
			}
			if ctx.Err() != nil {
				return fmt.Errorf("gate: %s cannot be set after everything has healed", key)
			}
			pause(ctx, 50*time.Millisecond)
		}
	}
	return nil
}

// ask asks, and asks again as long as the answer is not known and patience lasts. A call that was
// made twice and met a conflict may have taken effect the first time. What may take effect twice is
// not asked again.
func (c *client) ask(op *operation) {
	patience := c.random.IntN(4)
	if op.expected == 0 {
		patience = 0
	}
	for {
		err := c.call(op)
		switch {
		case err == nil:
			op.outcome = done
			return
		case errors.Is(err, register.ErrConflict):
			if op.repeated == 0 {
				op.outcome = conflict
			}
			return
		case !errors.Is(err, register.ErrUnknown):
			panic(fmt.Sprintf("gate: %v is refused: %v", op, err))
		}
		if op.repeated >= patience {
			return
		}
		op.repeated++
		pause(context.Background(), time.Duration(c.random.IntN(50))*time.Millisecond)
	}
}

func (c *client) call(op *operation) error {
	least := c.timeout / 10
	ctx, cancel := context.WithTimeout(context.Background(),
		least+time.Duration(c.random.Int64N(int64(c.timeout-least))))
	defer cancel()
	if op.action == remove {
		return c.register.Delete(ctx, op.key, op.expected)
	}
	value := op.nonce + " " + strings.Repeat("x", c.count%200)
	var err error
	op.revision, err = c.register.Put(ctx, op.key, []byte(value), op.expected)
	return err
}
