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

// receiveRTCP takes one compound RTCP packet, as far as its sender may make that much work.
func (t *transport) receiveRTCP(now time.Time, raw []byte, out *udp.Batch) {
	for len(raw) >= rtcpHeaderBytes {
		length := 4 * (int(binary.BigEndian.Uint16(raw[2:])) + 1)
		if length > len(raw) {
			break
		}
		packet := raw[:length]
		raw = raw[length:]
		if !t.effort.Spend(now, length) {
			t.env.counters.drop(dropEffort)
			return
		}
		if rtcpx.IsFeedback(packet) {
			t.down.onFeedback(now, packet, out)
			continue
		}
		if !t.receiveControl(now, packet, out) {
			return
		}
	}
	if len(raw) > 0 {
		t.env.counters.drop(dropMalformed)
	}
}

// receiveControl takes an RTCP packet that is no transport-wide feedback; false: it cannot be read.
func (t *transport) receiveControl(now time.Time, raw []byte, out *udp.Batch) bool {
	packets, err := rtcp.Unmarshal(raw)
	if err != nil {
		t.env.counters.drop(dropMalformed)
		return false
	}
	for _, packet := range packets {
		switch p := packet.(type) {
		case *rtcp.TransportLayerNack:
			t.down.onNACK(now, p, out)
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
