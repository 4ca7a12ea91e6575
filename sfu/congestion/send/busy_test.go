package send

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// stalls are stretches of time in which a process does not run.
type stalls struct{ begin, end []time.Duration }

// newStalls draws stretches of 20 to 300 ms, the short ones more often, about so many a second.
func newStalls(random *rand.Rand, until time.Duration, perSecond float64) stalls {
	var s stalls
	for at := time.Duration(0); at < until; {
		at += time.Duration(random.ExpFloat64() / perSecond * float64(second))
		length := time.Duration(20 * math.Pow(15, math.Pow(random.Float64(), 2)) * float64(ms))
		s.begin, s.end = append(s.begin, at), append(s.end, at+length)
		at += length
	}
	return s
}

// resumes returns when the process runs: now, or at the end of the stall that it is in.
func (s stalls) resumes(now time.Duration) time.Duration {
	i, in := slices.BinarySearch(s.begin, now)
	if !in {
		i--
	}
	if i >= 0 && i < len(s.end) && now < s.end[i] {
		return s.end[i]
	}
	return now
}

// busy is a machine on which the sender, the way into the network, and the receiver get the
// processor late.
type busy struct{ sender, kernel, receiver, reporter stalls }

func newBusy(seed uint64, until time.Duration, perSecond float64) *busy {
	random := rand.New(rand.NewPCG(seed, seed))
	return &busy{
		sender: newStalls(random, until, perSecond), kernel: newStalls(random, until, perSecond/2),
		receiver: newStalls(random, until, perSecond),
		reporter: newStalls(random, until, perSecond),
	}
}

// camera is what a page takes in: nothing below the floor of a picture until the estimate has come
// back above it.
func camera(f *simFlow, most float64) {
	off := false
	f.media = func(time.Duration) float64 {
		switch estimate := f.estimator.Estimate().Bitrate; {
		case estimate < 70_000:
			off = true
		case estimate >= 85_000:
			off = false
		}
		if off {
			return 0
		}
		return most
	}
	f.fps, f.wanted = 15, constant(1e6)
}

// share returns for which part of a time the estimate is below some bit rate.
func (f *simFlow) share(from, to time.Duration, below float64) float64 {
	n, low := 0.0, 0.0
	for _, s := range f.history {
		if s.at >= from && s.at < to {
			n++
			if float64(s.estimate.Bitrate) < below {
				low++
			}
		}
	}
	return low / n
}

func TestABusyMachineIsNoThinLink(t *testing.T) {
	for _, most := range []float64{60e3, 400e3} {
		low, mean := 0.0, 0.0
		const seeds = 4
		for seed := range uint64(seeds) {
			l := newLink(constant(50e6), time.Millisecond, 300*ms)
			f := newFlow(Config{})
			camera(f, most)
			f.busy = newBusy(seed, 60*second, 5)
			simulate(l, 60*second, f)
			low += f.share(0, 60*second, 85e3) / seeds
			mean += f.mean(20*second, 60*second) / seeds
			assert.Less(t, f.share(0, 60*second, 85e3), 0.02, "seed %d, camera of %.0f", seed, most)
		}
		t.Logf("camera of %.0f bit/s: below 85 kbit/s for %.2f %% of the time, mean %.0f kbit/s",
			most, 100*low, mean/1000)
		assert.Less(t, low, 0.005)
		assert.Greater(t, mean, 0.8*min(1e6, 2*most))
	}
}

// While a busy machine begins, one probe may seem to have been too much: nobody is told that the
// link is weak for that.
func TestABusyBeginningIsNotCalledFull(t *testing.T) {
	const seeds, length = 100, 8 * second
	said := 0
	for seed := range uint64(seeds) {
		f := newFlow(Config{})
		camera(f, 400e3)
		f.busy = newBusy(seed, length, 5)
		simulate(newLink(constant(50e6), time.Millisecond, 300*ms), length, f)
		if slices.ContainsFunc(f.history, func(s simSample) bool {
			return s.estimate.Full && s.estimate.Bitrate < 300_000
		}) {
			said++
		}
	}
	t.Logf("%d of %d beginnings called full", said, seeds)
	assert.LessOrEqual(t, said, seeds/10)
}

func TestThePictureComesBackAtOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		audio time.Duration // between packets
		busy  float64       // stalls a second
		// until the smallest picture fits, at the median; twice that for nine of ten
		thin time.Duration
		wide time.Duration // until a large one does
	}{
		"a voice":              {audio: 20 * ms, thin: second, wide: 2 * second},
		"silence":              {audio: 400 * ms, thin: second, wide: 2 * second},
		"60 ms a packet":       {audio: 60 * ms, thin: second, wide: 2 * second},
		"a voice, busy":        {audio: 20 * ms, busy: 3, thin: 2 * second, wide: 5 * second},
		"silence, busy":        {audio: 400 * ms, busy: 3, thin: 2 * second, wide: 5 * second},
		"60 ms a packet, busy": {audio: 60 * ms, busy: 3, thin: 2 * second, wide: 5 * second},
	} {
		t.Run(name, func(t *testing.T) {
			var thin, wide []time.Duration
			for seed := range uint64(9) {
				f := newFlow(Config{StartBitrate: 30_000})
				f.estimator.proven = true // it is what is left of a rate, no guess
				camera(f, 900e3)
				f.audioSize, f.audioEvery = 70, c.audio
				if c.busy > 0 {
					f.busy = newBusy(seed, 60*second, c.busy)
				}
				simulate(newLink(constant(50e6), time.Millisecond, 300*ms), 12*second, f)
				thin, wide = append(thin, f.reaches(0, 100e3)), append(wide, f.reaches(0, 1e6))
			}
			slices.Sort(thin)
			slices.Sort(wide)
			t.Logf("100 kbit/s after %v (90 %%: %v), 1 Mbit/s after %v (90 %%: %v)", thin[4],
				thin[7], wide[4], wide[7])
			assert.Less(t, thin[4], c.thin)
			assert.Less(t, wide[4], c.wide)
			assert.Less(t, thin[7], 2*c.thin)
			assert.Less(t, wide[7], 2*c.wide)
		})
	}
}

// On a thin link a queue that stands is seen at once all the same, whoever is busy.
func TestAStandingQueueIsSeenFast(t *testing.T) {
	for _, rate := range []float64{60e3, 100e3, 300e3} {
		for _, stalled := range []float64{0, 1} {
			f := newFlow(Config{})
			f.media, f.wanted = constant(900e3), constant(900e3)
			if stalled > 0 {
				f.busy = newBusy(7, 60*second, stalled)
			}
			simulate(newLink(steps(1e6, 20, rate), 25*ms, 300*ms), 40*second, f)
			seen := time.Hour
			for _, s := range f.history {
				if s.at > 20*second && float64(s.estimate.Pacing) < 0.5e6 {
					seen = min(seen, s.at-20*second)
				}
			}
			t.Logf("1 Mbit/s to %.0f kbit/s, %.0f stalls a second: seen after %v", rate/1000,
				stalled, seen)
			assert.LessOrEqual(t, seen, 700*ms)
			if stalled == 0 {
				assert.Less(t, f.longest(22*second, 40*second), 260*ms)
			}
		}
	}
}

// A thin link that is full, and a kernel that holds packets up now and then: the gaps pass for a
// slower link, for a moment.
func TestAStallOnAFullThinLinkCostsLittle(t *testing.T) {
	t.Parallel()
	for _, rate := range []float64{150e3, 250e3} {
		low, mean := 0.0, 0.0
		const seeds = 3
		for seed := range uint64(seeds) {
			f := newFlow(Config{})
			f.busy = newBusy(seed, 120*second, 1)
			simulate(newLink(constant(rate), 25*ms, 300*ms), 120*second, f)
			low += f.share(10*second, 120*second, 0.5*rate) / seeds
			mean += f.mean(10*second, 120*second) / seeds
		}
		t.Logf("%.0f kbit/s: below half of it for %.1f %% of the time, mean %.0f kbit/s", rate/1000,
			100*low, mean/1000)
		assert.Less(t, low, 0.05)
		assert.Greater(t, mean, 0.75*rate)
	}
}
