package bwe

import "time"

const (
	ackedWindow     = 250 * time.Millisecond // over which a rate is measured
	ackedMaxWindow  = time.Second            // up to this while there are
	ackedMinPackets = 10                     // fewer packets than this
	ackedMaxGap     = 300 * time.Millisecond // a longer silence is a pause of the source, not a slow link
)

// amount is bytes at a time.
type amount struct {
	at    time.Duration
	bytes int
}

// meter measures a bit rate over the latest window.
type meter struct {
	amounts []amount // the latest ackedMaxWindow, oldest first
}

// add counts bytes; times that run backwards are taken for the latest one.
func (m *meter) add(at time.Duration, bytes int) {
	if n := len(m.amounts); n > 0 {
		at = max(at, m.amounts[n-1].at)
	}
	m.amounts = append(m.amounts, amount{at, bytes})
	drop := 0
	for at-m.amounts[drop].at > ackedMaxWindow {
		drop++
	}
	if drop > 64 || drop > len(m.amounts)/2 { // moves what is kept only now and then
		m.amounts = m.amounts[:copy(m.amounts, m.amounts[drop:])]
	}
}

// rate returns the bit rate of the window that ends with the latest packet; false while there is too little.
func (m *meter) rate() (bitsPerSecond float64, ok bool) {
	n := len(m.amounts)
	if n == 0 {
		return 0, false
	}
	end := m.amounts[n-1].at
	bytes, first := 0, n-1
	// The first packet of the window marks its beginning, its bytes came before.
	for i := n - 1; i > 0; i-- {
		age := end - m.amounts[i-1].at
		paused := m.amounts[i].at-m.amounts[i-1].at > ackedMaxGap
		if paused || age > ackedMaxWindow || age > ackedWindow && n-i >= ackedMinPackets {
			break
		}
		bytes += m.amounts[i].bytes
		first = i - 1
	}
	span := end - m.amounts[first].at
	if n-1-first < 3 || span < ackedWindow/2 {
		return 0, false
	}
	return float64(bytes*8) / span.Seconds(), true
}
