package sfu

import (
	"sync"
	"time"

	"draille/sfu/allocation"
	"draille/sfu/congestion/send"
	"draille/sfu/demand"
	"draille/sfu/nack"
	"draille/sfu/pacing"
	"draille/sfu/rtcpx"
	"draille/sfu/rtpx"
	"draille/sfu/srtp"
	"draille/sfu/udp"
	"draille/sfu/voice"
)

// defaultRTT is that of libwebrtc (kDefaultRtt in nack_requester.cc), unprovenHold follows from the
// ticks, and retransmissionShare is not measured apart from whole calls.
const (
	// retransmissionShare is the part of the estimate that retransmissions may take: more would
	// starve the media that they are to repair.
	retransmissionShare = 0.25
	// defaultRTT is assumed of a path that nothing has been learnt of yet.
	defaultRTT = 100 * time.Millisecond
	// unprovenHold is how long a path that is not proven keeps pictures back before it is looked at
	// again: until the next tick, on a machine that is busy.
	unprovenHold = 3 * tickInterval / 2
)

// downlink is what goes out over one transport: one estimator, one allocator, one pacer, one line
// of transport-wide sequence numbers over all slots.
type downlink struct {
	env     *env
	control *control

	// mu is held by whoever forwards to this participant, and never together with another
	// downlink's. It is taken under the room's lock or transport.incoming's, and before those of a
	// publication, a layer, an uplink's feedback and estimate, and RTCP's.
	mu sync.Mutex
	egress
	closed    bool
	subs      []*subscription
	allocator *allocation.Allocator
	pacer     *pacing.Pacer[outgoing]
	responder *nack.Responder
	feedback  rtcpx.FeedbackReader
	voices    voiceDelivery
	plan      plan

	reportedRTT time.Duration // by receiver reports; 0: not known
	probeTarget int           // bit/s that the page could use; 0: nothing to probe for
	transfer    int           // bit/s that may travel beside the media
	way         demand.Way
	frozen      bool      // the link carries nothing that moves
	full        bool      // it was found to carry no more
	fellAt      time.Time // when the link carried far less all of a sudden
	rttProbed   time.Time // when padding was last sent to learn the round trip
	// paceAt is when the pacer must be looked at; zero: not before something is forwarded.
	paceAt time.Time
	// broken are the layers of which the pacer gave up what others need: drain asks for keyframes.
	broken  []*layer
	scratch rtpx.Packet // reused by emit
}

func newDownlink(env *env, config Config, path *path, control *control) *downlink {
	d := &downlink{env: env, control: control}
	d.egress = egress{env: env, path: path, estimator: send.New(config.Downlink), next: 1}
	d.allocator = allocation.New(allocation.DefaultConfig())
	d.responder = nack.NewResponder(retransmissionShare)
	d.pacer = pacing.New(config.Pacing, d.dropped)
	d.pacer.SetRate(time.Now(), config.Downlink.StartBitrate)
	return d
}

// newSubscription makes the subscription of a receive-only section, the index-th of its kind.
func (d *downlink) newSubscription(mid string, video bool, index int) *subscription {
	d.mu.Lock()
	defer d.mu.Unlock()
	return newSubscription(&d.egress, d.pacer, &d.voices, section{
		mid: mid, stream: uint32(len(d.subs) + 1), video: video, index: index,
	})
}

// add makes a negotiated slot known.
func (d *downlink) add(s *subscription) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.subs = append(d.subs, s)
}

// protect makes media leave protected from now on.
func (d *downlink) protect(sealer srtp.Sealer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sealer = sealer
}

// dropped hears of what the pacer gives up. It runs inside the pacer's methods.
func (d *downlink) dropped(item pacing.Item[outgoing], broken bool) {
	o := item.Value
	d.env.counters.drop(dropPacer)
	if item.Class == pacing.Padding || o.again.Verdict != rtpx.Drop {
		return
	}
	o.sub.queued--
	o.sub.skip(o.layer.id, &o.header)
	if broken && (!o.sub.stills.On || o.sub.stills.Whole) {
		d.broken = append(d.broken, o.layer)
	}
}

// assign puts a publication, or nothing, into each of several slots. It reports whether anything
// changed that the allocator should know.
func (d *downlink) assign(
	now time.Time, slots []*subscription, to func(i int) (*publication, Want),
) (changed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, s := range slots {
		p, want := to(i)
		before := s.publication
		changed = s.carry(now, p, want) || changed
		if before != nil && before != p {
			before.unsubscribe(downlinkSlot{d, s})
		}
		if p != nil && before != p {
			p.subscribe(downlinkSlot{d, s})
		}
	}
	return changed
}

// layerAppeared makes use of a layer as soon as its first packet comes, or the first after a pause,
// so that the keyframe with which it begins is not missed.
func (d *downlink) layerAppeared(now time.Time, s *subscription) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed || s.publication == nil:
	case s.video:
		d.allocate(now)
	default:
		s.retarget(now, s.audioTarget())
	}
}

