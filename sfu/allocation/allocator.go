package allocation

import (
	"slices"
	"time"
)

// Allocator is Distribute with a memory: a picture becomes worse at once when the budget does not
// carry it any more, and better only when the budget has carried it for a while with some headroom.
// Its methods must not be called concurrently.
type Allocator struct {
	config   Config
	memories map[string]*memory
	lowest   windowedMin // of the budget
	off      bool        // all video is off
	offSince time.Time
	onSince  time.Time     // when it last came back; zero: it was never off
	offHold  time.Duration // for which it stays off
	stills   bool          // still pictures are shown while nothing moves
}

// memory is what is remembered of one picture.
type memory struct {
	layer    *Layer // nil: paused
	changed  time.Time
	improved time.Time // when it last became better
	hold     time.Duration
	wanted   bool // by the request at hand
	looked   bool // at, when last wanted
}

// New returns an Allocator without memory yet.
func New(config Config) *Allocator {
	config = config.withDefaults()
	return &Allocator{
		config:   config,
		memories: make(map[string]*memory),
		lowest:   windowedMin{window: config.Hold},
	}
}

// Allocate shares the request's budget. Call it whenever the budget or the wishes change, and a few
// times a second besides: a picture becomes better only when it is asked again after its hold.
//
//   - What the pictures take never exceeds the budget less the audio: if it would, they become
//     worse at once, by some more than needed.
//   - No picture becomes better within Hold of its last change, nor before the budget has carried
//     it, with Headroom, for as long. A picture that is new in the request has not changed yet.
//   - Nor does a picture become worse within Hold for the sake of another one.
//   - A picture that had to become worse within Lasting of becoming better waits twice as long the
//     next time, unless there is no picture at all: then OffHold at most. Where the budget has
//     plenty for all it waits for Hold.
//   - Video that was switched off altogether and comes back without lasting waits longer each time,
//     up to MostHold.
//   - Whenever somebody else is looked at, these holds end.
//   - While nothing moves, what is left goes into still pictures of the first of the highest
//     priority.
func (a *Allocator) Allocate(now time.Time, request Request) Result {
	a.turn(request.Videos)
	pictures := a.recall(request.Videos)
	audio := sum(request.Audio)
	left, steady := request.Budget-audio, a.lowest.add(now, request.Budget)-audio
	forced := true
	switch {
	case a.switchedOff(now, request.Budget, steady+audio):
		for i := range pictures {
			pictures[i].at = -1
		}
	case total(pictures) > left:
		a.worsen(now, left, pictures)
	default:
		forced = false
		a.improve(now, left, steady, pictures)
	}
	a.remember(now, pictures, forced)
	r := result(request, pictures, afresh(pictures, left))
	r.Frozen = a.off
	a.still(left, request.Videos, &r)
	return r
}

// turn notes who is looked at. When that changes, what the pictures went through in their former
// places holds nobody back: neither those who are looked at now, nor those who must leave them
// their share.
func (a *Allocator) turn(videos []Video) {
	turned := false
	for i := range videos {
		if m, looked := a.memories[videos[i].ID], videos[i].Priority == LookedAt; m != nil &&
			m.looked != looked {
			m.looked, turned = looked, true
		}
	}
	if !turned {
		return
	}
	for _, m := range a.memories {
		m.changed, m.improved, m.hold = time.Time{}, time.Time{}, a.config.Hold
	}
}

// recall places every picture where it stands.
func (a *Allocator) recall(videos []Video) []picture {
	pictures := make([]picture, len(videos))
	for i := range videos {
		video := &videos[i]
		m := a.memories[video.ID]
		if m == nil {
			m = &memory{hold: a.config.Hold, looked: video.Priority == LookedAt}
			a.memories[video.ID] = m
		}
		rungs := rungs(video, m.layer)
		pictures[i] = picture{video: video, rungs: rungs, at: stand(rungs, m.layer)}
	}
	return pictures
}

// stand returns the rung of a layer or, when it does not flow any more or became too large, the
// best that costs no more; when all cost more, the lowest: that the publisher sends something else
// now is no reason to pause what is seen.
func stand(rungs []Layer, layer *Layer) int {
	if layer == nil {
		return -1
	}
	cheaper := min(0, len(rungs)-1)
	for i := range rungs {
		if same(layer, rungs[i]) {
			return i
		}
		if rungs[i].Bitrate <= layer.Bitrate {
			cheaper = i
		}
	}
	return cheaper
}

