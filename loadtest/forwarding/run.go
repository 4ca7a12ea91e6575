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

// Server is where the clients go.
type Server struct {
	Process
	// Link makes an invitation to a room of that kind.
	Link func(room int, kind protocol.Kind) (string, error)
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
					if joined, err = join(ctx, link, c.seat(i < c.Senders)); err == nil {
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
	own := Process{ID: processID()}
	before, err := server.metrics(ctx)
	if err != nil {
		return nil, err
	}
	used, err1 := server.usage()
	spent, err2 := own.usage()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	profiled := make(chan error, 1)
	go func() { profiled <- server.profile(ctx, options.Profile, options.Duration) }()
	if err := pause(ctx, options.Duration); err != nil {
		return nil, err
	}
	usedAfter, err1 := server.usage()
	spentAfter, err2 := own.usage()
	after, err3 := server.metrics(ctx)
	if err := errors.Join(err1, err2, err3, <-profiled); err != nil {
		return nil, err
	}
	if err := pause(ctx, straggling); err != nil {
		return nil, err
	}
	stop()
	return outcome(options, clients, span{used, usedAfter}, span{spent, spentAfter},
		[2]map[string]float64{before, after})
}

// span is what a process had used before and after.
type span struct{ before, after usage }

// cores that it took meanwhile.
func (s span) cores(length time.Duration) float64 {
	return (s.after.total() - s.before.total()).Seconds() / length.Seconds()
}

// outcome adds up what was counted over a window.
func outcome(options Options, clients []*client, server, own span, metrics [2]map[string]float64) (
	*Result, error) {
	length := options.Duration
	r := &Result{Participants: len(clients), Resident: server.after.resident,
		Goroutines: metrics[1]["go_goroutines"], Cores: server.cores(length),
		Waits:     (server.after.waits - server.before.waits) / length.Seconds(),
		Generator: own.cores(length)}
	delays := &histogram{}
	video, audio := 0, 0
	for _, c := range clients {
		c.in.mu.Lock()
		r.Delivered += c.in.counted
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
	r.Sent = uint64(options.Case.should(video, audio))
	r.PerSecond = float64(r.Delivered) / length.Seconds()
	each := func(d time.Duration) time.Duration {
		return time.Duration(float64(d) / float64(r.Delivered))
	}
	r.User = each(server.after.user - server.before.user)
	r.System = each(server.after.system - server.before.system)
	r.CPU = r.User + r.System
	r.P50, r.P95, r.P99 = delays.quantile(0.5), delays.quantile(0.95), delays.quantile(0.99)
	calls := "draille_udp_system_calls_total"
	r.SystemCalls = (metrics[1][calls] - metrics[0][calls]) / float64(r.Delivered)
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