// forward sends one packet to a slot that carries its publication, at once or in its turn. It runs
// in the publisher's goroutine.
func (d *downlink) forward(now time.Time, s *subscription, a *arrival, out *udp.Batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || !s.takes(now, a) {
		return
	}
	packet := s.packet(a)
	d.pacer.SetRate(now, d.estimator.Pacing(now)) // falls while feedback is overdue
	if d.latest.MayFollow(out) && d.pacer.Pass(now, packet) {
		s.settle(a.layer.id, a.packet.SequenceNumber)
		d.deliver(now, s, a.layer, a.packet, d.pacer.Cluster(), out)
		return
	}
	s.queued++
	d.pacer.Push(now, pacing.Item[outgoing]{
		Value: outgoing{sub: s, layer: a.layer, number: a.packet.SequenceNumber, header: *a.packet},
		Class: packet.Class, Size: packet.Size, Stream: packet.Stream, Frame: packet.Frame,
		Kind: packet.Kind,
	})
	d.drain(now, a, out)
}

// drain lets everything leave that may. current is the packet that came in just now, still in
// place; nil: none. While packets stand in another goroutine's batch nothing does: it might leave
// before them, and a receiver would ask for what is only late.
func (d *downlink) drain(now time.Time, current *arrival, out *udp.Batch) {
	if !d.latest.MayFollow(out) {
		d.paceBy(now)
		return
	}
	d.pacer.SetRate(now, d.estimator.Pacing(now))
	for {
		o, ok := d.pacer.Pop(now)
		if !ok {
			break
		}
		d.emit(now, o, current, out)
	}
	for _, l := range d.broken {
		l.requestKeyframe(now)
	}
	d.broken = d.broken[:0]
	at, waiting := d.pacer.Next(now)
	if waiting {
		d.paceBy(at)
	}
}

// paceBy makes sure that pace is called at that time, at the latest.
func (d *downlink) paceBy(at time.Time) {
	if d.paceAt.IsZero() || at.Before(d.paceAt) {
		d.paceAt = at
		d.env.wake(at)
	}
}

// emit numbers and sends one packet.
func (d *downlink) emit(now time.Time, o outgoing, current *arrival, out *udp.Batch) {
	s, cluster := o.sub, d.pacer.Cluster()
	switch {
	case o.padding > 0:
		s.sendPadding(o.padding, cluster, out)
		return
	case o.again.Verdict != rtpx.Drop:
		s.sendAgain(o, cluster, out)
		return
	}
	s.queued--
	s.settle(o.layer.id, o.number)
	if current != nil && current.layer == o.layer && current.packet.SequenceNumber == o.number {
		d.deliver(now, s, o.layer, current.packet, cluster, out)
		return
	}
	p, ok := o.layer.history.Get(o.number, d.buffer[:])
	if !ok {
		d.env.counters.drop(dropForgotten)
		return
	}
	d.scratch = p
	d.deliver(now, s, o.layer, &d.scratch, cluster, out)
}

// deliver numbers and sends one packet of a layer.
func (d *downlink) deliver(
	now time.Time, s *subscription, l *layer, p *rtpx.Packet, cluster int, out *udp.Batch,
) {
	rewritten := s.rewriter.Rewrite(now, l.id, p)
	switch rewritten.Verdict {
	case rtpx.Forward:
		s.send(p, rewritten, cluster, out)
	case rtpx.Fill:
		s.send(&rtpx.Packet{}, rewritten, cluster, out)
	}
	if rewritten.Switched {
		d.catchUp(now, s, l, p, out)
	}
}

// catchUp forwards what came before its turn: the first packet of a keyframe was late, and those
// after it were dropped.
func (d *downlink) catchUp(
	now time.Time, s *subscription, l *layer, first *rtpx.Packet, out *udp.Batch,
) {
	from, timestamp := first.SequenceNumber, first.Timestamp // the buffer behind it is used again
	newest, ok := l.history.Newest()
	if !ok || s.queued > 0 {
		return
	}
	for number := from + 1; rtpx.SequenceNewer(newest+1, number); number++ {
		p, ok := l.history.Get(number, d.buffer[:])
		if !ok || s.stills.On && p.Timestamp != timestamp {
			continue // what follows a still picture has its own turn
		}
		if rewritten := s.rewriter.Rewrite(now, l.id, &p); rewritten.Verdict == rtpx.Forward {
			s.send(&p, rewritten, 0, out)
		}
	}
}

// pace lets leave what has waited long enough.
func (d *downlink) pace(now time.Time, out *udp.Batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.paceAt = time.Time{}
	if !d.closed {
		d.drain(now, nil, out)
	}
}

