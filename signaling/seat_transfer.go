package signaling

import (
	"time"

	"draille/signaling/protocol"
)

const (
	// transferPatience is how long a wish outlives the last word of its page. Pages say it once a
	// second; on a thin link a message may wait for two seconds, and the next one be lost with it.
	transferPatience = 5 * time.Second
	// transferLag is how old a byte may be when it is counted: pages tell of a second at a time.
	transferLag = time.Second
)

// transferWish is what other pages of a participant's browser have to send beside the call. It goes
// over HTTPS, on the same link and past the room: their page in the call speaks for it. The zero
// value is none. Pure: it belongs to the room's goroutine, and time is an argument.
//
// Bytes that the page tells of are counted as what the uplink has carried, never faster than at the
// rate that was told: a page that lies makes its own link look as good as it was granted, and
// whoever takes more than that competes with their own voice.
type transferWish struct {
	until     time.Time              // when it ends by itself; zero: there is none
	told      *protocol.TransferRate // nil: nothing yet
	toldAt    time.Time
	uncounted float64 // bytes
	passed    time.Time
}

// hear takes what the page says.
func (t *transferWish) hear(now time.Time, m protocol.Transfer) {
	if !m.Wanted {
		*t = transferWish{}
		return
	}
	if t.until.IsZero() {
		t.passed = now
	}
	t.until = now.Add(transferPatience)
	t.uncounted = min(t.uncounted+float64(m.Sent), t.carried(transferLag))
}

// pass lets time pass. It returns how many bytes are to be counted as having come since.
func (t *transferWish) pass(now time.Time) (arrived int) {
	if t.until.IsZero() {
		return 0
	}
	if !now.Before(t.until) {
		*t = transferWish{}
		return 0
	}
	elapsed := min(now.Sub(t.passed), transferLag)
	t.passed = now
	arrived = int(min(t.uncounted, t.carried(elapsed)))
	t.uncounted -= float64(arrived)
	return arrived
}

// carried returns the bytes of that time at the rate that was told.
func (t *transferWish) carried(elapsed time.Duration) float64 {
	if t.told == nil {
		return 0
	}
	return float64(t.told.Bitrate) / 8 * elapsed.Seconds()
}

// tell returns what to tell the page of a rate, if that is news.
func (t *transferWish) tell(now time.Time, rate int) (protocol.TransferRate, bool) {
	next := protocol.TransferRate{Bitrate: rate}
	if t.until.IsZero() ||
		t.told != nil && !rateIsNews(t.told.Bitrate, rate, now.Sub(t.toldAt)) {
		return next, false
	}
	t.told, t.toldAt = &next, now
	t.uncounted = min(t.uncounted, t.carried(transferLag))
	return next, true
}

// passTransfer counts what other pages have sent.
func (s *seat) passTransfer(now time.Time) {
	if bytes := s.photos.others.pass(now); bytes > 0 {
		s.media.TransferArrived(bytes)
	}
}

// tellTransfer tells how fast other pages may send, if that is news. Somebody has asked for a photo
// of the call, and for theirs nobody waits: the photo has all of the rate.
func (s *seat) tellTransfer(now time.Time, photo bool, rate int) {
	if photo {
		rate = 0
	}
	if next, news := s.photos.others.tell(now, rate); news {
		s.send(next)
	}
}
