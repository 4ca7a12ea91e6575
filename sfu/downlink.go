package sfu

import (
	"sync"
	"time"

	"github.com/pion/rtcp"

	"draille/sfu/allocation"
	"draille/sfu/bwe"
	"draille/sfu/nack"
	"draille/sfu/pacing"
	"draille/sfu/rtcpx"
	"draille/sfu/rtpx"
	"draille/sfu/srtp"
	"draille/sfu/udp"
	"draille/sfu/voice"
)

const (
	// retransmissionShare is the part of the estimate that retransmissions may take: more would starve the media that
	// they are to repair.
	retransmissionShare = 0.25
	// An estimate that falls below this share of what it was is no matter for the next tick.
	fallShare = 0.7
	// adaptWithin is how long after such a fall a picture counts as what its publisher is told to make of it: what is measured
	// still holds what came before.
	adaptWithin = 1300 * time.Millisecond
	// paddingSize is the size of a probing packet on the wire, in bytes: padding is at most 255 (RFC 3550 section 5.1).
	paddingSize = packetOverhead + 255
)

// downlink is what goes out over one transport: one estimator, one allocator, one pacer, one line of transport-wide
// sequence numbers over all slots. Its lock is held by whoever forwards to this participant, and never together with
// another participant's.
type downlink struct {
	participant *Participant
	transport   *transport

	mu        sync.Mutex
	closed    bool
	subs      []*subscription
	estimator *bwe.Estimator
	allocator *allocation.Allocator
	pacer     *pacing.Pacer[outgoing]
	responder *nack.Responder
	feedback  rtcpx.FeedbackReader
	hearing   hearing
	plan      plan

	next    int64 // transport-wide sequence number of the next packet
	measure time.Duration
	wanted  int       // bit/s that the page could use; 0: nothing to probe for
	thin    bool      // the link carries nothing that moves
	fellAt  time.Time // when the link carried far less all of a sudden
	greeted time.Time // when padding was last sent to learn the round trip
	pacing  bool      // the loop is at it
	armed   time.Time // when the loop will look at the pacer; zero: not at all

	protection srtp.Sealer // nil: no keys yet
	out        *udp.Batch  // takes what leaves now; nil: nothing yet
	lent       *udp.Batch  // the loop's, while it is at it
	header     srtp.Header
	buffer     [2048]byte
	scratch    rtpx.Packet // reused by emit
	counters   *counters
}

// outgoing is a packet on its way through the pacer. It is numbered when it leaves.
type outgoing struct {
	sub     *subscription
	layer   *layer
	number  uint16      // incoming sequence number
	header  rtpx.Packet // to tell the rewriter if it is dropped; its payload is gone by then
	again   rtpx.Out    // a retransmission
	padding int         // a probe, bytes on the wire
}

func newDownlink(t *transport) *downlink {
	config := t.participant.room.engine.config
	d := &downlink{participant: t.participant, transport: t, next: 1, counters: &t.participant.room.engine.counters}
	d.estimator = bwe.New(config.Estimator)
	d.allocator = allocation.New(allocation.DefaultConfig())
	d.responder = nack.NewResponder(retransmissionShare)
	d.pacer = pacing.New(config.Pacing, d.dropped)
	d.pacer.SetRate(time.Now(), config.Estimator.StartBitrate)
	return d
}

// dropped hears of what the pacer gives up. It runs inside the pacer's methods.
func (d *downlink) dropped(item pacing.Item[outgoing], broken bool) {
	o := item.Value
	d.counters.drop(dropPacer)
	if item.Class == pacing.Padding || o.again.Verdict != rtpx.Drop {
		return
	}
	o.sub.queued--
	o.sub.skip(o.layer.source, &o.header)
	if broken && (!o.sub.stills.on || o.sub.stills.whole) {
		o.layer.requestKeyframe(time.Now())
	}
}

// borrow makes what leaves go into a batch, which may be nil, until giveBack.
func (d *downlink) borrow(now time.Time, out *udp.Batch) {
	d.out = out
	d.pacer.SetRate(now, d.estimator.Pacing(now)) // falls while feedback is overdue
}