// due returns when pace must be called next; zero: not before something is forwarded.
func (d *downlink) due() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.paceAt
}

// tick lets time pass.
func (d *downlink) tick(now time.Time, out *udp.Batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	if d.path.connected.Load() && !d.path.isProven(now) {
		d.pacer.Hold(now.Add(unprovenHold))
	}
	d.estimator.Tick(now)
	d.allocate(now)
	d.drain(now, nil, out)
}

// hold lets nothing but voices leave until the next tick, which asks whether the path is proven.
func (d *downlink) hold(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.path.connected.Load() {
		return // nothing leaves, and DTLS proves the path before anything does
	}
	d.pacer.Hold(now.Add(unprovenHold))
}

// rtt returns the round trip to the participant: by reports if there are any, since feedback is
// held back a while.
func (d *downlink) rtt() time.Duration {
	if d.reportedRTT > 0 {
		return d.reportedRTT
	}
	if rtt := d.estimator.Estimate().RTT; rtt > 0 {
		return rtt
	}
	return defaultRTT
}

// roundTrip is rtt for those who do not hold the lock.
func (d *downlink) roundTrip() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rtt()
}

// near reports whether the way to the participant is short.
func (d *downlink) near() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.way.IsShort()
}

// far reports whether the way to the participant was found to be long.
func (d *downlink) far() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.way.IsLong()
}

// estimate returns what is believed of the link.
func (d *downlink) estimate() send.Estimate {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.estimator.Estimate()
}

// expect lowers the beginning of the estimate.
func (d *downlink) expect(now time.Time, bitrate int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.estimator.Expect(bitrate)
	d.pacer.SetRate(now, d.estimator.Estimate().Pacing)
	d.voices.listener = voice.Listener{} // it has not become thinner: it begins
}

// pathChanged begins the estimate anew: after an ICE restart packets may take another network.
func (d *downlink) pathChanged(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.estimator.PathChanged(now, 0)
	d.pacer.SetRate(now, d.estimator.Estimate().Pacing)
	d.reportedRTT, d.rttProbed = 0, time.Time{}
	d.voices.losses, d.voices.listener = voice.Losses{}, voice.Listener{}
}

func (d *downlink) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for _, s := range d.subs {
		s.stop()
	}
}

// downlinkSlot is a subscription together with its downlink, as a publication sees it.
type downlinkSlot struct {
	down *downlink
	sub  *subscription
}

func (s downlinkSlot) layerAppeared(now time.Time) { s.down.layerAppeared(now, s.sub) }

func (s downlinkSlot) forward(now time.Time, a *arrival, out *udp.Batch) {
	s.down.forward(now, s.sub, a, out)
}

func (s downlinkSlot) watcher(p *publication) (w demand.Watcher, ok bool) {
	s.down.mu.Lock()
	defer s.down.mu.Unlock()
	if s.sub.publication != p {
		return w, false
	}
	return s.sub.watcher(s.down.frozen, s.down.full), true
}

func (s downlinkSlot) bitrate(p *publication) (bitrate int, ok bool) {
	s.down.mu.Lock()
	defer s.down.mu.Unlock()
	if s.sub.publication != p || !s.down.path.connected.Load() {
		return 0, false
	}
	bitrate = s.down.estimator.Estimate().Bitrate
	if !s.sub.video {
		bitrate = voice.Part(bitrate, s.down.voices.offered)
	}
	return bitrate, true
}

// slots returns what a page is told of those slots that carry something.
func (d *downlink) slots(subs []*subscription) []Slot {
	d.mu.Lock()
	defer d.mu.Unlock()
	slots := []Slot{}
	for _, s := range subs {
		if s.publication != nil {
			slots = append(slots, s.slot(d.full))
		}
	}
	return slots
}

// still reports which of some video slots show a picture that does not move.
func (d *downlink) still(subs []*subscription) []bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	still := make([]bool, len(subs))
	for i, s := range subs {
		still[i] = s.publication != nil && s.slot(d.full).Still
	}
	return still
}

// decideVoices decides how the participant is sent the voices of the room, the first to be heard
// first. It returns how many of them the link carries, voice.MaxVoices at most.
func (d *downlink) decideVoices(now time.Time, flows []voice.Flow) (voices int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := &d.voices
	v.offered = len(flows)
	conditions := voice.Conditions{
		Bitrate: d.estimator.Estimate().Bitrate,
		Flows:   flows,
		Losses:  &v.losses,
	}
	for _, s := range d.subs {
		conditions.Pictures = conditions.Pictures || s.video && s.publication != nil
		conditions.Repairs = conditions.Repairs || !s.video && s.sender.nacks
	}
	conditions.Repairs = conditions.Repairs && d.rtt() <= voice.RepairWithin
	v.Delivery = v.listener.Decide(now, conditions)
	return v.Voices
}
