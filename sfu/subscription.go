package sfu

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pion/webrtc/v4"

	"draille/sfu/allocation"
	"draille/sfu/demand"
	"draille/sfu/negotiate"
	"draille/sfu/pacing"
	"draille/sfu/rtcpx"
	"draille/sfu/rtpx"
	"draille/sfu/srtp"
)

// sentHistory is how many packets of an outgoing stream can be sent again, at most: about a second
// of video.
const sentHistory = 512

// section is the receive-only section of an offer that a subscription fills.
type section struct {
	mid    string
	stream uint32 // its name to the pacer
	video  bool
	index  int // among the slots of its kind
}

// subscription is one slot of one participant: what goes out in one receive-only section of their
// offer. It is guarded by the lock of the downlink that it belongs to, whose parts it uses.
type subscription struct {
	egress *egress
	pacer  *pacing.Pacer[outgoing]
	voices *voiceDelivery

	section

	sender struct { // fixed by negotiation, in Bind
		ssrc, rtxSSRC uint32
		transportCC   uint8
		red           uint8 // payload type of RFC 2198; 0: not negotiated
		nacks         bool  // the receiver asks for lost voice packets
		payloads      []webrtc.RTPCodecParameters
		decodes       rtpx.Codecs // those of payloads
		bound         bool
	}
	indices   struct{ media, repair srtp.PacketIndex } // of sender.ssrc and sender.rtxSSRC
	rtxNumber uint16
	rewriter  *rtpx.Rewriter
	replays   srtp.Replays

	publication *publication // nil: nothing
	want        Want         // as which it is shown
	// from are the layers that it may have carried lately, the latest last: retransmissions read
	// from them.
	from     []*layer
	outgoing struct { // how a payload type of the publisher leaves
		format      negotiate.PayloadType
		payload     uint8
		rtx         uint8
		unsupported bool
	}
	prefill prefill
	carried int             // packets of one voice in a row
	queued  int             // packets in the pacer
	skipped []skipped       // packets that will not leave, to be told to the rewriter in their turn
	frame   frameCounter    // numbers frames for the pacer
	stills  demand.Stills   // how a picture is shown that does not move
	state   slotState       // what the page is told
	granted int             // bit/s that the link has for the picture
	far     bool            // the way to the page is not known to be short
	packets uint32          // of the sender report
	octets  uint32          // of the sender report
	trip    rtcpx.RoundTrip // by its reports
}

type skipped struct {
	source rtpx.SourceID
	packet rtpx.Packet
}

// slotState is why a slot shows what it shows.
type slotState struct {
	paused bool
	reason Reason
}

// frameCounter gives the frames of successive sources rising numbers.
type frameCounter struct {
	layer     *layer
	timestamp uint32
	number    int64
}

func (c *frameCounter) of(l *layer, timestamp uint32) int64 {
	// A packet of an earlier frame that comes late counts as part of the newest: the pacer must not
	// see frames go back.
	if c.layer != l || rtpx.TimestampNewer(timestamp, c.timestamp) {
		c.layer, c.timestamp = l, timestamp
		c.number++
	}
	return c.number
}

// newSubscription makes the subscription of a receive-only section.
func newSubscription(
	e *egress, pacer *pacing.Pacer[outgoing], voices *voiceDelivery, section section,
) *subscription {
	return &subscription{
		egress: e, pacer: pacer, voices: voices, section: section,
		rewriter: rtpx.NewRewriter(sentHistory, uint16(rand.Uint32()), rand.Uint32()),
	}
}

// carry puts a publication, or nothing, into the slot. The old one stops at once; the new one
// begins with a keyframe. It reports whether anything changed that the allocator should know.
func (s *subscription) carry(now time.Time, p *publication, want Want) (changed bool) {
	before := s.publication
	if before == p && s.want == want {
		return false
	}
	s.publication, s.want = p, want
	if before == p {
		return true
	}
	s.stop()
	s.stills, s.state, s.granted = demand.Stills{}, slotState{}, 0
	if p == nil {
		return true
	}
	s.state = slotState{paused: true, reason: ReasonPublisher}
	if !s.video {
		s.retarget(now, s.audioTarget())
	}
	return true
}

