package signal

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const ms = time.Millisecond

func TestAcknowledgedBitrate(t *testing.T) {
	var m Meter
	_, ok := m.Acknowledged()
	assert.False(t, ok, "nothing came")
	for i := range 50 {
		m.Add(time.Duration(i)*20*ms, 250, false)
	}
	rate, ok := m.Acknowledged()
	require.True(t, ok)
	assert.InDelta(t, 100_000, rate, 1, "the first packet marks the beginning")
	m.Add(2*time.Second, 250, false)
	_, ok = m.Acknowledged()
	assert.False(t, ok, "a second of silence is a pause, of which nothing is known")
}

func TestAcknowledgedBitrateLeavesHolesOut(t *testing.T) {
	var m Meter
	for i := range 20 {
		at := time.Duration(i) * 20 * ms
		if i >= 15 {
			at += 200 * ms // nothing is known of that time
		}
		m.Add(at, 250, i == 15)
	}
	rate, ok := m.Acknowledged()
	require.True(t, ok)
	assert.InDelta(t, 100_000, rate, 1)
}

// Whatever came when, the throughput is what the bytes of the latest steps make.
func TestThroughput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Meter{Keep: 2 * time.Second}
		at, first := time.Hour, time.Hour
		bytes := map[int64]int{}
		for range rapid.IntRange(1, 300).Draw(t, "packets") {
			at += time.Duration(rapid.IntRange(0, 60).Draw(t, "gap")) * ms
			if len(bytes) == 0 {
				first = at
			}
			size := rapid.IntRange(1, 1200).Draw(t, "size")
			m.Add(at, size, false)
			bytes[int64(at/meterStep)] += size
		}
		length := time.Duration(rapid.IntRange(0, 2500).Draw(t, "length")) * ms
		steps := int64(max(min(length, at-first), meterLeast) / meterStep)
		steps = min(steps, int64(2*time.Second/meterStep)-1)
		sum := 0
		for i := range steps {
			sum += bytes[int64(at/meterStep)-i]
		}
		assert.InDelta(t, float64(8*sum)/(time.Duration(steps)*meterStep).Seconds(),
			m.Throughput(at, length), 1e-6)
	})
}

func TestFastestIsThatOfABurst(t *testing.T) {
	var m Meter
	for i := range 5 {
		m.Add(time.Duration(i)*100*ms, 1000, false)
	}
	assert.InDelta(t, 80_000, m.Fastest(400*ms), 1)
	m.Add(405*ms, 1000, false)
	assert.InDelta(t, 200_000, m.Fastest(405*ms), 1, "1,000 bytes count for burstSpan")
	assert.Zero(t, m.Fastest(2*time.Second), "long ago")
	m.Forget()
	assert.Zero(t, m.Fastest(405*ms))
	assert.Zero(t, m.Throughput(405*ms, time.Second))
}

func TestWindowedForgets(t *testing.T) {
	values := func(w *Windowed[int]) (all []int) {
		for v := range w.All() {
			all = append(all, v)
		}
		return all
	}
	w := Windowed[int]{Length: time.Second, Count: 2}
	assert.True(t, w.IsEmpty())
	*w.At(500*ms, 1) = 5
	assert.Equal(t, 5, *w.At(1499*ms, 2), "the same stretch")
	assert.Equal(t, 2, *w.At(1500*ms, 2))
	assert.Equal(t, []int{2, 5}, values(&w), "newest first")
	w.At(9*time.Second, 3)
	assert.Equal(t, []int{3, 2}, values(&w), "two are kept, however old")
	assert.Equal(t, 3, *w.Latest())
	w.Reset()
	assert.True(t, w.IsEmpty())
	assert.Empty(t, values(&w))
}

func TestAlignedWindowedForgetsWithTime(t *testing.T) {
	w := Windowed[int]{Length: time.Second, Count: 3, Aligned: true}
	w.At(500*ms, 1)
	assert.Equal(t, 2, *w.At(1000*ms, 2), "a stretch begins at the full second")
	w.At(5*time.Second, 3)
	var since []int
	for v := range w.Since(1500 * ms) {
		since = append(since, v)
	}
	assert.Equal(t, []int{3, 2}, since, "the one that ends before is left out")
}

