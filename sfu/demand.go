package sfu

import (
	"slices"
	"time"
)

const (
	// demandHold is how long an encoding that nobody watches any more goes on: a picture that comes back soon costs no
	// keyframe.
	demandHold = 2 * time.Second
	// demandShare is the part of what a single watcher's link leaves for a picture that its encoder may fill: keyframes
	// and retransmissions need the rest.
	demandShare = 0.85
	// demandFloor and demandCeiling bound the cap of an encoding, in bit/s: below, no encoder makes a picture; above, none
	// is needed.
	demandFloor   = 40_000
	demandCeiling = 3_000_000
	// A cap changes when it is off by more than demandStep, and not more often than demandInterval.
	demandStep     = 0.1
	demandInterval = 500 * time.Millisecond
)

// desire is what one watcher would have a publisher send.
type desire struct {
	layer    int // encoding that he should get, 0 the smallest picture; -1: none
	selected int // encoding that he gets now; -1: none
	bitrate  int // bit/s that his link leaves for this picture; 0: not known
}

// demand decides what a publisher should send of one source, and remembers what he was told last. It is pure: time is an
// argument. A publisher who was told nothing sends everything.
type demand struct {
	told    []Encoding
	watched []time.Time // when somebody last wanted the encoding
	capped  time.Time   // when a cap last changed
}

// decide returns the encodings to send and whether that is news. rids are in order, the smallest picture first; a single
// encoding without rid is {""}.
func (d *demand) decide(now time.Time, rids []string, watchers []desire) (encodings []Encoding, changed bool) {
	if !slices.EqualFunc(d.told, rids, func(e Encoding, rid string) bool { return e.RID == rid }) {
		d.told, d.watched = make([]Encoding, len(rids)), make([]time.Time, len(rids))
		for i, rid := range rids {
			d.told[i], d.watched[i] = Encoding{RID: rid, Active: true}, now
		}
	}
	for _, w := range watchers {
		for _, i := range []int{w.layer, w.selected} {
			if i >= 0 && i < len(rids) {
				d.watched[i] = now
			}
		}
	}
	encodings = make([]Encoding, len(rids))
	ceiling := 0
	if len(watchers) == 1 {
		ceiling = bitrateCap(watchers[0].bitrate)
	}
	ceiling = d.settle(now, ceiling)
	for i, rid := range rids {
		active := now.Sub(d.watched[i]) < demandHold
		encodings[i] = Encoding{RID: rid, Active: active}
		if active {
			encodings[i].MaxBitrate = ceiling
		}
	}
	if slices.Equal(encodings, d.told) {
		return nil, false
	}
	d.told = encodings
	return slices.Clone(encodings), true
}

func bitrateCap(available int) int {
	ceiling := int(demandShare * float64(available))
	if available == 0 || ceiling >= demandCeiling {
		return 0
	}
	return max(ceiling, demandFloor)
}

// settle returns the cap to tell: the one told before unless the new one is worth a message.
func (d *demand) settle(now time.Time, ceiling int) int {
	before := 0
	for _, e := range d.told {
		before = max(before, e.MaxBitrate)
	}
	difference := float64(max(ceiling-before, before-ceiling))
	switch {
	case ceiling == before:
		return before
	case before != 0 && ceiling != 0 && difference < demandStep*float64(before):
		return before
	case !d.capped.IsZero() && now.Sub(d.capped) < demandInterval:
		return before
	}
	d.capped = now
	return ceiling
}

// smallestFitting returns the index of the smallest encoding that fills a place of that height on a page; the largest
// when none does or the height is not known.
func (p *publication) smallestFitting(height int) int {
	rids := p.owner.encodings(p.source)
	if height <= 0 {
		return len(rids) - 1
	}
	top := 360
	for _, l := range p.flowing() {
		l.mu.Lock()
		if l.height > 0 {
			top = l.height << max(len(rids)-1-max(slices.Index(rids, l.rid), 0), 0)
		}
		l.mu.Unlock()
	}
	for i := range rids {
		if top>>(len(rids)-1-i)*5/4 >= height {
			return i
		}
	}
	return len(rids) - 1
}