func (d *downlink) giveBack(lent *udp.Batch) {
	if d.out != lent { // it was taken for what left now
		d.transport.socket().Release(d.out)
	}
	d.out = nil
}

// pass sends the packet that came in just now, still in place, past the pacer's queues; false when it must wait its turn.
func (d *downlink) pass(now time.Time, s *subscription, a *arrival, packet pacing.Packet) bool {
	d.borrow(now, a.out)
	defer d.giveBack(a.out)
	if !d.pacer.Pass(now, packet) {
		return false
	}
	s.settle(a.layer.source, a.packet.SequenceNumber)
	d.deliver(now, s, a.layer, a.packet, d.pacer.Cluster())
	return true
}

// drain lets everything leave that may. current is the packet that came in just now, still in place.
func (d *downlink) drain(now time.Time, current *arrival) {
	lent := d.lent
	if current != nil {
		lent = current.out
	}
	d.borrow(now, lent)
	for {
		o, ok := d.pacer.Pop(now)
		if !ok {
			break
		}
		d.emit(now, o, d.pacer.Cluster(), current)
	}
	d.giveBack(lent)
	at, waiting := d.pacer.Next(now)
	if waiting && (d.armed.IsZero() || at.Before(d.armed)) {
		d.armed = at
		if !d.pacing { // the loop itself reads armed before it sleeps
			d.transport.wakeAt(at)
		}
	}
}

// emit numbers and sends one packet.
func (d *downlink) emit(now time.Time, o outgoing, cluster int, current *arrival) {
	s := o.sub
	switch {
	case o.padding > 0:
		s.sendPadding(o.padding, cluster)
		return
	case o.again.Verdict != rtpx.Drop:
		s.sendAgain(now, o, cluster)
		return
	}
	s.queued--
	s.settle(o.layer.source, o.number)
	if current != nil && current.layer == o.layer && current.packet.SequenceNumber == o.number {
		d.deliver(now, s, o.layer, current.packet, cluster)
		return
	}
	p, ok := o.layer.history.Get(o.number, d.buffer[:])
	if !ok {
		d.counters.drop(dropForgotten)
		return
	}
	d.scratch = p
	d.deliver(now, s, o.layer, &d.scratch, cluster)
}

// deliver numbers and sends one packet of a layer.
func (d *downlink) deliver(now time.Time, s *subscription, l *layer, p *rtpx.Packet, cluster int) {
	out := s.rewriter.Rewrite(now, l.source, p)
	switch out.Verdict {
	case rtpx.Forward:
		s.send(p, out, cluster)
	case rtpx.Fill:
		s.send(&rtpx.Packet{}, out, cluster)
	}
	if out.Switched {
		d.catchUp(now, s, l, p)
	}
}

// catchUp forwards what came before its turn: the first packet of a keyframe was late, and those after it were dropped.
func (d *downlink) catchUp(now time.Time, s *subscription, l *layer, first *rtpx.Packet) {
	from, timestamp := first.SequenceNumber, first.Timestamp // the buffer behind it is used again
	newest, ok := l.history.Newest()
	if !ok || s.queued > 0 {
		return
	}
	for number := from + 1; rtpx.SequenceNewer(newest+1, number); number++ {
		p, ok := l.history.Get(number, d.buffer[:])
		if !ok || s.stills.on && p.Timestamp != timestamp {
			continue // what follows a still picture has its own turn
		}
		if out := s.rewriter.Rewrite(now, l.source, &p); out.Verdict == rtpx.Forward {
			s.send(&p, out, 0)
		}
	}
}