func TestCapacityRise(t *testing.T) {
	add := func(r *CapacityRise, n, size int, late time.Duration) (rises int) {
		for i := range n {
			if r.Add(time.Duration(i)*100*ms, size, late, 150_000) {
				rises++
			}
		}
		return rises
	}
	// 1,000 bytes more than a small packet take 53 ms on 150 kbit/s.
	assert.Equal(t, 2, add(&CapacityRise{}, 2*risePackets, 1200, 10*ms))
	assert.Zero(t, add(&CapacityRise{}, risePackets-1, 1200, 10*ms))
	assert.Zero(t, add(&CapacityRise{}, 50, 1200, 30*ms), "it took more than half of that")
	assert.Zero(t, add(&CapacityRise{}, 50, 300, 0), "5 ms tell nothing")
	var r CapacityRise
	rises := 0
	for i := range 50 {
		late := 10 * ms
		if i%5 == 4 {
			late = 60 * ms
		}
		if r.Add(time.Duration(i)*100*ms, 1200, late, 150_000) {
			rises++
		}
	}
	assert.Equal(t, 3, rises, "one in five is late for reasons of its own")
	r = CapacityRise{}
	for i := range 50 {
		assert.False(t, r.Add(time.Duration(i)*ms, 1200, 0, 150_000), "all within %v", riseSpan)
	}
}

func TestCapacityDrop(t *testing.T) {
	packets := []Delivery{{At: 100 * ms, Delay: 10 * ms, Size: 700},
		{At: 180 * ms, Delay: 60 * ms, Size: 1000}, {At: 260 * ms, Delay: 110 * ms, Size: 1000}}
	var d CapacityDrop
	first, second := Step{packets[0], packets[1]}, Step{packets[1], packets[2]}
	assert.Equal(t, 50*ms, first.Growth())
	assert.Equal(t, 80*ms, first.Apart())
	assert.False(t, d.Add(first, true))
	assert.True(t, d.Begun())
	assert.True(t, d.Add(second, true))
	sent, arrived, bytes := d.Spans()
	assert.Equal(t, []any{60 * ms, 160 * ms, 2000}, []any{sent, arrived, bytes})
	assert.Equal(t, second, d.Latest())
	assert.False(t, d.Add(second, false), "it ends with one that is not later")
	assert.False(t, d.Begun())
}

func TestLossExperiment(t *testing.T) {
	rule := LossRule{Left: 0.5, Deviations: 2}
	for _, c := range []struct {
		why        string
		after      Loss
		congestion bool
	}{
		{"it went", Loss{0.02, 100}, true},
		{"it stayed", Loss{0.18, 100}, false},
		{"of so few packets that may be chance", Loss{0.08, 12}, false},
	} {
		var e LossExperiment
		e.Begin(5*time.Second, Loss{0.2, 100}, 100_000)
		assert.True(t, e.Running)
		assert.Equal(t, c.congestion, e.Conclude(c.after, rule), c.why)
		assert.False(t, e.Running)
	}
	var e LossExperiment
	e.Begin(5*time.Second, Loss{0.2, 100}, 100_000)
	assert.False(t, e.IsOver(4*time.Second))
	assert.True(t, e.IsOver(5*time.Second))
	e.Count(true)
	e.Count(false)
	assert.Equal(t, Loss{0.5, 2}, e.Counted())
	e.Stop()
	assert.False(t, e.IsOver(5*time.Second))
}

func TestWhatWasFoundToBeTheLinesOwnIsExcused(t *testing.T) {
	var e LossExperiment
	assert.False(t, e.Excuses(0, 0.1, 0))
	e.Believe(0, 0.1, time.Minute, 3*time.Minute)
	assert.True(t, e.Excuses(59*time.Second, 0.149, 0))
	assert.False(t, e.Excuses(59*time.Second, 0.151, 0), "that is half more")
	assert.True(t, e.Excuses(59*time.Second, 0.151, 0.02))
	assert.False(t, e.Excuses(time.Minute, 0.1, 0))
	e.Believe(0, 0.1, time.Minute, 3*time.Minute)
	assert.True(t, e.Excuses(119*time.Second, 0.1, 0), "found again, believed for longer")
	e.Distrust()
	e.Believe(0, 0.1, time.Minute, 3*time.Minute)
	assert.False(t, e.Excuses(time.Minute, 0.1, 0))
}
