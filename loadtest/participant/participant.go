// Package participant is a virtual participant: it joins a call as a browser does, over the real
// signalling and a real WebRTC connection, sends the clips of package media as package publish
// says, and notes what a person would hear and see by the models of package playout.
//
// One goroutine a participant makes, paces and repairs what they send; what they receive is handled
// in the goroutine that decrypts it. Nothing is encoded or decoded. The websocket is not behind the
// emulated link: only media is.
package participant

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"go.uber.org/zap"

	"draille/loadtest/figures"
	"draille/signaling/protocol"
)

const (
	eventBuffer     = 64
	feedbackEvery   = 100 * time.Millisecond
	tickEvery       = 100 * time.Millisecond
	reportEvery     = time.Second
	secondEvery     = time.Second
	defaultRTT      = 100 * time.Millisecond
	reconnectBegin  = 200 * time.Millisecond
	reconnectMost   = 5 * time.Second
	reconnectWithin = 60 * time.Second      // as long as the server holds a place
	tolerated       = 20 * time.Millisecond // by which timers may be late
	goodbyePatience = 3 * time.Second
)

// Participant is one virtual participant. Its methods may be called concurrently.
type Participant struct {
	options         Options
	log             *zap.Logger
	address, origin string
	token, device   string
	joined          time.Time
	events          chan Event
	stop            chan struct{} // ends the goroutines
	kick            chan struct{} // makes the loop look at its timers
	ended           chan struct{} // the call is over for good
	goroutines      sync.WaitGroup
	closing         sync.Once
	ending          sync.Once

	mu      sync.Mutex // guards everything below
	socket  *socket
	leaving bool
	resume  string
	state   signalling
	peer    *peer
	out     *outgoing
	in      *incoming
	retired *line // to the server that the room has left; nil: there is none
	voices  voices
	doors   doors
	moved   bool          // the server said goodbye since the room goes on elsewhere
	opened  int           // peers, the first and those after a restart of the server
	changed chan struct{} // closed and replaced when state changes
	figures collected
	// speaking is what Speak said; Options.Speech goes before.
	speaking bool
}

// Join joins the call of an invitation and returns once the participant is in the room, or waits to
// be let in. When ctx ends before, Join fails; afterwards ctx has no effect.
func Join(ctx context.Context, options Options) (*Participant, error) {
	p := &Participant{joined: time.Now(), stop: make(chan struct{}), kick: make(chan struct{}, 1),
		ended:  make(chan struct{}),
		events: make(chan Event, eventBuffer), changed: make(chan struct{})}
	var err error
	if p.address, p.origin, p.token, err = options.complete(); err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(options.Seed, 0))
	p.options, p.log = options, options.Logger
	p.doors.addresses = options.Doors
	p.device = fmt.Sprintf("virtual-%016x", random.Uint64())
	p.state.people = map[string]protocol.Person{}
	if err := p.begin(ctx, random); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *Participant) begin(ctx context.Context, random *rand.Rand) error {
	if err := p.connect(ctx); err != nil {
		return err
	}
	if err := p.await(ctx, "a welcome", func(s *signalling) bool {
		return s.welcome.Participant != ""
	}); err != nil {
		return err
	}
	p.mark(func(j *figures.Join) *float64 { return &j.Welcome })
	if err := p.openPeer(random); err != nil {
		return err
	}
	p.goroutines.Go(p.run)
	p.mu.Lock()
	place := p.state.welcome.Place
	live := protocol.Media{Microphone: p.options.Microphone, Camera: p.options.Camera,
		Screen: p.options.Screen}
	p.mu.Unlock()
	if err := errors.Join(p.enter(place), p.setMedia(live)); err != nil {
		return err
	}
	return p.await(ctx, "to be let in or to wait", func(s *signalling) bool {
		return s.admitted || s.waiting
	})
}

// enter leaves the lobby. Whoever took back a place elsewhere is in already.
func (p *Participant) enter(place protocol.Place) error {
	if place != protocol.PlaceLobby {
		return nil
	}
	return p.send(protocol.Enter{Name: p.name()})
}

func (p *Participant) name() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return cmp.Or(p.options.Name, p.state.welcome.Name, "Virtual")
}

