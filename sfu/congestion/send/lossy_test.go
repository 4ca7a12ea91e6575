package send

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Where a fifth is lost, handshakes are too, and the receiver cannot read the first packets: then
// the rate must not begin at the floor, nor stay there for want of packets to judge by.
func TestALossyBeginning(t *testing.T) {
	for _, reads := range []time.Duration{0, 1500 * ms, 3500 * ms} {
		for _, media := range []float64{0, 300 * kbps} {
			least := math.Inf(1)
			for seed := range uint64(20) {
				f := newFlow(Config{})
				f.reads, f.random = reads, rand.New(rand.NewPCG(seed, 3))
				f.media, f.wanted = constant(media), constant(600*kbps)
				l := newLink(constant(300*kbps), 25*ms, 300*ms)
				l.loss, l.random = constant(0.2), rand.New(rand.NewPCG(seed, 4))
				simulate(l, reads+20*second, f)
				for _, s := range f.history {
					if s.at > reads+time.Second {
						least = min(least, float64(s.estimate.Bitrate))
					}
				}
			}
			t.Logf("read from %v on, %.0f kbit/s of pictures: never below %.0f kbit/s", reads,
				media/kbps, least/kbps)
			assert.Greater(t, least, 70*kbps, "a voice of 24 kbit/s that is repeated twice")
		}
	}
}

// A page comes slowly over such a line, and tells so. What is lost of a probe left like the rest of
// it: the probe has proven its rate.
func TestALossyLineIsExploredSoon(t *testing.T) {
	var sum time.Duration
	const seeds = 100
	for seed := range uint64(seeds) {
		f := newFlow(Config{})
		f.estimator.Expect(50 * kbps)
		f.random = rand.New(rand.NewPCG(seed, 3))
		f.media, f.wanted = constant(800*kbps), constant(800*kbps)
		l := newLink(constant(300*kbps), 25*ms, 300*ms)
		l.loss, l.random = constant(0.2), rand.New(rand.NewPCG(seed, 4))
		simulate(l, 10*second, f)
		at := slices.IndexFunc(f.history, func(s simSample) bool {
			return s.estimate.Bitrate > 150*kbps
		})
		require.Positive(t, at, "seed %d", seed)
		sum += f.history[at].at
	}
	t.Logf("150 kbit/s after %v by the mean", sum/seeds)
	assert.Less(t, sum/seeds, 2*second)
}
