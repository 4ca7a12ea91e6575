package voice

import (
	"math"
	"slices"
	"time"
)

// Encoding is how a publisher encodes their voice.
type Encoding struct {
	Bitrate   int           // bit/s of Opus
	Frame     time.Duration // of sound in a packet
	Redundant bool          // each packet repeats the one before (RFC 2198)
}

// Cost is what it takes on the wire, in bit/s.
func (e Encoding) Cost() int {
	repeated := 0
	if e.Redundant {
		repeated = 1
	}
	return Flow{Bitrate: e.Bitrate, Packets: 1 / e.Frame.Seconds()}.Cost(repeated)
}

// rung is what a link of some bit rate has for one voice.
type rung struct {
	from int // bit/s of link
	Encoding
}

// Wanted is what a link must be believed to carry, in bit/s, for a voice to be encoded as one
// begins by default: more is not worth trying for while nothing but voices is sent.
func Wanted() int { return int(float64(rungs[1].from) / climbHeadroom) }

// Needs returns what the uplink must be believed to carry, in bit/s, for the voice to be encoded
// better by one step; 0: it is as good as a voice begins by default, or the links of those who hear
// it forbid more. A voice alone proves nothing of what its link would carry besides.
func (s *Speaker) Needs(listeners []int) int {
	if s.decided.IsZero() || s.rung <= 1 || len(listeners) == 0 {
		return 0
	}
	need := int(float64(rungs[s.rung-1].from) / climbHeadroom)
	if slices.Min(listeners) < need {
		return 0
	}
	return need
}

// Told returns the encoding that was decided last; before that, what a page sends that has not been
// told anything.
func (s *Speaker) Told() Encoding {
	if s.decided.IsZero() {
		e := rungs[1].Encoding
		e.Redundant = true
		return e
	}
	return s.current
}

// Publishing are the conditions of one publisher.
type Publishing struct {
	Uplink    int           // bit/s that their uplink carries; 0: not known, it has never been full
	Loss      float64       // share of their packets that are lost, 0…1
	LossKnown bool          // enough of them have come to tell
	Talking   bool          // or they did a moment ago
	Queue     time.Duration // what their packets wait on their way, or must be feared to
	RTT       time.Duration // to them
	Listeners []int         // bit/s of the links of those who hear them
}

// thinnest returns the bit/s of the thinnest link that their voice has to pass.
func (p Publishing) thinnest() int {
	thinnest := math.MaxInt
	if p.Uplink > 0 {
		thinnest = p.Uplink
	}
	if len(p.Listeners) > 0 {
		thinnest = min(thinnest, slices.Min(p.Listeners))
	}
	return thinnest
}

// Speaker decides how one publisher encodes. The zero value is ready. Its methods must not be
// called concurrently.
type Speaker struct {
	decided   time.Time // last; zero: never
	loss      float64   // smoothed
	knownFrom time.Time // since when there is one; zero: there is none
	rung      int
	redundant bool
	needless  time.Time // since when it is redundant without need; zero: it is not
	lossy     bool
	fell      bool      // it is because the link has just fallen
	random    bool      // so much is lost although no queue stands
	shortfall extreme   // of the thinnest link, negative
	queuedAt  time.Time // when a queue stood last,
	queued    time.Time // and since when it did, or one soon before it
	full      bool      // the uplink has been full, or was expected to be
	dippedAt  time.Time // when it became too thin for the rung; zero: it is not
	goodSince time.Time // when a better rung became affordable; zero: none is
	calmSince time.Time // since when nothing to speak of is lost; zero: it is
	current   Encoding
}

// Decide returns the encoding from now on, and whether that is news, as the first is. Call it every
// 100 ms or so while they are heard.
func (s *Speaker) Decide(now time.Time, p Publishing) (e Encoding, news bool) {
	s.shortfall.span = climbAfter
	link := p.thinnest()
	least := -s.shortfall.add(now, -link)
	if s.decided.IsZero() {
		s.rung, s.decided = 1, now
	}
	if p.Queue >= QueueStands {
		if now.Sub(s.queuedAt) >= unqueuedFor {
			s.queued = now
		}
		s.queuedAt = now
	}
	s.full = s.full || p.Uplink > 0
	if p.LossKnown && s.knownFrom.IsZero() {
		s.knownFrom = now
		if now.Sub(s.queuedAt) >= unqueuedFor {
			s.loss = p.Loss
		}
	}
	s.forgive(now, p.Loss)
	s.loss += (p.Loss - s.loss) * min(1, now.Sub(s.decided).Seconds()/lossSmoothing.Seconds())
	s.decided = now
	s.descend(now, link)
	s.climb(now, least, p.Talking)
	e = rungs[s.rung].Encoding
	s.repeat(now, p, e)
	e.Redundant = s.redundant
	news = e != s.current
	s.current = e
	return e, news
}

