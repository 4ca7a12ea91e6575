package send

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const kbps = 1000.0

func TestOneFlowFillsTheLinkWithAShortQueue(t *testing.T) {
	for rate, delay := range map[float64]time.Duration{
		40: 25 * ms, 60: 50 * ms, 100: 10 * ms, 150: 25 * ms, 200: 300 * ms, 512: 300 * ms,
		1000: 50 * ms, 4000: 10 * ms,
	} {
		t.Run(fmt.Sprintf("%.0f kbit/s, %v", rate, delay), func(t *testing.T) {
			f := newFlow(Config{})
			simulate(newLink(constant(rate*kbps), delay, 300*ms), 60*second, f)
			assert.Greater(t, f.goodput(10*second, 60*second), 0.83*rate*kbps)
			assert.Less(t, f.p95(10*second), 150*ms)
		})
	}
}

// RFC 8867 section 5.1, and the same at a fifth.
func TestFollowsAVaryingCapacity(t *testing.T) {
	for _, scale := range []float64{1, 0.2} {
		f := newFlow(Config{})
		rate := steps(1e6*scale, 40, 2.5e6*scale, 60, 0.6e6*scale, 80, 1e6*scale)
		simulate(newLink(rate, 50*ms, 300*ms), 100*second, f)
		assert.Greater(t, f.goodput(0, 100*second), 0.8*1.22e6*scale, "scale %g", scale)
		assert.Less(t, f.p95(0), 120*ms, "scale %g", scale)
	}
}

func TestComesBackFastAfterADrop(t *testing.T) {
	for _, c := range []struct {
		high, low float64
		delay     time.Duration
	}{{2000, 250, 25 * ms}, {2000, 250, 100 * ms}, {1000, 150, 25 * ms}, {2000, 60, 25 * ms}} {
		t.Run(fmt.Sprintf("%v", c), func(t *testing.T) {
			f := newFlow(Config{})
			f.media = constant(c.high * kbps)
			f.wanted = f.media
			rate := steps(c.high*kbps, 30, c.low*kbps, 60, c.high*kbps)
			simulate(newLink(rate, c.delay, 300*ms), 80*second, f)
			before := f.mean(20*second, 30*second)
			assert.Greater(t, before, 0.85*c.high*kbps)
			assert.Less(t, f.longest(31500*ms, 60*second), 250*ms,
				"the queue is drained soon after the drop")
			assert.Greater(t, f.goodput(33*second, 60*second), 0.83*c.low*kbps)
			back := f.reaches(60*second, 0.95*before)
			assert.Less(t, back-60*second, 5*second)
		})
	}
}

func TestRandomLossIsNotCongestion(t *testing.T) {
	t.Parallel()
	for _, loss := range []float64{0.02, 0.05, 0.1, 0.2, 0.3} {
		t.Run(fmt.Sprint(loss), func(t *testing.T) {
			free := newLink(constant(5000*kbps), 25*ms, 300*ms)
			free.loss = constant(loss)
			f := newFlow(Config{})
			f.media, f.wanted = constant(1000*kbps), constant(1200*kbps)
			simulate(free, 60*second, f)
			assert.Greater(t, f.mean(20*second, 60*second), 1000*kbps,
				"on a free link nothing is given up")
			assert.InDelta(t, loss, f.at(60*second).Loss, 0.1)

			full := newLink(constant(300*kbps), 25*ms, 300*ms)
			full.loss = constant(loss)
			f = newFlow(Config{})
			simulate(full, 60*second, f)
			assert.Greater(t, f.goodput(10*second, 60*second), 0.73*300*kbps*(1-loss))
			assert.Less(t, f.p95(10*second), 150*ms)
		})
	}
}

// A router that holds next to nothing shows congestion by its losses alone.
func TestAShortBufferIsRecognisedByExperiment(t *testing.T) {
	f := newFlow(Config{})
	simulate(newLink(constant(200*kbps), 25*ms, 20*ms), 120*second, f)
	assert.Less(t, f.mean(40*second, 120*second), 215*kbps)
	assert.Greater(t, f.goodput(40*second, 120*second), 0.7*200*kbps)
	assert.Less(t, f.lost(40*second, 120*second), 0.1)
}