// switchedOff says whether the budget is too thin for any video, with hysteresis.
func (a *Allocator) switchedOff(now time.Time, budget, steady int) bool {
	switch {
	case !a.off && budget < a.config.VideoOff:
		if !a.onSince.IsZero() && now.Sub(a.onSince) < videoLasting*a.config.Lasting {
			a.offHold = min(2*a.offHold, a.config.MostHold)
		} else {
			a.offHold = a.config.OffHold
		}
		a.off, a.offSince = true, now
	case a.off && now.Sub(a.offSince) >= a.patience(steady) && steady >= a.config.VideoOn,
		a.off && now.Sub(a.offSince) >= tryHolds*a.offHold && steady >= a.config.VideoTry:
		a.off, a.onSince = false, now
	}
	return a.off
}

// patience returns for how long video stays off: OffHold where the budget has plenty.
func (a *Allocator) patience(budget int) time.Duration {
	if budget >= plenty*a.config.VideoOn {
		return a.config.OffHold
	}
	return a.offHold
}

// still gives what is left to still pictures while nothing moves.
func (a *Allocator) still(left int, videos []Video, r *Result) {
	least := a.config.StillOn
	if a.stills {
		least = a.config.StillOff
	}
	a.stills = false
	best := -1
	for i, choice := range r.Choices {
		switch {
		case !choice.Paused:
			return
		case videos[i].Stills && (best < 0 || videos[i].Priority > videos[best].Priority):
			best = i
		}
	}
	switch {
	case best < 0 || left < a.config.StillRare:
	case left >= least:
		a.stills = true
		r.Choices[best].Still = left
	default:
		r.Choices[best].Still = min(left, a.config.StillOff/2)
	}
}

// worsen makes the pictures fit into what is left.
func (a *Allocator) worsen(now time.Time, left int, pictures []picture) {
	slack := a.config.DropSlack
	for i := range pictures {
		if m := a.memories[pictures[i].video.ID]; now.Sub(m.changed) < a.config.Hold {
			slack = min(1, fastDrop*a.config.DropSlack) // it falls faster than thought
		}
	}
	target := afresh(pictures, int(float64(left)*(1-slack)))
	for i := range pictures {
		pictures[i].at = min(pictures[i].at, target[i].at)
	}
}

// improve moves the pictures to where the rule would have them. What they take now is proven: with
// no more than that they may be ordered anew, when somebody else is looked at.
func (a *Allocator) improve(now time.Time, left, steady int, pictures []picture) {
	target := afresh(pictures, max(int(float64(steady)*(1-a.config.Headroom)), total(pictures)))
	scarce := steady < plenty*total(target)
	for i := range pictures {
		m := a.memories[pictures[i].video.ID]
		hold := a.config.Hold
		if target[i].at > pictures[i].at && scarce {
			hold = m.hold
		}
		if pictures[i].at < 0 { // a picture that comes and goes is better than none
			hold = min(hold, a.config.OffHold)
		}
		if !m.changed.IsZero() && now.Sub(m.changed) < hold {
			target[i].at = pictures[i].at
		}
	}
	if total(target) <= left { // or else one of them is held on what another needs: later
		copy(pictures, target)
	}
}

// afresh distributes a budget among the pictures as if they had nothing yet.
func afresh(pictures []picture, budget int) []picture {
	target := slices.Clone(pictures)
	for i := range target {
		target[i].at = -1
	}
	distribute(remaining(budget), target)
	return target
}

// remember notes where the pictures stand now and forgets those that are not wanted any more.
func (a *Allocator) remember(now time.Time, pictures []picture, forced bool) {
	for i := range pictures {
		p, m := &pictures[i], a.memories[pictures[i].video.ID]
		m.wanted = true
		var layer *Layer
		if p.at >= 0 {
			layer = &p.rungs[p.at]
		}
		switch {
		case layer == nil && m.layer == nil, layer != nil && same(m.layer, *layer):
		case layer != nil && (m.layer == nil || compare(p.video.Priority, *layer, *m.layer) > 0):
			m.changed, m.improved = now, now
		default:
			m.changed = now
			if forced && now.Sub(m.improved) < a.config.Lasting {
				m.hold = min(2*m.hold, a.config.MaxHold)
			} else {
				m.hold = a.config.Hold
			}
		}
		m.layer = layer
	}
	for id, m := range a.memories {
		if !m.wanted {
			delete(a.memories, id)
		}
		m.wanted = false
	}
}
