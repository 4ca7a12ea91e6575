package send

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"draille/sfu/congestion/ablation"
)

const figureSeeds = 16

// scenario is a link and who uses it; what is told of it lies between from and to.
type scenario struct {
	name     string
	link     func(random *rand.Rand) *simLink
	flow     func(f *simFlow, seed uint64)
	from, to time.Duration
	rate     float64       // bit/s that could be used then
	reaches  float64       // bit/s of estimate; what counts is when it is there after from
	patience time.Duration // the same, at most
}

// steadyLink carries rate, 25 ms away, with a queue of 300 ms.
func steadyLink(rate float64) func(*rand.Rand) *simLink {
	return changingLink(constant(rate))
}

func changingLink(rate func(time.Duration) float64) func(*rand.Rand) *simLink {
	return func(*rand.Rand) *simLink { return newLink(rate, 25*ms, 300*ms) }
}

func lossyLink(rate, loss float64) func(*rand.Rand) *simLink {
	return func(*rand.Rand) *simLink {
		l := newLink(constant(rate), 25*ms, 300*ms)
		l.loss = constant(loss)
		return l
	}
}

// wandering is another rate every three seconds, log-normal around a mean, and sometimes lossy.
func wandering(mean float64) func(*rand.Rand) *simLink {
	return func(random *rand.Rand) *simLink {
		var rates, losses [30]float64
		for i := range rates {
			rates[i] = mean * math.Exp(0.6*random.NormFloat64()-0.18)
			losses[i] = 0.02 * random.Float64()
		}
		at := func(values *[30]float64) func(time.Duration) float64 {
			return func(t time.Duration) float64 { return values[int(t/(3*second))%len(values)] }
		}
		l := newLink(at(&rates), 35*ms, 300*ms)
		l.loss = at(&losses)
		return l
	}
}

// managedLink drops the more packets the longer its queue is, from 40 ms on (RED).
func managedLink(rate float64) func(*rand.Rand) *simLink {
	return func(*rand.Rand) *simLink {
		l := newLink(constant(rate), 25*ms, 300*ms)
		l.loss = func(at time.Duration) float64 {
			return min(0.5, max(0, float64(l.free-at-40*ms)/float64(200*ms)))
		}
		return l
	}
}

// watched is a camera that is looked at.
func watched(most float64) func(*simFlow, uint64) {
	return func(f *simFlow, _ uint64) {
		f.feedback = 50 * ms
		camera(f, most)
		f.wanted = constant(most)
	}
}

func with(do ...func(*simFlow, uint64)) func(*simFlow, uint64) {
	return func(f *simFlow, seed uint64) {
		for _, d := range do {
			d(f, seed)
		}
	}
}

// told hears from the other way of the line that it has fallen, as feedback does not come.
func told(fall time.Duration, share float64) func(*simFlow, uint64) {
	return func(f *simFlow, _ uint64) {
		done := false
		f.muteBack = func(now time.Duration) bool {
			if now > fall+110*ms && !done {
				done = true
				f.estimator.ReverseDropped(epoch.Add(now), share)
			}
			return now > fall && now < fall+350*ms
		}
	}
}

func busyAt(perSecond float64) func(*simFlow, uint64) {
	return func(f *simFlow, seed uint64) { f.busy = newBusy(seed, 60*second, perSecond) }
}

func download(stop time.Duration) func(*simFlow, uint64) {
	return func(f *simFlow, seed uint64) {
		start := 10*second + time.Duration(seed)*130*ms
		f.crossTraffic = &simTCP{start: start, stop: stop, window: 10, rtt: 100 * ms}
	}
}

