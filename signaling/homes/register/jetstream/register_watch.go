package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"draille/signaling/homes/register"
)

const (
	// heartbeat is how often the server says that a watch still runs; after two that did not come
	// the watch begins again.
	heartbeat = time.Second
	// expiry is how long the server holds one request for changes.
	expiry = 10 * time.Second
	// audit is how often a quiet watch asks the server how much it has been sent: what was lost
	// with a connection between servers would otherwise be noticed by the next change only.
	audit = 5 * time.Second
	// forgetAfter is when the server forgets a watch that asks for nothing any more.
	forgetAfter = 30 * time.Second
	// forgetWithin bounds how long it is asked to forget one sooner.
	forgetWithin = 200 * time.Millisecond
	// placements is how often a consumer is made until it is where this process is: the cluster
	// chooses one of the three servers with a copy by chance, so three tries are usual. One watch
	// in ten million is elsewhere, or one that began while that server was thought to be away.
	placements = 40
	// buffered is how many changes wait for a slow reader.
	buffered = 256
)

// barrier is the subject behind whose last message a watch has been told everything that was stored
// before it began. No key is called so for a node.
const barrier = "_watch"

// errLost says that changes were sent that did not come.
var errLost = errors.New("jetstream: changes have been lost on their way")

// Watch implements register.Register. Each watch is a consumer of the stream, in the memory of one
// of the servers: when that server dies, or the way to it breaks, a Gap follows. It is that of this
// process if that has a copy, so that the death of another machine breaks no watch.
//
// It reads that server's copy, which may be behind what others have acknowledged. So each watch has
// a message stored first: once that has come, all has come that was stored before, but for what was
// changed since, which comes later. Therefore it has a second one stored then, and what is there
// has been told once that has come. Of how many messages are still to come the server's word is not
// good: it is 0 at times before the last one (nats.py#995).
func (r *Register) Watch(ctx context.Context, prefix string) (<-chan register.Change, error) {
	filters := []string{r.prefix + ">"}
	if prefix != "" {
		if err := register.CheckKey(prefix); err != nil {
			return nil, err
		}
		filters = []string{r.prefix + prefix, r.prefix + prefix + ".>", r.prefix + barrier}
	}
	w := &watch{register: r, filters: filters, changes: make(chan register.Change, buffered)}
	go w.run(ctx)
	return w.changes, nil
}

// watch tells a reader what changes.
type watch struct {
	register *Register
	filters  []string
	headers  bool // are all that is read
	changes  chan register.Change
	told     bool // anything since the last Gap
}

func (w *watch) run(ctx context.Context) {
	defer close(w.changes)
	for ctx.Err() == nil {
		w.follow(ctx)
		// At once, not when the watch runs again: nodes whose changes are not seen are not silent.
		if w.told && ctx.Err() == nil {
			w.told = false
			w.tell(ctx, register.Change{Kind: register.Gap})
		}
		_ = wait(ctx, again)
	}
}

// follow tells what is there and what changes, until something breaks.
func (w *watch) follow(ctx context.Context) {
	// Whatever breaks the connection may have taken changes with it.
	status := w.register.conn.StatusChanged(nats.DISCONNECTED, nats.RECONNECTING, nats.CLOSED)
	defer w.register.conn.RemoveStatusListener(status)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-status:
			cancel()
		case <-ctx.Done():
		}
	}()
	until, err := w.register.barrier(ctx)
	if err != nil {
		return
	}
	f, err := w.begin(ctx, until)
	if err != nil {
		return
	}
	defer f.end()
	for f.step(ctx) == nil {
	}
}

// begin begins to follow what is stored behind a barrier.
func (w *watch) begin(ctx context.Context, until uint64) (*following, error) {
	consumer, err := w.consumer(ctx)
	if err != nil {
		return nil, err
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(buffered),
		jetstream.PullExpiry(expiry), jetstream.PullHeartbeat(heartbeat))
	if err != nil {
		w.forget(consumer)
		return nil, fmt.Errorf("jetstream: beginning a watch: %w", err)
	}
	w.told = true
	return &following{watch: w, consumer: consumer, messages: messages, until: until,
		there: map[string]bool{}}, nil
}

// barrier has a message stored, and returns its revision. Whatever was acknowledged before has an
// earlier one.
func (r *Register) barrier(ctx context.Context) (revision uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, maxAnswer)
	defer cancel()
	ack, err := r.js.PublishMsg(ctx, &nats.Msg{Subject: r.prefix + barrier})
	if err != nil {
		return 0, fmt.Errorf("jetstream: beginning a watch: %w", err)
	}
	return ack.Sequence, nil
}

