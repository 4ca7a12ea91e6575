package sfu

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/srtp/v3"
	"github.com/pion/webrtc/v4"
	"go.uber.org/zap"

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

	incoming   incomingMedia
	path       atomic.Pointer[udp.Destination] // where media goes; nil: nowhere yet
	handshake  handshake                       // what the keys of media are made of
	report     chan []byte                     // what Pion has protected
	protected  atomic.Bool                     // the keys of media are known
	protecting sync.Mutex

	control        sync.Mutex // guards the protection of outgoing RTCP
	controlContext *srtp.Context
	controlHeader  rtcp.Header

	sinksMu sync.Mutex
	sinks   []*sink

	connected atomic.Bool
	kick      chan struct{}
	done      chan struct{}
	ended     sync.WaitGroup
	once      sync.Once
}

func newTransport(p *Participant, connection string) (*transport, error) {
	t := &transport{
		participant: p, connection: connection, ssrc: rand.Uint32(), known: map[string]Source{},
		kick: make(chan struct{}, 1), done: make(chan struct{}), report: make(chan []byte, 1),
	}
	t.incoming.streams = map[uint32]*incoming{}
	t.up, t.down = newUplink(t, t.ssrc), newDownlink(t)
	pc, err := p.room.engine.newPeerConnection(t)
	if err != nil {
		return nil, fmt.Errorf("sfu: cannot make a transport: %w", err)
	}
	t.pc = pc
	pc.OnConnectionStateChange(t.onState)
	pc.OnDataChannel(func(channel *webrtc.DataChannel) {
		if channel.Label() == controlLabel {
			t.channel.Store(channel)
		}
	})
	pc.SCTP().Transport().ICETransport().OnSelectedCandidatePairChange(t.selectPath)
	t.ended.Go(t.run)
	return t, nil
}

func (t *transport) onState(state webrtc.PeerConnectionState) {
	now := time.Now()
	switch state {
	case webrtc.PeerConnectionStateConnecting:
		t.participant.onTransport(t, TransportConnecting)
	case webrtc.PeerConnectionStateConnected:
		t.protect()
		t.connected.Store(true)
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

// answer answers one offer of the connection. attach is called with the new slots before they are negotiated.
func (t *transport) answer(ctx context.Context, sdp string) (string, error) {
	o, err := parseOffer(sdp, t.known)
	if err != nil {
		return "", err
	}
	if err := t.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp}); err != nil {
		return "", t.offerRefused(err)
	}
	if err := t.addSlots(o.slots); err != nil {
		return "", err
	}
	answer, err := t.pc.CreateAnswer(nil)
	if err != nil {
		return "", t.offerRefused(err)
	}
	gathered := webrtc.GatheringCompletePromise(t.pc)
	if err := t.pc.SetLocalDescription(answer); err != nil {
		return "", t.offerRefused(err)
	}
	select {
	case <-gathered:
	case <-t.done:
		return "", errClosed
	case <-ctx.Done():
		return "", fmt.Errorf("sfu: no answer in time: %w", ctx.Err())
	}
	local := t.pc.LocalDescription()
	if local == nil {
		return "", errClosed
	}
	sections, err := parseAnswer(local.SDP)
	if err != nil {
		return "", err
	}
	t.participant.room.engine.mux.attach(fragmentOf(local.SDP), t)
	for mid, source := range o.sources {
		t.known[mid] = source
	}
	if before := t.up.offered.Load(); before != nil && before.offer.ufrag != o.ufrag {
		t.down.pathChanged(time.Now())
	}
	t.up.negotiated(o, sections)
	return withTCP(local.SDP, t.participant.room.engine.config.TCPAddresses), nil
}

var errClosed = errors.New("sfu: the participant has left")

func (t *transport) offerRefused(err error) error {
	select {
	case <-t.done:
		return errClosed
	default:
		return offerError("expected an offer of a browser, got %v", err)
	}
}

// addSlots makes a subscription for every receive-only section that has none yet, in the order of the offer: Pion gives
// each added track to the first section of its kind that is still free.
func (t *transport) addSlots(sections []slotSection) error {
	t.down.mu.Lock()
	known := map[string]bool{}
	for _, s := range t.down.subs {
		known[s.mid] = true
	}
	t.down.mu.Unlock()
	for _, section := range sections {
		if known[section.mid] {
			continue
		}
		index := len(t.audio)
		if section.video {
			index = len(t.video)
		}
		s := newSubscription(t.down, section, index)
		sender, err := t.pc.AddTrack(slotTrack{s})
		if err != nil {
			return t.offerRefused(err)
		}
		if mid := t.midOf(sender); mid != section.mid {
			return offerError("expected receive-only section %q to be free, got %q: offer new sections after the old ones", section.mid, mid)
		}
		t.participant.room.addSlot(t, s)
	}
	return nil
}

