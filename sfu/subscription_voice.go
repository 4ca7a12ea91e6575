package sfu

import (
	"time"

	"draille/sfu/rtpx"
	"draille/sfu/voice"
)

// repeat wraps a voice packet together with earlier ones (RFC 2198), as far as the receiver's line
// asks for it. It returns the payload and its type; the payload is good until the next call.
func (s *subscription) repeat(p *rtpx.Packet, out rtpx.Out) (payload []byte, payloadType uint8) {
	h := s.voices
	if out.Switched {
		s.carried = 0
	}
	carried := s.carried
	s.carried = min(carried+1, maxCarried)
	l := s.layerOf(out.Source)
	if h.Redundancy == voice.Plain || s.sender.red == 0 || l == nil || !speech(p.Payload) {
		return p.Payload, s.outgoing.payload
	}
	blocks := h.blocks[:0]
	for _, distance := range h.Redundancy.Distances() {
		if distance > carried {
			continue // somebody else's voice
		}
		old, ok := l.history.Get(p.SequenceNumber-uint16(distance), h.frames[len(blocks)][:])
		offset := p.Timestamp - old.Timestamp
		if !ok || !speech(old.Payload) || !rtpx.FitsRED(offset, len(old.Payload)) {
			continue
		}
		blocks = append(
			blocks,
			rtpx.REDBlock{
				PayloadType:     s.outgoing.payload,
				TimestampOffset: uint16(offset),
				Data:            old.Payload,
			},
		)
	}
	if len(blocks) == 0 {
		return p.Payload, s.outgoing.payload
	}
	payload, err := rtpx.AppendRED(h.payload[:0], s.outgoing.payload, p.Payload, blocks)
	if err != nil { // cannot be: all blocks fit
		return p.Payload, s.outgoing.payload
	}
	return payload, s.sender.red
}

// maxCarried is how many packets since a switch are counted: more than any redundancy reaches back.
const maxCarried = 16

// redundantSize is about how much longer a voice packet leaves than it came.
func (s *subscription) redundantSize(payload []byte) int {
	if s.video || s.sender.red == 0 || !speech(payload) {
		return 0
	}
	return s.voices.Redundancy.Frames() * len(payload)
}

// voiceBitrate is what a voice takes in this slot, in bit/s on the wire.
func (s *subscription) voiceBitrate(now time.Time, l *layer) int {
	if s.sender.red == 0 {
		return l.flow(now).Cost(0)
	}
	return l.flow(now).Cost(s.voices.Redundancy.Frames())
}
