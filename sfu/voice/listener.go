package voice

import "time"

// levels are the steps of the sacrifice: 0 the loudest voice alone, then one voice more each, then
// one repeated frame more each.
const levels = MaxVoices + MaxFrames

// Flow is what one voice takes as it comes in.
type Flow struct {
	Bitrate int           // bit/s of payload
	Packets float64       // a second
	Frame   time.Duration // of sound in a packet; 0: not known
}

// Cost is what it takes on the wire with so many frames repeated, in bit/s.
func (f Flow) Cost(frames int) int {
	return f.Bitrate*(1+frames) + int(8*f.Packets*float64(PacketOverhead+blockHeader*frames))
}

// Conditions are those of one receiver.
type Conditions struct {
	Bitrate  int    // bit/s that their link is believed to carry
	Flows    []Flow // voices that they could be sent, the first to be heard first
	Pictures bool   // they have something to look at
	Losses   *Losses
	Repairs  bool // lost packets are asked for again, and the answer comes in time
}

// known reports whether there is evidence of what is lost.
func (c *Conditions) known() bool {
	return c.Losses != nil && c.Losses.Evidence() >= evidenceNeeded
}

// Delivery is what one receiver gets.
type Delivery struct {
	Voices     int // the first so many of the flows; at least 1
	Redundancy Redundancy
}

// Listener decides what one receiver gets of the voices. The zero value is ready. Its methods must
// not be called concurrently.
type Listener struct {
	begun      bool
	level      int
	changed    time.Time
	first      int  // bit/s that their link was believed to carry when they began to hear
	settled    bool // the level is no more that of the beginning
	costs      [levels]extreme
	shortfall  extreme // of the budget, negative
	redundancy Redundancy
	untried    bool      // it is that of the beginning
	enough     time.Time // since when less redundancy would have been enough
}

// Decide says what they get from now on. Call it every 100 ms or so.
func (l *Listener) Decide(now time.Time, c Conditions) Delivery {
	if !l.begun { // what is lost of the first words would come again too late
		l.redundancy, l.untried = Single, true
	}
	chosen := l.want(now, c)
	broken := c.known() && c.Losses.Left(Plain) > garbled
	// Where answers come in time no queue stands: what is lost is not lost for want of bit rate.
	unqueued := c.Repairs && c.known() && needed(c) != Plain
	lossy := broken && unqueued
	urgent := lossy || (broken || unqueued) && !l.settled
	remembered, budget := upwardHold, c.Bitrate
	if urgent {
		remembered = soonHold
	}
	if lossy {
		budget = max(budget, garbledBitrate)
	}
	pictures := c.Pictures && !broken
	l.shortfall.span = upwardHold
	least := -l.shortfall.add(now, -c.Bitrate)
	affordable, lasting := 0, 0
	for level := range levels {
		// What voices took lately they will take again: a pause for breath is no reason to promise
		// more.
		l.costs[level].span = remembered
		cost := l.costs[level].add(now, costOf(c.Flows, level))
		if cost <= allowed(budget, pictures) {
			affordable = level
		}
		if float64(cost) <= upwardHeadroom*float64(allowed(least, pictures)) {
			lasting = level
		}
	}
	switch {
	case !l.begun:
		l.begun, l.first, l.level, l.changed = true, c.Bitrate, affordable, now
	case affordable < l.level:
		l.level, l.changed = affordable, now
		// a voice that has only just begun costs more by the moment
		l.settled = l.settled || c.Bitrate < l.first
	case lasting > l.level && now.Sub(l.changed) >= upwardHold:
		l.settle(now, lasting)
	case urgent && affordable > l.level && now.Sub(l.changed) >= soonHold:
		l.settle(now, affordable)
	}
	voices, frames := split(l.level)
	for chosen.Frames() > frames {
		chosen = Redundancy(frames) // Plain or Single
	}
	return Delivery{Voices: voices, Redundancy: chosen}
}

func (l *Listener) settle(now time.Time, level int) {
	l.level, l.changed, l.settled = level, now, true
}

func split(level int) (voices, frames int) {
	return min(level+1, MaxVoices), max(level-(MaxVoices-1), 0)
}

func costOf(flows []Flow, level int) int {
	voices, frames := split(level)
	cost := 0
	for _, f := range flows[:min(voices, len(flows))] {
		cost += f.Cost(frames)
	}
	return cost
}

// allowed returns what voices may take of a budget, in bit/s. It rises with the budget.
func allowed(budget int, pictures bool) int {
	alone := int(shareAlone * float64(budget))
	if !pictures || budget < noPictureBelow {
		return alone
	}
	beside := max(int(shareBesidePictures*float64(budget)), budget-smallPicture)
	return min(max(int(shareAlone*noPictureBelow), beside), alone)
}

// Part returns what a link has for each of several voices, in bit/s of a link that has one alone:
// they are encoded for it, so that it carries them all before any picture is larger than small. A
// link that carries the loudest alone however they are encoded has all of it for that one.
func Part(bitrate, voices int) int {
	carried := int(shareAlone*float64(bitrate)) / rungs[len(rungs)-1].Encoding.Cost()
	return 2 * bitrate / (1 + min(max(min(voices, carried), 1), MaxVoices))
}

// want returns the redundancy that the losses ask for, whatever it costs.
func (l *Listener) want(now time.Time, c Conditions) Redundancy {
	if !c.known() {
		return l.redundancy
	}
	least := needed(c)
	if least.Frames() >= l.redundancy.Frames() {
		if least.Frames() > l.redundancy.Frames() || better(c.Losses, least, l.redundancy) {
			l.redundancy = least
		}
		l.enough, l.untried = time.Time{}, false
		return l.redundancy
	}
	if l.enough.IsZero() {
		l.enough = now
	}
	calm := calmBefore
	if l.untried {
		calm = calmFirst
	}
	if now.Sub(l.enough) >= calm {
		l.redundancy, l.enough, l.untried = least, time.Time{}, false
	}
	return l.redundancy
}

// needed returns the cheapest redundancy that leaves no more than what is tolerated, or the best
// that there is.
func needed(c Conditions) Redundancy {
	limit := tolerated
	if c.Repairs {
		limit = toleratedRepaired
	}
	plain := c.Losses.Left(Plain)
	if plain < limit {
		return Plain
	}
	// Until enough packets are known, random losses leave no less than their square.
	if max(c.Losses.Left(Single), plain*plain) < toleratedSingle {
		return Single
	}
	frame := usualFrame
	for _, f := range c.Flows {
		frame = max(frame, f.Frame)
	}
	best := Double
	for _, r := range []Redundancy{Spread, Wide} {
		if r.suits(frame) && better(c.Losses, r, best) {
			best = r
		}
	}
	return best
}

// better reports whether one kind is worth more than another that costs the same.
func better(l *Losses, one, other Redundancy) bool {
	left, before := l.Left(one), l.Left(other)
	return left < leftShare*before && before-left > leftMargin
}
