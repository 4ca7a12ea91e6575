package sfu

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"

	"draille/sfu/demand"
	"draille/sfu/ingress"
	"draille/sfu/media"
	"draille/sfu/negotiate"
	"draille/sfu/rtpx"
	"draille/sfu/udp"
)

// Intervals of what the server tells a publisher.
const (
	feedbackInterval = 100 * time.Millisecond // transport-wide feedback
	reportInterval   = time.Second            // receiver and sender reports
)

// What a publisher must keep to while a queue stands, or that he need not any more, is told brakeTimes, since any of it may be
// lost (draft-alvestrand-rmcat-remb-03).
const (
	brakeTimes    = 3
	brakeInterval = 150 * time.Millisecond
	noBrake       = 100_000_000 // bit/s
	// Browsers send what they have encoded at two and a half times the rate that they are told, so they are told less than the
	// limit, the less the longer the queue is; nothing at all would hold back the voice.
	brakeDelay                 = 200 * time.Millisecond
	brakeHardest, brakeSoftest = 0.35, 0.8
	brakeLeast                 = 30_000 // bit/s
)

// uplink is what comes in over one transport. Its receive method runs in the one goroutine that decrypts RTP.
type uplink struct {
	participant *Participant
	transport   *transport
	offered     atomic.Pointer[uplinkFormat]

	blocks   []rtpx.REDBlock // reused by receive
	repeated []rtpx.REDBlock // by the packet that is being received, the oldest first
	packet   rtpx.Packet     // that one
	arrival  arrival         // the same, on its way to those who get it
	started  time.Time
	feedback struct { // transport-wide feedback
		sync.Mutex
		recorder *twcc.Recorder
	}
	ingress struct { // what the link is believed to carry
		sync.Mutex
		*ingress.Controller
	}
	brakes struct { // what was told of the limit, by the transport's goroutine
		limit, left int
		at          time.Time
	}
	voice demand.VoiceUse // guarded by the room's lock
}

// uplinkFormat is what the latest offer and answer say of incoming packets.
type uplinkFormat struct {
	offer      *negotiate.Offer
	sections   map[Source]negotiate.Section
	extensions negotiate.Extensions // of any section: in one bundle their identifiers agree (RFC 8843 section 9.2)
	midSource  map[string]Source
}

// incoming is one SSRC; it belongs to the goroutine that decrypts.
type incoming struct {
	ssrc  uint32
	layer *layer // nil: not recognised yet
	known negotiate.Stream
}

func newUplink(p *Participant, t *transport) *uplink {
	u := &uplink{participant: p, transport: t, started: time.Now()}
	u.feedback.recorder = twcc.NewRecorder(t.control.ssrc)
	u.ingress.Controller = ingress.New(p.room.parts.config.Ingress)
	return u
}

// negotiated takes over what an offer and its answer agreed on.
func (u *uplink) negotiated(o *negotiate.Offer, sections map[string]negotiate.Section) {
	f := &uplinkFormat{offer: o, sections: map[Source]negotiate.Section{}, midSource: o.Sources}
	for mid, source := range o.Sources {
		section := sections[mid]
		f.sections[source] = section
		merge := func(into *uint8, id uint8) {
			if *into == 0 {
				*into = id
			}
		}
		merge(&f.extensions.TransportCC, section.Extensions.TransportCC)
		merge(&f.extensions.AudioLevel, section.Extensions.AudioLevel)
		merge(&f.extensions.SendTime, section.Extensions.SendTime)
		merge(&f.extensions.MID, section.Extensions.MID)
		merge(&f.extensions.RID, section.Extensions.RID)
		merge(&f.extensions.RepairedRID, section.Extensions.RepairedRID)
	}
	u.offered.Store(f)
}

// pathChanged forgets the delay of the old path: packets take another network.
func (u *uplink) pathChanged() {
	u.ingress.Lock()
	defer u.ingress.Unlock()
	u.ingress.PathChanged()
}

// ingressState returns what is believed of the link over which the publisher sends.
func (u *uplink) ingressState() ingress.State {
	u.ingress.Lock()
	defer u.ingress.Unlock()
	return u.ingress.State()
}

