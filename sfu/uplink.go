package sfu

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor/pkg/twcc"

	"draille/sfu/congestion/receive"
	"draille/sfu/demand"
	"draille/sfu/media"
	"draille/sfu/negotiate"
	"draille/sfu/regime"
	"draille/sfu/rtcpx"
	"draille/sfu/rtpx"
	"draille/sfu/udp"
	"draille/sfu/voice"
)

// Intervals of what the server tells a publisher. libwebrtc's interval of feedback begins as this
// one and keeps between 50 and 250 ms (transport_sequence_number_feedback_generator.cc); it reports
// on video as often, on audio every 5 s (rtcp_sender.cc).
const (
	feedbackInterval = 100 * time.Millisecond // transport-wide feedback
	reportInterval   = time.Second            // receiver and sender reports
)

// While a queue stands, the publisher's own congestion control is told a limit by REMB
// (draft-alvestrand-rmcat-remb-03), and that it ends, rembTimes each, since any of it may be lost.
// Numbers that have no other source are not measured apart from whole calls.
const (
	rembTimes    = 3
	rembInterval = 150 * time.Millisecond
	rembNone     = 100_000_000 // bit/s
	rembChange   = 5           // a limit that changed by one of so many parts is told again
	// A queue drains only while less is sent than the link carries, and browsers send what they
	// have encoded faster than they are told (libwebrtc: 1.1 times with transport-wide feedback,
	// 2.5 times without; kStrictPacingMultiplier in video_send_stream_impl.cc). So they are told a
	// part of the limit, the less the longer the queue is; nothing at all would hold back the
	// voice.
	rembDelay          = 200 * time.Millisecond // of the queue at which nothing would be left
	rembLeast, rembTop = 0.35, 0.8              // parts of the limit
	rembFloor          = 1.5 * regime.Voice     // bit/s: the voice goes on
)

// uplinkParts are what an uplink is made of and does not own.
type uplinkParts struct {
	env          *env
	control      *control
	down         *downlink
	publications map[Source]*publication
	clock        *rtcpx.Clock // of the publisher
	// heard takes the level of a voice packet (RFC 6464). It reports whether somebody begins to
	// speak.
	heard func(level uint8, now time.Time) bool
}

// uplink is what comes in over one transport. receive is called under the lock of the transport's
// incoming media, since a datagram may come over two paths at once.
type uplink struct {
	uplinkParts
	offered atomic.Pointer[uplinkFormat]

	blocks   []rtpx.REDBlock // reused by receive
	repeated []rtpx.REDBlock // by the packet that is being received, the oldest first
	packet   rtpx.Packet     // that one
	arrival  arrival         // the same, on its way to those who get it
	started  time.Time
	// feedback is transport-wide feedback. No other lock is taken under its own.
	feedback struct {
		sync.Mutex
		recorder *twcc.Recorder
	}
	// estimate is what the link is believed to carry. No other lock is taken under its own.
	estimate struct {
		sync.Mutex
		*receive.Controller
	}
	remb struct { // what was told of the limit, by the scheduler's goroutine
		limit, left int
		at          time.Time
	}
	voice demand.VoiceUse // guarded by the room's lock
}

// uplinkFormat is what the latest offer and answer say of incoming packets.
type uplinkFormat struct {
	offer    *negotiate.Offer
	sections map[Source]negotiate.Section
	// extensions are those of any section: in one bundle their identifiers agree (RFC 8843 section
	// 12).
	extensions negotiate.Extensions
	midSource  map[string]Source
}

// incoming is one SSRC. It is guarded by the lock of the transport's incoming media.
type incoming struct {
	ssrc        uint32
	layer       *layer // nil: not recognised yet
	publication *publication
	known       negotiate.Stream
}

