package sfu

import (
	"sync"
	"time"

	"draille/sfu/allocation"
	"draille/sfu/bwe"
	"draille/sfu/nack"
	"draille/sfu/pacing"
	"draille/sfu/rtcpx"
	"draille/sfu/rtpx"
	"draille/sfu/srtp"
	"draille/sfu/udp"
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

func (d *downlink) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for _, s := range d.subs {
		s.stop()
	}
}

// pace lets leave what has waited long enough.
func (d *downlink) pace(now time.Time, out *udp.Batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.armed = time.Time{}
	if !d.closed {
		d.pacing, d.lent = true, out
		d.drain(now, nil)
		d.pacing, d.lent = false, nil
	}
}

// due returns when pace must be called next; zero: not before something is forwarded.
func (d *downlink) due() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.armed
}

func (d *downlink) roundTrip() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rtt()
}

// estimate returns what is believed of the link.
func (d *downlink) estimate() bwe.Estimate {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.estimator.Estimate()
}