// send writes one packet of the slot's own stream.
func (s *subscription) send(p *rtpx.Packet, out rtpx.Out, cluster int) {
	d := s.down
	payload, payloadType := p.Payload, s.outgoing.payload
	if !s.video {
		payload, payloadType = s.repeat(p, out)
		d.hearing.losses.Sent(d.next, s.index)
	}
	h := &d.header
	h.Marker, h.Timestamp = out.Marker, out.Timestamp
	h.SSRC, h.Sequence, h.PayloadType = s.sender.ssrc, out.SequenceNumber, payloadType
	s.packets++
	s.octets += uint32(len(payload))
	d.counters.forwarded.Add(1)
	parcel := parcel{payload: payload, cluster: cluster}
	if f := &p.Frame; f.PictureID.Present() || f.TL0PicIdx.Present() || f.KeyIdx.Present() {
		parcel.patch, parcel.out = f, out
	}
	d.write(s, &parcel)
}

// parcel is what write sends behind a header.
type parcel struct {
	payload []byte      // may be shared with others: it is not changed
	patch   *rtpx.Frame // nil: the payload leaves as it is; otherwise with the picture numbers of out
	out     rtpx.Out
	padding uint8
	cluster int
}

// write adds what all packets bear and sends. The caller has set the rest of d.header.
func (d *downlink) write(s *subscription, p *parcel) {
	path := d.transport.path.Load()
	if path == nil || d.protection == nil {
		d.counters.drop(dropWrite)
		return
	}
	h := &d.header
	h.Padding, h.CSRC, h.Extension = p.padding, 0, s.sender.transportCC
	if s.publication != nil {
		h.CSRC = s.publication.number
	}
	size := len(p.payload) + int(p.padding) + packetOverhead
	if h.Extension != 0 {
		h.Transport = uint16(d.next)
		// The time of departure, not that at which this began: on a busy machine they are apart by hundreds of milliseconds,
		// and the receiver would seem to have waited for them in a queue.
		d.estimator.OnSent(bwe.Sent{Seq: d.next, Size: size, At: time.Now(), Probe: p.cluster})
		d.next++
	}
	if d.out == nil {
		d.out = d.transport.socket().Batch()
	}
	buffer := d.out.Buffer()
	n := h.Marshal(buffer)
	if len(p.payload)+int(p.padding) > len(buffer)-n-srtp.ProtectionBytes {
		d.counters.drop(dropWrite)
		return
	}
	length, err := d.protection.Seal(buffer, n, p.place(buffer[n:]), h, s.indexOf(h.SSRC))
	if err != nil {
		d.counters.drop(dropWrite)
		return
	}
	if s.repairsByReplay() && h.SSRC == s.sender.ssrc {
		s.replays.Keep(h.Sequence, buffer[:length])
	}
	d.out.Send(length, path)
	d.counters.packetsOut.Add(1)
	d.counters.bytesOut.Add(uint64(size))
	d.participant.packetsOut.Add(1)
}

// replay sends a packet again exactly as it left, its transport-wide number included: the estimator hears of it as of one that was
// late.
func (d *downlink) replay(data []byte) {
	path := d.transport.path.Load()
	if path == nil {
		return
	}
	if d.out == nil {
		d.out = d.transport.socket().Batch()
	}
	d.out.Send(copy(d.out.Buffer(), data), path)
	d.counters.packetsOut.Add(1)
	d.counters.bytesOut.Add(uint64(len(data) + datagramOverhead))
	d.participant.packetsOut.Add(1)
}

// place returns the payload as it leaves. Where that differs from what came, it is made in room.
func (p *parcel) place(room []byte) []byte {
	if p.patch == nil && p.padding == 0 {
		return p.payload
	}
	n := copy(room, p.payload)
	if p.patch != nil {
		p.out.Patch(room[:n], p.patch)
	}
	if p.padding > 0 {
		clear(room[n : n+int(p.padding)])
		n += int(p.padding)
		room[n-1] = p.padding
	}
	return room[:n]
}

// onFeedback takes transport-wide feedback.
func (d *downlink) onFeedback(now time.Time, packet []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	acks := d.feedback.Read(packet, d.next)
	for i := range acks {
		d.hearing.losses.Reported(acks[i].Seq, acks[i].Received)
	}
	before := d.estimator.Estimate().Likely
	d.estimator.OnFeedback(now, acks)
	if after := d.estimator.Estimate().Likely; float64(after) < fallShare*float64(before) {
		d.fell(now)
	}
	d.pacer.SetRate(now, d.estimator.Estimate().Pacing)
	d.probe(now)
	d.drain(now, nil)
}

