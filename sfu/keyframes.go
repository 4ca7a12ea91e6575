package sfu

import "time"

// keyframeInterval is the least time between two keyframe requests for one layer: a keyframe costs its publisher several
// frames' worth of bits.
const keyframeInterval = 500 * time.Millisecond

// keyframeFresh is how long after a keyframe began nobody needs another: whoever came just now is in time for it, and if
// he is not, he asks again.
const keyframeFresh = 100 * time.Millisecond

// keyframes decides when to ask a publisher for a keyframe. Requests of many subscribers become one. It is pure; the zero
// value has asked for nothing.
type keyframes struct {
	wanted    bool
	requested time.Time // when the publisher was asked last
	began     time.Time // when a keyframe last began to arrive
}

// want notes that somebody needs a keyframe and tells whether to ask for it now.
func (k *keyframes) want(now time.Time) bool {
	if !k.began.IsZero() && now.Sub(k.began) < keyframeFresh {
		return false
	}
	k.wanted = true
	return k.due(now)
}

// due tells whether to ask now for a keyframe that is still wanted; it counts as asked for.
func (k *keyframes) due(now time.Time) bool {
	if !k.wanted || (!k.requested.IsZero() && now.Sub(k.requested) < keyframeInterval) {
		return false
	}
	k.requested = now
	return true
}

// arrived notes that a keyframe began to arrive.
func (k *keyframes) arrived(now time.Time) { k.wanted, k.began = false, now }