func (t *transport) midOf(sender *webrtc.RTPSender) string {
	for _, transceiver := range t.pc.GetTransceivers() {
		if transceiver.Sender() == sender {
			return transceiver.Mid()
		}
	}
	return ""
}

// receiveRTCP takes one compound RTCP packet.
func (t *transport) receiveRTCP(now time.Time, raw []byte) {
	packets, err := rtcp.Unmarshal(raw)
	if err != nil {
		t.participant.room.engine.counters.drop(dropMalformed)
		return
	}
	for _, packet := range packets {
		switch p := packet.(type) {
		case *rtcp.TransportLayerCC:
			t.down.onFeedback(now, p)
		case *rtcp.TransportLayerNack:
			t.down.onNACK(now, p)
		case *rtcp.PictureLossIndication:
			t.down.onKeyframeRequest(now, p.MediaSSRC)
		case *rtcp.FullIntraRequest:
			for _, entry := range p.FIR {
				t.down.onKeyframeRequest(now, entry.SSRC)
			}
		case *rtcp.SenderReport:
			t.up.onSenderReport(now, p)
			t.onReports(now, p.Reports)
		case *rtcp.ReceiverReport:
			t.onReports(now, p.Reports)
		}
	}
}

func (t *transport) onReports(now time.Time, blocks []rtcp.ReceptionReport) {
	for _, block := range blocks {
		t.down.onReport(now, block)
	}
}

// writeRTCP sends RTCP once the transport stands; before that there is nobody to read it.
func (t *transport) writeRTCP(packets ...rtcp.Packet) {
	if !t.connected.Load() {
		return
	}
	path := t.path.Load()
	raw, err := rtcp.Marshal(packets)
	if path == nil || err != nil || len(raw) > maxControlBytes {
		t.participant.room.engine.counters.drop(dropWrite)
		return
	}
	out := t.socket().Batch()
	defer t.socket().Release(out)
	t.control.Lock()
	defer t.control.Unlock()
	if t.controlContext == nil {
		return
	}
	protected, err := t.controlContext.EncryptRTCP(out.Buffer(), raw, &t.controlHeader)
	if err != nil {
		t.participant.room.engine.counters.drop(dropWrite)
		return
	}
	out.Send(len(protected), path)
}

// maxControlBytes bounds an outgoing RTCP packet.
const maxControlBytes = 1200

// wake makes the loop look at its timers again.
func (t *transport) wake() {
	select {
	case t.kick <- struct{}{}:
	default:
	}
}

// tickInterval is how often a transport lets time pass for its estimator and its allocator.
const tickInterval = 100 * time.Millisecond

// run is the transport's one goroutine: it paces, repairs, and reports.
func (t *transport) run() {
	timer := time.NewTimer(tickInterval)
	defer timer.Stop()
	var (
		scratch                      []uint16
		tick, feedback, report, wait time.Time
	)
	for {
		select {
		case <-t.done:
			return
		case <-t.kick:
		case <-timer.C:
		}
		now := time.Now()
		t.down.pace(now)
		if !now.Before(tick) {
			tick = now.Add(tickInterval)
			t.down.tick(now)
			if t.connected.Load() && !t.protected.Load() { // Pion was not ready when it said that it was connected
				t.protect()
			}
		}
		wait, scratch = t.up.repair(now, t.down.roundTrip(), scratch)
		if !now.Before(feedback) {
			feedback = now.Add(feedbackInterval)
			t.up.sendFeedback()
		}
		if !now.Before(report) {
			report = now.Add(reportInterval)
			t.up.sendReport(now)
			t.down.sendReports(now)
		}
		next := earliest(tick, feedback, wait, t.down.due())
		timer.Reset(max(time.Until(next), time.Millisecond))
	}
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
		t.incoming.close()
		t.down.close()
		t.up.close()
		t.closeSinks()
		if err := t.pc.GracefulClose(); err != nil {
			t.participant.room.log.Debug("transport did not close cleanly", zap.String("participant", t.participant.id), zap.Error(err))
		}
		t.ended.Wait()
	})
}