// forgive forgets what was lost as the link fell, once it has fallen.
func (s *Speaker) forgive(now time.Time, lost float64) {
	if now.Sub(s.queued) < fallsFor {
		return
	}
	if s.fell && lost < lossRepeated {
		s.loss, s.lossy = lost, false
	}
	s.fell = false
}

func (s *Speaker) descend(now time.Time, link int) {
	if link >= rungs[s.rung].from {
		s.dippedAt = time.Time{}
		return
	}
	if s.dippedAt.IsZero() {
		s.dippedAt = now
	}
	if now.Sub(s.dippedAt) < dipTolerated && float64(link) >= deepDip*float64(rungs[s.rung].from) {
		return
	}
	for link < rungs[s.rung].from {
		s.rung++
	}
	s.dippedAt = time.Time{}
	s.restart(now, link)
}

// climb makes the encoding better when the least of the link lately has been good enough for one.
func (s *Speaker) climb(now time.Time, least int, talking bool) {
	best := s.rung
	for best > 0 && climbHeadroom*float64(least) >= float64(rungs[best-1].from) {
		best--
	}
	if best == s.rung || !s.shortfall.covers(now) {
		s.goodSince = time.Time{}
		return
	}
	if s.goodSince.IsZero() {
		s.goodSince = now
	}
	cut := rungs[best].Frame != rungs[s.rung].Frame
	if cut && talking && now.Sub(s.goodSince) < pausePatience {
		return
	}
	s.rung, s.goodSince = best, time.Time{}
	s.restart(now, least)
}

// restart lets the link prove itself anew.
func (s *Speaker) restart(now time.Time, link int) {
	s.shortfall = extreme{span: climbAfter}
	s.shortfall.add(now, -link)
}

// repeat decides about redundancy on the uplink, which costs the publisher alone.
func (s *Speaker) repeat(now time.Time, p Publishing, e Encoding) {
	from := lossRepeated
	if p.RTT > 0 && p.RTT <= RepairWithin {
		from = lossRepaired
	}
	cost := Flow{Bitrate: e.Bitrate, Packets: 1 / e.Frame.Seconds()}.Cost(1)
	part := redundantShare
	if s.redundant || s.loss > garbled && p.Uplink >= garbledFrom {
		part = keptShare
	}
	s.random = now.Sub(s.queuedAt) >= unqueuedFor &&
		(p.Loss > garbled || s.random && s.loss > garbled/2)
	switch {
	case s.loss >= from:
		s.fell = s.fell || !s.lossy && !s.queued.IsZero() && now.Sub(s.queued) < fallsFor
		s.lossy, s.calmSince = true, time.Time{}
	case s.loss >= lossOver*from:
		s.calmSince = time.Time{}
	case s.calmSince.IsZero():
		s.calmSince = now
	case now.Sub(s.calmSince) >= lossOverFor:
		s.lossy = false
	}
	begins := !s.full && (s.knownFrom.IsZero() || now.Sub(s.knownFrom) < beginning)
	affordable := s.random || p.Uplink == 0 || float64(cost) <= part*float64(p.Uplink)
	switch {
	case s.lossy || begins:
		s.redundant, s.needless = affordable, time.Time{}
	case !affordable || p.Uplink > 0 && p.Uplink < spareFrom:
		s.redundant, s.needless = false, time.Time{}
	case s.redundant && s.needless.IsZero():
		s.needless = now
		fallthrough
	case s.redundant:
		s.redundant = p.Talking && now.Sub(s.needless) < pausePatience
	}
}

// Lossy reports whether the publisher's uplink loses packets: their voice is repaired, repeated or
// asked for again, and what is repaired comes late to those who hear them.
func (s *Speaker) Lossy() bool { return s.lossy }
