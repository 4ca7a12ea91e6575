package participant

import (
	"cmp"
	"math/rand/v2"
	"time"

	"github.com/pion/rtcp"

	"draille/loadtest/media"
	"draille/loadtest/publish"
	"draille/sfu/congestion/send"
	"draille/sfu/rtpx"
	"draille/signaling/protocol"
)

// screenShare is the part of the uplink that a shared screen gets beside a camera.
const screenShare = 0.5

// outgoing is all that a participant sends over one peer. It is guarded by the call's lock.
type outgoing struct {
	peer   *peer
	uplink *publish.Uplink
	ready  bool // the transport stands

	live       protocol.Media
	microphone *publish.Microphone
	camera     *publish.Camera
	screen     *publish.Camera
	encodings  []*lane // of the camera
	voice      *lane
	paper      *lane
	lanes      map[*publish.Stream]*lane
	feedback   feedbackReader
	coded      []publish.CodedFrame
	nacks      int           // packets that the server asked for again
	plis       int           // keyframes that it asked for
	trip       time.Duration // round trip; 0: no receiver report has told it yet
}

// lane joins a stream, its packetizer and the encoding over which it leaves.
type lane struct {
	id         uint32
	stream     *publish.Stream
	packetizer media.Packetizer
	outlet     *outlet
	source     *publish.Camera // nil: the microphone
	encoding   int
	last       uint32 // RTP timestamp, and when it was captured
	lastAt     time.Time
}

func newOutgoing(p *peer, options *Options, random *rand.Rand) *outgoing {
	o := &outgoing{peer: p, lanes: map[*publish.Stream]*lane{}}
	uplink := publish.NewUplink
	if options.Browser {
		uplink = publish.NewBrowserUplink
	}
	o.uplink = uplink(func(s *publish.Stream) {
		if l := o.lanes[s]; l.source != nil {
			l.source.RequestKeyframe(l.encoding)
		}
	})
	o.microphone = publish.NewMicrophone(options.Media, random)
	if options.Hum {
		o.microphone.Hum()
	}
	o.camera = publish.NewCamera(options.Media, options.Codec, len(p.camera) > 1, random)
	if options.Small {
		o.camera = publish.NewSmallCamera(options.Media, options.Codec, random)
	}
	if options.Steady {
		o.camera.KeepSteady()
	}
	o.screen = publish.NewScreen(options.Media, random)
	o.voice = o.lane(p.microphone, nil, 0, random)
	o.paper = o.lane(p.screen, o.screen, 0, random)
	for i, outlet := range p.camera {
		o.encodings = append(o.encodings, o.lane(outlet, o.camera, i, random))
	}
	return o
}

func (o *outgoing) lane(outlet *outlet, source *publish.Camera, encoding int,
	random *rand.Rand) *lane {
	l := &lane{id: uint32(len(o.lanes) + 1), outlet: outlet, source: source, encoding: encoding,
		stream: o.uplink.NewStream(source != nil, uint16(random.Uint32())),
		packetizer: media.Packetizer{Codec: outlet.codec,
			PictureID: uint16(random.Uint32()) & 0x7fff}}
	o.lanes[l.stream] = l
	return l
}

// setLive switches sources on and off.
func (o *outgoing) setLive(live protocol.Media) {
	if live.Microphone && !o.live.Microphone {
		o.microphone.Restart()
	}
	if live.Camera && !o.live.Camera {
		o.camera.Restart()
	}
	if live.Screen && !o.live.Screen {
		o.screen.Restart()
	}
	o.live = live
}

// setDemand obeys the server's encode message.
func (o *outgoing) setDemand(m protocol.Encode) {
	var lanes []*lane
	switch m.Source {
	case protocol.SourceMicrophone:
		for _, e := range m.Encodings {
			o.microphone.SetBitrate(e.MaxBitrate)
			o.microphone.SetRedundant(e.RED && o.voice.outlet.takesRED())
			if e.Ptime > 0 {
				o.microphone.SetFrameLength(time.Duration(e.Ptime) * time.Millisecond)
			}
		}
		return
	case protocol.SourceCamera:
		lanes = o.encodings
	case protocol.SourceScreen:
		lanes = []*lane{o.paper}
	}
	for i, l := range lanes {
		for _, e := range m.Encodings {
			if e.RID == l.outlet.rid {
				l.source.SetDemand(
					map[int]publish.Demand{i: {Active: e.Active, MaxBitrate: e.MaxBitrate,
						MaxFramerate: e.MaxFramerate, Scale: e.ScaleResolutionDownBy}})
			}
		}
	}
}