// stop forwards nothing from now on.
func (s *subscription) stop() {
	s.rewriter.SetTarget(rtpx.Target{})
	s.pacer.Remove(s.stream)
	s.skipped = s.skipped[:0]
}

func (s *subscription) audioTarget() *layer {
	if s.publication == nil || !s.publication.live.Load() {
		return nil
	}
	if layers := s.publication.flowing(); len(layers) > 0 {
		return layers[0]
	}
	return nil
}

// retarget makes an audio slot follow its publication over reloads.
func (s *subscription) retarget(now time.Time, l *layer) {
	if l == nil {
		if s.rewriter.Target().Source != 0 {
			s.stop()
		}
		return
	}
	s.aim(now, l, rtpx.Target{Source: l.id, Cut: true})
}

// aim sets the rewriter's target, a layer of the present publication.
func (s *subscription) aim(now time.Time, l *layer, target rtpx.Target) {
	if s.rewriter.Target() != target {
		s.rewriter.SetTarget(target)
		s.from = slices.DeleteFunc(s.from, func(other *layer) bool { return other == l })
		s.from = append(s.from, l)
		if len(s.from) > 3 {
			s.from = slices.Delete(s.from, 0, 1)
		}
	}
	if s.video && s.rewriter.WantsKeyframe() && !s.patient(now) {
		l.requestKeyframe(now)
	}
}

// apply carries out what the allocator chose for a video slot.
func (s *subscription) apply(now time.Time, options []option, choice allocation.Choice) {
	switch {
	case choice.Still > 0:
		s.still(now, options, choice.Still)
		return
	case choice.Paused:
		s.pause(choice.Reason)
		return
	}
	s.move()
	s.state = slotState{reason: choice.Reason}
	for _, o := range options {
		if o.layer.Spatial != choice.Layer.Spatial || o.layer.Temporal != choice.Layer.Temporal {
			continue
		}
		target := rtpx.Target{Source: o.from.id, Spatial: o.spatial, Temporal: o.temporal}
		before := s.rewriter.Target()
		// What no longer fits stops at once; a picture that only becomes better goes on until the
		// better one begins.
		target.Cut = before.Source != target.Source && choice.Reason == allocation.Downlink
		if before.Source == target.Source {
			target.Cut = before.Cut
		}
		s.aim(now, o.from, target)
		return
	}
}

// takes reports whether a packet of the publication leaves here now. What does not is told to the
// rewriter, or waits.
func (s *subscription) takes(now time.Time, a *arrival) bool {
	if s.publication == nil || a.layer.state != &s.publication.sourceState || !s.sender.bound {
		return false
	}
	target, source := s.rewriter.Target().Source, s.rewriter.Source()
	if !s.video && a.layer.id != target {
		s.retarget(now, s.audioTarget())
		target = s.rewriter.Target().Source
	}
	if a.layer.id != source && a.layer.id != target {
		return false
	}
	if !s.selectPayload(a.format) {
		s.egress.env.counters.drop(dropCodec)
		return false
	}
	if s.surplus(now, a, source) {
		s.skip(a.layer.id, a.packet)
		return false
	}
	return s.video || s.prefilled(now, a, source)
}

// packet returns what the pacer must know of a packet.
func (s *subscription) packet(a *arrival) pacing.Packet {
	return pacing.Packet{
		Class:  s.class(),
		Size:   len(a.packet.Payload) + s.redundantSize(a.packet.Payload) + rtpx.PacketOverhead,
		Stream: s.stream,
		Frame:  s.frame.of(a.layer, a.packet.Timestamp),
		Kind:   kind(a),
	}
}

// surplus reports whether the rewriter would drop the packet anyway, so that it must not count in
// the pacer.
func (s *subscription) surplus(now time.Time, a *arrival, source rtpx.SourceID) bool {
	if len(a.packet.Payload) == 0 || !s.video {
		return len(a.packet.Payload) == 0
	}
	if s.stills.OneByOne(now) {
		return !s.stills.Takes(
			now, a.key, a.packet.Timestamp, len(a.packet.Payload)+rtpx.PacketOverhead,
		)
	}
	if a.layer.id != source {
		return !a.key // waits for a keyframe to begin with
	}
	_, temporal := s.rewriter.Layers()
	return a.packet.Frame.TemporalID > max(temporal, s.rewriter.Target().Temporal)
}