func TestTwoFlowsShare(t *testing.T) {
	t.Parallel()
	for _, scale := range []float64{1, 0.2} {
		for _, later := range []time.Duration{0, 20 * second} {
			a, b := newFlow(Config{}), newFlow(Config{})
			b.start, b.random = later, rand.New(rand.NewPCG(9, 9))
			simulate(newLink(constant(1e6*scale), 50*ms, 300*ms), 180*second, a, b)
			one, other := a.goodput(later+20*second, 180*second),
				b.goodput(later+20*second, 180*second)
			fair := (one + other) / 2
			assert.InDelta(t, fair, one, 0.2*fair, "scale %g, later %v", scale, later)
			assert.Greater(t, one+other, 0.83e6*scale)
			assert.Less(t, max(a.p95(0), b.p95(0)), 160*ms)
		}
	}
}

func TestAudioAloneIsEnough(t *testing.T) {
	t.Run("17 packets/s find a thin link", func(t *testing.T) {
		f := audioOnly(Config{StartBitrate: 300_000})
		f.audioSize, f.wanted = 225, nil // 30 kbit/s
		simulate(newLink(steps(1e6, 20, 25e3), 25*ms, 1000*ms), 40*second, f)
		assert.Equal(t, 300_000, f.at(20*second).Bitrate)
		assert.Less(t, f.reachesDown(20*second, 60e3), 23*second)
	})
	t.Run("nothing is proven by little", func(t *testing.T) {
		f := audioOnly(Config{StartBitrate: 100_000})
		f.wanted = nil
		simulate(newLink(constant(5e6), 25*ms, 300*ms), 60*second, f)
		assert.Equal(t, 100_000, f.estimator.Estimate().Bitrate)
	})
	t.Run("probes prove more", func(t *testing.T) {
		f := audioOnly(Config{StartBitrate: 100_000})
		f.wanted = constant(1e6)
		simulate(newLink(constant(5e6), 25*ms, 300*ms), 10*second, f)
		assert.Greater(t, f.estimator.Estimate().Bitrate, 950_000)
		assert.Less(t, f.estimator.Estimate().Bitrate, 1_200_000, "and no more than wanted")
	})
}

func TestAnApplicationLimitedFlowDoesNotClimb(t *testing.T) {
	f := newFlow(Config{StartBitrate: 300_000})
	f.media, f.wanted = constant(84e3), constant(100e3)
	simulate(newLink(constant(20e6), 25*ms, 300*ms), 120*second, f)
	assert.LessOrEqual(t, f.estimator.Estimate().Bitrate, 300_000)
}

// An encoder is told its rate now and then, keeps a margin or none, and sends as much as the scene
// takes.
func TestAnEncoderThatFollowsLooselyHasTheLink(t *testing.T) {
	for _, rate := range []float64{150e3, 500e3} {
		for _, share := range []float64{0.85, 1.3} {
			f := newFlow(Config{})
			target, scene, told, changed := 0.0, 1.0, time.Duration(0), time.Duration(0)
			f.exact = true
			f.media = func(now time.Duration) float64 {
				if now >= told {
					told, target = now+300*ms,
						share*(float64(f.estimator.Estimate().Bitrate)-f.audioRate())
				}
				if now >= changed {
					changed, scene = now+time.Duration(500+f.random.IntN(2500))*ms,
						0.4+0.8*f.random.Float64()
				}
				return target * scene
			}
			simulate(newLink(constant(rate), 25*ms, 300*ms), 50*second, f)
			assert.Greater(t, f.mean(10*second, 50*second), 0.85*rate, "%g of %g", share, rate)
			assert.Zero(t, f.share(10*second, 50*second, 0.5*rate), "%g of %g", share, rate)
			assert.Less(t, f.p95(10*second), 130*ms, "%g of %g", share, rate)
		}
	}
}

