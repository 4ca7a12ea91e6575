package sfu

import (
	"time"

	"draille/sfu/pacing"
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

const (
	// prefillWait is how long the first packet of a voice waits for those behind it, unless they
	// hold prefillSound of it (48 kHz) sooner, or those before it do: of a voice that others hear
	// already. A browser plays a voice that begins at once, as if nothing could be late any more,
	// and conceals each packet that is: a microphone that has just been opened sends its first ones
	// when it can. What comes together is a reserve from the first word on.
	prefillWait  = 60 * time.Millisecond
	prefillSound = 60 * 48
	// prefillAfter is the silence after which a browser takes a voice for one that begins. In a
	// pause for breath there are packets still.
	prefillAfter = time.Second
)

// prefill holds back the first packets of a voice. It is pure; the zero value expects one.
type prefill struct {
	latest time.Time // when a packet came last
	since  time.Time // when the first of those that are held back came; zero: none are
	layer  *layer    // that they came in
	number uint16    // the least sequence number of them
	sound  uint32    // the timestamp of the one that came first
}

// holds reports whether a packet that came now is to wait.
func (f *prefill) holds(now time.Time, l *layer, number uint16, timestamp uint32) bool {
	switch {
	case now.Sub(f.latest) >= prefillAfter, !f.since.IsZero() && f.layer != l:
		f.since, f.layer, f.number, f.sound = now, l, number, timestamp
	case rtpx.SequenceNewer(f.number, number):
		f.number = number
	}
	f.latest = now
	return !f.since.IsZero() && now.Sub(f.since) < prefillWait &&
		int32(timestamp-f.sound) < prefillSound
}

// reach lets a voice that was there before begin with what came last, in place of a wait. It
// reports whether that is enough.
func (f *prefill) reach(h *rtpx.History, timestamp uint32, buffer []byte) bool {
	for int32(timestamp-f.sound) < prefillSound {
		p, ok := h.Get(f.number-1, buffer)
		if !ok || !speech(p.Payload) || timestamp-p.Timestamp > 2*prefillSound {
			return false
		}
		f.number, f.sound = f.number-1, p.Timestamp
	}
	return true
}

// prefilled reports whether a voice packet that comes now leaves now. Those that were held back
// before it leave then, too.
func (s *subscription) prefilled(now time.Time, a *arrival, source rtpx.SourceID) bool {
	f := &s.prefill
	if f.holds(now, a.layer, a.packet.SequenceNumber, a.packet.Timestamp) {
		// What this slot has carried itself is no reserve: it does not leave twice.
		begins := f.since.Equal(now) && a.layer.id != source
		if !begins || !f.reach(a.layer.history, a.packet.Timestamp, s.egress.buffer[:]) {
			return false
		}
	}
	s.releasePrefill(now, a.packet.SequenceNumber)
	return true
}

// releasePrefill queues the packets that were held back, before one that came just now.
func (s *subscription) releasePrefill(now time.Time, current uint16) {
	f := &s.prefill
	if f.since.IsZero() {
		return
	}
	f.since = time.Time{}
	newest, ok := f.layer.history.Newest()
	for number := f.number; ok && !rtpx.SequenceNewer(number, newest); number++ {
		p, ok := f.layer.history.Get(number, s.egress.buffer[:])
		if !ok || number == current {
			continue
		}
		s.queued++
		s.pacer.Push(now, pacing.Item[outgoing]{
			Value:  outgoing{sub: s, layer: f.layer, number: number, header: p},
			Class:  pacing.Audio,
			Size:   len(p.Payload) + s.redundantSize(p.Payload) + rtpx.PacketOverhead,
			Stream: s.stream,
		})
	}
}

// maxVoicePayload is the largest voice packet that is repeated or repeats another, in bytes; a
// browser's are a tenth of it.
const maxVoicePayload = 600

// voiceDelivery is how one participant is sent the voices of the room, and what is lost of them. It
// is guarded by the downlink's lock.
type voiceDelivery struct {
	losses   voice.Losses
	listener voice.Listener
	voice.Delivery
	offered int // voices that there are to be sent

	frames  [voice.MaxFrames][maxVoicePayload]byte // reused by subscription.repeat
	blocks  [voice.MaxFrames]rtpx.REDBlock
	payload [(voice.MaxFrames + 2) * maxVoicePayload]byte
}

// speech reports whether a packet is worth repeating: what says only that silence begins (DTX) is
// not, nor what no voice is.
func speech(payload []byte) bool { return len(payload) > 2 && len(payload) <= maxVoicePayload }
