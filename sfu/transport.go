package sfu

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	pionsrtp "github.com/pion/srtp/v3"
	"github.com/pion/webrtc/v4"
	"go.uber.org/zap"

	"draille/sfu/linktest"
	"draille/sfu/negotiate"
	"draille/sfu/rtcpx"
	"draille/sfu/sched"
	"draille/sfu/srtp"
	"draille/sfu/udp"
)

// rtcpHeaderBytes is the length of an RTCP packet's header (RFC 3550 section 6.4).
const rtcpHeaderBytes = 4

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

// answer answers one offer of the connection. attach is called with the new slots before they are negotiated.
func (t *transport) answer(ctx context.Context, sdp string) (string, error) {
	o, err := negotiate.ParseOffer(sdp, t.known)
	if err != nil {
		return "", err
	}
	if err := t.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp}); err != nil {
		return "", t.offerRefused(err)
	}
	if err := t.addSlots(o.Slots); err != nil {
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
	sections, err := negotiate.ParseAnswer(local.SDP)
	if err != nil {
		return "", err
	}
	t.participant.room.engine.mux.Attach(negotiate.Fragment(local.SDP), t)
	for mid, source := range o.Sources {
		t.known[mid] = source
	}
	if before := t.up.offered.Load(); before != nil && before.offer.Ufrag != o.Ufrag {
		t.down.pathChanged(time.Now())
	}
	t.up.negotiated(o, sections)
	return negotiate.WithTCPCandidates(local.SDP, t.participant.room.engine.config.TCPAddresses), nil
}

var errClosed = errors.New("sfu: the participant has left")

func (t *transport) offerRefused(err error) error {
	select {
	case <-t.done:
		return errClosed
	default:
		return negotiate.OfferError("expected an offer of a browser, got %v", err)
	}
}

// addSlots makes a subscription for every receive-only section that has none yet, in the order of the offer: Pion gives
// each added track to the first section of its kind that is still free.
func (t *transport) addSlots(sections []negotiate.SlotSection) error {
	t.down.mu.Lock()
	known := map[string]bool{}
	for _, s := range t.down.subs {
		known[s.mid] = true
	}
	t.down.mu.Unlock()
	for _, section := range sections {
		if known[section.MID] {
			continue
		}
		index := len(t.audio)
		if section.Video {
			index = len(t.video)
		}
		s := newSubscription(t.down, section, index)
		sender, err := t.pc.AddTrack(slotTrack{s})
		if err != nil {
			return t.offerRefused(err)
		}
		if mid := t.midOf(sender); mid != section.MID {
			return negotiate.OfferError("expected receive-only section %q to be free, got %q: offer new sections after the old ones", section.MID, mid)
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
	for len(raw) >= rtcpHeaderBytes {
		length := 4 * (int(binary.BigEndian.Uint16(raw[2:])) + 1)
		if length > len(raw) {
			break
		}
		packet := raw[:length]
		raw = raw[length:]
		if rtcpx.IsFeedback(packet) {
			t.down.onFeedback(now, packet)
			continue
		}
		if !t.receiveControl(now, packet) {
			return
		}
	}
	if len(raw) > 0 {
		t.down.counters.drop(dropMalformed)
	}
}

// receiveControl takes an RTCP packet that is no transport-wide feedback; false: it cannot be read.
func (t *transport) receiveControl(now time.Time, raw []byte) bool {
	packets, err := rtcp.Unmarshal(raw)
	if err != nil {
		t.down.counters.drop(dropMalformed)
		return false
	}
	for _, packet := range packets {
		switch p := packet.(type) {
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
	return true
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
	t.control.Lock()
	if t.gathers {
		t.gathered = append(t.gathered, packets...)
		t.control.Unlock()
		return
	}
	t.control.Unlock()
	out := t.socket().Batch()
	t.protectControl(out, packets)
	t.socket().Release(out)
}

// gatherControl holds RTCP back until sendControl, so that it leaves in one packet.
func (t *transport) gatherControl() {
	t.control.Lock()
	defer t.control.Unlock()
	t.gathers = true
}

// sendControl sends what was held back.
func (t *transport) sendControl(out *udp.Batch) {
	t.control.Lock()
	t.gathers = false
	packets := t.gathered
	t.control.Unlock()
	for len(packets) > 0 {
		n, bytes := 1, packets[0].MarshalSize()
		for n < len(packets) && bytes+packets[n].MarshalSize() <= maxControlBytes {
			bytes += packets[n].MarshalSize()
			n++
		}
		t.protectControl(out, packets[:n])
		packets = packets[n:]
	}
	t.control.Lock()
	defer t.control.Unlock()
	if !t.gathers {
		clear(t.gathered)
		t.gathered = t.gathered[:0]
	}
}

// protectControl adds one compound RTCP packet to what leaves.
func (t *transport) protectControl(out *udp.Batch, packets []rtcp.Packet) {
	t.control.Lock()
	defer t.control.Unlock()
	path := t.path.Load()
	if path == nil || t.controlContext == nil {
		return
	}
	raw, err := rtcp.Marshal(packets)
	if err == nil {
		var protected []byte
		if protected, err = t.controlContext.EncryptRTCP(out.Buffer(), raw, &t.controlHeader); err == nil && len(protected) <= len(out.Buffer()) {
			out.Send(len(protected), path)
			return
		}
	}
	t.participant.room.engine.counters.drop(dropWrite)
}

// maxControlBytes bounds an outgoing RTCP packet.
const maxControlBytes = 1200

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
