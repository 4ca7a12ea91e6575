package receive

import (
	"time"

	"draille/sfu/congestion/signal"
)

// losses counts what is missing of one line of sequence numbers, over windows of a second.
type losses struct {
	started  bool
	highest  int64
	begun    time.Duration
	opened   time.Duration // when the latest completed window began
	from     int64         // highest when the window began
	received int
	latest   signal.Loss // of that window
	known    bool
	windows  int // completed
}

// add takes a packet's number. What is reordered counts as received in whichever window it arrives.
func (l *losses) add(now time.Duration, number uint16) {
	if !l.started {
		*l = losses{started: true, highest: int64(number), from: int64(number) - 1, begun: now}
	}
	step := int64(int16(number - uint16(l.highest)))
	l.highest = max(l.highest, l.highest+step)
	l.received++
	expected := int(l.highest - l.from)
	if now-l.begun < lossWindow || expected < lossPackets {
		return
	}
	l.latest = signal.Loss{
		Share: max(0, 1-float64(l.received)/float64(expected)), Packets: expected,
	}
	l.known = true
	l.windows++
	l.opened = l.begun
	l.begun, l.from, l.received = now, l.highest, 0
}

// lately returns the share that is missing of the latest window, as far as it is still true: where
// hardly anything is sent the next takes its time.
func (l *losses) lately(now time.Duration) float64 {
	if now-l.begun > lossMemory {
		return 0
	}
	return l.latest.Share
}
