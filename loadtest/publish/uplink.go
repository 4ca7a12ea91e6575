package publish

import (
	"slices"
	"time"

	"draille/sfu/congestion/send"
	"draille/sfu/nack"
	"draille/sfu/pacing"
	"draille/sfu/rtpx"
)

const (
	startBitrate = 300_000 // as browsers begin
	// pacingFactor lets frames leave faster than the estimate, as libwebrtc does: it takes 1.1 with
	// transport-wide feedback, 2.5 without (kStrictPacingMultiplier in video_send_stream_impl.cc).
	pacingFactor = 2.0
	// congestedAfter is how long what waits in the pacer may take before encoders are held back.
	congestedAfter  = 250 * time.Millisecond
	repairShare     = 0.5 // of the estimate, for retransmissions
	paddingSize     = 255
	paddingWireSize = HeaderSize + paddingSize
)

// Stream is one outgoing RTP stream with its retransmissions.
type Stream struct {
	video  bool
	number uint16
	again  uint16
	sent   *rtpx.History
	// Packets and Octets are those of sender reports.
	Packets, Octets uint32
	frame           int64
}

// Packet is one packet that leaves now.
type Packet struct {
	Stream    *Stream
	Again     bool // a retransmission, RFC 4588: Payload begins with the original number
	Repeated  bool // a voice packet as it was: Number is the original one
	RED       bool // the payload is RFC 2198
	Number    uint16
	Timestamp uint32
	Marker    bool
	Payload   []byte
	Padding   int       // bytes, instead of a payload
	Transport int64     // transport-wide number
	Left      time.Time // zero: it is not told
	Tag       uint16    // as pushed
}

// Uplink is what stands between the encoders and the socket of a browser: numbering, pacing,
// congestion control and repair.
type Uplink struct {
	control   congestion
	pacer     *pacing.Pacer[Packet]
	responder *nack.Responder
	transport int64
	video     []*Stream
	broken    func(*Stream)
	counts    UplinkCounts
	buffer    [2048]byte
}

// congestion decides how much may leave.
type congestion interface {
	onSent(send.Sent)
	onFeedback(now time.Time, acks []send.Ack)
	tick(now time.Time)
	probe(now time.Time, wanted int) (send.Cluster, bool)
	setLimit(bitsPerSecond int) // that the receiver asks for
	allocate(bitsPerSecond int) // what encoders and the voice may take at most
	// estimate returns the bit/s that may leave, and the round trip.
	estimate() (bitrate int, trip time.Duration)
}

// ours is congestion control with the server's own estimator.
type ours struct{ *send.Estimator }

func (o ours) onSent(s send.Sent)                        { o.OnSent(s) }
func (o ours) onFeedback(now time.Time, acks []send.Ack) { o.OnFeedback(now, acks) }
func (o ours) tick(now time.Time)                        { o.Tick(now) }
func (o ours) setLimit(int)                              {}
func (o ours) allocate(int)                              {}

func (o ours) probe(now time.Time, wanted int) (send.Cluster, bool) { return o.Probe(now, wanted) }

func (o ours) estimate() (bitrate int, trip time.Duration) {
	e := o.Estimate()
	return e.Bitrate, e.RTT
}

// UplinkCounts counts what left.
type UplinkCounts struct{ Packets, Bytes, Retransmitted, Padding, Dropped int }

// NewUplink returns an uplink with the server's own estimator for its congestion control; broken
// hears when packets of a stream were dropped so that it needs a keyframe. It must not call the
// uplink.
func NewUplink(broken func(*Stream)) *Uplink {
	return newUplink(ours{send.New(send.Config{StartBitrate: startBitrate})}, broken)
}

// NewBrowserUplink returns one whose congestion control is a model of Chromium's.
func NewBrowserUplink(broken func(*Stream)) *Uplink { return newUplink(newGCC(), broken) }

func newUplink(control congestion, broken func(*Stream)) *Uplink {
	u := &Uplink{control: control, responder: nack.NewResponder(repairShare), broken: broken,
		transport: 1}
	u.pacer = pacing.New(pacing.Config{}, func(item pacing.Item[Packet], broken bool) {
		u.counts.Dropped++
		if broken {
			u.broken(item.Value.Stream)
		}
	})
	return u
}

// NewStream returns a stream that begins at a number.
func (u *Uplink) NewStream(video bool, number uint16) *Stream {
	s := &Stream{video: video, number: number, again: number,
		sent: rtpx.NewHistory(rtpx.AudioHistory)}
	if video {
		s.sent = rtpx.NewHistory(rtpx.VideoHistory)
		u.video = append(u.video, s)
	}
	return s
}

// PushVoice sends a voice packet.
func (u *Uplink) PushVoice(now time.Time, s *Stream, p VoicePacket) {
	packet := Packet{Stream: s, Timestamp: p.Timestamp, Marker: p.Marker, Payload: p.Payload,
		RED: p.RED, Tag: uint16(p.Level)}
	if p.Voice {
		packet.Tag |= 0x80
	}
	u.pacer.Push(now,
		pacing.Item[Packet]{Value: packet, Class: pacing.Audio, Size: len(p.Payload) + HeaderSize})
}

