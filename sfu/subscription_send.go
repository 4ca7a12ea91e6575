package sfu

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtcp"

	"draille/sfu/pacing"
	"draille/sfu/rtpx"
	"draille/sfu/srtp"
	"draille/sfu/voice"
)

// pad queues a packet of padding, of that size on the wire.
func (s *subscription) pad(now time.Time, size int) {
	s.down.pacer.Push(now, pacing.Item[outgoing]{Value: outgoing{sub: s, padding: size}, Class: pacing.Padding, Size: size})
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

// retransmit answers a NACK.
func (s *subscription) retransmit(now time.Time, numbers []uint16) {
	d := s.down
	estimate := d.estimator.Estimate()
	if !s.video && d.rtt() > voice.RepairWithin {
		return // it would come too late
	}
	for _, number := range numbers {
		out, ok := s.rewriter.Sent(number)
		if !ok {
			continue
		}
		l := s.layerOf(out.Source)
		if l == nil {
			continue
		}
		p, ok := l.history.Get(out.InSequenceNumber, d.buffer[2:])
		size := len(p.Payload) + packetOverhead
		if !ok || !d.responder.Allow(now, s.sender.ssrc, number, size, d.rtt(), estimate.Bitrate) {
			continue
		}
		class := pacing.Retransmission
		if !s.video {
			class = pacing.AudioRedundancy
		}
		d.pacer.Push(now, pacing.Item[outgoing]{Value: outgoing{sub: s, layer: l, again: out}, Class: class, Size: size})
	}
	d.drain(now, nil)
}

// indexOf returns the packet index of one of the slot's two streams.
func (s *subscription) indexOf(ssrc uint32) *srtp.PacketIndex {
	if ssrc == s.sender.ssrc {
		return &s.indices.media
	}
	return &s.indices.repair
}

// repairsByReplay tells whether lost packets are sent again as they were: voices have no stream for repairs.
func (s *subscription) repairsByReplay() bool { return !s.video && s.sender.nacks }

// sendAgain sends a packet again: as it was, or from the history as RTX (RFC 4588).
func (s *subscription) sendAgain(now time.Time, o outgoing, cluster int) {
	d := s.down
	if s.repairsByReplay() {
		if data := s.replays.Get(o.again.SequenceNumber); data != nil {
			d.counters.retransmitted.Add(1)
			d.replay(data)
		}
		return
	}
	if s.sender.rtxSSRC == 0 || s.outgoing.rtx == 0 {
		return
	}
	p, ok := o.layer.history.Get(o.again.InSequenceNumber, d.buffer[2:])
	if !ok {
		return
	}
	o.again.Patch(p.Payload, &p.Frame)
	d.counters.retransmitted.Add(1)
	h := &d.header
	h.Marker, h.Timestamp = o.again.Marker, o.again.Timestamp
	binary.BigEndian.PutUint16(d.buffer[:], o.again.SequenceNumber)
	s.rtxNumber++
	h.SSRC, h.Sequence, h.PayloadType = s.sender.rtxSSRC, s.rtxNumber, s.outgoing.rtx
	d.write(s, &parcel{payload: d.buffer[:2+len(p.Payload)], cluster: cluster})
}

// sendPadding sends a packet of padding only, on the retransmission stream, where no decoder looks at it.
func (s *subscription) sendPadding(size, cluster int) {
	h := &s.down.header
	s.rtxNumber++
	h.Marker, h.Timestamp = false, 0
	h.SSRC, h.Sequence, h.PayloadType = s.sender.rtxSSRC, s.rtxNumber, s.outgoing.rtx
	s.down.write(s, &parcel{padding: uint8(min(max(size-packetOverhead, 1), 255)), cluster: cluster})
}

// report writes the sender report: the publisher's own, by the server's clock and with the timestamps of this stream.
func (s *subscription) report(now time.Time) rtcp.Packet {
	if s.publication == nil || s.packets == 0 {
		return nil
	}
	l := s.layerOf(s.rewriter.Source())
	offset, carried := s.rewriter.TimestampOffset()
	if l == nil || !carried {
		return nil
	}
	l.mu.Lock()
	report := l.report
	l.mu.Unlock()
	if report.Arrived.IsZero() {
		return nil
	}
	ntp := l.up.participant.clock.ToServer(report.NTP)
	s.trip.Sent(ntp, now)
	return &rtcp.SenderReport{
		SSRC: s.sender.ssrc, NTPTime: ntp, RTPTime: report.Timestamp + offset, PacketCount: s.packets, OctetCount: s.octets,
	}
}
