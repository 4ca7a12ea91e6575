package forwarding

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"draille/signaling/protocol"
)

// Options of a measurement.
type Options struct {
	Case     Case
	WarmUp   time.Duration // from the first packet to the window: estimates rise meanwhile
	Duration time.Duration // of the window
	Seed     uint64        // of the phases in which senders send
	Profile  string        // file for a CPU profile of the server over the window; empty: none
}

// Result is one measurement.
type Result struct {
	Delivered, Sent uint64        // media packets that arrived, that should have
	PerSecond       float64       // that arrived
	CPU             time.Duration // of the server a delivered packet
	User, System    time.Duration // of the server a delivered packet
	Cores           float64       // that the server used
	Waits           float64       // a second, of the server's threads, each with a wake-up
	Generator       float64       // cores that the generator used
	// added delay, from leaving a client to being decrypted by another
	P50, P95, P99 time.Duration
	Resident      float64 // bytes, of the server
	Goroutines    float64 // of the server
	Participants  int
	SystemCalls   float64 // for media, of the server, a delivered packet
	Strangers     uint64  // packets of nobody's SSRC
}

const (
	joinPatience = 2 * time.Minute
	joining      = 8 // clients that join at the same time
	straggling   = 500 * time.Millisecond
	agreeing     = 50 * time.Millisecond // until all clients know of the window
	dropping     = 2 * time.Second       // between a sink's first drop and the window
)

// Run plays one case against a server.
func Run(ctx context.Context, server Server, options Options) (*Result, error) {
	clients, err := joinAll(ctx, server, options.Case)
	defer leaveAll(clients)
	if err != nil {
		return nil, err
	}
	stop := make(chan struct{})
	stopping := sync.OnceFunc(func() { close(stop) })
	defer stopping()
	random := rand.New(rand.NewPCG(options.Seed, 0))
	for _, c := range clients {
		if c.microphone || c.camera {
			c.stream(options.Case.Video, options.Case.Audio,
				time.Duration(random.Int64N(int64(20*time.Millisecond))), stop)
		}
	}
	if err := pause(ctx, options.WarmUp); err != nil {
		return nil, err
	}
	if server.Sink != nil {
		if err := server.Sink.Drop(ctx); err != nil {
			return nil, err
		}
		if err := pause(ctx, dropping); err != nil {
			return nil, err
		}
	}
	return measure(ctx, server, options, clients, stopping)
}

// pause lets time pass.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("forwarding: interrupted: %w", ctx.Err())
	}
}

func joinAll(ctx context.Context, server Server, c Case) ([]*client, error) {
	ctx, cancel := context.WithTimeout(ctx, joinPatience)
	defer cancel()
	kind := protocol.KindTelestaff
	if c.Senders+c.Receivers == 2 {
		kind = protocol.KindConsultation
	}
	var (
		mu      sync.Mutex
		clients []*client
		failed  error
		all     sync.WaitGroup
	)
	places := make(chan struct{}, joining)
	for room := range c.Rooms {
		for i := range c.Senders + c.Receivers {
			places <- struct{}{}
			all.Go(func() {
				defer func() { <-places }()
				link, err := server.Link(room, kind)
				if err == nil {
					var joined *client
					if joined, err = join(ctx, server, link,
						c.seat(i < c.Senders)); err == nil {
						mu.Lock()
						clients = append(clients, joined)
						mu.Unlock()
						return
					}
				}
				mu.Lock()
				failed = err
				mu.Unlock()
			})
		}
	}
	all.Wait()
	for _, joined := range clients {
		if failed == nil {
			failed = joined.await(ctx, "to see all senders", func() bool {
				return len(joined.people) >= joined.sees
			})
		}
	}
	return clients, failed
}

func leaveAll(clients []*client) {
	var all sync.WaitGroup
	for _, c := range clients {
		all.Go(func() { _ = c.close() }) // whatever it says, it is gone
	}
	all.Wait()
}

