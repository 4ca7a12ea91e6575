package sfu

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"
	"go.uber.org/zap"

	"draille/sfu/connect"
	"draille/sfu/linktest"
	"draille/sfu/rtcpx"
	"draille/sfu/sched"
	"draille/sfu/srtp"
	"draille/sfu/udp"
)

// controlLabel is the label of the data channel that the page opens.
const controlLabel = "draille"

// transport is one PeerConnection of a participant and what goes over it. A page that is loaded
// again brings another.
type transport struct {
	owner      owner
	env        env
	connector  *connect.Connector
	scheduler  *sched.Scheduler
	connection string // the page's name for it
	pc         *webrtc.PeerConnection
	path       path
	control    control
	up         *uplink
	down       *downlink

	following  sync.Mutex     // held while the path is changed; above path, uplink, downlink
	latestPath netip.AddrPort // that media took last; guarded by following

	known map[string]Source // sections that send, by mid; guarded by Participant.answering
	// audio and video are the slots in order. They are appended to under Participant.answering and
	// the room's lock.
	audio   []*subscription
	video   []*subscription
	channel atomic.Pointer[webrtc.DataChannel]
	tests   *linktest.Server

	incoming  incomingMedia
	rtcp      rtcpQueue
	effort    rtcpx.Effort   // of their RTCP, by Run alone
	handshake srtp.Handshake // what the keys of media are made of
	report    chan []byte    // what Pion has protected
	protected atomic.Bool    // the keys of media are known
	keyed     atomic.Bool    // our side of the handshake is through
	// protecting is held while the keys of media are derived. The locks of incoming, of the
	// downlink and of control are taken under it.
	protecting  sync.Mutex
	unprotected int // attempts to derive keys that failed; guarded by protecting

	done   chan struct{}
	once   sync.Once
	faulty atomic.Bool // a fault has been found in it: it is being closed

	entry            atomic.Pointer[sched.Entry] // with the scheduler
	tickAt, reportAt time.Time                   // of Run alone
	resting          atomic.Bool                 // until the next tick, which is far away
	moved            uint64                      // packets at the last tick; of Run alone
	scratch          []uint16
}

// owner is what a transport tells the participant whom it belongs to.
type owner interface {
	onTransport(t *transport, state TransportState)
	requestKeyframes(now time.Time)
}

// transportParts are what a transport is made of and does not own.
type transportParts struct {
	owner     owner
	env       env // wake and resting are the transport's own
	config    Config
	connector *connect.Connector
	scheduler *sched.Scheduler

	publications map[Source]*publication
	clock        *rtcpx.Clock
	heard        func(level uint8, now time.Time) bool
	admitTest    func() (done func(), ok bool) // asked before a connection test
}

func newTransport(parts transportParts, connection string) (*transport, error) {
	t := &transport{
		owner: parts.owner, env: parts.env, connector: parts.connector, scheduler: parts.scheduler,
		connection: connection, known: map[string]Source{},
		done: make(chan struct{}), report: make(chan []byte, 1),
	}
	t.tests = linktest.NewServer(parts.admitTest, t.survive)
	t.env.wake, t.env.resting = t.wakeAt, &t.resting
	t.control = control{env: &t.env, path: &t.path, ssrc: rand.Uint32()}
	t.incoming.streams = map[uint32]*incoming{}
	t.down = newDownlink(&t.env, parts.config, &t.path, &t.control)
	t.up = newUplink(uplinkParts{
		env: &t.env, control: &t.control, down: t.down,
		publications: parts.publications, clock: parts.clock, heard: parts.heard,
	}, parts.config.Uplink)
	pc, err := t.connector.NewPeerConnection(&t.handshake)
	if err != nil {
		return nil, fmt.Errorf("sfu: cannot make a transport: %w", err)
	}
	t.pc = pc
	pc.OnConnectionStateChange(t.onState)
	pc.OnDataChannel(t.onChannel)
	pc.SCTP().Transport().ICETransport().OnSelectedCandidatePairChange(t.selectPath)
	t.entry.Store(t.scheduler.Add(t, time.Now()))
	return t, nil
}

// expect tells what the link carried before there were any media, in bit/s.
func (t *transport) expect(bitrate int) {
	t.up.expect(bitrate)
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
		t.owner.onTransport(t, TransportConnecting)
	case webrtc.PeerConnectionStateConnected:
		t.protect()
		t.path.connected.Store(true)
		t.down.reallocate(now)
		t.owner.onTransport(t, TransportConnected)
		t.owner.requestKeyframes(now)
		t.env.kick()
	case webrtc.PeerConnectionStateDisconnected:
		t.owner.onTransport(t, TransportDisconnected)
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		// Consent has expired (RFC 7675 section 5.1): nothing authentic has come for a while, and
		// whoever is at that address now has not asked for anything.
		t.path.connected.Store(false)
		t.owner.onTransport(t, TransportFailed)
	default:
	}
}

// wakeAt makes sure that Run is called at a time, at the latest.
func (t *transport) wakeAt(at time.Time) {
	if a := t.entry.Load(); a != nil {
		t.scheduler.RunBy(a, at)
	}
}

// tickInterval is how often a transport lets time pass for its estimator and its allocator, and
// tells its publisher what has arrived. All transports do it at the same moments.
const tickInterval = feedbackInterval

// Run paces, repairs, and reports; it implements sched.Task.
func (t *transport) Run(now time.Time, out *udp.Batch) (next time.Time) {
	next = now.Add(tickInterval)
	if t.faulty.Load() {
		return next
	}
	defer t.survive("what is due")
	if t.keyed.CompareAndSwap(true, false) {
		t.startEarly()
	}
	t.control.gather()
	t.receiveWaiting(out)
	t.down.pace(now, out)
	stirred := !t.resting.Load() && t.tickAt.Sub(now) > tickInterval
	tick := stirred || !now.Before(t.tickAt)
	if tick {
		t.follow(now)
		t.down.tick(now, out)
		// Pion was not ready when it said that it was connected
		if t.path.connected.Load() && !t.protected.Load() {
			t.protect()
		}
	}
	wait, scratch := t.up.repair(now, t.down.roundTrip(), t.scratch)
	t.scratch = scratch
	if tick {
		t.up.sendFeedback()
		t.tickAt = t.rest(now)
	}
	if !now.Before(t.reportAt) {
		t.reportAt = now.Truncate(tickInterval).Add(reportInterval)
		t.up.sendReport(now)
		t.down.sendReports(now)
	}
	t.control.flush(out)
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

// close ends the transport and waits for its goroutines. No lock may be held: the goroutine that
// decrypts may be waiting for one.
func (t *transport) close() {
	t.once.Do(func() {
		close(t.done)
		t.scheduler.Remove(t.entry.Load())
		t.incoming.close()
		t.down.close()
		t.up.close()
		t.tests.Close()
		if err := t.pc.GracefulClose(); err != nil {
			t.env.log.Debug("transport did not close cleanly", zap.Error(err))
		}
		t.tests.Wait()
	})
}

// empty takes everything out of the slots of a transport that is gone; the room's lock is held.
func (t *transport) empty(now time.Time) {
	t.down.assign(
		now, slices.Concat(t.audio, t.video), func(int) (*publication, Want) { return nil, Want{} },
	)
}