// need tells the controller what a camera needs that is watched and does not move for want of limit; the room's lock is held.
func (u *uplink) need(camera *publication, screen bool, voice int) {
	bitrate := 0
	if camera.wanted() {
		part := 1.0
		if screen {
			part = 1 - demand.DocumentShare
		}
		bitrate = camera.demand.Needs(voice, part)
	}
	u.ingress.Lock()
	u.ingress.Need(bitrate)
	u.ingress.Unlock()
}

// measure shows a packet to the controller of the link. Where the publisher does not tell when a packet left, the packet's
// own time does, but not that of a retransmission, of padding and of what is not recognised.
func (u *uplink) measure(packet ingress.Packet, in *incoming, format *uplinkFormat, p *rtpx.Packet) {
	payload := format.sections[in.known.Source].Payloads[p.PayloadType]
	if sent, ok := p.Extensions.AbsoluteSendTime(format.extensions.SendTime); ok {
		packet.Timestamp, packet.ClockRate, packet.Trust = sent<<8, rtpx.AbsoluteSendTimeRate<<8, ingress.OfDeparture
	} else if in.layer != nil && !in.known.Repair && payload.Codec != rtpx.UnknownCodec && len(p.Payload) > 0 {
		packet.Stream, packet.Timestamp, packet.ClockRate = p.SSRC, p.Timestamp, payload.Codec.ClockRate()
		if in.known.Source == Microphone {
			packet.Trust = ingress.OfVoice
		}
	}
	u.ingress.Lock()
	before := u.ingress.State().Congested
	u.ingress.Arrived(packet)
	congested := u.ingress.State().Congested
	share, fallen := u.ingress.Fallen()
	suspects := u.ingress.Suspects()
	u.ingress.Unlock()
	switch {
	case fallen:
		u.transport.down.doubt(p.Arrival, share)
	case suspects:
		u.transport.down.hesitate(p.Arrival)
	}
	if congested && !before {
		u.transport.wakeAt(p.Arrival)
		u.participant.room.kick()
	}
}

// voiceBitrate returns what the microphone takes on the wire while its owner speaks, as far as is known.
func (u *uplink) voiceBitrate(now time.Time) int {
	told, measured := u.participant.speaker.Told(), 0
	for _, l := range u.participant.publications[Microphone].flowing() {
		if l.up == u {
			measured += l.flow(now).Cost(btoi(told.Redundant))
		}
	}
	return u.voice.Observe(now, told, measured)
}

// receive takes one decrypted packet. It is called by one goroutine at a time and must not keep raw.
func (u *uplink) receive(in *incoming, raw []byte, now time.Time, out *udp.Batch) {
	c := u.transport.env.counters
	c.packetsIn.Add(1)
	c.bytesIn.Add(uint64(len(raw)))
	u.transport.env.traffic.in.Add(1)
	format := u.offered.Load()
	parsed, err := rtpx.Parse(raw)
	if err != nil || format == nil {
		c.drop(dropMalformed)
		return
	}
	p := &u.packet
	*p = parsed
	p.Arrival = now
	packet := ingress.Packet{Arrival: now, Size: len(raw) + rtpx.ReceivedOverhead}
	packet.Number, packet.Numbered = p.Extensions.TransportSequenceNumber(format.extensions.TransportCC)
	if packet.Numbered {
		u.feedback.Lock()
		u.feedback.recorder.Record(p.SSRC, packet.Number, now.Sub(u.started).Microseconds())
		u.feedback.Unlock()
	}
	recognised := in.layer != nil || u.recognise(in, format, p)
	section := format.sections[in.known.Source]
	u.measure(packet, in, format, p)
	if !recognised {
		c.drop(dropUnknown)
		return
	}
	payload, repaired, ok := u.unwrap(in, section, p)
	switch {
	case !ok:
		return // a probe: padding only
	case !u.participant.admitted.Load():
		c.drop(dropGate)
		u.transport.env.traffic.blocked.Add(1)
		return
	case !in.layer.publication.live.Load():
		c.drop(dropMuted)
		return
	case payload.Codec == rtpx.UnknownCodec:
		c.drop(dropCodec)
		return
	}
	if len(u.repeated) > 0 {
		u.restore(now, in, section, *p, out)
	}
	if !u.pass(now, in, p, payload, repaired, out) {
		c.drop(dropDuplicate)
		return
	}
	if in.known.Source == Microphone {
		u.observeVoice(format, p, now)
	}
}

