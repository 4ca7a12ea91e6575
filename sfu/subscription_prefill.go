package sfu

import (
	"time"

	"draille/sfu/pacing"
	"draille/sfu/rtpx"
)

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
