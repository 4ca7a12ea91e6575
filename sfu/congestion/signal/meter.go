package signal

import "time"

// Meter measures bit rates of packets that left or arrived lately.
type Meter struct {
	Keep time.Duration // how far back it can tell; 0: acknowledgedMaxWindow

	amounts []amount // the latest, oldest first
	first   time.Duration
	begun   bool
}

// amount is bytes at a time.
type amount struct {
	at    time.Duration
	bytes int
	hole  bool // what came just before is not known
}

// Add counts bytes; times that run backwards are taken for the latest one. hole: nothing is known
// of the time since the last.
func (m *Meter) Add(at time.Duration, bytes int, hole bool) {
	if n := len(m.amounts); n > 0 {
		at = max(at, m.amounts[n-1].at)
	}
	if !m.begun {
		m.begun, m.first = true, at
	}
	m.amounts = append(m.amounts, amount{at, bytes, hole})
	keep := max(m.Keep, acknowledgedMaxWindow)
	drop := 0
	for at-m.amounts[drop].at > keep {
		drop++
	}
	if drop > meterMoves || drop > len(m.amounts)/2 { // moves what is kept only now and then
		m.amounts = m.amounts[:copy(m.amounts, m.amounts[drop:])]
	}
}

// Acknowledged returns the bit rate of the window that ends with the latest packet, of the time
// that is known; false while there is too little.
func (m *Meter) Acknowledged() (bitsPerSecond float64, ok bool) {
	n := len(m.amounts)
	if n == 0 {
		return 0, false
	}
	end := m.amounts[n-1].at
	bytes, packets, span := 0, 0, time.Duration(0)
	// The first packet of the window, or after a hole, marks a beginning: its bytes came before.
	for i := n - 1; i > 0; i-- {
		age, gap := end-m.amounts[i-1].at, m.amounts[i].at-m.amounts[i-1].at
		if gap > acknowledgedMaxGap || age > acknowledgedMaxWindow ||
			age > acknowledgedWindow && n-i >= acknowledgedPackets {
			break
		}
		if m.amounts[i].hole {
			continue
		}
		bytes, packets, span = bytes+m.amounts[i].bytes, packets+1, span+gap
	}
	if packets < acknowledgedLeast || span < acknowledgedWindow/2 {
		return 0, false
	}
	return float64(bytes*8) / span.Seconds(), true
}

// Throughput returns the bit rate of the time before now, in whole steps of meterStep, at least
// meterLeast and at most what is kept; the step that has just begun counts in full. Until so much
// time has passed it is that since the first packet.
func (m *Meter) Throughput(now, length time.Duration) float64 {
	if !m.begun {
		return 0
	}
	length = max(min(length, now-m.first), meterLeast)
	steps := min(int64(length/meterStep), int64(m.Keep/meterStep)-1)
	latest := max(step(now), step(m.amounts[len(m.amounts)-1].at))
	sum := 0
	for i := len(m.amounts) - 1; i >= 0 && step(m.amounts[i].at) > latest-steps; i-- {
		sum += m.amounts[i].bytes
	}
	return float64(8*sum) / (time.Duration(steps) * meterStep).Seconds()
}

func step(at time.Duration) int64 { return int64(at / meterStep) }

// Fastest returns the most that came lately within burstSpan, or within the time that two packets
// took: a link that is full lets none come faster than it carries. The first packet of a span does
// not count: it may have taken the time before.
func (m *Meter) Fastest(now time.Duration) float64 {
	latest := m.amounts[max(0, len(m.amounts)-burstPackets):]
	most := 0.0
	for i, first := range latest {
		bytes := 0
		if now-first.at > burstWindow {
			continue
		}
		for _, next := range latest[i+1:] {
			bytes += next.bytes
			most = max(most, float64(8*bytes)/max(next.at-first.at, burstSpan).Seconds())
		}
	}
	return most
}

// Forget drops what was counted.
func (m *Meter) Forget() { m.amounts, m.begun = m.amounts[:0], false }
