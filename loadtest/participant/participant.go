// Package participant is a virtual participant: it joins a call as a browser does, over the real signalling and a real
// WebRTC connection, sends the clips of package media as package publish says, and notes what a person would hear and see
// by the models of package playout.
//
// One goroutine a participant makes, paces and repairs what he sends; what he receives is handled in the goroutine that
// decrypts it. Nothing is encoded or decoded. The websocket is not behind the emulated link: only media is.
package participant

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/transport/v4"
	"github.com/pion/webrtc/v4"
	"go.uber.org/zap"

	"draille/loadtest/figures"
	"draille/signaling/protocol"
)

const (
	audioSlots      = 3
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
	opened  int           // peers, the first and those after a restart of the server
	changed chan struct{} // closed and replaced when state changes
	figures collected
	// speaking is what Speak said; Options.Speech goes before.
	speaking bool
}

// signalling is what the server has said.
type signalling struct {
	welcome  protocol.Welcome
	waiting  bool
	admitted bool
	people   map[string]protocol.Person
	guests   []protocol.Person // in the waiting room
	speakers []string
	looked   []protocol.Want
	viewed   bool // a view has been sent
	bye      *protocol.Bye
	err      error // why the call ended without one
}

// Join joins the call of an invitation and returns once the participant is in the room, or waits to be let in. When ctx ends
// before, Join fails; afterwards ctx has no effect.
func Join(ctx context.Context, options Options) (*Participant, error) {
	p := &Participant{joined: time.Now(), stop: make(chan struct{}), kick: make(chan struct{}, 1), ended: make(chan struct{}),
		events: make(chan Event, eventBuffer), changed: make(chan struct{})}
	var err error
	if p.address, p.origin, p.token, err = options.complete(); err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(options.Seed, 0))
	p.options, p.log = options, options.Logger
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
	if err := p.await(ctx, "a welcome", func(s *signalling) bool { return s.welcome.Participant != "" }); err != nil {
		return err
	}
	p.mark(func(j *figures.Join) *float64 { return &j.Welcome })
	if err := p.openPeer(random); err != nil {
		return err
	}
	p.goroutines.Go(p.run)
	p.mu.Lock()
	place := p.state.welcome.Place
	live := protocol.Media{Microphone: p.options.Microphone, Camera: p.options.Camera, Screen: p.options.Screen}
	p.mu.Unlock()
	if err := errors.Join(p.enter(place), p.setMedia(live)); err != nil {
		return err
	}
	return p.await(ctx, "to be let in or to wait", func(s *signalling) bool { return s.admitted || s.waiting })
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
	s, err := dial(ctx, p.address, p.origin, p.options.Insecure)
	if err != nil {
		return err
	}
	p.mu.Lock()
	resume := p.resume
	stale := p.leaving
	if !stale {
		p.socket = s
	}
	p.mu.Unlock()
	if stale {
		return errors.Join(errLeft, s.conn.Close())
	}
	if err := s.send(protocol.Join{Token: p.token, Device: p.device, Resume: resume, Name: p.name(), Lang: "fr"}); err != nil {
		return errors.Join(err, s.conn.Close())
	}
	p.goroutines.Go(func() { p.read(s) })
	return nil
}

var errLeft = errors.New("participant: has left")

// openPeer makes a connection in the place of the one before, if any, and offers it.
func (p *Participant) openPeer(random *rand.Rand) error {
	rids := []string{"q", "f"}
	if p.options.Single || p.options.Small {
		rids = []string{""}
	}
	slots := p.options.VideoSlots
	if slots == 0 {
		slots = 4
		if p.state.welcome.Room.Kind == protocol.KindTelestaff {
			slots = 9
		}
	}
	network := p.options.Net
	if p.options.Link != nil {
		network = func(base transport.Net) transport.Net {
			behind := transport.Net(p.options.Link.Net(base))
			if p.options.Net != nil {
				behind = p.options.Net(behind)
			}
			return behind
		}
	}
	peer, err := newPeer(p, network, p.options.Codec, rids, audioSlots, slots)
	if err != nil {
		return err
	}
	p.mu.Lock()
	if p.leaving {
		p.mu.Unlock()
		return errors.Join(errLeft, peer.close())
	}
	before := p.peer
	p.opened++
	peer.id = fmt.Sprintf("c%d-%08x", p.opened, rand.Uint32()) // a page that is opened again has others
	p.peer, p.in = peer, newIncoming(random.Uint32())
	p.out = newOutgoing(peer, &p.options, random)
	p.figures.last = totals{}
	p.mu.Unlock()
	if before != nil {
		p.goroutines.Go(func() { _ = before.close() }) // nothing can be done about it
	}
	peer.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) { p.onState(peer, state) })
	peer.channel.OnMessage(func(m webrtc.DataChannelMessage) {
		if message, err := protocol.UnmarshalServer(m.Data); err == nil {
			p.handle(message)
		}
	})
	sdp, err := peer.offer()
	if err != nil {
		return err
	}
	return p.send(protocol.Offer{Connection: peer.id, SDP: sdp})
}

