package sfu

import (
	"time"

	"github.com/pion/rtcp"

	"draille/sfu/bwe"
)

// Units of transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1).
const (
	referenceUnit = 64 * time.Millisecond
	referenceBits = 24
)

// feedbackReader turns transport-wide feedback into acknowledgements: sequence numbers are unwrapped around what was
// sent, arrival times into one line. The zero value is ready.
type feedbackReader struct {
	reference int64 // unwrapped reference time of the latest feedback, in referenceUnits
	started   bool
	acks      []bwe.Ack
}

// read returns the acknowledgements of one feedback packet, valid until the next call. sent is the sequence number of the
// next packet to leave: feedback speaks of the past, so every number is taken for the latest below it.
func (r *feedbackReader) read(feedback *rtcp.TransportLayerCC, sent int64) []bwe.Ack {
	r.acks = r.acks[:0]
	arrival := r.referenceTime(feedback.ReferenceTime)
	number := sent - 1 - int64(uint16(sent-1)-feedback.BaseSequenceNumber)
	deltas := feedback.RecvDeltas
	left := int(feedback.PacketStatusCount)
	add := func(symbol uint16) {
		if left == 0 {
			return
		}
		left--
		ack := bwe.Ack{Seq: number}
		number++
		if symbol == rtcp.TypeTCCPacketReceivedSmallDelta || symbol == rtcp.TypeTCCPacketReceivedLargeDelta {
			if len(deltas) == 0 {
				left = 0 // lies about its length
				return
			}
			arrival += time.Duration(deltas[0].Delta) * time.Microsecond
			deltas = deltas[1:]
			ack.Received, ack.Arrival = true, arrival
		}
		r.acks = append(r.acks, ack)
	}
	for _, chunk := range feedback.PacketChunks {
		switch c := chunk.(type) {
		case *rtcp.RunLengthChunk:
			for i := 0; i < int(c.RunLength) && left > 0; i++ {
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

// referenceTime unwraps the 24-bit reference time.
func (r *feedbackReader) referenceTime(wrapped uint32) time.Duration {
	const period = 1 << referenceBits
	if !r.started {
		r.started, r.reference = true, int64(wrapped)
	} else {
		step := (int64(wrapped) - r.reference) % period
		if step < 0 {
			step += period
		}
		if step >= period/2 {
			step -= period
		}
		r.reference += step
	}
	return time.Duration(r.reference) * referenceUnit
}