func newUplink(parts uplinkParts, config receive.Config) *uplink {
	u := &uplink{uplinkParts: parts, started: time.Now()}
	u.feedback.recorder = twcc.NewRecorder(parts.control.ssrc)
	u.estimate.Controller = receive.New(config)
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

// rids lists those of a source that were negotiated, the smallest picture first.
func (u *uplink) rids(source Source) []string {
	if format := u.offered.Load(); format != nil {
		return format.offer.RIDs[source]
	}
	return nil
}

// codecs lists those of a source that were negotiated, as the browser prefers them; nil: none yet.
func (u *uplink) codecs(source Source) *[]rtpx.Codec {
	if format := u.offered.Load(); format != nil {
		sends := format.sections[source].Codecs
		return &sends
	}
	return nil
}

// pathChanged forgets the delay of the old path: packets take another network.
func (u *uplink) pathChanged() {
	u.estimate.Lock()
	defer u.estimate.Unlock()
	u.estimate.PathChanged()
}

// linkState returns what is believed of the link over which the publisher sends.
func (u *uplink) linkState() receive.State {
	u.estimate.Lock()
	defer u.estimate.Unlock()
	return u.estimate.State()
}

// demandUplink returns the same as package demand wants to know it.
func (u *uplink) demandUplink() demand.Uplink {
	s := u.linkState()
	return demand.Uplink{
		Limit: s.Limit, Usual: s.Usual, Full: s.Full, Found: s.Found, Attempt: s.Attempt,
		Carried: s.Carried,
	}
}

// bitrate implements origin.
func (u *uplink) bitrate() int { return u.linkState().Limit }

// need tells the controller what a camera needs that is watched and does not move for want of
// limit, or what a voice needs to be encoded better, better being 0 if nothing is or nobody hears
// it; the room's lock is held.
func (u *uplink) need(camera *publication, screen bool, voice, better int) {
	if !camera.subscribed() && !screen {
		u.estimate.Lock()
		defer u.estimate.Unlock()
		u.estimate.NeedVoice(better)
		return
	}
	bitrate := 0
	if camera.subscribed() {
		part := 1.0
		if screen {
			part = 1 - demand.DocumentShare
		}
		bitrate = camera.decider.Needs(voice, part)
	}
	u.estimate.Lock()
	defer u.estimate.Unlock()
	u.estimate.Need(bitrate)
}

// expect tells the controller what the link carried before there were any media, in bit/s.
func (u *uplink) expect(bitrate int) {
	u.estimate.Lock()
	defer u.estimate.Unlock()
	u.estimate.Expect(bitrate)
}

// measure shows a packet to the controller of the link. Where the publisher does not tell when a
// packet left, the packet's own time does, but not that of a retransmission, of padding and of what
// is not recognised.
func (u *uplink) measure(
	packet receive.Packet, in *incoming, format *uplinkFormat, p *rtpx.Packet,
) {
	payload := format.sections[in.known.Source].Payloads[p.PayloadType]
	sent, ok := p.Extensions.AbsoluteSendTime(format.extensions.SendTime)
	fresh := in.layer != nil && !in.known.Repair && len(p.Payload) > 0
	switch {
	case ok:
		packet.Timestamp, packet.ClockRate = sent<<8, rtpx.AbsoluteSendTimeRate<<8
		packet.Trust = receive.OfDeparture
	case fresh && payload.Codec != rtpx.UnknownCodec:
		packet.Stream, packet.Timestamp = p.SSRC, p.Timestamp
		packet.ClockRate = payload.Codec.ClockRate()
		if in.known.Source == Microphone {
			packet.Trust = receive.OfVoice
		}
	}
	change := u.arrived(packet)
	switch {
	case change.fallen:
		u.down.uplinkFell(p.Arrival, change.share)
	case change.suspects:
		u.down.uplinkSuspected(p.Arrival)
	}
	if change.congested {
		u.env.wake(p.Arrival)
		u.env.kick()
	}
}

// linkChange is what a packet has just told of the link.
type linkChange struct {
	congested        bool    // since this packet
	fallen, suspects bool    // it carries less; it may
	share            float64 // that is left, if it has fallen
}

func (u *uplink) arrived(packet receive.Packet) (change linkChange) {
	u.estimate.Lock()
	defer u.estimate.Unlock()
	before := u.estimate.State().Congested
	u.estimate.Arrived(packet)
	change.congested = u.estimate.State().Congested && !before
	change.share, change.fallen = u.estimate.Dropped()
	change.suspects = u.estimate.Suspects()
	return change
}

// voiceBitrate returns what the microphone takes on the wire while its owner speaks, as far as is
// known, in bit/s. asked is how the publisher was asked to encode it. The room's lock is held.
func (u *uplink) voiceBitrate(now time.Time, asked voice.Encoding) int {
	measured, repeated := 0, 0
	if asked.Redundant {
		repeated = 1
	}
	for _, l := range u.publications[Microphone].flowing() {
		if l.origin == u {
			measured += l.flow(now).Cost(repeated)
		}
	}
	return u.voice.Observe(now, asked, measured)
}

// receive takes one decrypted packet. It is called by one goroutine at a time and must not keep
// raw.
func (u *uplink) receive(in *incoming, raw []byte, now time.Time, out *udp.Batch) {
	c := u.env.counters
	c.packetsIn.Add(1)
	c.bytesIn.Add(uint64(len(raw)))
	u.env.traffic.in.Add(1)
	u.env.stir()
	format := u.offered.Load()
	parsed, err := rtpx.Parse(raw)
	if err != nil || format == nil {
		c.drop(dropMalformed)
		return
	}
	p := &u.packet
	*p = parsed
	p.Arrival = now
	packet := receive.Packet{Arrival: now, Size: len(raw) + rtpx.ReceivedOverhead}
	packet.Number, packet.Numbered = p.Extensions.TransportSequenceNumber(
		format.extensions.TransportCC,
	)
	if packet.Numbered {
		u.record(p.SSRC, packet.Number, now)
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
	case !u.env.admitted.Load():
		c.drop(dropGate)
		u.env.traffic.blocked.Add(1)
		return
	case !in.publication.live.Load():
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
func (u *uplink) pass(
	now time.Time, in *incoming, p *rtpx.Packet, payload negotiate.PayloadType, repaired bool,
	out *udp.Batch,
) (fresh bool) {
	p.SSRC, p.Codec = in.layer.ssrc, payload.Codec
	var err error
	if p.Frame, err = rtpx.Inspect(p.Codec, p.Payload); err != nil {
		p.Payload = nil // closes the gap of a packet that cannot be forwarded
	}
	if u.arrival, fresh = in.layer.take(p, payload, repaired); fresh {
		in.publication.forward(now, &u.arrival, out)
	}
	return fresh
}

// restore passes on what a voice packet repeats of those before it (RFC 2198), as far as they are
// missing.
func (u *uplink) restore(
	now time.Time, in *incoming, section negotiate.Section, p rtpx.Packet, out *udp.Batch,
) {
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

// observeVoice takes the level of a voice packet.
func (u *uplink) observeVoice(format *uplinkFormat, p *rtpx.Packet, now time.Time) {
	level, _, ok := p.Extensions.AudioLevel(format.extensions.AudioLevel)
	if ok && u.heard(level, now) {
		u.env.kick()
	}
}

// unwrap undoes retransmission (RFC 4588) and redundancy (RFC 2198); ok is false when nothing is
// left.
func (u *uplink) unwrap(
	in *incoming, section negotiate.Section, p *rtpx.Packet,
) (payload negotiate.PayloadType, repaired, ok bool) {
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

// recognise finds out which layer an SSRC carries: by the SSRCs of the offer, or by the mid and rid
// that the packet bears (RFC 8843 section 9.2, RFC 8852).
func (u *uplink) recognise(in *incoming, format *uplinkFormat, p *rtpx.Packet) bool {
	known, declared := format.offer.Streams[in.ssrc]
	if !declared {
		source, ok := format.midSource[string(p.Extensions.Get(format.extensions.MID))]
		if !ok {
			return false
		}
		known = negotiate.Stream{
			Source: source,
			RID:    string(p.Extensions.Get(format.extensions.RID)),
		}
		if repaired := p.Extensions.Get(format.extensions.RepairedRID); len(repaired) > 0 {
			known.RID, known.Repair = string(repaired), true
		} else if format.sections[source].Payloads[p.PayloadType].Repair {
			known.Repair = true
		}
		if (known.RID == "") != (len(format.offer.RIDs[source]) == 0) {
			return false // its rid is still to come, or nothing that was offered
		}
	}
	publication := u.publications[known.Source]
	if known.Repair {
		for _, l := range publication.flowing() {
			if l.origin == u && l.rid == known.RID {
				in.known, in.layer, in.publication = known, l, publication
				return true
			}
		}
		return false // nothing to repair yet
	}
	in.known, in.publication = known, publication
	parts := layerParts{state: &publication.sourceState, origin: u, env: u.env, clock: u.clock}
	payload := format.sections[known.Source].Payloads[p.PayloadType]
	in.layer = newLayer(parts, u.env.source(), known.RID, in.ssrc, payload)
	publication.addLayer(in.layer, format.offer.RIDs[known.Source])
	return true
}

// layers lists what comes in over this transport.
func (u *uplink) layers() []*layer {
	var layers []*layer
	for _, source := range media.Sources {
		for _, l := range u.publications[source].flowing() {
			if l.origin == u {
				layers = append(layers, l)
			}
		}
	}
	return layers
}

// close forgets the layers: what comes over another transport are other streams.
func (u *uplink) close() {
	for _, p := range u.publications {
		p.drop(u)
	}
}
