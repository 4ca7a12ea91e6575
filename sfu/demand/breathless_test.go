package demand

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/sfu/congestion/ablation"
)

// breathlessFor is how long a device and a server are out of breath, from the beginning on.
const breathlessFor = time.Minute

// drawStarvation draws the stretches in which a process gets no processor: busy is the share of the
// time that they take, mean their mean length.
func drawStarvation(
	random *rand.Rand, busy float64, mean, until time.Duration,
) (stretches []episode) {
	for at := time.Duration(0); at < until; {
		at += time.Duration(random.ExpFloat64() * float64(mean) * (1 - busy) / busy)
		length := time.Duration(random.ExpFloat64() * float64(mean))
		stretches = append(stretches, episode{from: at, until: at + length})
		at += length
	}
	return stretches
}

// resumed returns when a process runs: now, or at the end of the stretch that it is in.
func resumed(stretches []episode, at time.Duration) time.Duration {
	i, _ := slices.BinarySearchFunc(stretches, at, func(e episode, at time.Duration) int {
		if e.from <= at {
			return -1
		}
		return 1
	})
	if i > 0 && at < stretches[i-1].until {
		return stretches[i-1].until
	}
	return at
}

// drawBreathless draws a good link between a device and a server that are both out of breath.
func drawBreathless(random *rand.Rand) *history {
	busy := 0.1 + 0.5*random.Float64()
	mean := time.Duration(logUniform(random, 10, 300) * float64(time.Millisecond))
	return &history{
		rates: []float64{logUniform(random, 3e6, 20e6)}, rateAt: []time.Duration{0},
		delays: []time.Duration{time.Millisecond}, delayAt: []time.Duration{0},
		steady: breathlessFor,
		silent: random.IntN(2) == 0, mute: random.IntN(2) == 0, thumbnail: random.IntN(2) == 0,
		device: drawStarvation(random, busy, mean, breathlessFor),
		server: drawStarvation(random, busy, mean, breathlessFor),
	}
}

// believedFull returns for which share of the time a good link is taken for a full one.
func believedFull(seed uint64) float64 {
	random := rand.New(rand.NewPCG(seed, 0xb4ea))
	p := &page{history: drawBreathless(random), random: random, controller: newController()}
	looks, full := 0, 0
	p.trace = func(at time.Duration) {
		if at < breathlessFor {
			looks++
			if p.controller.State().Found {
				full++
			}
		}
	}
	p.run()
	return float64(full) / float64(looks)
}

// TestBreathlessFigures tells for how long a busy device or server passes for a full link.
func TestBreathlessFigures(t *testing.T) {
	figures := ablation.Wanted(t)
	for seed := range uint64(400) {
		share := believedFull(seed)
		figures.Add("receive, out of breath: believed full %", seed, 100*share)
	}
}

// A device and a server that get a processor for a part of the time only, anew every moment, are no
// thin link: nobody reads that their connection is weak. Before a queue that little was sent for,
// and a fall that was over too soon, were disbelieved, 1.1 % of the time was, in one call of 24.
func TestADeviceOutOfBreathIsNoThinLink(t *testing.T) {
	t.Parallel()
	const seeds = 400
	wrong := 0
	for seed := range uint64(seeds) {
		if believedFull(1000+seed) > 0.01 {
			wrong++
		}
	}
	t.Logf("%d of %d calls", wrong, seeds)
	require.LessOrEqual(t, wrong, seeds/80)
}
