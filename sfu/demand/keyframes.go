package demand

import "time"

// Keyframes decides when to ask a publisher for a keyframe. Requests of many subscribers become
// one. It is pure; the zero value has asked for nothing.
type Keyframes struct {
	pending   bool
	requested time.Time // when the publisher was asked last
	began     time.Time // when a keyframe last began to arrive
	size      int       // bytes of the latest one so far
	uplink    int       // bit/s that the publisher's link carries; 0: not known
}

// interval returns the least time between two requests.
func (k *Keyframes) interval() time.Duration {
	if k.uplink == 0 {
		return KeyframeInterval
	}
	pays := time.Duration(
		float64(8*k.size) / (keyframeUplink * float64(k.uplink)) * float64(time.Second),
	)
	return min(max(KeyframeInterval, pays), keyframePatience)
}

// Request notes that somebody needs a keyframe and reports whether to ask for it now.
func (k *Keyframes) Request(now time.Time, uplink int) bool {
	k.uplink = uplink
	if !k.began.IsZero() && now.Sub(k.began) < keyframeFresh {
		return false
	}
	k.pending = true
	return k.Due(now)
}

// Due reports whether to ask now for a keyframe that is still wanted; it counts as asked for.
func (k *Keyframes) Due(now time.Time) bool {
	if !k.pending || (!k.requested.IsZero() && now.Sub(k.requested) < k.interval()) {
		return false
	}
	k.requested = now
	return true
}

// Arrived notes that a keyframe began to arrive.
func (k *Keyframes) Arrived(now time.Time) { k.pending, k.began, k.size = false, now, 0 }

// Add counts the bytes of a packet of the keyframe that arrives.
func (k *Keyframes) Add(bytes int) { k.size += bytes }

// Need notes that somebody needs a keyframe, for which Due asks in its time.
func (k *Keyframes) Need() { k.pending = true }