// scenarios are links that people have.
func scenarios() []scenario {
	const fall = 20 * second
	all := []scenario{
		{name: "2 % lost in bursts", rate: 300e3, from: 3 * second, to: 40 * second,
			link: func(*rand.Rand) *simLink {
				l := newLink(constant(300e3), 25*ms, 300*ms)
				l.loss = func(at time.Duration) float64 {
					if at%(4*second) < 80*ms {
						return 1
					}
					return 0
				}
				return l
			}},
		{name: "feedback every 250 ms", rate: 200e3, link: steadyLink(200e3),
			from: 3 * second, to: 40 * second,
			flow: func(f *simFlow, _ uint64) { f.feedback = 250 * ms }},
		{name: "a picture a second", rate: 40e3, link: steadyLink(60e3), from: 5 * second,
			to: 40 * second, flow: func(f *simFlow, _ uint64) {
				f.fps, f.media, f.wanted = 1, constant(35e3), constant(400e3)
			}},
		{name: "an encoder that ignores the estimate", rate: 200e3, link: steadyLink(300e3),
			from: 5 * second, to: 40 * second, flow: func(f *simFlow, _ uint64) {
				f.exact, f.media, f.wanted = true, constant(200e3), constant(600e3)
			}},
		{name: "5 % lost", link: lossyLink(300e3, 0.05), from: 3 * second, to: 40 * second,
			rate: 0.95 * 300e3},
		{name: "20 % lost", link: lossyLink(300e3, 0.2), from: 3 * second, to: 40 * second,
			rate: 0.8 * 300e3},
		{name: "policer", rate: 300e3, from: 10 * second, to: 60 * second,
			link: func(*rand.Rand) *simLink { return newLink(constant(300e3), 25*ms, 15*ms) }},
		{name: "busy, fibre", rate: 400e3, link: steadyLink(50e6), flow: with(watched(400e3),
			busyAt(5)), from: 2 * second, to: 40 * second},
		{name: "busy, 150 kbit/s", rate: 150e3, link: steadyLink(150e3), flow: busyAt(1),
			from: 5 * second, to: 60 * second},
		{name: "beside a download", rate: 1e6, link: steadyLink(1e6), flow: download(0),
			from: 30 * second, to: 90 * second},
		{name: "after a download", rate: 1e6, link: steadyLink(1e6), flow: download(fall),
			from: fall + second, to: fall + 20*second},
		{name: "longer path", rate: 850e3, from: 10 * second, to: fall, flow: watched(850e3),
			link: func(*rand.Rand) *simLink {
				l := newLink(constant(2e6), 25*ms, 300*ms)
				l.longer = func(at time.Duration) time.Duration {
					if at > 10*second {
						return 250 * ms
					}
					return 0
				}
				return l
			}},
		{name: "dead for 800 ms", rate: 400e3, from: fall, to: fall + 6*second,
			link: changingLink(steps(500e3, 20, 0, 20.8, 500e3))},
		{name: "silent receiver", rate: 850e3, link: steadyLink(2e6), from: fall,
			to: fall + 5*second, flow: with(watched(850e3), func(f *simFlow, _ uint64) {
				f.muteBack = func(at time.Duration) bool {
					return at > fall-2500*ms && at < fall
				}
			})},
		{name: "silent receiver on a link that fell", rate: 100e3, from: fall,
			to: fall + 6*second, link: changingLink(steps(1e6, 20, 100e3)),
			flow: with(watched(850e3), func(f *simFlow, _ uint64) {
				f.muteBack = func(at time.Duration) bool { return at > fall && at < fall+4*second }
			})},
		{name: "back to 2 Mbit/s", link: changingLink(steps(2e6, 20, 250e3, 50, 2e6)),
			flow: watched(850e3), from: 50 * second, to: 60 * second, rate: 850e3,
			reaches: 765e3, patience: 10 * second},
		{name: "a picture comes back, busy", link: steadyLink(50e6), from: 0, to: 12 * second,
			rate: 900e3, reaches: 100e3, patience: 12 * second, flow: with(busyAt(3),
				func(f *simFlow, _ uint64) {
					f.estimator.aimd.bitrate, f.estimator.proven = 30_000, true
					camera(f, 900e3)
				})},
	}
	for _, rate := range []float64{150e3, 500e3} {
		all = append(all, scenario{name: "managed queue, " + kilobits(rate), rate: rate,
			link: managedLink(rate), from: 3 * second, to: 40 * second})
	}
	for _, mean := range []float64{60e3, 150e3} {
		all = append(all, scenario{name: "a small camera, wandering around " + kilobits(mean),
			rate: 40e3, link: wandering(mean), from: 5 * second, to: 65 * second,
			flow: func(f *simFlow, _ uint64) {
				f.fps, f.media, f.wanted = 5, constant(40e3), constant(400e3)
			}})
	}
	for _, mean := range []float64{120e3, 250e3, 700e3} {
		all = append(all, scenario{name: "wandering around " + kilobits(mean), rate: mean,
			link: wandering(mean), flow: watched(850e3), from: 5 * second, to: 65 * second})
	}
	for queue, rate := range map[time.Duration]float64{40 * ms: 300e3, 60 * ms: 1e6,
		1500 * ms: 200e3} {
		all = append(all, scenario{name: fmt.Sprintf("a queue of %v", queue), rate: rate,
			link: func(*rand.Rand) *simLink { return newLink(constant(rate), 25*ms, queue) },
			from: 3 * second, to: 40 * second})
	}
	for _, rate := range []float64{60e3, 150e3, 300e3, 1e6} {
		all = append(all, scenario{name: kilobits(rate), link: steadyLink(rate),
			from: 3 * second, to: 40 * second, rate: rate})
	}
	for _, low := range []float64{100e3, 250e3, 400e3} {
		s := scenario{name: "fall to " + kilobits(low), rate: low, from: fall,
			to: fall + 6*second, link: changingLink(steps(2e6, fall.Seconds(), low)),
			flow: watched(850e3)}
		both := s
		both.name, both.flow = "both ways "+s.name, with(s.flow, told(fall, low/850e3))
		all = append(all, s, both)
	}
	return all
}

func kilobits(rate float64) string {
	return fmt.Sprintf("%.0f kbit/s", rate/1e3)
}

// TestFigures tells what comes of the links that people have.
func TestFigures(t *testing.T) {
	figures := ablation.Wanted(t)
	for _, s := range scenarios() {
		for seed := range uint64(figureSeeds) {
			random := rand.New(rand.NewPCG(seed, 0xf16))
			l := s.link(random)
			l.random, l.jitter = random, 2*ms
			f := newFlow(Config{})
			f.random = rand.New(rand.NewPCG(seed, 3))
			if s.flow != nil {
				s.flow(f, seed)
			}
			simulate(l, s.to+second, f)
			figures.Add("send, "+s.name+": lost %", seed, 100*f.lost(s.from, s.to))
			if waits := f.waits(s.from, s.to); len(waits) > 0 {
				figures.Add("send, "+s.name+": p95 queue ms", seed,
					float64(percentile(waits, 95).Milliseconds()))
			}
			figures.Add("send, "+s.name+": unused %", seed,
				100*max(0, 1-f.goodput(s.from, s.to)/s.rate))
			if s.reaches > 0 {
				took := min(f.reaches(s.from, s.reaches)-s.from, s.patience)
				figures.Add("send, "+s.name+": back after s", seed, took.Seconds())
			}
		}
	}
}

// TestHealFigures tells how long it takes until a downlink carries a picture, whatever was.
func TestHealFigures(t *testing.T) {
	figures := ablation.Wanted(t)
	for i := range *healHistories {
		seed := *healSeed + uint64(i)
		figures.Add("send, heal: s", seed, drawHistory(seed).play().Seconds())
	}
}
