package bwe

import "time"

const (
	ackedWindow     = 250 * time.Millisecond // over which a rate is measured
	ackedMaxWindow  = time.Second            // up to this while there are
	ackedMinPackets = 10                     // fewer packets than this
	// a longer silence is a pause of the source, not a slow link
	ackedMaxGap = 300 * time.Millisecond
)

// amount is bytes at a time.
type amount struct {
	at    time.Duration
	bytes int
	hole  bool // what came just before is not known
}

// meter measures a bit rate over the latest window.
type meter struct {
	amounts []amount // the latest ackedMaxWindow, oldest first
}

// add counts bytes; times that run backwards are taken for the latest one. hole: nothing is known
// of the time since the last.
func (m *meter) add(at time.Duration, bytes int, hole bool) {
	if n := len(m.amounts); n > 0 {
		at = max(at, m.amounts[n-1].at)
	}
	m.amounts = append(m.amounts, amount{at, bytes, hole})
	drop := 0
	for at-m.amounts[drop].at > ackedMaxWindow {
		drop++
	}
	if drop > 64 || drop > len(m.amounts)/2 { // moves what is kept only now and then
		m.amounts = m.amounts[:copy(m.amounts, m.amounts[drop:])]
	}
}

// rate returns the bit rate of the window that ends with the latest packet, of the time that is
// known; false while there is too little.
func (m *meter) rate() (bitsPerSecond float64, ok bool) {
	n := len(m.amounts)
	if n == 0 {
		return 0, false
	}
	end := m.amounts[n-1].at
	bytes, packets, span := 0, 0, time.Duration(0)
	// The first packet of the window, or after a hole, marks a beginning: its bytes came before.
	for i := n - 1; i > 0; i-- {
		age, gap := end-m.amounts[i-1].at, m.amounts[i].at-m.amounts[i-1].at
		if gap > ackedMaxGap || age > ackedMaxWindow || age > ackedWindow &&
			n-i >= ackedMinPackets {
			break
		}
		if m.amounts[i].hole {
			continue
		}
		bytes, packets, span = bytes+m.amounts[i].bytes, packets+1, span+gap
	}
	if packets < 3 || span < ackedWindow/2 {
		return 0, false
	}
	return float64(bytes*8) / span.Seconds(), true
}
