package receive

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"draille/sfu/congestion/ablation"
)

const figureSeeds = 8

// scenario is a link and who publishes over it; what is told of it comes after from.
type scenario struct {
	name   string
	path   path
	sender sender
	from   time.Duration
	length time.Duration
	rate   float64 // bit/s that could be used then
}

// between is a link whose rate is low for a time.
func between(high, low float64, from, to time.Duration) path {
	p := thin(high)
	p.rate = func(at time.Duration) float64 {
		if at >= from && at < to {
			return low
		}
		return high
	}
	return p
}

// scenarios are links that people have.
func scenarios() []scenario {
	const minute = time.Minute
	s := time.Second
	modest, alone, tiny := stamped(), stamped(), stamped()
	modest.modest = 0.6
	alone.voice = 0
	tiny.appetite, tiny.framerate = 20_000, 5
	thinVoice := stamped()
	thinVoice.voice, thinVoice.frame, thinVoice.dark = 165, 60*ms, 18_000
	longer := thin(5e6)
	longer.delay = func(at time.Duration) time.Duration {
		if at > 10*s {
			return 150 * ms
		}
		return 30 * ms
	}
	stalls := thin(5e6)
	stalls.delay = func(at time.Duration) time.Duration { // what came within 250 ms comes at once
		return 25*ms + max(0, 250*ms-at%(3*s))
	}
	late := thin(5e6)
	late.delay = func(at time.Duration) time.Duration {
		if at < 5*s || at/s%4 != 0 {
			return 25 * ms
		}
		return 85*ms + 230*ms - at%(230*ms)
	}
	single := thin(400_000)
	single.delay = func(at time.Duration) time.Duration {
		if at%(3*s) < 10*ms {
			return 105 * ms
		}
		return 25 * ms
	}
	lossy := func(loss float64) path {
		return path{rate: constant(5e6), queue: 100 * ms, delay: still(30 * ms), jitter: 5 * ms,
			loss: loss}
	}
	policer := path{rate: constant(300_000), queue: 15 * ms, delay: still(25 * ms)}
	all := []scenario{
		{"jitter of 30 ms", path{rate: constant(5e6), queue: 100 * ms, delay: still(30 * ms),
			jitter: 30 * ms}, stamped(), 6 * s, 40 * s, 850_000},
		{"5 % lost", lossy(0.05), stamped(), 6 * s, 40 * s, 0.95 * 850_000},
		{"20 % lost", lossy(0.2), stamped(), 6 * s, 40 * s, 0.8 * 850_000},
		{"policer", policer, stamped(), 10 * s, 40 * s, 300_000},
		{"longer path", longer, stamped(), 10 * s, 25 * s, 850_000},
		{"stalls", stalls, stamped(), 6 * s, 40 * s, 850_000},
		{"late device that sends little", late, tiny, 6 * s, 40 * s, 70_000},
		{"late device", late, stamped(), 6 * s, 40 * s, 850_000},
		{"stalls on 400 kbit/s", single, stamped(), 6 * s, 40 * s, 400_000},
		{"camera alone, 150 kbit/s", thin(150_000), alone, 5 * s, minute, 150_000},
		{"voice stamps alone, 150 kbit/s", thin(150_000), talker(), 5 * s, minute, 150_000},
		{"the beginning on fibre", thin(50e6), stamped(), 0, 8 * s, 850_000},
		{"the beginning on 300 kbit/s", thin(300_000), stamped(), 0, 8 * s, 300_000},
		{"the beginning on 100 kbit/s", thin(100_000), stamped(), 0, 8 * s, 100_000},
		{"back to 2 Mbit/s", between(2e6, 250_000, 15*s, 45*s), stamped(), 45 * s, 55 * s,
			850_000},
		{"back to 2 Mbit/s, modest", between(2e6, 250_000, 15*s, 45*s), modest, 45 * s, 55 * s,
			850_000},
		{"back from a voice", between(2e6, 25_000, 20*s, 30*s), thinVoice, 30 * s, 45 * s,
			850_000},
		{"falls twice", thin(0), stamped(), 20 * s, 30 * s, 150_000},
	}
	twice := &all[len(all)-1].path
	twice.rate = func(at time.Duration) float64 {
		switch {
		case at < 20*s:
			return 1e6
		case at < 20*s+300*ms:
			return 400_000
		}
		return 150_000
	}
	for _, rate := range []float64{60_000, 150_000, 250_000, 400_000} {
		all = append(all, scenario{fmt.Sprintf("%.0f kbit/s", rate/1e3), thin(rate), stamped(),
			5 * s, minute, rate})
	}
	for _, low := range []float64{60_000, 150_000, 250_000, 400_000} {
		all = append(all, scenario{fmt.Sprintf("fall to %.0f kbit/s", low/1e3),
			between(2e6, low, 15*s, minute), stamped(), 15 * s, 25 * s, low})
	}
	return all
}

// TestFigures tells what comes of the links that people have.
func TestFigures(t *testing.T) {
	figures := ablation.Wanted(t)
	for _, s := range scenarios() {
		for seed := range uint64(figureSeeds) {
			sim := &simulation{path: s.path, sender: s.sender, length: s.length,
				random: rand.New(rand.NewPCG(seed, 0xf16)), drift: (float64(seed) - 4) * 20e-6}
			lost, voices, wait, arrives, n := 0, 0, time.Duration(0), 0.0, 0
			for _, m := range sim.run() {
				if m.at <= s.from {
					continue
				}
				lost, voices, n = lost+m.lost, voices+m.voices, n+1
				wait, arrives = wait+m.wait, arrives+m.arrived
			}
			name := "receive, " + s.name
			if voices > 0 {
				figures.Add(name+": voice lost %", seed, 100*float64(lost)/float64(voices))
			}
			figures.Add(name+": mean queue ms", seed, 1e3*wait.Seconds()/float64(n))
			figures.Add(name+": unused %", seed, 100*max(0, 1-arrives/float64(n)/s.rate))
		}
	}
}
