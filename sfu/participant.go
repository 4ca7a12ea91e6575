package sfu

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"
	"go.uber.org/zap"

	"draille/sfu/allocation"
	"draille/sfu/negotiate"
	"draille/sfu/rtcpx"
	"draille/sfu/slot"
	"draille/sfu/voice"
)

// Participant is one person's, or one virtual person's, place in a room: what they publish and what
// they are sent.
type Participant struct {
	room         *Room
	id           string
	publications map[Source]*publication // fixed
	notifier     *notifier
	clock        rtcpx.Clock
	admitted     atomic.Bool
	expected     atomic.Int64 // bit/s of their link, as its page found; 0: not told

	traffic traffic

	// What travels beside the media (participant_transfer.go), in bit/s: at most, and what the
	// uplink has for it.
	transferUp, transferDown, transferGranted atomic.Int64

	answering sync.Mutex             // one offer at a time
	latest    atomic.Pointer[string] // connection of the latest offer, answered or not yet
	transport atomic.Pointer[transport]
	closed    chan struct{}
	once      sync.Once
	ended     chan struct{}

	// Guarded by room.mu:
	view       []Want // nil: not told yet
	videoSlots slot.Assigner[pictureKey]
	audioSlots slot.Assigner[string]
	slots      []Slot // as told last
	slotsTold  time.Time
	lossy, far []string // as told last
	speaker    voice.Speaker
	heard      map[string]time.Time // who is heard, and since when
}

// maxWants bounds a view.
const maxWants = 64

func newParticipant(r *Room, id string, l Listener, numbers map[Source]uint32) *Participant {
	p := &Participant{
		room: r, id: id, notifier: newNotifier(l), publications: map[Source]*publication{},
		closed: make(chan struct{}), ended: make(chan struct{}),
	}
	for source, number := range numbers {
		p.publications[source] = newPublication(p.id, source, number)
	}
	return p
}

// Answer answers an offer. connection names the page's RTCPeerConnection: a new value replaces the
// transport (the page was loaded again), the same value renegotiates it (ICE restart, more slots).
// The answer holds all candidates. Errors that are the offer's fault wrap ErrOffer; the transport
// before, if any, is then as it was.
//
// The offer's sending sections are, in order, microphone, camera and screen; its receive-only
// sections are slots.
func (p *Participant) Answer(
	ctx context.Context, connection, offerSDP string,
) (answerSDP string, err error) {
	p.answering.Lock()
	defer p.answering.Unlock()
	if p.isClosed() {
		return "", errClosed
	}
	p.latest.Store(&connection)
	current := p.transport.Load()
	if current != nil && current.connection == connection {
		answerSDP, err = current.answer(ctx, offerSDP, p.room.addSlot)
		if err == nil {
			p.adoptEncodings(current)
		}
		return answerSDP, err
	}
	next, err := p.newTransport(connection)
	if err != nil {
		return "", err
	}
	answer, err := next.answer(ctx, offerSDP, p.room.addSlot)
	if err == nil && !p.room.replaceTransport(p, next) {
		err = errClosed
	}
	if err != nil {
		next.close()
		return "", err
	}
	if current != nil {
		current.close()
	}
	return answer, nil
}

// newTransport makes a transport of the participant, which is not yet theirs.
func (p *Participant) newTransport(connection string) (*transport, error) {
	r := p.room
	t, err := newTransport(transportParts{
		publications: p.publications, clock: &p.clock,
		heard: func(level uint8, now time.Time) bool {
			return r.speakers.Observe(p.id, level, now)
		},
		admitTest: func() (func(), bool) { return r.parts.config.AdmitTest(p.id) },
		owner:     p, config: r.parts.config, connector: r.parts.connector,
		scheduler: r.schedulers.transports,
		env: env{
			counters: r.parts.counters, traffic: &p.traffic, socket: r.parts.config.Socket,
			log: r.log.With(zap.String("participant", p.id)), admitted: &p.admitted,
			kick: r.kick, source: r.parts.source, transfer: &p.transferDown,
		},
	}, connection)
	if expected := p.expected.Load(); err == nil && expected > 0 {
		t.expect(int(expected))
	}
	return t, err
}

// AddCandidate takes a candidate of the browser. The server is ICE-lite: it learns candidates from
// the browser's checks and does not need to be told, so this only checks that the connection is the
// present one.
func (p *Participant) AddCandidate(connection, candidate, mid string) error {
	latest := p.latest.Load()
	switch {
	case p.isClosed():
		return errClosed
	case latest == nil || *latest != connection:
		return errors.New(
			"sfu: expected a candidate of the connection that offered last, got one of another: " +
				"offer first",
		)
	case len(candidate) > 1024 || len(mid) > negotiate.MaxIdentifier:
		return errors.New(
			"sfu: expected a candidate of at most 1,024 bytes and a mid of at most 64",
		)
	}
	return nil
}

