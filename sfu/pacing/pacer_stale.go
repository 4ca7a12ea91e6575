package pacing

import "time"

// stream is what is known of one video stream.
type stream struct {
	class Class // in which its frames wait
	// broken says that a frame that later ones need was dropped: nothing leaves before the next
	// keyframe.
	broken     bool
	brokenAt   int64 // that frame
	begun      int64 // the frame of which a packet left last
	key        int64 // the latest keyframe
	catchingUp bool  // that keyframe, and what queued behind it, is on its way: patience
	refused    int   // keyframes in a row that were given up
}

// admit decides whether a packet of video may queue: not when its stream is broken, nor when it
// would be too old once its turn came. Better to give a keyframe up before its first packet leaves
// than to send half of it for nothing.
func (p *Pacer[T]) admit(now time.Time, item *Item[T]) bool {
	s := p.streams[item.Stream]
	if s == nil {
		s = &stream{class: item.Class, begun: item.Frame - 1, key: item.Frame - 1}
		p.streams[item.Stream] = s
	}
	if s.class != item.Class {
		p.move(item.Stream, s.class, item.Class)
		s.class = item.Class
	}
	if s.broken {
		if item.Kind != Key || item.Frame <= s.brokenAt {
			p.dropped(*item, false)
			return false
		}
		s.broken = false
	}
	if item.Kind == Key && item.Frame != s.key {
		s.key, s.catchingUp = item.Frame, true
		p.supersede(item, s.begun)
	}
	if p.steady.rate > 0 {
		p.steady.leak(now)
		wait := time.Duration(
			(p.steady.level + float64(p.ahead(item.Class))) / p.steady.rate * float64(time.Second),
		)
		if wait > p.patience(s, item) {
			p.giveUp(s, *item)
			return false
		}
	}
	return true
}

// passFrame is admit for a packet that need not wait: false when there is more to it than that it
// leaves.
func (p *Pacer[T]) passFrame(packet *Packet) bool {
	s := p.streams[packet.Stream]
	if s == nil || s.broken || s.class != packet.Class {
		return false
	}
	if packet.Kind != Key {
		s.catchingUp, s.refused = false, 0
	} else if packet.Frame != s.key {
		s.key, s.catchingUp = packet.Frame, true
	}
	s.begun = packet.Frame
	return true
}

// supersede drops the frames that wait before a keyframe and have not begun to leave: it shows
// more, and sooner.
func (p *Pacer[T]) supersede(key *Item[T], begun int64) {
	p.queues[key.Class].filter(func(item *Item[T]) bool {
		if item.Stream != key.Stream || item.Frame == begun {
			return true
		}
		p.dropped(*item, false)
		return false
	})
}

// move lets what waits of a stream change its class, so that its frames stay in order.
func (p *Pacer[T]) move(stream uint32, from, to Class) {
	queue := &p.queues[from]
	for range queue.count {
		q := queue.pop()
		if q.item.Stream == stream {
			q.item.Class = to
			p.queues[to].push(q)
		} else {
			queue.push(q)
		}
	}
}

// ahead returns how many bytes leave before a new packet of that class.
func (p *Pacer[T]) ahead(class Class) int {
	bytes := 0
	for c := Audio; c <= class; c++ {
		bytes += p.queues[c].bytes
	}
	return bytes
}

// patience returns how long an item may wait.
func (p *Pacer[T]) patience(s *stream, item *Item[T]) time.Duration {
	switch {
	case item.Class == Retransmission:
		return p.config.MaxAge
	case item.Class == Padding && p.probe.open(): // goes when the probe ends
		return p.config.MaxKeyframeAge
	case !item.Class.video():
		return p.config.MaxDiscardableAge
	case item.Class == Still:
		return p.config.MaxStillAge
	case item.Kind == Key:
		return p.keyframeAge(s)
	// a frame that has begun to leave is worth its end
	case item.Kind == Discardable && s.begun != item.Frame:
		return p.config.MaxDiscardableAge
	case s.catchingUp:
		return p.keyframeAge(s)
	default:
		return p.config.MaxAge
	}
}

// maxRefusals bounds the growth of the patience with keyframes: the third may wait as long as that
// of a document.
//
// Measured: TestAKeyframeThatIsAsLargeAgainHasMoreTime.
const maxRefusals = 2

// caughtUpParts of MaxAge: who has waited for less than one of them has caught up with its
// keyframe.
//
// Measured: TestWhatQueuesBehindAKeyframeHasItsPatience.
const caughtUpParts = 2

// keyframeAge returns how long a keyframe of a stream may wait. The one that is asked for in place
// of one that took too long will be as large: it is given more time, for a late picture is better
// than none.
func (p *Pacer[T]) keyframeAge(s *stream) time.Duration {
	if s.class == Document {
		return p.config.MaxDocumentAge
	}
	return p.config.MaxKeyframeAge * time.Duration(1+min(s.refused, maxRefusals))
}

// dropStale drops what has waited too long at the head of a queue, so that its head, if any, may
// leave.
func (p *Pacer[T]) dropStale(now time.Time, class Class) {
	queue := &p.queues[class]
	for queue.count > 0 {
		head := queue.at(0)
		s := p.streams[head.item.Stream]
		age := now.Sub(head.since)
		if age <= p.patience(s, &head.item) {
			if class.video() && head.item.Kind != Key && age < p.config.MaxAge/caughtUpParts {
				s.catchingUp, s.refused = false, 0
			}
			return
		}
		item := queue.pop().item
		if class.video() {
			p.giveUp(s, item)
		} else {
			p.dropped(item, false)
		}
	}
}

// giveUp drops an item (which is not queued any more) and whatever cannot be decoded without it:
// the rest of its frame and, unless no frame needs that one, all that follows up to the next
// keyframe.
func (p *Pacer[T]) giveUp(s *stream, lost Item[T]) {
	breaks := lost.Kind != Discardable
	if lost.Kind == Key {
		s.refused++
	}
	decodable := false // a later keyframe is queued already
	var gone []Item[T]
	p.queues[lost.Class].filter(func(item *Item[T]) bool {
		if item.Stream != lost.Stream || item.Frame < lost.Frame || decodable {
			return true
		}
		if item.Frame > lost.Frame {
			if !breaks {
				return true
			}
			if item.Kind == Key {
				decodable = true
				return true
			}
		}
		gone = append(gone, *item)
		return false
	})
	if breaks && !decodable {
		s.broken, s.brokenAt, s.catchingUp = true, lost.Frame, false
	}
	p.dropped(lost, s.broken)
	for i := range gone {
		p.dropped(gone[i], false)
	}
}

// Remove drops what waits of a video stream and forgets it.
func (p *Pacer[T]) Remove(stream uint32) {
	delete(p.streams, stream)
	for class := Document; class <= Other; class++ {
		p.queues[class].filter(func(item *Item[T]) bool {
			if item.Stream != stream {
				return true
			}
			p.dropped(*item, false)
			return false
		})
	}
}