// connect opens a websocket and joins, or resumes.
func (p *Participant) connect(ctx context.Context) error {
	s, err := p.dial(ctx)
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.doors.opened(time.Now())
	resume := p.resume
	stale := p.leaving
	if !stale {
		p.socket = s
		p.figures.sockets++
	}
	p.mu.Unlock()
	if stale {
		return errors.Join(errLeft, s.conn.Close())
	}
	if err := s.send(protocol.Join{Token: p.token, Device: p.device, Resume: resume, Name: p.name(),
		Lang: "fr"}); err != nil {
		return errors.Join(err, s.conn.Close())
	}
	if len(p.options.Doors) > 0 {
		s.ping()
	}
	p.goroutines.Go(func() { p.read(s) })
	return nil
}

// dial opens a websocket at the door of now, and goes to the next one if it does not open.
func (p *Participant) dial(ctx context.Context) (*socket, error) {
	p.mu.Lock()
	door, several := p.doors.now(), p.doors.several()
	p.mu.Unlock()
	if !several {
		return dial(ctx, p.address, p.origin, &p.options)
	}
	at, err := url.Parse(p.address)
	if err != nil {
		return nil, err
	}
	at.Host = door
	ctx, cancel := context.WithTimeout(ctx, doorWithin)
	defer cancel()
	s, err := dial(ctx, at.String(), p.origin, &p.options)
	if err != nil {
		p.mu.Lock()
		p.doors.next()
		p.mu.Unlock()
	}
	return s, err
}

var errLeft = errors.New("participant: has left")

func (p *Participant) send(message any) error {
	p.mu.Lock()
	s := p.socket
	p.mu.Unlock()
	if s == nil {
		return errLeft
	}
	return s.send(message)
}

// await waits until what the server has said fulfils a condition.
func (p *Participant) await(ctx context.Context, what string,
	condition func(*signalling) bool) error {
	for {
		p.mu.Lock()
		done, changed, bye, err := condition(&p.state), p.changed, p.state.bye, p.state.err
		p.mu.Unlock()
		switch {
		case done:
			return nil
		case bye != nil:
			return fmt.Errorf("participant: expected %s, got goodbye: %s: %s", what, bye.Reason,
				bye.Message)
		case err != nil:
			return err
		}
		select {
		case <-changed:
		case <-p.stop:
			return errLeft
		case <-ctx.Done():
			return fmt.Errorf("participant: expected %s, got nothing in time: %w", what, ctx.Err())
		}
	}
}

// notify tells those who await. The lock is held.
func (p *Participant) notify() {
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *Participant) emit(e Event) {
	select {
	case p.events <- e:
	default: // nobody reads: events are an offer
	}
}

// Events tells what happens. An event that nobody takes while 64 wait is lost.
func (p *Participant) Events() <-chan Event { return p.events }

// Ended is closed when the call is over for them: they left, the server said goodbye for good, or
// cannot be reached any more.
func (p *Participant) Ended() <-chan struct{} { return p.ended }

// Err tells why the call ended, nil before and after Leave.
func (p *Participant) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.leaving:
		return nil
	case p.state.bye != nil && !p.state.bye.Retry:
		return fmt.Errorf("participant: the server said goodbye: %s: %s", p.state.bye.Reason,
			p.state.bye.Message)
	}
	return p.state.err
}

// Vanish ends everything without a goodbye, as a page does that is closed or reloaded. Whoever
// joins with the same link and seed within a minute takes the place back.
func (p *Participant) Vanish() error {
	p.sample(time.Now())
	p.mu.Lock()
	p.leaving = true
	if p.figures.ended.IsZero() {
		p.figures.ended = time.Now()
	}
	p.mu.Unlock()
	return p.close()
}

// Leave leaves the call and ends everything. Figures stay.
func (p *Participant) Leave(ctx context.Context) error {
	now := time.Now()
	p.sample(now)
	p.mu.Lock()
	p.leaving = true
	if p.figures.ended.IsZero() {
		p.figures.ended = now
	}
	p.mu.Unlock()
	if p.send(protocol.Leave{}) == nil {
		// The server's goodbye says that the place is free; without it they are gone all the same.
		ctx, cancel := context.WithTimeout(ctx, goodbyePatience)
		defer cancel()
		select {
		case <-p.ended:
		case <-ctx.Done():
		}
	}
	return p.close()
}

func (p *Participant) close() error {
	var err error
	p.closing.Do(func() {
		close(p.stop)
		p.mu.Lock()
		p.leaving = true
		peer, socket, retired := p.peer, p.socket, p.retired
		p.mu.Unlock()
		if retired != nil {
			err = retired.peer.pc.Close()
		}
		if peer != nil {
			err = errors.Join(err, peer.pc.Close())
		}
		if socket != nil {
			_ = socket.conn.Close()
		}
		p.goroutines.Wait()
	})
	return err
}