// tick shares the uplink's estimate out and lets the uplink probe for more.
func (o *outgoing) tick(now time.Time) {
	if !o.ready {
		return
	}
	wanted, left := 0, o.uplink.Bitrate()
	if o.live.Microphone {
		wanted += o.microphone.Bitrate()
		left -= o.microphone.Bitrate()
	}
	if o.live.Screen {
		wanted += o.screen.Wanted()
		paper := left
		if o.live.Camera {
			wanted += o.camera.Wanted()
			paper = int(screenShare * float64(left))
		}
		o.screen.SetBudget(paper)
		left -= paper
	} else if o.live.Camera {
		wanted += o.camera.Wanted()
	}
	o.camera.SetBudget(left)
	o.uplink.Tick(now, wanted, o.allocated())
}

// allocated is what the sources may take at most, in bit/s.
func (o *outgoing) allocated() int {
	most := 0
	if o.live.Microphone {
		most += o.microphone.Bitrate()
	}
	if o.live.Camera {
		most += o.camera.Asked()
	}
	if o.live.Screen {
		most += o.screen.Asked()
	}
	return most
}

// capture lets the sources make what is due, and the uplink send what may leave.
func (o *outgoing) capture(now time.Time) {
	if !o.ready {
		return
	}
	if o.live.Microphone {
		for !o.microphone.Next().After(now) {
			if packet, ok := o.microphone.Capture(now); ok {
				o.voice.last, o.voice.lastAt = packet.Timestamp, now
				o.uplink.PushVoice(now, o.voice.stream, packet)
			}
		}
	}
	if o.live.Camera {
		o.film(now, o.camera, o.encodings)
	}
	if o.live.Screen {
		o.film(now, o.screen, []*lane{o.paper})
	}
	o.send(now)
}

func (o *outgoing) film(now time.Time, source *publish.Camera, lanes []*lane) {
	o.coded = source.Capture(now, o.uplink.Congested(), o.coded[:0])
	for _, f := range o.coded {
		l := lanes[f.Encoding]
		l.last, l.lastAt = f.Timestamp, now
		o.uplink.PushFrame(now, l.stream, l.id, f,
			l.packetizer.Packetize(f.Frame, f.Clip.Width, f.Clip.Height))
	}
}

func (o *outgoing) send(now time.Time) {
	for {
		p, ok := o.uplink.Pop(now)
		if !ok {
			return
		}
		o.lanes[p.Stream].outlet.write(p)
	}
}

// due returns when capture should be called again.
func (o *outgoing) due(now time.Time) time.Time {
	next := now.Add(100 * time.Millisecond)
	if !o.ready {
		return next
	}
	earlier := func(t time.Time) {
		if t.Before(next) {
			next = t
		}
	}
	if o.live.Microphone {
		earlier(o.microphone.Next())
	}
	if o.live.Camera {
		earlier(o.camera.Next())
	}
	if o.live.Screen {
		earlier(o.screen.Next())
	}
	if at, waiting := o.uplink.Due(now); waiting {
		earlier(at)
	}
	return next
}

// onRTCP takes what the server says to one of the streams.
func (o *outgoing) onRTCP(now time.Time, ssrc uint32, packet rtcp.Packet) {
	switch p := packet.(type) {
	case *rtcp.TransportLayerCC:
		o.uplink.OnFeedback(now, o.feedback.read(p, o.uplink.NextTransport()))
	case *rtcp.TransportLayerNack:
		if l := o.bySSRC(p.MediaSSRC); l != nil {
			for _, pair := range p.Nacks {
				numbers := pair.PacketList()
				o.nacks += len(numbers)
				o.uplink.Lost(now, l.stream, p.MediaSSRC, numbers)
			}
		}
	case *rtcp.ReceiverEstimatedMaximumBitrate:
		o.uplink.SetLimit(now, int(p.Bitrate))
	case *rtcp.PictureLossIndication:
		o.keyframe(p.MediaSSRC)
	case *rtcp.FullIntraRequest:
		o.keyframe(ssrc)
	case *rtcp.ReceiverReport:
		for _, block := range p.Reports {
			l := o.bySSRC(block.SSRC)
			if l == o.voice && block.SSRC == ssrc {
				o.microphone.SetLoss(float64(block.FractionLost) / 256)
			}
			if trip, ok := tripOf(now, &block); ok && l != nil {
				o.trip = trip
			}
		}
	}
}

