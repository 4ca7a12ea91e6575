package bwe

import "time"

const (
	widerSmall = 200 // bytes of a packet that takes next to no time
	// that a packet should take longer than such a one at the estimate,
	widerTelling = 12 * time.Millisecond
	widerShare   = 0.5 // and takes less than this share of
	widerPackets = 8   // so many packets in a row,
	widerSpan    = 400 * time.Millisecond
)

// wider sees that a link which was found full carries far more by now, before anything has been
// sent that would show it otherwise: its large packets take little longer than its small ones. Then
// the rate before the fall is worth another probe.
type wider struct {
	packets int
	since   time.Duration
}

// add takes a packet that arrived; least is the least one-way delay, and bitrate the estimate. It
// reports once for every widerPackets.
func (w *wider) add(now time.Duration, p *packet, least time.Duration, bitrate float64) bool {
	expected := time.Duration(float64(8*(p.size-widerSmall)) / bitrate * float64(time.Second))
	if expected < widerTelling {
		return false
	}
	if w.packets == 0 {
		w.since = now
	}
	if w.packets++; float64(p.arrived-p.sent-least) > widerShare*float64(expected) {
		*w = wider{}
		return false
	}
	if w.packets < widerPackets || now-w.since < widerSpan {
		return false
	}
	*w = wider{}
	return true
}