// PushFrame sends the packets of a video frame.
func (u *Uplink) PushFrame(now time.Time, s *Stream, id uint32, f CodedFrame, payloads [][]byte) {
	s.frame++
	kind := pacing.Delta
	switch {
	case f.Frame.Keyframe:
		kind = pacing.Key
	case f.Frame.TemporalID == 2:
		kind = pacing.Discardable
	}
	for i, payload := range payloads {
		packet := Packet{Stream: s, Timestamp: f.Timestamp, Marker: i == len(payloads)-1,
			Payload: payload}
		u.pacer.Push(now, pacing.Item[Packet]{Value: packet, Class: pacing.Speaker,
			Size: len(payload) + HeaderSize, Stream: id, Frame: s.frame, Kind: kind})
	}
}

// Lost answers a NACK.
func (u *Uplink) Lost(now time.Time, s *Stream, ssrc uint32, numbers []uint16) {
	bitrate, trip := u.control.estimate()
	for _, number := range numbers {
		p, ok := s.sent.Get(number, make([]byte, len(u.buffer)))
		if !ok || !u.responder.Allow(now, ssrc, number, len(p.Payload)+HeaderSize,
			max(trip, 10*time.Millisecond), bitrate) {
			continue
		}
		if !s.video {
			packet := Packet{Stream: s, Repeated: true, Number: number, Timestamp: p.Timestamp,
				Marker: p.Marker, Payload: p.Payload, RED: p.Codec == rtpx.RED, Tag: silentLevel}
			u.pacer.Push(now, pacing.Item[Packet]{Value: packet, Class: pacing.AudioRedundancy,
				Size: len(p.Payload) + HeaderSize})
			continue
		}
		payload := append([]byte{byte(number >> 8), byte(number)}, p.Payload...)
		packet := Packet{Stream: s, Again: true, Timestamp: p.Timestamp, Marker: p.Marker,
			Payload: payload}
		u.pacer.Push(now, pacing.Item[Packet]{Value: packet, Class: pacing.Retransmission,
			Size: len(payload) + HeaderSize})
	}
}

// Pop returns the next packet that may leave now, numbered.
func (u *Uplink) Pop(now time.Time) (p Packet, ok bool) {
	if p, ok = u.pacer.Pop(now); !ok {
		return p, false
	}
	s := p.Stream
	size := len(p.Payload) + p.Padding + HeaderSize
	switch {
	case p.Padding > 0:
		u.counts.Padding++
		s.again++
		p.Number, p.Again = s.again, true
	case p.Again:
		u.counts.Retransmitted++
		s.again++
		p.Number = s.again
	case p.Repeated:
		u.counts.Retransmitted++
	default:
		s.number++
		p.Number = s.number
		s.Packets++
		s.Octets += uint32(len(p.Payload))
		kept := rtpx.Packet{Timestamp: p.Timestamp, SequenceNumber: p.Number, Marker: p.Marker,
			Payload: p.Payload, Arrival: now}
		if p.RED {
			kept.Codec = rtpx.RED
		}
		s.sent.Put(&kept)
	}
	p.Transport, p.Left = u.transport, now
	u.transport++
	u.control.onSent(send.Sent{Seq: p.Transport, Size: size, At: now, Probe: u.pacer.Cluster()})
	u.counts.Packets++
	u.counts.Bytes += size
	return p, true
}

// Due returns when to call Pop again; false: nothing waits.
func (u *Uplink) Due(now time.Time) (time.Time, bool) { return u.pacer.Next(now) }

// NextTransport is the transport-wide number of the next packet: feedback speaks of those below.
func (u *Uplink) NextTransport() int64 { return u.transport }

// OnFeedback takes what the server says of packets.
func (u *Uplink) OnFeedback(now time.Time, acks []send.Ack) {
	u.control.onFeedback(now, acks)
	u.setRate(now)
}

// Tick lets time pass, and probes when the encoders could use more: wanted is their need in bit/s,
// allocated what they and the voice may take at most. Call it every 100 ms.
func (u *Uplink) Tick(now time.Time, wanted, allocated int) {
	u.control.allocate(allocated)
	u.control.tick(now)
	u.setRate(now)
	// Padding leaves as a retransmission of a stream that the server knows.
	known := slices.IndexFunc(u.video, func(s *Stream) bool { return s.Packets > 0 })
	if known < 0 {
		return
	}
	if cluster, ok := u.control.probe(now, wanted); ok {
		u.pacer.Probe(now, cluster.ID, cluster.Bitrate, cluster.Bytes)
		for bytes := 0; bytes < cluster.Bytes; bytes += paddingWireSize {
			u.pacer.Push(now,
				pacing.Item[Packet]{Value: Packet{Stream: u.video[known], Padding: paddingSize},
					Class: pacing.Padding, Size: paddingWireSize})
		}
	}
}

func (u *Uplink) setRate(now time.Time) {
	u.pacer.SetRate(now, int(pacingFactor*float64(u.Bitrate())))
}

// SetLimit bounds what leaves to what the receiver asks for (REMB).
func (u *Uplink) SetLimit(now time.Time, bitsPerSecond int) {
	u.control.setLimit(bitsPerSecond)
	u.setRate(now)
}

// Congested tells that packets pile up.
func (u *Uplink) Congested() bool {
	return float64(8*u.pacer.Queued()) > congestedAfter.Seconds()*float64(u.Bitrate())
}

// Bitrate is what the uplink carries by its own account, in bit/s.
func (u *Uplink) Bitrate() int {
	bitrate, _ := u.control.estimate()
	return bitrate
}

// Trip is the round trip by its own account; 0: not known.
func (u *Uplink) Trip() time.Duration {
	_, trip := u.control.estimate()
	return trip
}

// Counts tells what left so far.
func (u *Uplink) Counts() UplinkCounts { return u.counts }
