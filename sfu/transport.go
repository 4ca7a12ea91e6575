package sfu

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	pionsrtp "github.com/pion/srtp/v3"
	"github.com/pion/webrtc/v4"
	"go.uber.org/zap"

	"draille/sfu/linktest"
	"draille/sfu/sched"
	"draille/sfu/srtp"
	"draille/sfu/udp"
)

// controlLabel is the label of the data channel that the page opens.
const controlLabel = "draille"

// transport is one PeerConnection of a participant and what goes over it. A page that is loaded again brings another.
type transport struct {
	participant *Participant
	connection  string // the page's name for it
	pc          *webrtc.PeerConnection
	ssrc        uint32 // the server's own, in RTCP
	up          *uplink
	down        *downlink

	known   map[string]Source // sections that send, by mid; guarded by Participant.answering
	audio   []*subscription   // slots in order; replaced under Participant.answering and the room's lock
	video   []*subscription
	channel atomic.Pointer[webrtc.DataChannel]
	tests   *linktest.Server

	incoming   incomingMedia
	path       atomic.Pointer[udp.Destination] // where media goes; nil: nowhere yet
	handshake  srtp.Handshake                  // what the keys of media are made of
	report     chan []byte                     // what Pion has protected
	protected  atomic.Bool                     // the keys of media are known
	keyed      atomic.Bool                     // our side of the handshake is through
	protecting sync.Mutex

	control        sync.Mutex // guards what follows, for outgoing RTCP
	gathers        bool       // work is at it, and sends everything at its end
	gathered       []rtcp.Packet
	controlContext *pionsrtp.Context
	controlHeader  rtcp.Header

	connected atomic.Bool // media may leave
	done      chan struct{}
	once      sync.Once

	entry            atomic.Pointer[sched.Entry] // with the room's clockwork
	tickAt, reportAt time.Time                   // of work alone
	scratch          []uint16
}

func newTransport(p *Participant, connection string) (*transport, error) {
	t := &transport{
		participant: p, connection: connection, ssrc: rand.Uint32(), known: map[string]Source{},
		done: make(chan struct{}), report: make(chan []byte, 1), tests: linktest.NewServer(),
	}
	t.incoming.streams = map[uint32]*incoming{}
	t.up, t.down = newUplink(t, t.ssrc), newDownlink(t)
	if expected := p.expected.Load(); expected > 0 {
		t.expect(int(expected))
	}
	pc, err := p.room.engine.newPeerConnection(t)
	if err != nil {
		return nil, fmt.Errorf("sfu: cannot make a transport: %w", err)
	}
	t.pc = pc
	pc.OnConnectionStateChange(t.onState)
	pc.OnDataChannel(t.onChannel)
	pc.SCTP().Transport().ICETransport().OnSelectedCandidatePairChange(t.selectPath)
	t.entry.Store(p.room.clock.Add(t, time.Now()))
	return t, nil
}

// expect tells what the link carried before there were any media, in bit/s.
func (t *transport) expect(bitrate int) {
	t.up.ingress.Lock()
	t.up.ingress.Expect(bitrate)
	t.up.ingress.Unlock()
	t.down.expect(time.Now(), bitrate)
}

// onChannel takes a data channel that the page has opened.
func (t *transport) onChannel(channel *webrtc.DataChannel) {
	switch {
	case !t.tests.Admit():
		_ = t.pc.SCTP().Stop() // an error says that it has stopped
	case channel.Label() == controlLabel:
		t.channel.Store(channel)
	case channel.Label() == linktest.Label:
		t.tests.Serve(channel)
	}
}

func (t *transport) onState(state webrtc.PeerConnectionState) {
	now := time.Now()
	switch state {
	case webrtc.PeerConnectionStateConnecting:
		t.participant.onTransport(t, TransportConnecting)
	case webrtc.PeerConnectionStateConnected:
		t.protect()
		t.connected.Store(true)
		t.down.reallocate(now)
		t.participant.onTransport(t, TransportConnected)
		t.participant.requestKeyframes(now)
		t.participant.room.kick()
	case webrtc.PeerConnectionStateDisconnected:
		t.participant.onTransport(t, TransportDisconnected)
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		t.participant.onTransport(t, TransportFailed)
	default:
	}
}

// wakeAt makes sure that work is called at a time, at the latest.
func (t *transport) wakeAt(at time.Time) {
	if a := t.entry.Load(); a != nil {
		t.participant.room.clock.RunBy(a, at)
	}
}

// tickInterval is how often a transport lets time pass for its estimator and its allocator, and tells its publisher what has
// arrived. All transports do it at the same moments.
const tickInterval = feedbackInterval

// work paces, repairs, and reports; it implements duty.
func (t *transport) Run(now time.Time, out *udp.Batch) (next time.Time) {
	if t.keyed.CompareAndSwap(true, false) {
		t.startEarly()
	}
	t.gatherControl()
	t.down.pace(now, out)
	tick := !now.Before(t.tickAt)
	if tick {
		t.tickAt = now.Truncate(tickInterval).Add(tickInterval)
		t.down.tick(now, out)
		if t.connected.Load() && !t.protected.Load() { // Pion was not ready when it said that it was connected
			t.protect()
		}
	}
	wait, scratch := t.up.repair(now, t.down.roundTrip(), t.scratch)
	t.scratch = scratch
	if tick {
		t.up.sendFeedback()
	}
	if !now.Before(t.reportAt) {
		t.reportAt = now.Truncate(tickInterval).Add(reportInterval)
		t.up.sendReport(now)
		t.down.sendReports(now)
	}
	t.sendControl(out)
	return earliest(t.tickAt, wait, t.down.due())
}

// earliest returns the earliest of the times that are set.
func earliest(times ...time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// close ends the transport and waits for its goroutines. No lock may be held: the goroutine that decrypts may be waiting
// for one.
func (t *transport) close() {
	t.once.Do(func() {
		close(t.done)
		t.participant.room.clock.Remove(t.entry.Load())
		t.incoming.close()
		t.down.close()
		t.up.close()
		t.tests.Close()
		if err := t.pc.GracefulClose(); err != nil {
			t.participant.room.log.Debug("transport did not close cleanly", zap.String("participant", t.participant.id), zap.Error(err))
		}
		t.tests.Wait()
	})
}

// empty takes everything out of the slots of a transport that is gone; the room's lock is held.
func (t *transport) empty(now time.Time) {
	for _, s := range slices.Concat(t.audio, t.video) {
		s.attach(nil, Want{}, now)
	}
}