func (p *Participant) onState(of *peer, state webrtc.PeerConnectionState) {
	p.mu.Lock()
	current := p.peer == of
	if current {
		p.out.ready = state == webrtc.PeerConnectionStateConnected
		p.notify()
	}
	p.mu.Unlock()
	if !current {
		return
	}
	switch state {
	case webrtc.PeerConnectionStateConnected:
		p.mark(func(j *figures.Join) *float64 { return &j.Connected })
		p.wake()
	case webrtc.PeerConnectionStateFailed:
		p.note("the media connection failed")
	default:
	}
}

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
func (p *Participant) await(ctx context.Context, what string, condition func(*signalling) bool) error {
	for {
		p.mu.Lock()
		done, changed, bye, err := condition(&p.state), p.changed, p.state.bye, p.state.err
		p.mu.Unlock()
		switch {
		case done:
			return nil
		case bye != nil:
			return fmt.Errorf("participant: expected %s, got goodbye: %s: %s", what, bye.Reason, bye.Message)
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

// ID is what the server calls him.
func (p *Participant) ID() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.welcome.Participant
}

// Roster lists who is in the room, himself included, and who waits (for those who may admit).
func (p *Participant) Roster() (present, waiting []protocol.Person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(p.state.people)) {
		present = append(present, p.state.people[id])
	}
	return present, slices.Clone(p.state.guests)
}

// Slots is what the server says that the video slots carry.
func (p *Participant) Slots() []protocol.Slot {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.in.told)
}

// Place is where the server says that he is, and whether his media connection stands.
func (p *Participant) Place() (place protocol.Place, connected bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	connected = p.out != nil && p.out.ready
	switch {
	case p.state.admitted:
		return protocol.PlaceRoom, connected
	case p.state.waiting:
		return protocol.PlaceWaiting, connected
	}
	return protocol.PlaceLobby, connected
}

// Admit lets somebody in who waits.
func (p *Participant) Admit(id string) error { return p.send(protocol.Admit{Participant: id}) }

// AwaitAdmission waits until he is in the room himself.
func (p *Participant) AwaitAdmission(ctx context.Context) error {
	return p.await(ctx, "to be let in", func(s *signalling) bool { return s.admitted })
}

// Speak lets him speak, or be silent.
func (p *Participant) Speak(speaking bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.speaking = speaking
}

// Share shows a document, or stops.
func (p *Participant) Share(shares bool) error {
	p.mu.Lock()
	live := p.out.live
	p.mu.Unlock()
	live.Screen = shares
	return p.setMedia(live)
}

// SetMedia switches microphone and camera on and off.
func (p *Participant) SetMedia(microphone, camera bool) error {
	p.mu.Lock()
	live := p.out.live
	p.mu.Unlock()
	live.Microphone, live.Camera = microphone, camera
	return p.setMedia(live)
}

// SetFrameLength sets how much sound a packet holds: 20, 40 or 60 ms.
func (p *Participant) SetFrameLength(length time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out.microphone.SetFrameLength(length)
}

func (p *Participant) setMedia(live protocol.Media) error {
	p.mu.Lock()
	p.out.setLive(live)
	p.mu.Unlock()
	p.wake()
	return p.send(live)
}

