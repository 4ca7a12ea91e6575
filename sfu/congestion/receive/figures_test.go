package receive

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"draille/sfu/congestion/ablation"
)

const figureSeeds = 12

// scenario is a link and who publishes over it; what is told of it comes after from.
type scenario struct {
	name   string
	path   path
	sender sender
	from   time.Duration
	length time.Duration
	rate   float64 // bit/s that could be used then
	// vary makes of the path what a seed makes of it; nil: it is the same for all
	vary func(p *path, random *rand.Rand)
}

// wandering is another rate every three seconds, log-normal around a mean.
func wandering(mean float64) func(*path, *rand.Rand) {
	return func(p *path, random *rand.Rand) {
		var rates [30]float64
		for i := range rates {
			rates[i] = mean * math.Exp(0.6*random.NormFloat64()-0.18)
		}
		p.rate = func(at time.Duration) float64 { return rates[int(at/(3*time.Second))%len(rates)] }
		p.loss = 0.02 * random.Float64()
	}
}

// held is a device that is late now and then, for 100 to 400 ms; what has left it comes together.
func held(perSecond float64) func(*path, *rand.Rand) {
	return func(p *path, random *rand.Rand) {
		type stall struct{ from, until time.Duration }
		var stalls []stall
		for at := time.Duration(0); at < 2*time.Minute; {
			at += time.Duration(random.ExpFloat64() / perSecond * float64(time.Second))
			until := at + 100*ms + time.Duration(random.Float64()*float64(300*ms))
			stalls = append(stalls, stall{at, until})
			at = until
		}
		way := p.delay
		p.delay = func(at time.Duration) time.Duration {
			for _, s := range stalls {
				if at >= s.from && at < s.until {
					return way(at) + s.until - at
				}
			}
			return way(at)
		}
	}
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
			jitter: 30 * ms}, stamped(), 6 * s, 40 * s, 850_000, nil},
		{"5 % lost", lossy(0.05), stamped(), 6 * s, 40 * s, 0.95 * 850_000, nil},
		{"20 % lost", lossy(0.2), stamped(), 6 * s, 40 * s, 0.8 * 850_000, nil},
		{"policer", policer, stamped(), 10 * s, 40 * s, 300_000, nil},
		{"longer path", longer, stamped(), 10 * s, 25 * s, 850_000, nil},
		{"stalls", stalls, stamped(), 6 * s, 40 * s, 850_000, nil},
		{"late device that sends little", late, tiny, 6 * s, 40 * s, 70_000, nil},
		{"late device", late, stamped(), 6 * s, 40 * s, 850_000, nil},
		{"stalls on 400 kbit/s", single, stamped(), 6 * s, 40 * s, 400_000, nil},
		{"camera alone, 150 kbit/s", thin(150_000), alone, 5 * s, minute, 150_000, nil},
		{"voice stamps alone, 150 kbit/s", thin(150_000), talker(), 5 * s, minute, 150_000, nil},
		{"the beginning on fibre", thin(50e6), stamped(), 0, 8 * s, 850_000, nil},
		{"the beginning on 300 kbit/s", thin(300_000), stamped(), 0, 8 * s, 300_000, nil},
		{"the beginning on 100 kbit/s", thin(100_000), stamped(), 0, 8 * s, 100_000, nil},
		{"back to 2 Mbit/s", between(2e6, 250_000, 15*s, 45*s), stamped(), 45 * s, 55 * s,
			850_000, nil},
		{"back to 2 Mbit/s, modest", between(2e6, 250_000, 15*s, 45*s), modest, 45 * s, 55 * s,
			850_000, nil},
		{"back from a voice", between(2e6, 25_000, 20*s, 30*s), thinVoice, 30 * s, 45 * s,
			850_000, nil},
		{"falls twice", thin(0), stamped(), 20 * s, 30 * s, 150_000, nil},
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
			5 * s, minute, rate, nil})
	}
	for _, low := range []float64{60_000, 150_000, 250_000, 400_000} {
		all = append(all, scenario{fmt.Sprintf("fall to %.0f kbit/s", low/1e3),
			between(2e6, low, 15*s, minute), stamped(), 15 * s, 25 * s, low, nil})
	}
	for _, mean := range []float64{120_000, 250_000, 700_000} {
		all = append(all, scenario{name: fmt.Sprintf("wandering around %.0f kbit/s", mean/1e3),
			path: thin(mean), sender: stamped(), from: 5 * s, length: 65 * s, rate: mean,
			vary: wandering(mean)})
	}
	for _, rate := range []float64{150_000, 400_000, 5e6} {
		for often, sender := range map[float64]sender{0.3: tiny, 0.5: stamped()} {
			most := 850_000.0
			if sender.appetite == tiny.appetite {
				most = 70_000
			}
			all = append(all, scenario{
				name: fmt.Sprintf("late %.1f times a second on %.0f kbit/s", often, rate/1e3),
				path: thin(rate), sender: sender, from: 5 * s, length: 65 * s,
				rate: min(rate, most), vary: held(often)})
		}
	}
	for queue, rate := range map[time.Duration]float64{60 * ms: 400_000, 1500 * ms: 200_000} {
		p := thin(rate)
		p.queue = queue
		all = append(all, scenario{name: fmt.Sprintf("a queue of %v", queue), path: p,
			sender: stamped(), from: 5 * s, length: minute, rate: rate})
	}
	return all
}

// TestFigures tells what comes of the links that people have.
func TestFigures(t *testing.T) {
	figures := ablation.Wanted(t)
	for _, s := range scenarios() {
		for seed := range uint64(figureSeeds) {
			random := rand.New(rand.NewPCG(seed, 0xf16))
			path := s.path
			if s.vary != nil {
				s.vary(&path, random)
			}
			sim := &simulation{path: path, sender: s.sender, length: s.length,
				random: random, drift: (float64(seed%10) - 4.5) * 20e-6}
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
