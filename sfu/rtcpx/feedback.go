package rtcpx

import (
	"encoding/binary"
	"time"

	"draille/sfu/congestion/send"
)

// Transport-wide feedback as it comes (draft-holmer-rmcat-transport-wide-cc-extensions-01 section
// 3.1): units, and where things stand in the packet.
const (
	referenceUnit = 64 * time.Millisecond
	referenceBits = 24
	deltaUnit     = 250 * time.Microsecond

	packetTypeFeedback  = 205 // transport layer feedback (RFC 4585 section 6.2)
	formatTransportWide = 15

	feedbackBase, feedbackCount, feedbackReference, feedbackChunks = 12, 14, 16, 20
	chunkBytes                                                     = 2
)

// IsFeedback tells transport-wide feedback from other RTCP packets.
func IsFeedback(packet []byte) bool {
	return packet[1] == packetTypeFeedback && packet[0]&0x1f == formatTransportWide
}

// statusChunk says of several packets in a row whether they arrived.
type statusChunk uint16

// count returns of how many.
func (c statusChunk) count() int {
	switch {
	case c>>15 == 0:
		return int(c & 0x1fff)
	case c>>14&1 == 0:
		return 14
	default:
		return 7
	}
}

// isLostRun reports whether it says of one run of packets that none of them arrived.
func (c statusChunk) isLostRun() bool { return c>>15 == 0 && c.deltaBytes(0) == 0 }

// deltaBytes returns how many bytes tell when the packet at a place arrived; 0: it did not.
func (c statusChunk) deltaBytes(place int) int {
	symbol := c >> 13 & 3
	switch {
	case c>>15 == 0:
	case c>>14&1 == 0:
		symbol = c >> (13 - place) & 1
	default:
		symbol = c >> (12 - 2*place) & 3
	}
	if symbol == 3 { // reserved
		return 0
	}
	return int(symbol)
}

const (
	// reportsPerPacket is how often a receiver may speak of a packet: once as lost, and once more
	// when it came late after all (libwebrtc's feedback begins again at a packet that came late).
	reportsPerPacket = 2
	// maxReports bounds the acknowledgements of one feedback packet, and what may be saved up: what
	// an estimator remembers.
	maxReports = send.MaxHistory
)

// FeedbackReader turns transport-wide feedback into acknowledgements: sequence numbers are
// unwrapped around what was sent, arrival times into one line. The zero value is ready.
type FeedbackReader struct {
	reference int64 // unwrapped reference time of the latest feedback, in referenceUnits
	started   bool
	acks      []send.Ack
	sent      int64 // as told last
	credit    int64 // acknowledgements that are still read before more is sent
}

// Read returns the acknowledgements of one feedback packet, valid until the next call. sent is the
// sequence number of the next packet to leave: feedback speaks of the past, so every number is
// taken for the latest below it. What lies about its length is read as far as it goes.
//
// Forty bytes can claim 65,535 packets. So no more is read than what was sent and an estimator
// remembers, and over all feedback no more than reportsPerPacket for each packet sent. It comes
// several times a second from everybody: nothing is allocated.
func (r *FeedbackReader) Read(packet []byte, sent int64) []send.Ack {
	r.acks = r.acks[:0]
	r.credit = min(r.credit+reportsPerPacket*max(0, sent-r.sent), maxReports)
	r.sent = max(r.sent, sent)
	if len(packet) < feedbackChunks || r.credit == 0 {
		return r.acks
	}
	left := int(binary.BigEndian.Uint16(packet[feedbackCount:]))
	reference := binary.BigEndian.Uint32(packet[feedbackReference:]) >> 8
	chunks := packet[feedbackChunks:]
	deltas := afterChunks(chunks, left)
	arrival := r.referenceTime(reference)
	number := sent - 1 - int64(uint16(sent-1)-binary.BigEndian.Uint16(packet[feedbackBase:]))
	oldest := max(0, sent-maxReports)
	for ; left > 0 && len(chunks) >= chunkBytes; chunks = chunks[chunkBytes:] {
		chunk := statusChunk(binary.BigEndian.Uint16(chunks))
		n := min(chunk.count(), left)
		left -= n
		first := 0
		if chunk.isLostRun() && number < oldest {
			first = int(min(int64(n), oldest-number)) // nothing in it is remembered
			number += int64(first)
		}
		for place := first; place < n; place++ {
			if number >= sent || r.credit == 0 {
				return r.acks
			}
			ack := send.Ack{Seq: number}
			number++
			size := chunk.deltaBytes(place)
			if size > len(deltas) {
				return r.acks
			}
			switch size {
			case 1:
				arrival += time.Duration(deltas[0]) * deltaUnit
			case 2:
				arrival += time.Duration(int16(binary.BigEndian.Uint16(deltas))) * deltaUnit
			}
			if deltas = deltas[size:]; size > 0 {
				ack.Received, ack.Arrival = true, arrival
			}
			if ack.Seq >= oldest {
				r.acks = append(r.acks, ack)
				r.credit--
			}
		}
	}
	return r.acks
}

// afterChunks returns what follows the chunks that speak of so many packets.
func afterChunks(chunks []byte, packets int) []byte {
	for packets > 0 && len(chunks) >= chunkBytes {
		packets -= statusChunk(binary.BigEndian.Uint16(chunks)).count()
		chunks = chunks[chunkBytes:]
	}
	return chunks
}

// referenceTime unwraps the 24-bit reference time.
func (r *FeedbackReader) referenceTime(wrapped uint32) time.Duration {
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
