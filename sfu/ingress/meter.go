package ingress

import "time"

const (
	meterStep  = 20 * time.Millisecond
	meterSteps = 100 // 2 s
)

// meter counts bytes over the last two seconds.
type meter struct {
	bytes [meterSteps]int
	last  int64
	first time.Time
}

func (m *meter) add(now time.Time, size int) {
	m.advance(now)
	m.bytes[m.last%meterSteps] += size
}

func (m *meter) advance(now time.Time) {
	step := now.UnixNano() / int64(meterStep)
	if m.first.IsZero() {
		m.first, m.last = now, step
	}
	if step-m.last >= meterSteps {
		m.bytes, m.last = [meterSteps]int{}, step
	}
	for m.last < step {
		m.last++
		m.bytes[m.last%meterSteps] = 0
	}
}

// rate returns bit/s over the time before now, at most two seconds; the step that has just begun
// counts in full.
func (m *meter) rate(now time.Time, length time.Duration) float64 {
	if m.first.IsZero() {
		return 0
	}
	m.advance(now)
	length = max(min(length, now.Sub(m.first)), 5*meterStep)
	steps := min(int64(length/meterStep), meterSteps-1)
	sum := 0
	for i := range steps {
		if at := m.last - i; at >= 0 {
			sum += m.bytes[at%meterSteps]
		}
	}
	return float64(8*sum) / (time.Duration(steps) * meterStep).Seconds()
}
