package send

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// A thin link is known in the lobby, by padding alone: when voice and picture begin they find it
// empty and keep it so.
func TestTheBeginningIsSafeOnAThinLink(t *testing.T) {
	for _, rate := range []float64{40, 60, 100, 150, 300} {
		for _, delay := range []time.Duration{25 * ms, 300 * ms} {
			t.Run(fmt.Sprintf("%.0f kbit/s, %v", rate, delay), func(t *testing.T) {
				f := newFlow(Config{})
				camera(f, 2e6)
				admitted := 3 * second
				took, audio := f.media, f.audioSize
				f.audioSize = 0
				f.media = func(now time.Duration) float64 {
					if now < admitted {
						return 0
					}
					f.audioSize = audio
					return took(now)
				}
				f.greets = true
				f.wanted = constant(1.5e6)
				simulate(newLink(constant(rate*kbps), delay, 300*ms), 12*second, f)
				before := float64(f.at(admitted).Bitrate)
				t.Logf("at the door: %.0f kbit/s, p95 %v", before/kbps,
					percentile(f.waits(admitted, 8*second), 95))
				assert.Less(t, before, 1.1*rate*kbps)
				assert.Less(t, percentile(f.waits(admitted, 8*second), 95), 150*ms)
				assert.Zero(t, f.lost(admitted, 8*second))
			})
		}
	}
}

// Without a lobby voice and picture begin on a guess. A queue may form, but not stay.
func TestABeginningWithoutALobbyRecovers(t *testing.T) {
	for _, rate := range []float64{60, 100, 150} {
		f := newFlow(Config{})
		camera(f, 2e6)
		simulate(newLink(constant(rate*kbps), 25*ms, 300*ms), 12*second, f)
		waits := f.waits(0, 10*second)
		t.Logf("%.0f kbit/s: p50 %v, p95 %v, in the first 1.5 s %v, from then on %v", rate,
			percentile(waits, 50), percentile(waits, 95),
			f.longest(0, 1500*ms), f.longest(1500*ms, 10*second))
		assert.Less(t, percentile(waits, 50), 60*ms, "%.0f kbit/s", rate)
		assert.Less(t, f.longest(1500*ms, 10*second), 160*ms, "%.0f kbit/s", rate)
		assert.Less(t, f.lost(0, 10*second), 0.03, "%.0f kbit/s", rate)
	}
}

// Nor need it form where the page has found the link thin.
func TestAnExpectedBeginningKeepsTheLinkEmpty(t *testing.T) {
	for _, rate := range []float64{60, 80, 100} {
		f := newFlow(Config{})
		f.estimator.Expect(int(0.9 * rate * kbps))
		camera(f, 2e6)
		simulate(newLink(constant(rate*kbps), 25*ms, 300*ms), 12*second, f)
		t.Logf("%.0f kbit/s: in the first 1.5 s %v", rate, f.longest(0, 1500*ms))
		assert.Less(t, f.longest(0, 1500*ms), 100*ms, "%.0f kbit/s", rate)
		assert.Zero(t, f.lost(0, 10*second), "%.0f kbit/s", rate)
	}
}

func TestAnExpectationOnlyLowersTheBeginning(t *testing.T) {
	e := New(Config{StartBitrate: 100_000, MinBitrate: 20_000})
	e.Expect(200_000)
	assert.Equal(t, 100_000, e.Estimate().Bitrate)
	e.Expect(50_000)
	assert.Equal(t, 50_000, e.Estimate().Bitrate)
	e.Expect(1)
	assert.Equal(t, 20_000, e.Estimate().Bitrate)

	f := newFlow(Config{})
	f.media, f.wanted = constant(2e6), constant(2e6)
	simulate(newLink(constant(2e6), 25*ms, 300*ms), 12*second, f)
	proven := f.estimator.Estimate().Bitrate
	f.estimator.Expect(50_000)
	assert.Equal(t, proven, f.estimator.Estimate().Bitrate)
}

// A probe of which much is lost says that the link does not carry so much, not that it carries what
// was assumed.
func TestAnExpectationHoldsAfterALostProbe(t *testing.T) {
	f := newFlow(Config{})
	f.audioSize = 0
	f.greets, f.media, f.wanted = true, constant(0), constant(1.5e6)
	l := newLink(constant(2e6), 25*ms, 300*ms)
	l.loss = constant(0.5)
	simulate(l, second, f)
	assert.Positive(t, f.estimator.prober.id, "it was tried")
	f.estimator.Expect(50_000)
	assert.LessOrEqual(t, f.estimator.Estimate().Bitrate, 50_000)
}

func TestAWideLinkIsProvenFast(t *testing.T) {
	for rate, within := range map[float64]time.Duration{2e6: 2500 * ms, 10e6: 2500 * ms} {
		f := newFlow(Config{})
		f.media, f.wanted = constant(2e6), constant(2e6)
		simulate(newLink(constant(rate), 25*ms, 300*ms), 12*second, f)
		t.Logf("%.0f kbit/s: more than 1 Mbit/s after %v", rate/kbps, f.reaches(0, 1e6))
		assert.Less(t, f.reaches(0, 1e6), within)
		assert.Less(t, f.longest(0, 5*second), 100*ms)
	}
}

// Whoever was told of a wide link and meets a thin one: the first probe corrects it.
func TestAStartThatWasAssumedTooHighIsCorrectedByTheFirstProbe(t *testing.T) {
	f := audioOnly(Config{StartBitrate: 800_000})
	f.wanted = constant(1e6)
	simulate(newLink(constant(200e3), 25*ms, 300*ms), 3*second, f)
	assert.Less(t, f.reachesDown(0, 200e3), second)
	assert.Greater(t, f.estimator.Estimate().Bitrate, 100_000)
	assert.Less(t, f.longest(0, 3*second), 200*ms)
}

// What has only not been tried with more is not called full, and what is full is soon.
func TestFullIsFound(t *testing.T) {
	share := func(f *simFlow, from, to time.Duration) float64 {
		full, all := 0.0, 0.0
		for now := from; now < to; now += 100 * ms {
			if all++; f.at(now).Full {
				full++
			}
		}
		return full / all
	}
	for _, rate := range []float64{40, 60, 100, 150, 300} {
		for _, delay := range []time.Duration{25 * ms, 150 * ms} {
			f := newFlow(Config{})
			camera(f, 2e6)
			simulate(newLink(constant(rate*kbps), delay, 300*ms), 20*second, f)
			assert.Greater(t, share(f, 5*second, 20*second), 0.9, "%.0f kbit/s, %v", rate, delay)
		}
	}
	f := newFlow(Config{})
	camera(f, 1e6)
	simulate(newLink(constant(5e6), 25*ms, 300*ms), 20*second, f)
	assert.Zero(t, share(f, 0, 20*second), "fibre")

	f = newFlow(Config{})
	camera(f, 2e6)
	rates := steps(5e6, 10, 120*kbps, 20, 5e6)
	simulate(newLink(rates, 25*ms, 300*ms), 30*second, f)
	assert.Zero(t, share(f, 0, 10*second), "before it falls")
	assert.Greater(t, share(f, 12*second, 20*second), 0.9, "after it fell")
	assert.Zero(t, share(f, 27*second, 30*second), "when it has come back")
}