// consumer makes one, where this process is if that is possible.
func (w *watch) consumer(ctx context.Context) (jetstream.Consumer, error) {
	here := w.register.conn.ConnectedServerName()
	tries := placements
	if !w.register.hasCopy(here) {
		tries = 1
	}
	for {
		consumer, err := w.create(ctx)
		if err != nil {
			return nil, err
		}
		at := consumer.CachedInfo().Cluster
		if tries--; tries == 0 || at == nil || at.Leader == here {
			return consumer, nil
		}
		w.forget(consumer)
	}
}

func (w *watch) create(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, maxAnswer)
	defer cancel()
	return w.register.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		FilterSubjects:    w.filters,
		DeliverPolicy:     jetstream.DeliverLastPerSubjectPolicy,
		AckPolicy:         jetstream.AckNonePolicy,
		HeadersOnly:       w.headers,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: forgetAfter,
	})
}

// forget lets the server forget a consumer at once. It would do so by itself a little later, so its
// answer is not worth waiting for.
func (w *watch) forget(consumer jetstream.Consumer) {
	ctx, cancel := context.WithTimeout(context.Background(), forgetWithin)
	defer cancel()
	_ = w.register.stream.DeleteConsumer(ctx, consumer.CachedInfo().Name)
}

// tell gives the reader a change, and reports whether they took it.
func (w *watch) tell(ctx context.Context, change register.Change) bool {
	select {
	case w.changes <- change:
		return true
	case <-ctx.Done():
		return false
	}
}

// following is a watch between two breaks.
type following struct {
	*watch
	consumer jetstream.Consumer
	messages jetstream.MessagesContext
	until    uint64          // the revision of a barrier
	second   bool            // it is the second one: once it has come, what is there has been told
	there    map[string]bool // keys that were told until then
	live     bool
	came     uint64 // how many messages came
	sent     uint64 // how many the server had sent when it was last asked
}

// end ends it.
func (f *following) end() {
	f.messages.Stop()
	f.forget(f.consumer)
}

// step tells one change, or asks the server how much it has sent.
func (f *following) step(ctx context.Context) error {
	quiet, cancel := context.WithTimeout(ctx, audit)
	defer cancel()
	message, err := f.messages.Next(jetstream.NextContext(quiet))
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return f.audit(ctx)
	}
	if err != nil {
		return err
	}
	meta, err := message.Metadata()
	if err != nil {
		return fmt.Errorf("jetstream: a change without a revision: %w", err)
	}
	f.came++
	if meta.Sequence.Consumer != f.came {
		return errLost
	}
	key := strings.TrimPrefix(message.Subject(), f.register.prefix)
	change := register.Change{Kind: register.Set, Key: key, Value: message.Data(),
		Revision: meta.Sequence.Stream}
	if message.Headers().Get(operation) != "" {
		change.Kind, change.Value = register.Deleted, nil
	}
	if f.shows(change) && !f.tell(ctx, change) {
		return ctx.Err()
	}
	// The last message of the barrier's subject is this watch's own or a later one: it comes.
	if f.live || meta.Sequence.Stream < f.until {
		return nil
	}
	return f.passed(ctx)
}

// passed goes on behind a barrier. Behind the first one are those keys that were changed since it
// was stored, of which nothing came before it.
func (f *following) passed(ctx context.Context) (err error) {
	if !f.second {
		f.second = true
		f.until, err = f.register.barrier(ctx)
		return err
	}
	f.live, f.there = true, nil
	if !f.tell(ctx, register.Change{Kind: register.Live}) {
		return ctx.Err()
	}
	return nil
}

// shows reports whether the reader hears of a change: of a key that is gone at the beginning they
// do if they were told that it is there.
func (f *following) shows(change register.Change) bool {
	switch {
	case change.Key == barrier:
		return false
	case f.live:
		return true
	case change.Kind == register.Deleted:
		was := f.there[change.Key]
		delete(f.there, change.Key)
		return was
	}
	f.there[change.Key] = true
	return true
}

// audit fails when the server had sent more at the last audit than has come until now, or does not
// get on with what was there: another may have a copy that does.
func (f *following) audit(ctx context.Context) error {
	if f.came < f.sent || !f.live {
		return errLost
	}
	ctx, cancel := context.WithTimeout(ctx, maxAnswer)
	defer cancel()
	info, err := f.consumer.Info(ctx)
	if err != nil {
		return fmt.Errorf("jetstream: asking for a watch: %w", err)
	}
	f.sent = info.Delivered.Consumer
	return nil
}
