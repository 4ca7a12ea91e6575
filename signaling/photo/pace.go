package photo

import "time"

const (
	// Interval is how often parts leave.
	Interval = 100 * time.Millisecond
	// leastPart and mostPart bound the bytes of a part: one fits a packet, so that a voice waits
	// behind one packet at most; more at once cost less where the link is good. At a rate below
	// thinRate, in bit/s, a whole packet would hold up a voice for longer than its frame: half of
	// one costs a tenth of the rate. Measured: make photo.
	leastPart, mostPart = 1100, 32 << 10
	thinPart, thinRate  = 550, 40_000
	// pause is the longest time whose bytes are made up for.
	pause = 3 * Interval
)

// Pace lets bytes leave at a rate. The zero value lets none.
type Pace struct {
	budget float64 // bytes; what was too much is paid back
	at     time.Time
}

// Pass lets time pass, at a rate in bit/s.
func (p *Pace) Pass(now time.Time, bitrate int) {
	elapsed := min(now.Sub(p.at), pause)
	p.at = now
	perInterval := float64(bitrate) / 8 * elapsed.Seconds()
	p.budget = min(p.budget+perInterval, max(perInterval, 1))
}

// Part returns how many bytes of a photo may leave in one part now; 0: none.
func (p *Pace) Part(bitrate int) int {
	if p.budget <= 0 {
		return 0
	}
	least := leastPart
	if bitrate < thinRate {
		least = thinPart
	}
	return min(max(int(float64(bitrate)/8*Interval.Seconds()), least), mostPart)
}

// Sent notes that a part has left.
func (p *Pace) Sent(bytes int) { p.budget -= float64(bytes + WireOverhead) }