func TestJitterCostsLittle(t *testing.T) {
	for _, jitter := range []time.Duration{10 * ms, 30 * ms} {
		l := newLink(constant(10e6), 25*ms, 300*ms)
		l.jitter = jitter
		f := newFlow(Config{})
		f.media, f.wanted = constant(1.4e6), constant(1.5e6)
		simulate(l, 60*second, f)
		assert.Greater(t, f.goodput(10*second, 60*second), 1.3e6)
		l = newLink(constant(200e3), 25*ms, 300*ms)
		l.jitter = jitter
		f = newFlow(Config{})
		simulate(l, 60*second, f)
		assert.Greater(t, f.goodput(10*second, 60*second), 0.8*200e3)
	}
}

func TestGaps(t *testing.T) {
	gap := func(now time.Duration) bool { return now > 20*second && now < 20500*ms }
	for _, rate := range []float64{100e3, 500e3, 2e6} {
		for name, prepare := range map[string]func(*simFlow, *simLink){
			"traffic":  func(f *simFlow, _ *simLink) { f.silent = gap },
			"feedback": func(f *simFlow, _ *simLink) { f.muteBack = gap },
			"link": func(_ *simFlow, l *simLink) {
				l.queue = second
				l.rate = func(now time.Duration) float64 {
					if gap(now) {
						l.free = 20500 * ms
					}
					return rate
				}
			},
		} {
			t.Run(fmt.Sprintf("500 ms of %s at %.0f bit/s", name, rate), func(t *testing.T) {
				f := newFlow(Config{})
				l := newLink(constant(rate), 25*ms, 300*ms)
				prepare(f, l)
				simulate(l, 30*second, f)
				assert.Greater(t, f.mean(20500*ms, 23*second), 0.6*rate)
				assert.Greater(t, f.mean(23*second, 30*second), 0.8*rate)
			})
		}
	}
}

func TestADeadLinkComesBack(t *testing.T) {
	for _, rate := range []float64{100e3, 500e3, 2e6} {
		f := newFlow(Config{})
		simulate(newLink(steps(rate, 20, 0, 40, rate), 25*ms, 300*ms), 50*second, f)
		assert.Equal(t, 20_000, f.at(39*second).Bitrate, "silence decays")
		assert.Greater(t, f.at(22*second).Bitrate, 20_000, "but not at once")
		assert.Less(t, f.reaches(40*second, min(300e3, 0.8*rate)), 43*second)
		assert.Less(t, f.reaches(40*second, 0.8*rate), 46*second)
	}
}

func TestWithoutFeedbackTheFloorIsReached(t *testing.T) {
	f := newFlow(Config{StartBitrate: 1_000_000})
	f.muteBack = func(time.Duration) bool { return true }
	simulate(newLink(constant(5e6), 25*ms, 300*ms), 10*second, f)
	assert.Equal(t, 20_000, f.estimator.Estimate().Bitrate)
	assert.Greater(t, f.at(1400*ms).Bitrate, 900_000)
}

// Somebody waits to be let in and is sent nothing but a probe, of which the only feedback is lost.
func TestAProbeWithoutFeedbackIsFollowedByAnother(t *testing.T) {
	e := New(Config{})
	at := func(d time.Duration) time.Time { return epoch.Add(d) }
	e.OnSent(Sent{Seq: 1, Size: 200, At: at(0)})
	e.OnFeedback(at(60*ms), []Ack{{Seq: 1, Received: true, Arrival: 25 * ms}})
	for seq := int64(2); seq < 20; seq++ {
		e.OnSent(Sent{Seq: seq, Size: 1000, At: at(100*ms + time.Duration(seq)*ms), Probe: 1})
	}
	again := false
	for d := 200 * ms; d < 5*second; d += 100 * ms {
		e.Tick(at(d))
		_, probes := e.Probe(at(d), 1_500_000)
		again = again || probes
		if d > 2*second {
			require.Equal(t, 100_000, e.Estimate().Pacing, d)
		}
	}
	assert.Equal(t, 100_000, e.Estimate().Bitrate)
	assert.True(t, again)
}

