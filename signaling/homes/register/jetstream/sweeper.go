package jetstream

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// SweepAfter is how long the message of a removal stays at least, by this process's own clock:
	// a hundred times as long as a change may be under way (maxWait), or as a watch that nobody
	// reads lasts (expiry and forgetAfter).
	SweepAfter = time.Hour
	// sweepMost bounds what is remembered of one look, some 10 MB: rooms of an hour when a whole
	// country consults (54,000, see tenure's README). What is more waits for the next look.
	sweepMost = 1 << 16
)

// Sweeper takes away what removed keys leave behind. Each node runs one, since none of them leads:
// of two that find the same message one comes too late, and that does no harm.
//
// What is taken away of a key ends with the message that was found: a key that has come back
// meanwhile is a later one, so that no change can fall between looking and sweeping. (NATS's
// PurgeDeletes takes all of the key, and with it such a change.) And a message is taken away only
// if this process has seen it an hour before. No wall clock counts, neither this machine's nor the
// one of the server that dated the message.
type Sweeper struct {
	register *Register
	seen     map[removed]bool // at the last look
}

// removed is what a removed key left behind.
type removed struct {
	subject  string
	revision uint64
	stored   int64 // when it says so: in another history the revision may be that of a younger one
}

// NewSweeper makes a sweeper that has seen nothing yet.
func NewSweeper(r *Register) *Sweeper { return &Sweeper{register: r} }

// Run looks until ctx ends, and tells what came of each look.
func (s *Sweeper) Run(ctx context.Context, told func(swept int, err error)) {
	hourly(ctx, func() { told(s.Look(ctx)) })
}

// hourly looks every SweepAfter until ctx ends. The first look is at a random time within that, or
// all nodes of a cluster would sweep at once, and whoever asks for its status would look, too.
func hourly(ctx context.Context, look func()) {
	pause := time.Duration(rand.Int64N(int64(SweepAfter)))
	for wait(ctx, pause) == nil {
		look()
		pause = SweepAfter
	}
}

// Look takes away what the look before has seen, too, and returns of how many keys.
func (s *Sweeper) Look(ctx context.Context) (swept int, err error) {
	now, err := s.removals(ctx)
	if err != nil {
		return 0, fmt.Errorf("jetstream: looking for what removed keys left behind: %w", err)
	}
	before := s.seen
	s.seen = now
	for one := range now {
		if !before[one] {
			continue
		}
		if err := s.take(ctx, one); err != nil {
			return swept, fmt.Errorf("jetstream: sweeping what removed keys left behind: %w", err)
		}
		swept++
	}
	return swept, nil
}

// take takes one away, in the order of all changes: the servers agree on it. If it is gone already
// that does nothing.
func (s *Sweeper) take(ctx context.Context, one removed) error {
	ctx, cancel := context.WithTimeout(ctx, maxAnswer)
	defer cancel()
	return s.register.stream.Purge(ctx, jetstream.WithPurgeSubject(one.subject),
		jetstream.WithPurgeSequence(one.revision+1)) // which is not taken itself
}

// removals reads the last message of each key, without its value, and returns those of removals.
// Nothing is stored for it: a register that is full must be swept, too.
func (s *Sweeper) removals(ctx context.Context) (map[removed]bool, error) {
	info, err := s.register.info(ctx)
	if err != nil || info.State.Msgs == 0 {
		return nil, err
	}
	until := info.State.LastSeq
	w := &watch{register: s.register, filters: []string{s.register.prefix + ">"}, headers: true}
	f, err := w.begin(ctx, until)
	if err != nil {
		return nil, err
	}
	defer f.end()
	found := map[removed]bool{}
	for len(found) < sweepMost {
		message, err := f.messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return nil, err
		}
		meta, err := message.Metadata()
		if err != nil {
			return nil, err
		}
		if message.Headers().Get(operation) != "" {
			found[removed{message.Subject(), meta.Sequence.Stream,
				meta.Timestamp.UnixNano()}] = true
		}
		if meta.Sequence.Stream >= until || meta.NumPending == 0 {
			break
		}
	}
	return found, nil
}