// hesitation is how long a suspicion takes to be confirmed: two more large packets on a link that has become thin.
const hesitation = 80 * time.Millisecond

// hesitate hears that what comes from the participant may have become slow, which will be known in a moment: meanwhile nothing but
// the voice leaves. If it was nothing, a picture comes a little late once.
func (d *downlink) hesitate(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pacer.Hold(now.Add(hesitation))
}

// doubt hears that what comes from the participant has just become slow: most lines that fall do so both ways.
func (d *downlink) doubt(now time.Time, share float64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	d.estimator.Doubt(now, share)
	d.pacer.SetRate(now, d.estimator.Estimate().Pacing)
	d.fell(now)
}

// fell makes those who are watched hear of a link that carries far less, at once.
func (d *downlink) fell(now time.Time) {
	if now.Sub(d.fellAt) > 2*adaptWithin {
		d.fellAt = now
	}
	d.allocate(now)
	d.participant.room.kick()
}

// expect lowers the beginning of the estimate.
func (d *downlink) expect(now time.Time, bitrate int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.estimator.Expect(bitrate)
	d.pacer.SetRate(now, d.estimator.Estimate().Pacing)
	d.hearing.listener = voice.Listener{} // it has not become thinner: it begins
}

// pathChanged begins the estimate anew: after an ICE restart packets may take another network.
func (d *downlink) pathChanged(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.estimator.PathChanged(now, 0)
	d.pacer.SetRate(now, d.estimator.Estimate().Pacing)
	d.measure, d.greeted = 0, time.Time{}
	d.hearing.losses, d.hearing.listener = voice.Losses{}, voice.Listener{}
}

// rtt returns the round trip to the participant: by reports if there are any, since feedback is held back a while.
func (d *downlink) rtt() time.Duration {
	if d.measure > 0 {
		return d.measure
	}
	if rtt := d.estimator.Estimate().RTT; rtt > 0 {
		return rtt
	}
	return defaultRTT
}

// bySSRC returns the slot that sends under that SSRC, as media or as retransmission.
func (d *downlink) bySSRC(ssrc uint32) *subscription {
	for _, s := range d.subs {
		if s.sender.ssrc == ssrc && ssrc != 0 {
			return s
		}
	}
	return nil
}

// onNACK answers a NACK.
func (d *downlink) onNACK(now time.Time, packet *rtcp.TransportLayerNack) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.bySSRC(packet.MediaSSRC)
	if s == nil || s.publication == nil || d.closed {
		return
	}
	var numbers []uint16
	for _, pair := range packet.Nacks {
		numbers = append(numbers, pair.PacketList()...)
	}
	s.retransmit(now, numbers)
}

// onKeyframeRequest passes a PLI or FIR on to the publisher.
func (d *downlink) onKeyframeRequest(now time.Time, ssrc uint32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.bySSRC(ssrc)
	if s == nil || !s.video || d.closed {
		return
	}
	if l := s.layerOf(s.rewriter.Target().Source); l != nil && !s.patient(now) {
		l.requestKeyframe(now)
	}
}

// onReport takes a reception report of one slot.
func (d *downlink) onReport(now time.Time, block rtcp.ReceptionReport) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.bySSRC(block.SSRC)
	if s == nil {
		return
	}
	if rtt, ok := s.trip.Measure(block, now); ok {
		if d.measure == 0 {
			d.measure = rtt
		}
		d.measure += (rtt - d.measure) / 4
	}
}

// sendReports sends the sender reports of all slots in one packet.
func (d *downlink) sendReports(now time.Time) {
	d.mu.Lock()
	var reports []rtcp.Packet
	for _, s := range d.subs {
		if report := s.report(now); report != nil {
			reports = append(reports, report)
		}
	}
	d.mu.Unlock()
	if len(reports) > 0 {
		d.transport.writeRTCP(reports...)
	}
}

func (d *downlink) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for _, s := range d.subs {
		s.stop()
	}
}
