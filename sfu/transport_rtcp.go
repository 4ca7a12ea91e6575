package sfu

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtcp"

	"draille/sfu/rtcpx"
	"draille/sfu/udp"
)

// rtcpHeaderBytes is the length of an RTCP packet's header (RFC 3550 section 6.4).
const rtcpHeaderBytes = 4

// receiveRTCP takes one compound RTCP packet.
func (t *transport) receiveRTCP(now time.Time, raw []byte) {
	for len(raw) >= rtcpHeaderBytes {
		length := 4 * (int(binary.BigEndian.Uint16(raw[2:])) + 1)
		if length > len(raw) {
			break
		}
		packet := raw[:length]
		raw = raw[length:]
		if rtcpx.IsFeedback(packet) {
			t.down.onFeedback(now, packet)
			continue
		}
		if !t.receiveControl(now, packet) {
			return
		}
	}
	if len(raw) > 0 {
		t.down.counters.drop(dropMalformed)
	}
}

// receiveControl takes an RTCP packet that is no transport-wide feedback; false: it cannot be read.
func (t *transport) receiveControl(now time.Time, raw []byte) bool {
	packets, err := rtcp.Unmarshal(raw)
	if err != nil {
		t.down.counters.drop(dropMalformed)
		return false
	}
	for _, packet := range packets {
		switch p := packet.(type) {
		case *rtcp.TransportLayerNack:
			t.down.onNACK(now, p)
		case *rtcp.PictureLossIndication:
			t.down.onKeyframeRequest(now, p.MediaSSRC)
		case *rtcp.FullIntraRequest:
			for _, entry := range p.FIR {
				t.down.onKeyframeRequest(now, entry.SSRC)
			}
		case *rtcp.SenderReport:
			t.up.onSenderReport(now, p)
			t.onReports(now, p.Reports)
		case *rtcp.ReceiverReport:
			t.onReports(now, p.Reports)
		}
	}
	return true
}

func (t *transport) onReports(now time.Time, blocks []rtcp.ReceptionReport) {
	for _, block := range blocks {
		t.down.onReport(now, block)
	}
}

// writeRTCP sends RTCP once the transport stands; before that there is nobody to read it.
func (t *transport) writeRTCP(packets ...rtcp.Packet) {
	if !t.connected.Load() {
		return
	}
	t.control.Lock()
	if t.gathers {
		t.gathered = append(t.gathered, packets...)
		t.control.Unlock()
		return
	}
	t.control.Unlock()
	out := t.socket().Batch()
	t.protectControl(out, packets)
	t.socket().Release(out)
}

// gatherControl holds RTCP back until sendControl, so that it leaves in one packet.
func (t *transport) gatherControl() {
	t.control.Lock()
	defer t.control.Unlock()
	t.gathers = true
}

// sendControl sends what was held back.
func (t *transport) sendControl(out *udp.Batch) {
	t.control.Lock()
	t.gathers = false
	packets := t.gathered
	t.control.Unlock()
	for len(packets) > 0 {
		n, bytes := 1, packets[0].MarshalSize()
		for n < len(packets) && bytes+packets[n].MarshalSize() <= maxControlBytes {
			bytes += packets[n].MarshalSize()
			n++
		}
		t.protectControl(out, packets[:n])
		packets = packets[n:]
	}
	t.control.Lock()
	defer t.control.Unlock()
	if !t.gathers {
		clear(t.gathered)
		t.gathered = t.gathered[:0]
	}
}

// protectControl adds one compound RTCP packet to what leaves.
func (t *transport) protectControl(out *udp.Batch, packets []rtcp.Packet) {
	t.control.Lock()
	defer t.control.Unlock()
	path := t.path.Load()
	if path == nil || t.controlContext == nil {
		return
	}
	raw, err := rtcp.Marshal(packets)
	if err == nil {
		var protected []byte
		if protected, err = t.controlContext.EncryptRTCP(out.Buffer(), raw, &t.controlHeader); err == nil && len(protected) <= len(out.Buffer()) {
			out.Send(len(protected), path)
			return
		}
	}
	t.participant.room.engine.counters.drop(dropWrite)
}

// maxControlBytes bounds an outgoing RTCP packet.
const maxControlBytes = 1200