// measure counts one window.
func measure(ctx context.Context, server Server, options Options, clients []*client,
	stop func()) (*Result, error) {
	from := time.Since(clock) + agreeing
	for _, c := range clients {
		c.count(window{from: from, to: from + options.Duration})
	}
	if err := pause(ctx, agreeing); err != nil {
		return nil, err
	}
	before, err := server.read(ctx)
	if err != nil {
		return nil, err
	}
	profiled := make(chan error, 1)
	go func() { profiled <- server.profile(ctx, options.Profile, options.Duration) }()
	if err := pause(ctx, options.Duration); err != nil {
		return nil, err
	}
	after, err := server.read(ctx)
	if err := errors.Join(err, <-profiled); err != nil {
		return nil, err
	}
	if err := pause(ctx, straggling); err != nil {
		return nil, err
	}
	stop()
	return outcome(options, clients, span{before, after})
}

// span is what was read before and after.
type span struct{ before, after reading }

// outcome adds up what was counted over a window.
func outcome(options Options, clients []*client, s span) (*Result, error) {
	length := options.Duration
	r := &Result{Participants: len(clients), Resident: s.after.server.resident,
		Goroutines: s.after.metrics["go_goroutines"],
		Cores:      (s.after.server.total() - s.before.server.total()).Seconds() / length.Seconds(),
		Waits:      (s.after.server.waits - s.before.server.waits) / length.Seconds(),
		Generator:  (s.after.own.total() - s.before.own.total()).Seconds() / length.Seconds()}
	delays := &histogram{}
	video, audio := 0, 0
	others := uint64(0)
	for _, c := range clients {
		c.in.mu.Lock()
		r.Delivered += c.in.counted
		others += c.in.others
		r.Strangers += c.in.strangers
		delays.merge(&c.in.delays)
		c.in.mu.Unlock()
		video += int(c.peer.video.sent())
		audio += int(c.peer.audio.sent())
	}
	if options.Case.silent() {
		return r, nil
	}
	if r.Delivered == 0 {
		return nil, errors.New("forwarding: nothing arrived: does the server forward?")
	}
	if s.after.counted {
		share := float64(r.Delivered) / float64(r.Delivered+others)
		r.Delivered = uint64(share * float64(s.after.media-s.before.media))
	}
	r.Sent = uint64(options.Case.should(video, audio))
	r.PerSecond = float64(r.Delivered) / length.Seconds()
	each := func(d time.Duration) time.Duration {
		return time.Duration(float64(d) / float64(r.Delivered))
	}
	r.User = each(s.after.server.user - s.before.server.user)
	r.System = each(s.after.server.system - s.before.server.system)
	r.CPU = r.User + r.System
	r.P50, r.P95, r.P99 = delays.quantile(0.5), delays.quantile(0.95), delays.quantile(0.99)
	calls := "draille_udp_system_calls_total"
	r.SystemCalls = (s.after.metrics[calls] - s.before.metrics[calls]) / float64(r.Delivered)
	return r, nil
}

// Median returns, figure by figure, the median of several measurements.
func Median(results []*Result) Result {
	middle := *results[0]
	figure := func(of func(*Result) float64, set func(float64)) {
		var values []float64
		for _, r := range results {
			values = append(values, of(r))
		}
		slices.Sort(values)
		set(values[(len(values)-1)/2])
	}
	duration := func(of func(*Result) *time.Duration) {
		figure(func(r *Result) float64 { return float64(*of(r)) }, func(v float64) {
			*of(&middle) = time.Duration(v)
		})
	}
	number := func(of func(*Result) *float64) {
		figure(func(r *Result) float64 { return *of(r) }, func(v float64) { *of(&middle) = v })
	}
	duration(func(r *Result) *time.Duration { return &r.CPU })
	duration(func(r *Result) *time.Duration { return &r.User })
	duration(func(r *Result) *time.Duration { return &r.System })
	duration(func(r *Result) *time.Duration { return &r.P50 })
	duration(func(r *Result) *time.Duration { return &r.P95 })
	duration(func(r *Result) *time.Duration { return &r.P99 })
	number(func(r *Result) *float64 { return &r.PerSecond })
	number(func(r *Result) *float64 { return &r.Cores })
	number(func(r *Result) *float64 { return &r.Waits })
	number(func(r *Result) *float64 { return &r.Generator })
	number(func(r *Result) *float64 { return &r.Resident })
	number(func(r *Result) *float64 { return &r.Goroutines })
	number(func(r *Result) *float64 { return &r.SystemCalls })
	for _, r := range results[1:] {
		middle.Delivered, middle.Sent = middle.Delivered+r.Delivered, middle.Sent+r.Sent
		middle.Strangers += r.Strangers
	}
	return middle
}