// roundTrip returns the round trip to the server; 0: it is not known yet. What a report tells is
// shorter than what the estimator knows, for feedback on packets is held back until there is more
// of it.
func (o *outgoing) roundTrip() time.Duration { return cmp.Or(o.trip, o.uplink.Trip()) }

// tripOf returns the round trip that a report block tells of (RFC 3550 section 6.4.1); false: it
// speaks of no sender report.
func tripOf(now time.Time, block *rtcp.ReceptionReport) (time.Duration, bool) {
	if block.LastSenderReport == 0 {
		return 0, false
	}
	passed := int32(uint32(ntpTime(now)>>16) - block.LastSenderReport - block.Delay) // in 1/65536 s
	// less: clocks that are not exact
	return max(time.Duration(passed)*time.Second>>16, time.Millisecond), true
}

func (o *outgoing) keyframe(ssrc uint32) {
	if l := o.bySSRC(ssrc); l != nil && l.source != nil {
		o.plis++
		l.source.RequestKeyframe(l.encoding)
	}
}

func (o *outgoing) bySSRC(ssrc uint32) *lane {
	for _, l := range o.lanes {
		if own, ok := l.outlet.bound(); ok && own == ssrc {
			return l
		}
	}
	return nil
}

// reports returns sender reports of what has been sent.
func (o *outgoing) reports(now time.Time) []rtcp.Packet {
	var reports []rtcp.Packet
	for _, l := range o.lanes {
		ssrc, ok := l.outlet.bound()
		if !ok || l.lastAt.IsZero() {
			continue
		}
		rate := 90_000.0
		if l.source == nil {
			rate = 48_000
		}
		reports = append(reports,
			&rtcp.SenderReport{SSRC: ssrc, NTPTime: ntpTime(now),
				RTPTime:     l.last + uint32(now.Sub(l.lastAt).Seconds()*rate),
				PacketCount: l.stream.Packets, OctetCount: l.stream.Octets})
	}
	return reports
}

// feedbackReader turns transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01)
// into acknowledgements.
type feedbackReader struct {
	reference rtpx.Unwrapper[uint32]
	acks      []send.Ack
}

// read returns the acknowledgements, valid until the next call. next is the number of the next
// packet to leave.
func (r *feedbackReader) read(p *rtcp.TransportLayerCC, next int64) []send.Ack {
	r.acks = r.acks[:0]
	// 24 bits of 64 ms, in the upper bits of 32, so that they wrap where the unwrapper expects it.
	arrival := time.Duration(r.reference.Unwrap(p.ReferenceTime<<8)>>8) * 64 * time.Millisecond
	number := next - 1 - int64(uint16(next-1)-p.BaseSequenceNumber)
	deltas, left := p.RecvDeltas, int(p.PacketStatusCount)
	add := func(symbol uint16) {
		if left == 0 {
			return
		}
		left--
		ack := send.Ack{Seq: number}
		number++
		if symbol == rtcp.TypeTCCPacketReceivedSmallDelta ||
			symbol == rtcp.TypeTCCPacketReceivedLargeDelta {
			if len(deltas) == 0 {
				left = 0
				return
			}
			arrival += time.Duration(deltas[0].Delta) * time.Microsecond
			deltas = deltas[1:]
			ack.Received, ack.Arrival = true, arrival
		}
		r.acks = append(r.acks, ack)
	}
	for _, chunk := range p.PacketChunks {
		switch c := chunk.(type) {
		case *rtcp.RunLengthChunk:
			for range c.RunLength {
				add(c.PacketStatusSymbol)
			}
		case *rtcp.StatusVectorChunk:
			for _, symbol := range c.SymbolList {
				add(symbol)
			}
		}
	}
	return r.acks
}

// ntpTime turns a time into an NTP timestamp (RFC 3550 section 4).
func ntpTime(t time.Time) uint64 {
	const since1900 = 2_208_988_800
	nanoseconds := uint64(t.UnixNano())
	return (nanoseconds/1e9+since1900)<<32 | nanoseconds%1e9<<32/1e9
}
