// Package notices tells all servers of a cluster what each must know until a time, whatever room it
// is about and wherever that lives: each notice is a key of the register, and whoever has posted
// it, or finds it late, takes it away.
package notices

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"draille/signaling/homes/register"
)

const (
	// sweepEvery is how often it is looked what is over.
	sweepEvery = 10 * time.Second
	// postAgain is when a notice that nobody took is posted again: the register has an election.
	postAgain = time.Second
	// postWithin bounds one attempt.
	postWithin = 2 * time.Second
	// watchAgain is when a watch that could not be opened is tried again.
	watchAgain = time.Second
	// late is how long after its end a notice is taken away: clocks may differ by a minute.
	late = time.Minute
)

// Notice is something that all servers are told until a time.
type Notice struct {
	ID    string // names of A–Z, a–z, 0–9, - and _
	Until time.Time
}

// record is how a notice stands in the register.
type record struct {
	Until time.Time `json:"until"`
	Nonce string    `json:"nonce"` // the register wants no two equal values
}

// Board is the notices of one kind. Its methods may be called from any goroutine.
type Board struct {
	register register.Register
	kind     string // first name of the keys
	log      *zap.Logger

	mu    sync.Mutex
	known map[string]uint64 // revision, by id
	until map[string]time.Time
	posts map[string]time.Time // that are not known to be stored
	wake  chan struct{}
}

// New returns a board. Run does the work.
func New(r register.Register, kind string, log *zap.Logger) *Board {
	return &Board{register: r, kind: kind, log: log, known: map[string]uint64{},
		until: map[string]time.Time{}, posts: map[string]time.Time{},
		wake: make(chan struct{}, 1)}
}

// Post tells all servers, as soon as the register answers, if that is before the notice ends. One
// that is known already is not told again.
func (b *Board) Post(n Notice) error {
	if err := register.CheckKey(b.key(n.ID)); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.known[n.ID]; !known {
		b.posts[n.ID] = n.Until
		b.nudge()
	}
	return nil
}

func (b *Board) key(id string) string { return b.kind + "." + id }

func (b *Board) nudge() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Run watches and posts until ctx ends. Heard is told of each notice, also of those that are posted
// here, once or more; it must not wait.
func (b *Board) Run(ctx context.Context, heard func(Notice)) {
	var working sync.WaitGroup
	defer working.Wait()
	working.Go(func() { b.watch(ctx, heard) })
	again := time.NewTicker(postAgain)
	defer again.Stop()
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
			b.post(ctx)
		case <-again.C:
			b.post(ctx)
		case <-sweep.C:
			b.sweep(ctx, time.Now())
		}
	}
}

// post posts what waits.
func (b *Board) post(ctx context.Context) {
	now := time.Now()
	b.mu.Lock()
	var waiting []Notice
	for id, until := range b.posts {
		if now.After(until) {
			delete(b.posts, id)
			continue
		}
		waiting = append(waiting, Notice{id, until})
	}
	b.mu.Unlock()
	for _, n := range waiting {
		if err := Put(ctx, b.register, b.kind, n); err != nil {
			b.log.Debug("a notice is not stored yet", zap.String("kind", b.kind), zap.Error(err))
			return // the register is away: all wait
		}
		b.mu.Lock()
		delete(b.posts, n.ID)
		b.mu.Unlock()
	}
}

// Put stores a notice, and returns when all servers will be told. It is no error if somebody has
// told them.
func Put(ctx context.Context, r register.Register, kind string, n Notice) error {
	value, err := json.Marshal(record{Until: n.Until, Nonce: rand.Text()})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, postWithin)
	defer cancel()
	_, err = r.Put(ctx, kind+"."+n.ID, value, 0)
	if errors.Is(err, register.ErrConflict) {
		return nil
	}
	return err
}

// watch hears what is posted.
func (b *Board) watch(ctx context.Context, heard func(Notice)) {
	for ctx.Err() == nil {
		changes, err := b.register.Watch(ctx, b.kind)
		if err == nil {
			for change := range changes {
				b.changed(change, heard)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(watchAgain):
		}
	}
}

func (b *Board) changed(change register.Change, heard func(Notice)) {
	if change.Kind == register.Gap { // what is there is told again
		b.mu.Lock()
		clear(b.known)
		clear(b.until)
		b.mu.Unlock()
		return
	}
	id, ok := strings.CutPrefix(change.Key, b.kind+".")
	if !ok {
		return
	}
	b.mu.Lock()
	if change.Kind == register.Deleted {
		delete(b.known, id)
		delete(b.until, id)
		b.mu.Unlock()
		return
	}
	var r record
	if json.Unmarshal(change.Value, &r) != nil {
		r.Until = time.Time{} // of another version: it is taken away by that
	}
	b.known[id], b.until[id] = change.Revision, r.Until
	delete(b.posts, id)
	b.mu.Unlock()
	if !r.Until.IsZero() {
		heard(Notice{id, r.Until})
	}
}

// sweep takes away what is over.
func (b *Board) sweep(ctx context.Context, now time.Time) {
	b.mu.Lock()
	over := map[string]uint64{}
	for id, until := range b.until {
		if !until.IsZero() && now.After(until.Add(late)) {
			over[id] = b.known[id]
		}
	}
	b.mu.Unlock()
	for id, revision := range over {
		limited, cancel := context.WithTimeout(ctx, postWithin)
		err := b.register.Delete(limited, b.key(id), revision)
		cancel()
		if err != nil && !errors.Is(err, register.ErrConflict) {
			return // the register is away, or another server was faster
		}
	}
}
