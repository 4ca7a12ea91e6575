package sfu

import (
	"time"

	"draille/sfu/rtpx"
)

const (
	// openingWait is how long the first packet of a voice waits for those behind it, unless they hold openingSound of it (48 kHz)
	// sooner, or those before it do: of a voice that others hear already. A browser plays a voice that begins at once, as
	// if nothing could be late any more, and conceals each packet that is: a microphone that has just been opened sends its first
	// ones when it can. What comes together is a reserve from the first word on.
	openingWait  = 60 * time.Millisecond
	openingSound = 60 * 48
	// openingAfter is the silence after which a browser takes a voice for one that begins. In a pause for breath there are packets
	// still.
	openingAfter = time.Second
)

// opening holds back the first packets of a voice. It is pure; the zero value expects one.
type opening struct {
	latest time.Time // when a packet came last
	since  time.Time // when the first of those that are held back came; zero: none are
	layer  *layer    // that they came in
	number uint16    // the least sequence number of them
	sound  uint32    // the timestamp of the one that came first
}

// holds tells whether a packet that came now is to wait.
func (o *opening) holds(now time.Time, l *layer, number uint16, timestamp uint32) bool {
	switch {
	case now.Sub(o.latest) >= openingAfter, !o.since.IsZero() && o.layer != l:
		o.since, o.layer, o.number, o.sound = now, l, number, timestamp
	case rtpx.SequenceNewer(o.number, number):
		o.number = number
	}
	o.latest = now
	return !o.since.IsZero() && now.Sub(o.since) < openingWait && int32(timestamp-o.sound) < openingSound
}

// reach lets a voice that was there before begin with what came last, in place of a wait. It tells whether that is enough.
func (o *opening) reach(h *rtpx.History, timestamp uint32, buffer []byte) bool {
	for int32(timestamp-o.sound) < openingSound {
		p, ok := h.Get(o.number-1, buffer)
		if !ok || !speech(p.Payload) || timestamp-p.Timestamp > 2*openingSound {
			return false
		}
		o.number, o.sound = o.number-1, p.Timestamp
	}
	return true
}
