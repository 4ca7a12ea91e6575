package sfu

import (
	"slices"
	"time"

	"draille/sfu/voice"
)

// voiceHold is how long somebody who is heard goes on being heard at least, while they speak.
const voiceHold = 1200 * time.Millisecond

// voices says which voices a participant is sent, the first to be heard first: the loudest as far
// as their link carries them, never their own.
func (p *Participant) voices(now time.Time, t *transport, l look) []string {
	var others []string
	for _, id := range l.voices {
		if id != p.id {
			others = append(others, id)
		}
	}
	// Two who speak at once must not cut each other's syllables: who has just begun to be heard
	// comes before who is louder.
	held := func(id string) int {
		if l.speaking[id] && now.Sub(p.heard[id]) < voiceHold {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(others, func(x, y string) int { return held(x) - held(y) })
	candidates := make([]voice.Flow, 0, voice.MaxVoices)
	for _, id := range others[:min(len(others), voice.MaxVoices)] {
		candidates = append(candidates, l.flows[id])
	}
	sent := others[:min(len(others), t.down.decideVoices(now, candidates))]
	heard := make(map[string]time.Time, len(sent))
	for _, id := range sent {
		if heard[id] = now; !p.heard[id].IsZero() {
			heard[id] = p.heard[id]
		}
	}
	p.heard = heard
	return sent
}

// firstView is what a page most probably shows before it says so: a picture that is on its way by
// then comes a round trip earlier.
func (p *Participant) firstView(cameras []string, slots int) []Want {
	var view []Want
	for _, other := range cameras {
		if other != p.id && len(view) < slots {
			view = append(view, Want{Participant: other, Source: Camera, Priority: Grid})
		}
	}
	if len(view) == 1 {
		view[0].Priority = LookedAt
	}
	return view
}

// tellSlots tells the page what its slots carry, when that changed. unserved are the pictures that
// found none.
func (p *Participant) tellSlots(now time.Time, t *transport, unserved []Slot) {
	slots := append(t.down.slots(t.video), unserved...)
	if !slotNews(slots, p.slots, now.Sub(p.slotsTold)) {
		return
	}
	p.slots, p.slotsTold = slots, now
	p.notifier.tell("slots", func(l Listener) { l.Slots(slices.Clone(slots)) })
}

// reasonHold is how long a page keeps a reason at least: words that change faster are not read, and
// a thin link pays for each.
const reasonHold = 2 * time.Second

// slotNews reports whether slots are worth a message, an age after others were told.
func slotNews(slots, before []Slot, age time.Duration) bool {
	alike := func(x, y Slot) bool {
		if age < reasonHold {
			x.Reason = y.Reason
		}
		return x == y
	}
	return !slices.EqualFunc(slots, before, alike)
}

// tellUplinkLoss tells the page which voices are worth waiting for, when that changed.
func (p *Participant) tellUplinkLoss(l look) {
	if !p.admitted.Load() || slices.Equal(l.lossy, p.lossy) && slices.Equal(l.far, p.far) {
		return
	}
	p.lossy, p.far = l.lossy, l.far
	p.notifier.tell("uplink loss", func(listener Listener) {
		listener.UplinkLoss(l.lossy, l.far)
	})
}

func (p *Participant) tellEncodings(source Source, encodings []Encoding, news bool) {
	if news {
		p.notifier.tell("encode "+string(source), func(l Listener) { l.Encode(source, encodings) })
	}
}

// pictureKey names a picture.
type pictureKey struct {
	participant string
	source      Source
}

// look is what one look at the room shows, the same for everybody.
type look struct {
	voices   []string // live microphones, the first to be heard first
	speaking map[string]bool
	pausing  map[string]bool // whose voice rests
	flows    map[string]voice.Flow
	lossy    []string // whose voices are repaired on their way up; never changed
	far      []string // whose way to the server is long; never changed
	cameras  []string // whose cameras are live
}