func TestAPauseIsNotSilence(t *testing.T) {
	f := newFlow(Config{})
	f.silent = func(now time.Duration) bool { return now > 20*second && now < 40*second }
	f.wanted = func(now time.Duration) float64 {
		if f.silent(now) {
			return 0
		}
		return 2e6
	}
	simulate(newLink(constant(1e6), 25*ms, 300*ms), 45*second, f)
	assert.Greater(t, f.at(40*second).Bitrate, 700_000)
}

// A call counts for four downloads, and leaves what these would. How soon a download is recognised
// on a thin link is a matter of luck, so there the mean over many links counts.
func TestADownloadBesideUsLeavesAShare(t *testing.T) {
	t.Parallel()
	beside := func(rate float64) float64 {
		f := newFlow(Config{})
		f.crossTraffic = &simTCP{start: 10 * second, window: 10, rtt: 100 * ms}
		simulate(newLink(constant(rate), 50*ms, 300*ms), 120*second, f)
		return f.goodput(40*second, 120*second) / rate
	}
	var shares []float64
	sum := 0.0
	for rate := 300e3; rate < 700e3; rate += 20e3 {
		share := beside(rate)
		shares = append(shares, share)
		sum += share
		assert.Greater(t, share, 0.1, "rate %g", rate)
	}
	assert.Greater(t, sum/float64(len(shares)), 0.55, "%.2f", shares)
	assert.Greater(t, beside(2e6), 0.5)
	assert.Less(t, beside(2e6), 0.9)
}

// Two calls beside a download must not take each other for one when it has ended.
func TestAfterADownloadTheQueueGoes(t *testing.T) {
	for _, rate := range []float64{400e3, 2e6} {
		a, b := newFlow(Config{}), newFlow(Config{})
		b.random = rand.New(rand.NewPCG(9, 9))
		a.crossTraffic = &simTCP{start: 10 * second, stop: 40 * second, window: 10, rtt: 100 * ms}
		simulate(newLink(constant(rate), 50*ms, 300*ms), 110*second, a, b)
		waits := a.waits(90*second, 110*second)
		assert.Less(t, waits[len(waits)/2], 60*ms, "rate %g", rate)
		assert.Less(t, waits[len(waits)*95/100], 230*ms, "rate %g", rate)
		assert.Greater(t, a.goodput(90*second, 110*second)+b.goodput(90*second, 110*second),
			0.8*rate)
	}
}

func TestAloneOnALinkThatAudioFillsThereIsNoCrossTraffic(t *testing.T) {
	for _, rate := range []float64{20e3, 35e3, 48e3} {
		f := newFlow(Config{})
		f.audioSize, f.audioEvery = 122, 20*ms // 48.8 kbit/s, whatever the estimate
		simulate(newLink(constant(rate), 25*ms, 300*ms), 90*second, f)
		assert.LessOrEqual(t, f.mean(10*second, 90*second), 1.08*rate, "at %g", rate)
	}
}

func TestStartBitrateAndBounds(t *testing.T) {
	assert.Equal(t, 100_000, New(Config{}).Estimate().Bitrate)
	assert.Equal(t, DefaultConfig(), New(Config{}).config)
	assert.Equal(t, 20_000, New(Config{StartBitrate: 1}).Estimate().Bitrate)
	assert.Equal(t, 500_000, New(Config{StartBitrate: 1e6, MaxBitrate: 500_000}).Estimate().Bitrate)
	f := newFlow(Config{MaxBitrate: 400_000})
	simulate(newLink(constant(5e6), 25*ms, 300*ms), 20*second, f)
	assert.Equal(t, 400_000, f.estimator.Estimate().Bitrate)
}

