package sfu

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtcp"

	"draille/sfu/pacing"
	"draille/sfu/rtpx"
	"draille/sfu/udp"
)

// outgoing is a packet on its way through the pacer. It is numbered when it leaves.
type outgoing struct {
	sub     *subscription
	layer   *layer
	number  uint16      // incoming sequence number
	header  rtpx.Packet // to tell the rewriter if it is dropped; its payload is gone by then
	again   rtpx.Out    // a retransmission
	padding int         // a probe, bytes on the wire
}

// pad queues a packet of padding, of that size on the wire.
func (s *subscription) pad(now time.Time, size int) {
	s.pacer.Push(now, pacing.Item[outgoing]{
		Value: outgoing{sub: s, padding: size}, Class: pacing.Padding, Size: size,
	})
}

// send writes one packet of the slot's own stream.
func (s *subscription) send(p *rtpx.Packet, rewritten rtpx.Out, cluster int, out *udp.Batch) {
	payload, payloadType := p.Payload, s.outgoing.payload
	if !s.video {
		payload, payloadType = s.repeat(p, rewritten)
		s.voices.losses.Sent(s.egress.next, s.index)
	}
	h := &s.egress.header
	h.Marker, h.Timestamp = rewritten.Marker, rewritten.Timestamp
	h.SSRC, h.Sequence, h.PayloadType = s.sender.ssrc, rewritten.SequenceNumber, payloadType
	s.packets++
	s.octets += uint32(len(payload))
	s.egress.env.counters.forwarded.Add(1)
	parcel := s.parcel(payload, cluster)
	parcel.index = &s.indices.media
	if s.repairsByReplay() {
		parcel.kept = &s.replays
	}
	if f := &p.Frame; f.PictureID.Present() || f.TL0PicIdx.Present() || f.KeyIdx.Present() {
		parcel.patch, parcel.out = f, rewritten
	}
	s.egress.write(&parcel, out)
}

// parcel returns what packets of the slot have in common; those of the retransmission stream need
// no more.
func (s *subscription) parcel(payload []byte, cluster int) parcel {
	p := parcel{
		payload:   payload,
		cluster:   cluster,
		extension: s.sender.transportCC,
		index:     &s.indices.repair,
	}
	if s.publication != nil {
		p.csrc = s.publication.number
	}
	return p
}

// repairsByReplay reports whether lost packets are sent again as they were: voices have no stream
// for repairs.
func (s *subscription) repairsByReplay() bool { return !s.video && s.sender.nacks }

// sendAgain sends a packet again: as it was, or from the history as RTX (RFC 4588).
func (s *subscription) sendAgain(o outgoing, cluster int, out *udp.Batch) {
	e := s.egress
	if s.repairsByReplay() {
		if data := s.replays.Get(o.again.SequenceNumber); data != nil {
			e.env.counters.retransmitted.Add(1)
			e.replay(data, out)
		}
		return
	}
	if s.sender.rtxSSRC == 0 || s.outgoing.rtx == 0 {
		return
	}
	p, ok := o.layer.history.Get(o.again.InSequenceNumber, e.buffer[2:])
	if !ok {
		return
	}
	o.again.Patch(p.Payload, &p.Frame)
	e.env.counters.retransmitted.Add(1)
	h := &e.header
	h.Marker, h.Timestamp = o.again.Marker, o.again.Timestamp
	binary.BigEndian.PutUint16(e.buffer[:], o.again.SequenceNumber)
	s.rtxNumber++
	h.SSRC, h.Sequence, h.PayloadType = s.sender.rtxSSRC, s.rtxNumber, s.outgoing.rtx
	parcel := s.parcel(e.buffer[:2+len(p.Payload)], cluster)
	e.write(&parcel, out)
}

// sendPadding sends a packet of padding only, on the retransmission stream, where no decoder looks
// at it.
func (s *subscription) sendPadding(size, cluster int, out *udp.Batch) {
	h := &s.egress.header
	s.rtxNumber++
	h.Marker, h.Timestamp = false, 0
	h.SSRC, h.Sequence, h.PayloadType = s.sender.rtxSSRC, s.rtxNumber, s.outgoing.rtx
	parcel := s.parcel(nil, cluster)
	parcel.padding = uint8(min(max(size-rtpx.PacketOverhead, 1), 255))
	s.egress.write(&parcel, out)
}

// report writes the sender report: the publisher's own, by the server's clock and with the
// timestamps of this stream.
func (s *subscription) report(now time.Time) rtcp.Packet {
	if s.publication == nil || s.packets == 0 {
		return nil
	}
	l := s.layerOf(s.rewriter.Source())
	offset, carried := s.rewriter.TimestampOffset()
	if l == nil || !carried {
		return nil
	}
	report := l.senderReport()
	if report.Arrived.IsZero() {
		return nil
	}
	ntp := l.clock.ToServer(report.NTP)
	s.trip.Sent(ntp, now)
	return &rtcp.SenderReport{
		SSRC: s.sender.ssrc, NTPTime: ntp, RTPTime: report.Timestamp + offset,
		PacketCount: s.packets, OctetCount: s.octets,
	}
}
