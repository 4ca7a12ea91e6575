package participant

import (
	"time"
)

// line is one media connection, and what goes over it.
type line struct {
	peer  *peer
	in    *incoming
	out   *outgoing
	since time.Time // when it was retired
}

// retiredMost is how long a connection is kept that its server serves no longer, as on the page.
const retiredMost = 5 * time.Second

// retire keeps the connection beside the one that is made now: a page plays it and sends over it
// until the other one plays. It returns those that are in the way. The lock is held.
func (p *Participant) retire() (over []*peer) {
	if p.retired != nil {
		over = append(over, p.retired.peer)
	}
	p.retired = &line{peer: p.peer, in: p.in, out: p.out, since: time.Now()}
	return over
}

// keepRetired sends over the connection that is retired, and returns it, until it is not needed any
// more. The lock is held.
func (p *Participant) keepRetired(now time.Time) *line {
	old := p.retired
	if old == nil {
		return nil
	}
	if !p.in.voiceAt.IsZero() || now.Sub(old.since) > retiredMost {
		p.retired = nil
		p.end(old.peer)
		return nil
	}
	old.out.tick(now)
	old.out.microphone.Speak(p.speaks(now))
	old.out.capture(now)
	return old
}

// end closes connections. Nothing can be done about it if that fails.
func (p *Participant) end(peers ...*peer) {
	for _, one := range peers {
		p.goroutines.Go(func() { _ = one.pc.Close() })
	}
}

// voices is when voices came, over whichever connection.
type voices struct {
	last    time.Time
	longest time.Duration // between two packets, since Listen
	most    time.Duration // the same, since they joined
}

func (v *voices) heard(now time.Time) {
	if !v.last.IsZero() {
		v.longest = max(v.longest, now.Sub(v.last))
		v.most = max(v.most, now.Sub(v.last))
	}
	v.last = now
}

// mostUntil is the longest silence, that which has not ended included.
func (v *voices) mostUntil(now time.Time) time.Duration {
	if v.last.IsZero() {
		return 0
	}
	return max(v.most, now.Sub(v.last))
}

// Listen forgets what LongestSilence has found.
func (p *Participant) Listen() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.voices.longest = 0
}

// LongestSilence is the longest time between two packets of voices since Listen, whichever
// connection they came over; that goes on says whether it has not ended. Whoever speaks must Hum.
func (p *Participant) LongestSilence() (longest time.Duration, goesOn bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.voices.last.IsZero() {
		return 0, true
	}
	now := time.Since(p.voices.last)
	return max(p.voices.longest, now), now > p.voices.longest
}

// Moves is how often the call was taken up again by a new connection.
func (p *Participant) Moves() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.opened-1, 0)
}

// HeardAt is when the last packet of a voice came; zero: none has.
func (p *Participant) HeardAt() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.voices.last
}