// pass hands a packet to those who watch or listen; false: it came before.
func (u *uplink) pass(now time.Time, in *incoming, p *rtpx.Packet, payload negotiate.PayloadType, repaired bool, out *udp.Batch) (fresh bool) {
	p.SSRC, p.Codec = in.layer.ssrc, payload.Codec
	var err error
	if p.Frame, err = rtpx.Inspect(p.Codec, p.Payload); err != nil {
		p.Payload = nil // closes the gap of a packet that cannot be forwarded
	}
	if u.arrival, fresh = in.layer.take(p, payload, repaired); fresh {
		in.layer.publication.forward(now, &u.arrival, out)
	}
	return fresh
}

// restore passes on what a voice packet repeats of those before it (RFC 2198), as far as they are missing.
func (u *uplink) restore(now time.Time, in *incoming, section negotiate.Section, p rtpx.Packet, out *udp.Batch) {
	number, timestamp := p.SequenceNumber, p.Timestamp
	p.Marker, p.Extensions = false, rtpx.Extensions{}
	for i, b := range u.repeated {
		payload := section.Payloads[b.PayloadType]
		if payload.Codec != rtpx.Opus || !speech(b.Data) {
			continue
		}
		p.SequenceNumber = number - uint16(len(u.repeated)-i)
		p.Timestamp = timestamp - uint32(b.TimestampOffset)
		p.PayloadType, p.Payload = b.PayloadType, b.Data
		u.pass(now, in, &p, payload, true, out)
	}
}

func (u *uplink) observeVoice(format *uplinkFormat, p *rtpx.Packet, now time.Time) {
	level, _, ok := p.Extensions.AudioLevel(format.extensions.AudioLevel)
	if ok && u.participant.room.speakers.Observe(u.participant.id, level, now) {
		u.participant.room.kick()
	}
}

// unwrap undoes retransmission (RFC 4588) and redundancy (RFC 2198); ok is false when nothing is left.
func (u *uplink) unwrap(in *incoming, section negotiate.Section, p *rtpx.Packet) (payload negotiate.PayloadType, repaired, ok bool) {
	payload = section.Payloads[p.PayloadType]
	u.repeated = nil
	if in.known.Repair || payload.Repair {
		if len(p.Payload) < 2 {
			return payload, true, false
		}
		p.SequenceNumber = binary.BigEndian.Uint16(p.Payload)
		p.Payload = p.Payload[2:]
		p.PayloadType = payload.APT
		return section.Payloads[payload.APT], true, true
	}
	if payload.Codec == rtpx.RED && len(p.Payload) > 0 {
		blocks, err := rtpx.SplitRED(u.blocks[:0], p.Payload)
		if err != nil {
			return negotiate.PayloadType{}, false, true
		}
		u.blocks = blocks
		primary := blocks[len(blocks)-1]
		u.repeated = blocks[:len(blocks)-1]
		p.Payload, p.PayloadType = primary.Data, primary.PayloadType
		return section.Payloads[primary.PayloadType], false, true
	}
	return payload, false, true
}

// recognise finds out which layer an SSRC carries: by the SSRCs of the offer, or by the mid and rid that the packet
// bears (RFC 8843 section 9.2, RFC 8852).
func (u *uplink) recognise(in *incoming, format *uplinkFormat, p *rtpx.Packet) bool {
	known, declared := format.offer.Streams[in.ssrc]
	if !declared {
		source, ok := format.midSource[string(p.Extensions.Get(format.extensions.MID))]
		if !ok {
			return false
		}
		known = negotiate.Stream{Source: source, RID: string(p.Extensions.Get(format.extensions.RID))}
		if repaired := p.Extensions.Get(format.extensions.RepairedRID); len(repaired) > 0 {
			known.RID, known.Repair = string(repaired), true
		} else if format.sections[source].Payloads[p.PayloadType].Repair {
			known.Repair = true
		}
		if (known.RID == "") != (len(format.offer.RIDs[source]) == 0) {
			return false // its rid is still to come, or nothing that was offered
		}
	}
	publication := u.participant.publications[known.Source]
	if known.Repair {
		for _, l := range publication.flowing() {
			if l.up == u && l.rid == known.RID {
				in.known, in.layer = known, l
				return true
			}
		}
		return false // nothing to repair yet
	}
	section := format.sections[known.Source]
	in.known = known
	in.layer = newLayer(publication, u, known.RID, in.ssrc, u.transport.env.source(), section.Payloads[p.PayloadType].NACK)
	in.layer.format = section.Payloads[p.PayloadType]
	publication.addLayer(in.layer, format.offer.RIDs[known.Source])
	return true
}