// SetAdmitted opens or closes the gate: nothing is forwarded to or from a participant who is not
// admitted.
func (p *Participant) SetAdmitted(admitted bool) {
	if p.admitted.Swap(admitted) == admitted {
		return
	}
	if admitted {
		p.room.kick()
		p.requestKeyframes(time.Now())
		return
	}
	p.room.shut(p)
}

// SetLive tells which sources are live. What is not live is not forwarded, whatever the page sends.
func (p *Participant) SetLive(live Live) {
	now := time.Now()
	for source, on := range map[Source]bool{
		Microphone: live.Microphone, Camera: live.Camera, Screen: live.Screen,
	} {
		publication := p.publications[source]
		if publication.live.Swap(on) != on && on {
			publication.height.Store(0) // it may be another camera
			publication.requestKeyframes(now)
		}
	}
	p.room.kick()
}

// SetCapture tells how many lines the participant's camera gives: the pixels of its shorter side.
func (p *Participant) SetCapture(lines int) {
	camera := p.publications[Camera]
	if camera.lines.Swap(int32(lines)) != int32(lines) {
		camera.height.Store(0)
	}
	p.room.kick()
}

// SetView tells what the page shows, at most 64 pictures; it replaces the view before. A priority
// beyond those that there are counts as the nearest.
func (p *Participant) SetView(wants []Want) {
	view := append([]Want{}, wants[:min(len(wants), maxWants)]...)
	for i := range view {
		view[i].Priority = min(max(view[i].Priority, allocation.Thumbnail), allocation.Interpreter)
	}
	p.room.setView(p, view)
}

// Expect tells what the participant's link carried before there were any media, in bit/s. Both
// directions begin with no more than that, and find out the rest.
func (p *Participant) Expect(bitrate int) {
	p.expected.Store(int64(bitrate))
	if t := p.transport.Load(); t != nil {
		t.expect(bitrate)
	}
	p.room.kick()
}

// Numbers returns the CSRC of each source. They are fixed for the participant's life and unique in
// the room.
func (p *Participant) Numbers() map[Source]uint32 {
	numbers := map[Source]uint32{}
	for source, publication := range p.publications {
		numbers[source] = publication.number
	}
	return numbers
}

// Send sends a text message on the data channel "draille"; false when it is not open.
func (p *Participant) Send(data []byte) bool {
	t := p.transport.Load()
	if t == nil {
		return false
	}
	channel := t.channel.Load()
	return channel != nil && channel.ReadyState() == webrtc.DataChannelStateOpen &&
		channel.SendText(string(data)) == nil
}

// Close takes the participant out of the room and ends their transport. It may be called from
// anywhere but the Listener.
func (p *Participant) Close() {
	p.once.Do(func() {
		close(p.closed)
		p.admitted.Store(false)
		p.room.leave(p)
		if t := p.transport.Load(); t != nil {
			t.close()
		}
		p.notifier.close()
		p.notifier.ended.Wait()
		close(p.ended)
	})
	<-p.ended
}

func (p *Participant) isClosed() bool {
	select {
	case <-p.closed:
		return true
	default:
		return false
	}
}

func (p *Participant) requestKeyframes(now time.Time) {
	if !p.admitted.Load() {
		return
	}
	for _, publication := range p.publications {
		if publication.live.Load() {
			publication.requestKeyframes(now)
		}
	}
}

// adoptEncodings makes what a transport has negotiated known to the publications.
func (p *Participant) adoptEncodings(t *transport) {
	for source, publication := range p.publications {
		publication.setEncodings(t.up.rids(source))
		publication.sends.Store(t.up.codecs(source))
	}
}

func (p *Participant) onTransport(t *transport, state TransportState) {
	if current := p.transport.Load(); current != nil && current != t {
		return // an old page's
	}
	if !p.isClosed() {
		p.notifier.tell("transport", func(l Listener) { l.Transport(state) })
	}
}

// ParticipantStats is a snapshot of one participant.
type ParticipantStats struct {
	Room, Participant string
	Admitted          bool
	Connected         bool
	PacketsIn         uint64 // RTP from them
	PacketsOut        uint64 // RTP to them
	// GateBlocked are packets from them that were not forwarded because they were not admitted.
	GateBlocked     uint64
	EstimateBitrate int // bit/s that their downlink is believed to carry
	UplinkBitrate   int // bit/s that their uplink is believed to carry; 0: there is no limit
	RTT             time.Duration
	QueueDelay      time.Duration
	Loss            float64 // share of packets to them that were lost lately, 0…1
}

func (p *Participant) stats() ParticipantStats {
	s := ParticipantStats{
		Participant: p.id, Admitted: p.admitted.Load(),
		PacketsIn: p.traffic.in.Load(), PacketsOut: p.traffic.out.Load(),
		GateBlocked: p.traffic.blocked.Load(),
	}
	if t := p.transport.Load(); t != nil {
		estimate := t.down.estimate()
		s.Connected = t.path.connected.Load()
		s.EstimateBitrate, s.QueueDelay = estimate.Bitrate, estimate.QueueDelay
		s.Loss, s.UplinkBitrate = estimate.Loss, t.up.bitrate()
		s.RTT = t.down.roundTrip()
	}
	return s
}
