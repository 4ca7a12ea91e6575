package sfu

import (
	"time"

	"draille/sfu/rtpx"
)

// A meter covers the last second in steps of a tenth.
const (
	meterSteps = 10
	meterStep  = 100 * time.Millisecond
)

// meter counts something per second. The zero value is ready.
type meter struct {
	steps [meterSteps]int
	last  int64 // number of the newest step
	first int64 // number of the step that saw the first count
}

func (m *meter) add(now time.Time, n int) {
	m.advance(now)
	m.steps[m.last%meterSteps] += n
}

func (m *meter) advance(now time.Time) {
	step := now.UnixNano() / int64(meterStep)
	if m.first == 0 {
		m.first, m.last = step, step
	}
	if step-m.last > meterSteps {
		m.steps, m.last = [meterSteps]int{}, step
	}
	for m.last < step {
		m.last++
		m.steps[m.last%meterSteps] = 0
	}
}

// perSecond returns the rate over the last second, or over the time since the first count when that
// is shorter.
func (m *meter) perSecond(now time.Time) float64 {
	if m.first == 0 {
		return 0
	}
	m.advance(now)
	sum := 0
	for _, n := range m.steps {
		sum += n
	}
	covered := min(m.last-m.first+1, meterSteps)
	return float64(sum) * meterSteps / float64(covered)
}

// Layers within one RTP stream that are told apart.
const (
	maxSpatial  = 3
	maxTemporal = 4
)

// meters measure an RTP stream by spatial and temporal layer.
type meters struct {
	bytes       [maxSpatial][maxTemporal]meter
	frames      [maxTemporal]meter
	topSpatial  uint8
	topTemporal uint8
}

// keyframeShare is the part of a keyframe that counts as the bit rate of a layer. It comes once in
// many seconds, and it is the pacer that spreads its burst: a layer must not be dropped for it.
const keyframeShare = 10

func (m *meters) add(now time.Time, f rtpx.Frame, size int, key, endOfFrame bool) {
	if key {
		size /= keyframeShare
	}
	spatial, temporal := min(f.SpatialID, maxSpatial-1), min(f.TemporalID, maxTemporal-1)
	m.topSpatial, m.topTemporal = max(m.topSpatial, spatial), max(m.topTemporal, temporal)
	m.bytes[spatial][temporal].add(now, size)
	if endOfFrame {
		m.frames[temporal].add(now, 1)
	}
}

// bitrate returns the bit/s of a layer with all those below it, and its frames/s.
func (m *meters) bitrate(
	now time.Time, spatial, temporal uint8,
) (bitsPerSecond int, framesPerSecond float64) {
	bytes := 0.0
	for t := range min(temporal+1, maxTemporal) {
		for s := range min(spatial+1, maxSpatial) {
			bytes += m.bytes[s][t].perSecond(now)
		}
		framesPerSecond += m.frames[t].perSecond(now)
	}
	return int(8 * bytes), framesPerSecond
}