// layers lists what comes in over this transport.
func (u *uplink) layers() []*layer {
	var layers []*layer
	for _, source := range media.Sources {
		for _, l := range u.participant.publications[source].flowing() {
			if l.up == u {
				layers = append(layers, l)
			}
		}
	}
	return layers
}

// close forgets the layers: what comes over another transport are other streams.
func (u *uplink) close() {
	for _, p := range u.participant.publications {
		p.drop(u)
	}
}

// brake tells the publisher's own congestion control how much may come while a queue stands: it obeys before the page has
// changed what is encoded, and holds back what it has encoded already, behind the voice.
func (u *uplink) brake(now time.Time) {
	b, limit := &u.brakes, 0
	s := u.ingressState()
	switch {
	case s.Congested:
		part := min(max(1-float64(s.Delay)/float64(brakeDelay), brakeHardest), brakeSoftest)
		limit = max(int(part*float64(s.Limit)), brakeLeast)
	case s.Fell:
		limit = s.Limit // he would send as much as before, and fill the queue again
	}
	if changed := limit - b.limit; limit == 0 && b.limit != 0 || max(changed, -changed) > b.limit/5 {
		b.limit, b.left, b.at = limit, brakeTimes, time.Time{}
	}
	if b.left == 0 || now.Sub(b.at) < brakeInterval {
		return
	}
	b.left, b.at = b.left-1, now
	remb := rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: u.transport.control.ssrc, Bitrate: float32(limit)}
	if limit == 0 {
		remb.Bitrate = noBrake
	}
	for _, l := range u.layers() {
		remb.SSRCs = append(remb.SSRCs, l.ssrc)
	}
	u.transport.writeRTCP(&remb)
}

// repair asks for what is lost and for keyframes that are due. It returns when to be called again at the latest.
func (u *uplink) repair(now time.Time, rtt time.Duration, scratch []uint16) (next time.Time, reuse []uint16) {
	u.brake(now)
	fell := u.fell()
	for _, l := range u.layers() {
		asks, keyframe, at := l.duties(now, rtt, fell, scratch)
		scratch = asks
		if len(asks) > 0 {
			u.transport.writeRTCP(&rtcp.TransportLayerNack{SenderSSRC: u.transport.control.ssrc, MediaSSRC: l.ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(asks)})
		}
		if keyframe {
			u.sendPLI(l.ssrc)
		}
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, scratch
}

// fell tells that a queue stands because the link has just fallen: what is lost is only the beginning.
func (u *uplink) fell() bool {
	s := u.ingressState()
	return s.Congested && s.Fell
}

func (u *uplink) sendPLI(ssrc uint32) {
	u.transport.env.counters.keyframeRequests.Add(1)
	u.transport.writeRTCP(&rtcp.PictureLossIndication{SenderSSRC: u.transport.control.ssrc, MediaSSRC: ssrc})
}

// sendFeedback tells the publisher's own congestion control what arrived when.
func (u *uplink) sendFeedback() {
	u.feedback.Lock()
	packets := u.feedback.recorder.BuildFeedbackPacket()
	u.feedback.Unlock()
	for _, packet := range packets {
		u.transport.writeRTCP(packet)
	}
}

// sendReport tells the publisher how its streams arrive (RFC 3550 section 6.4.2).
func (u *uplink) sendReport(now time.Time) {
	report := rtcp.ReceiverReport{SSRC: u.transport.control.ssrc}
	for _, l := range u.layers() {
		l.mu.Lock()
		block, ok := l.receiver.Block(now, l.ssrc, l.report)
		l.mu.Unlock()
		if ok {
			report.Reports = append(report.Reports, block)
		}
	}
	if len(report.Reports) > 0 {
		u.transport.writeRTCP(&report)
	}
}