// skip tells the rewriter, in its turn, of a packet that will not leave.
func (s *subscription) skip(source rtpx.SourceID, p *rtpx.Packet) {
	k := skipped{source: source, packet: *p}
	if len(p.Payload) > 0 {
		k.packet.Payload = placeholder
	}
	if s.queued == 0 && len(s.skipped) == 0 {
		s.rewriter.Skip(k.source, &k.packet)
	} else if len(s.skipped) < sentHistory {
		s.skipped = append(s.skipped, k)
	}
}

// placeholder stands for the payload of a packet that will not leave: the rewriter looks at its
// descriptor only.
var placeholder = []byte{0}

// settle tells the rewriter of what was skipped before a packet that leaves now.
func (s *subscription) settle(source rtpx.SourceID, before uint16) {
	kept := s.skipped[:0]
	for _, k := range s.skipped {
		switch {
		case k.source != source:
		case rtpx.SequenceNewer(k.packet.SequenceNumber, before):
			kept = append(kept, k)
		default:
			s.rewriter.Skip(k.source, &k.packet)
		}
	}
	s.skipped = kept
}

func (s *subscription) class() pacing.Class {
	switch {
	case !s.video:
		return pacing.Audio
	case s.publication.source == Screen:
		return pacing.Document
	case s.stills.On || s.publication.still():
		return pacing.Still
	case s.want.Priority >= allocation.LookedAt:
		return pacing.Speaker
	default:
		return pacing.Other
	}
}

func kind(a *arrival) pacing.Kind {
	switch {
	case a.key:
		return pacing.Key
	case a.discardable:
		return pacing.Discardable
	default:
		return pacing.Delta
	}
}

// selectPayload finds the payload type under which a format leaves here.
func (s *subscription) selectPayload(format negotiate.PayloadType) bool {
	o := &s.outgoing
	if format.Codec == rtpx.UnknownCodec {
		return false
	}
	if o.format.Codec == format.Codec && o.format.FMTP == format.FMTP {
		return !o.unsupported
	}
	o.format, o.unsupported = format, true
	for _, c := range s.sender.payloads {
		if rtpx.CodecOf(c.MimeType) == format.Codec &&
			negotiate.Compatible(format.Codec, format.FMTP, c.SDPFmtpLine) {
			o.payload, o.rtx, o.unsupported = uint8(
				c.PayloadType,
			), negotiate.RTX(
				s.sender.payloads, c.PayloadType,
			), false
			return true
		}
	}
	return false
}

func (s *subscription) layerOf(source rtpx.SourceID) *layer {
	for _, l := range s.from {
		if l.id == source {
			return l
		}
	}
	return nil
}

// pause shows nothing until something else is chosen.
func (s *subscription) pause(reason Reason) {
	if s.rewriter.Target().Source != 0 {
		s.stop()
	}
	s.stills, s.state = demand.Stills{}, slotState{paused: true, reason: reason}
}

// slot is what a page is told of the slot. full: its link was found to carry no more; one that has
// only not been tried with more is not called weak.
func (s *subscription) slot(full bool) Slot {
	p := s.publication
	slot := Slot{
		MID: s.mid, Participant: p.owner, Source: p.source, Number: p.number,
		Paused: s.state.paused, Reason: s.state.reason,
	}
	slot.Still = p.live.Load() && s.stills.On
	if o := p.order.Load(); p.live.Load() && o.Limited {
		switch {
		case slot.Paused && slot.Reason == ReasonPublisher, !slot.Paused && slot.Reason == NoReason:
			slot.Reason = ReasonUplink
		case !slot.Paused && slot.Reason == ReasonDownlink && !s.stills.On && s.granted >= o.Share:
			slot.Reason = ReasonUplink // the receiver's link would carry what the publisher's does
		}
		slot.Still = slot.Still || !slot.Paused && p.source == Camera && p.still()
	}
	if slot.Reason == ReasonDownlink && !full {
		slot.Reason = ReasonUnproven
	}
	return slot
}