func TestEstimateTellsRoundTripQueueAndLoss(t *testing.T) {
	l := newLink(constant(5e6), 40*ms, 300*ms)
	f := newFlow(Config{})
	f.media, f.wanted = constant(200e3), constant(300e3)
	simulate(l, 20*second, f)
	e := f.estimator.Estimate()
	assert.Greater(t, e.RTT, 80*ms)
	assert.Less(t, e.RTT, 80*ms+100*ms)
	assert.Less(t, e.QueueDelay, 10*ms)
	assert.InDelta(t, 216e3, e.Acked, 100e3)
	assert.Zero(t, e.Loss)
	assert.Equal(t, Normal, e.State)
}

func TestPathChanged(t *testing.T) {
	f := newFlow(Config{})
	l := newLink(constant(2e6), 40*ms, 300*ms)
	simulate(l, 20*second, f)
	require.Greater(t, f.estimator.Estimate().Bitrate, 1_500_000)
	f.estimator.PathChanged(epoch.Add(20*second), 0)
	assert.Equal(t, 100_000, f.estimator.Estimate().Bitrate)
	assert.Zero(t, f.estimator.Estimate().RTT)
	f.estimator.OnFeedback(epoch.Add(20*second+30*ms),
		[]Ack{{Seq: f.seq - 1, Received: true, Arrival: 20 * second}})
	assert.Zero(t, f.estimator.Estimate().RTT, "what left before took the old path")
	f.estimator.PathChanged(epoch.Add(20*second), 700_000)
	assert.Equal(t, 700_000, f.estimator.Estimate().Bitrate)
	_, ok := f.estimator.Probe(epoch.Add(20*second), 2_000_000)
	assert.False(t, ok, "nothing is known of the path yet")
}

func TestTheReceiversClockMayJump(t *testing.T) {
	f := newFlow(Config{})
	f.clock = func(now time.Duration) time.Duration {
		if now > 20*second {
			return -3 * time.Hour
		}
		return time.Duration(math.Pow(now.Seconds(), 1)*50) * time.Microsecond // 50 ppm fast
	}
	simulate(newLink(constant(500e3), 25*ms, 300*ms), 40*second, f)
	assert.Greater(t, f.mean(20*second, 40*second), 0.8*500e3)
	assert.Greater(t, f.goodput(5*second, 40*second), 0.8*500e3)
}

// liar sends what it likes and claims what it likes.
type liar struct {
	estimator *Estimator
	now       time.Duration
	seq       int64
}

func (l *liar) send(n, size int, every time.Duration) (first int64) {
	first = l.seq
	for range n {
		l.estimator.OnSent(Sent{Seq: l.seq, Size: size, At: epoch.Add(l.now)})
		l.seq++
		l.now += every
	}
	return first
}

