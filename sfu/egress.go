package sfu

import (
	"time"

	"draille/sfu/congestion/send"
	"draille/sfu/rtpx"
	"draille/sfu/srtp"
	"draille/sfu/udp"
)

// egress is the way out of one transport's RTP: it numbers packets over all slots, seals them and
// puts them into a batch. It is guarded by the downlink's lock.
type egress struct {
	env       *env
	path      *path
	estimator *send.Estimator
	sealer    srtp.Sealer // nil: no keys yet
	next      int64       // transport-wide sequence number of the next packet

	latest udp.Departure // of what has been sent

	header srtp.Header // of the packet at hand; its caller sets what write does not
	buffer [2048]byte  // for whoever needs room for a packet
}

// parcel is what write sends behind a header.
type parcel struct {
	payload []byte // may be shared with others: it is not changed
	// patch is nil where the payload leaves as it is; otherwise it leaves with the picture numbers
	// of out.
	patch   *rtpx.Frame
	out     rtpx.Out
	padding uint8
	cluster int // of the bandwidth probe that it belongs to; 0: none

	csrc uint32
	// extension is the identifier of the transport-wide sequence number; 0: not negotiated.
	extension uint8
	index     *srtp.PacketIndex // of its SSRC
	kept      *srtp.Replays     // keeps it for a retransmission; nil: it is not kept
}

// write adds what all packets bear and sends. The caller has set the rest of e.header.
func (e *egress) write(p *parcel, out *udp.Batch) {
	to := e.path.destination.Load()
	if to == nil || e.sealer == nil {
		e.env.counters.drop(dropWrite)
		return
	}
	h := &e.header
	h.Padding, h.CSRC, h.Extension = p.padding, p.csrc, p.extension
	size := len(p.payload) + int(p.padding) + rtpx.PacketOverhead
	if h.Extension != 0 {
		h.Transport = uint16(e.next)
		// The time of departure, not that at which this began: on a busy machine they are apart by
		// hundreds of milliseconds, and the receiver would seem to have waited for them in a queue.
		e.estimator.OnSent(send.Sent{Seq: e.next, Size: size, At: time.Now(), Probe: p.cluster})
		e.next++
	}
	buffer := out.Buffer()
	n := h.Marshal(buffer)
	if len(p.payload)+int(p.padding) > len(buffer)-n-srtp.ProtectionBytes {
		e.env.counters.drop(dropWrite)
		return
	}
	length, err := e.sealer.Seal(buffer, n, p.place(buffer[n:]), h, p.index)
	if err != nil {
		e.env.counters.drop(dropWrite)
		return
	}
	if p.kept != nil {
		p.kept.Keep(h.Sequence, buffer[:length])
	}
	out.Send(length, to)
	e.latest = out.Departure()
	e.count(size)
}

// replay sends a packet again exactly as it left, its transport-wide number included: the estimator
// hears of it as of one that was late.
func (e *egress) replay(data []byte, out *udp.Batch) {
	to := e.path.destination.Load()
	if to == nil {
		return
	}
	out.Send(copy(out.Buffer(), data), to)
	e.latest = out.Departure()
	e.count(len(data) + rtpx.DatagramOverhead)
}

func (e *egress) count(size int) {
	e.env.counters.packetsOut.Add(1)
	e.env.counters.bytesOut.Add(uint64(size))
	e.env.traffic.out.Add(1)
	e.env.stir()
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