// CutSocket loses the websocket as a network does; he connects again by himself and resumes his place. Media goes on.
func (p *Participant) CutSocket() {
	p.mu.Lock()
	s := p.socket
	p.mu.Unlock()
	if s != nil {
		_ = s.conn.NetConn().Close()
	}
}

// Ended is closed when the call is over for him: he left, the server said goodbye for good, or cannot be reached any more.
func (p *Participant) Ended() <-chan struct{} { return p.ended }

// Err tells why the call ended, nil before and after Leave.
func (p *Participant) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.leaving:
		return nil
	case p.state.bye != nil && !p.state.bye.Retry:
		return fmt.Errorf("participant: the server said goodbye: %s: %s", p.state.bye.Reason, p.state.bye.Message)
	}
	return p.state.err
}

// Vanish ends everything without a goodbye, as a page does that is closed or reloaded. Whoever joins with the same link and
// seed within a minute takes the place back.
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
		// The server's goodbye says that the place is free; without it he is gone all the same.
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
		peer, socket := p.peer, p.socket
		p.mu.Unlock()
		if peer != nil {
			err = peer.close()
		}
		if socket != nil {
			_ = socket.conn.Close()
		}
		p.goroutines.Wait()
	})
	return err
}

func (p *Participant) wake() {
	select {
	case p.kick <- struct{}{}:
	default:
	}
}

// run makes, paces and repairs what is sent, and notes figures.
func (p *Participant) run() {
	timer := time.NewTimer(tickEvery)
	defer timer.Stop()
	var tick, feedback, report, second time.Time
	due := func(at *time.Time, now time.Time, every time.Duration) bool {
		if now.Before(*at) {
			return false
		}
		if at.IsZero() || now.Sub(*at) > every {
			*at = now
		}
		*at = at.Add(every)
		return true
	}
	second = p.joined.Add(secondEvery)
	planned := time.Now().Add(tickEvery)
	for {
		select {
		case <-p.stop:
			return
		case <-p.kick:
		case <-timer.C:
		}
		now := time.Now()
		p.mu.Lock()
		if late := now.Sub(planned); late > tolerated {
			p.figures.late += late - tolerated
		}
		if due(&tick, now, tickEvery) {
			p.out.tick(now)
			p.out.microphone.Speak(p.speaks(now))
		}
		p.out.capture(now)
		packets := p.in.duties(now, p.rtt())
		if due(&feedback, now, feedbackEvery) {
			packets = append(packets, p.in.feedback()...)
		}
		if due(&report, now, reportEvery) {
			packets = append(packets, p.in.report(now)...)
			packets = append(packets, p.out.reports(now)...)
		}
		ready := p.out.ready
		next, pc := p.in.due(p.out.due(now)), p.peer.pc
		p.mu.Unlock()
		if due(&second, now, secondEvery) {
			p.sample(now)
		}
		if ready && len(packets) > 0 {
			_ = pc.WriteRTCP(packets) // fails while the connection closes: nobody is left to tell
		}
		planned = now.Add(max(next.Sub(now), time.Millisecond))
		timer.Reset(time.Until(planned))
	}
}

func (p *Participant) speaks(now time.Time) bool {
	if p.options.Speech != nil {
		return p.options.Speech(now.Sub(p.joined))
	}
	return p.speaking
}

// rtt is the round trip to the server; the lock is held.
func (p *Participant) rtt() time.Duration {
	if rtt := p.out.uplink.Estimate().RTT; rtt > 0 {
		return rtt
	}
	return defaultRTT
}

// receiveRTP implements receiver.
func (p *Participant) receiveRTP(ssrc uint32, raw []byte) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.in.onRTP(now, ssrc, raw)
}

// receiveRTCP implements receiver.
func (p *Participant) receiveRTCP(ssrc uint32, raw []byte) {
	packets, err := rtcp.Unmarshal(raw)
	if err != nil {
		return
	}
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, packet := range packets {
		if report, ok := packet.(*rtcp.SenderReport); ok {
			p.in.onSenderReport(now, ssrc, report)
			continue
		}
		p.out.onRTCP(now, ssrc, packet)
	}
}

// AwaitConnection waits until his media connection stands.
func (p *Participant) AwaitConnection(ctx context.Context) error {
	return p.await(ctx, "a media connection", func(*signalling) bool { return p.out.ready })
}