func TestFalseFeedback(t *testing.T) {
	t.Run("what never left is ignored", func(t *testing.T) {
		l := &liar{estimator: New(Config{})}
		for range 100 {
			l.send(10, 1000, 10*ms)
			acks := make([]Ack, 500)
			for i := range acks {
				acks[i] = Ack{Seq: l.seq + int64(i) - 250_000, Received: true,
					Arrival: l.now + time.Duration(i)*100*time.Microsecond}
			}
			l.estimator.OnFeedback(epoch.Add(l.now), acks)
			l.estimator.OnFeedback(epoch.Add(l.now), nil)
			l.estimator.Tick(epoch.Add(l.now))
		}
		assert.Equal(t, Estimate{Bitrate: 20_000, Cautious: 20_000, Pacing: 20_000},
			l.estimator.Estimate(), "it is no feedback at all")
	})
	t.Run("acknowledging twice counts once", func(t *testing.T) {
		l := &liar{estimator: New(Config{})}
		for range 300 {
			first := l.send(5, 500, 20*ms) // 200 kbit/s
			for range 20 {
				var acks []Ack
				for seq := first; seq < l.seq; seq++ {
					acks = append(acks,
						Ack{Seq: seq, Received: true, Arrival: time.Duration(seq) * 20 * ms})
				}
				l.estimator.OnFeedback(epoch.Add(l.now), acks)
			}
		}
		assert.InDelta(t, 200_000, l.estimator.Estimate().Acked, 20_000)
		assert.LessOrEqual(t, l.estimator.Estimate().Bitrate, 320_000)
	})
	t.Run("more cannot arrive than was sent", func(t *testing.T) {
		l := &liar{estimator: New(Config{})}
		for range 600 {
			first := l.send(5, 500, 20*ms)
			var acks []Ack
			for seq := first; seq < l.seq; seq++ {
				// 4 Mbit/s
				acks = append(acks, Ack{Seq: seq, Received: true, Arrival: time.Duration(seq) * ms})
			}
			l.estimator.OnFeedback(epoch.Add(l.now), acks)
		}
		assert.LessOrEqual(t, l.estimator.Estimate().Bitrate, 460_000)
	})
	t.Run("a report may come late, and a packet after it was reported lost", func(t *testing.T) {
		l := &liar{estimator: New(Config{})}
		first := l.send(40, 500, 20*ms)
		for _, received := range []bool{false, true, false} {
			for seq := l.seq - 1; seq >= first; seq-- {
				l.estimator.OnFeedback(epoch.Add(l.now),
					[]Ack{{Seq: seq, Received: received, Arrival: time.Duration(seq) * 20 * ms}})
			}
		}
		assert.LessOrEqual(t, l.estimator.Estimate().Bitrate, 300_000)
	})
	t.Run("any feedback at any rate leaves a sane estimate", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			l := &liar{estimator: New(Config{})}
			for range rapid.IntRange(1, 60).Draw(t, "feedbacks") {
				l.send(rapid.IntRange(0, 30).Draw(t, "packets"),
					rapid.IntRange(0, 1500).Draw(t, "size"),
					time.Duration(rapid.IntRange(0, 50).Draw(t, "interval"))*ms)
				acks := make([]Ack, rapid.IntRange(0, 40).Draw(t, "acks"))
				for i := range acks {
					acks[i] = Ack{
						Seq:      l.seq - rapid.Int64Range(-5, 60).Draw(t, "back"),
						Received: rapid.Bool().Draw(t, "received"),
						Arrival: time.Duration(rapid.Int64().Draw(t, "arrival")) >> rapid.IntRange(
							1, 40).Draw(t, "shift"),
					}
				}
				l.now += time.Duration(rapid.IntRange(0, 3000).Draw(t, "pause")) * ms
				l.estimator.OnFeedback(epoch.Add(l.now), acks)
				l.estimator.Tick(epoch.Add(l.now))
				if c, ok := l.estimator.Probe(epoch.Add(l.now),
					rapid.IntRange(0, 1e9).Draw(t, "wanted")); ok {
					require.LessOrEqual(t, float64(c.Bitrate),
						1.5*float64(l.estimator.Estimate().Bitrate)+1)
					require.Positive(t, c.Bytes)
				}
				e := l.estimator.Estimate()
				require.GreaterOrEqual(t, e.Bitrate, 20_000)
				require.LessOrEqual(t, e.Bitrate, 20_000_000)
				require.GreaterOrEqual(t, e.Loss, 0.0)
				require.LessOrEqual(t, e.Loss, 1.0)
				require.GreaterOrEqual(t, e.RTT, time.Duration(0))
			}
		})
	})
}

func BenchmarkEstimator(b *testing.B) {
	e := New(Config{StartBitrate: 2_000_000})
	acks := make([]Ack, 20)
	now := time.Duration(0)
	var seq int64
	b.ReportAllocs()
	for range b.N { // 100 ms of 200 packets/s
		for i := range acks {
			e.OnSent(Sent{Seq: seq, Size: 1200, At: epoch.Add(now)})
			acks[i] = Ack{Seq: seq, Received: true, Arrival: now + 20*ms}
			seq++
			now += 5 * ms
		}
		e.OnFeedback(epoch.Add(now), acks)
		e.Tick(epoch.Add(now))
		e.Probe(epoch.Add(now), 1_000_000)
	}
}
