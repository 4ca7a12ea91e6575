package sfu

import (
	"time"

	"draille/sfu/bwe"
	"draille/sfu/rtpx"
	"draille/sfu/srtp"
)

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
