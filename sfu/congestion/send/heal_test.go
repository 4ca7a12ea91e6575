package send

import (
	"flag"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	healHistories = flag.Int("heal.histories", 40, "histories of TestADownlinkHeals")
	healSeed      = flag.Uint64("heal.seed", 0xd0, "first seed of the histories")
	healWorst     = flag.Int("heal.worst", 0, "so many of the worst histories are described")
)

const (
	healHorizon = 15 * second // for which the steady link is watched
	healWithin  = 3 * second
	healPicture = 85_000 // bit/s of estimate from which on a picture comes back
	healVoice   = 70_000 // and below which it goes
)

// healHistory is what happened before the link became steady.
type healHistory struct {
	steady      time.Duration
	good, thin  float64 // bit/s
	thinFrom    time.Duration
	thinUntil   time.Duration
	way         time.Duration // there
	step        time.Duration // by which it takes longer
	stepAt      time.Duration
	loss        float64
	drift       float64
	muteFrom    time.Duration
	muteUntil   time.Duration
	reads       time.Duration
	busy        float64 // stalls a second
	seed        uint64
	watchesFrom time.Duration // before, nobody wants a picture
}

func span(random *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(random.Float64()*float64(max(0, most-least)))
}

func drawHistory(seed uint64) healHistory {
	random := rand.New(rand.NewPCG(seed, 0xd0))
	h := healHistory{seed: seed}
	h.steady, h.way = span(random, 4*second, 25*second), span(random, 2*ms, 40*ms)
	h.good = 250_000 * math.Pow(80, random.Float64())
	if random.IntN(3) == 0 {
		h.thin = 30_000 * math.Pow(5, random.Float64())
		h.thinFrom = span(random, 0, h.steady-second)
		h.thinUntil = span(random, h.thinFrom, h.steady)
	}
	if random.IntN(2) == 0 { // of one way: 20 ms to 600 ms there and back
		h.step, h.stepAt = span(random, 0, 290*ms), span(random, 0, h.steady)
	}
	if random.IntN(4) == 0 {
		h.loss = 0.08 * random.Float64()
	}
	if random.IntN(2) == 0 {
		h.drift = (random.Float64() - 0.5) * 400e-6
	}
	if random.IntN(4) == 0 {
		h.muteFrom = span(random, 0, h.steady-second)
		h.muteUntil = min(h.steady, h.muteFrom+span(random, 200*ms, 5*second))
	}
	if random.IntN(3) == 0 {
		h.reads = span(random, 0, 3*second)
	}
	if random.IntN(3) == 0 {
		h.busy = 0.3 * math.Pow(10, random.Float64())
	}
	if random.IntN(3) == 0 {
		h.watchesFrom = span(random, 0, h.steady)
	}
	return h
}

// play returns how long after the history the estimate carries a picture for good.
func (h healHistory) play() time.Duration {
	l := newLink(func(t time.Duration) float64 {
		if t >= h.thinFrom && t < h.thinUntil {
			return h.thin
		}
		return h.good
	}, h.way, 300*ms)
	l.random = rand.New(rand.NewPCG(h.seed, 1))
	l.longer = func(t time.Duration) time.Duration {
		if h.step > 0 && t >= h.stepAt {
			return h.step
		}
		return 0
	}
	l.loss = func(t time.Duration) float64 {
		if t < h.steady {
			return h.loss
		}
		return 0
	}
	f := newFlow(Config{})
	camera(f, 400e3)
	most := f.media
	f.media = func(t time.Duration) float64 {
		if t < h.watchesFrom {
			return 0
		}
		return most(t)
	}
	f.random = rand.New(rand.NewPCG(h.seed, 2))
	f.clock = func(t time.Duration) time.Duration {
		return 1234*second + time.Duration(h.drift*float64(t))
	}
	f.muteBack = func(t time.Duration) bool { return t >= h.muteFrom && t < h.muteUntil }
	f.reads, f.greets = h.reads, true
	if h.busy > 0 {
		f.busy = newBusy(h.seed, h.steady-300*ms, h.busy)
	}
	simulate(l, h.steady+healHorizon, f)
	last, shown := h.steady, false
	for _, s := range f.history {
		switch bitrate := s.estimate.Bitrate; {
		case bitrate >= healPicture:
			shown = true
		case bitrate < healVoice:
			shown = false
		}
		if !shown && s.at > h.steady {
			last = s.at
		}
	}
	return last - h.steady
}

// Whatever was believed of a downlink, one that carries a picture is let carry it within three
// seconds.
func TestADownlinkHeals(t *testing.T) {
	t.Parallel()
	type outcome struct {
		seed   uint64
		healed time.Duration
	}
	outcomes := make([]outcome, *healHistories)
	for i := range outcomes {
		seed := *healSeed + uint64(i)
		outcomes[i] = outcome{seed, drawHistory(seed).play()}
	}
	slices.SortFunc(outcomes, func(a, b outcome) int { return int(a.healed - b.healed) })
	n, longer := len(outcomes), 0
	for _, o := range outcomes {
		if o.healed > healWithin {
			longer++
		}
	}
	t.Logf("%d histories: median %v, p90 %v, p99 %v, worst %v; %.2f %% longer than %v", n,
		outcomes[n/2].healed, outcomes[n*9/10].healed, outcomes[n*99/100].healed,
		outcomes[n-1].healed, 100*float64(longer)/float64(n), healWithin)
	for _, o := range outcomes[n-min(n, *healWorst):] {
		t.Logf("%#x after %v: %+v", o.seed, o.healed, drawHistory(o.seed))
	}
	require.LessOrEqual(t, float64(longer), 0.01*float64(n)+2*math.Sqrt(0.01*float64(n)))
}
