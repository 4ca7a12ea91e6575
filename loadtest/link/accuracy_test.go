package link_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"draille/loadtest/link"
	"draille/loadtest/link/virtual"
)

const ms = time.Millisecond

func direction(t testing.TB, c link.Config, seed uint64) *link.Direction {
	t.Helper()
	d, err := link.NewDirection(c, seed)
	require.NoError(t, err)
	return d
}

// flood offers packets of size bytes at the given rate through a loop and returns
// what arrived in each window.
func flood(t testing.TB, c link.Config, rate link.Bitrate, size int, window,
	total time.Duration) []int {
	t.Helper()
	var loop virtual.Loop
	got := make([]int, total/window)
	pipe := virtual.NewPipe(&loop, direction(t, c, 1), func(n int) {
		if i := int(loop.Now() / window); i < len(got) {
			got[i] += n
		}
	})
	interval := time.Duration(float64(size*8) / float64(rate) * float64(time.Second))
	loop.Every(interval, func() bool { pipe.Send(size, size); return true })
	loop.Run(total)
	return got
}

func TestRateIsWithinOnePercent(t *testing.T) {
	for _, rate := range []link.Bitrate{20 * link.Kbps, 128 * link.Kbps, 2 * link.Mbps,
		100 * link.Mbps} {
		t.Run(rate.String(), func(t *testing.T) {
			c := link.Config{Conditions: link.Conditions{Rate: rate, Delay: 30 * ms},
				Queue: 300 * ms}
			// Long enough that one packet, more or less, is far below one percent.
			window := max(time.Duration(float64(1000*8*1200)/float64(rate)*float64(time.Second)),
				time.Second)
			size := 1200
			if rate < 100*link.Kbps {
				size = 300 // 300 ms of queue must hold some packets
			}
			got := flood(t, c, rate*3/2, size, window, 3*window)
			for _, bytes := range got[1:] {
				assert.InEpsilon(t, float64(rate), float64(bytes*8)/window.Seconds(), 0.01)
			}
		})
	}
}

func TestRateFollowsItsSchedule(t *testing.T) {
	p, err := link.Find("drop-30s")
	require.NoError(t, err)
	got := flood(t, p.Down, 4*link.Mbps, 500, 10*time.Second, 90*time.Second)
	for i, want := range []float64{2e6, 2e6, 2e6, 250e3, 250e3, 250e3, 2e6, 2e6, 2e6} {
		// The window after a change still delivers what the queue and the wire hold.
		if i%3 != 0 {
			assert.InEpsilon(t, want, float64(got[i]*8)/10, 0.01, "window %d", i)
		}
	}
}

func TestPacketAcrossAChangeOfRateIsServedAtBoth(t *testing.T) {
	d := direction(t, link.Config{
		Conditions: link.Conditions{Rate: 80 * link.Kbps},
		Schedule:   []link.Step{{At: 50 * ms, Conditions: link.Conditions{Rate: 8 * link.Kbps}}},
		QueueBytes: 10_000,
	}, 1)
	// 1,000 B at 80 kbit/s take 100 ms: half of them pass before the change, the rest takes ten
	// times longer.
	assert.Equal(t, 550*ms, d.Send(0, 1000).At)
}

func TestStoppedLinkHoldsItsQueue(t *testing.T) {
	stopped := link.Conditions{Stopped: true}
	running := link.Conditions{Rate: 80 * link.Kbps}
	c := link.Config{Conditions: stopped, Queue: 150 * ms, Schedule: []link.Step{
		{At: 10 * ms, Conditions: stopped}, {At: time.Second, Conditions: running}}}
	d := direction(t, c, 1)
	assert.Equal(t, time.Second+50*ms, d.Send(0, 500).At)
	assert.Equal(t, time.Second+100*ms, d.Send(0, 500).At)
	assert.Equal(t, time.Second+150*ms, d.Send(ms, 500).At)
	assert.Equal(t, link.QueueFull, d.Send(2*ms, 500).Fate, "150 ms of the rate to come are queued")
	packets, bytes := d.Queued(3 * ms)
	assert.Equal(t, []int{3, 1500}, []int{packets, bytes})

	c.Schedule = nil
	dead := direction(t, c, 1)
	assert.Equal(t, link.Stuck, dead.Send(0, 500).Fate)
	packets, _ = dead.Queued(time.Hour)
	assert.Equal(t, 1, packets)
}

func TestQueueIsAsLongAsItSays(t *testing.T) {
	for _, rate := range []link.Bitrate{60 * link.Kbps, 300 * link.Kbps, 2 * link.Mbps} {
		c := link.Config{Conditions: link.Conditions{Rate: rate, Delay: 25 * ms}, Queue: 300 * ms}
		d := direction(t, c, 1)
		var longest time.Duration
		full := 0
		for now := time.Duration(0); now < 20*time.Second; now += ms / 4 {
			dep := d.Send(now, 122)
			if dep.Fate == link.QueueFull {
				full++
				continue
			}
			longest = max(longest, dep.At-now-25*ms)
		}
		assert.Positive(t, full)
		serialisation := time.Duration(122 * 8 * float64(time.Second) / float64(rate))
		assert.InDelta(t, 300, longest.Seconds()*1000, serialisation.Seconds()*1000+1e-3, "rate %v",
			rate)
		assert.LessOrEqual(t, longest, 300*ms+time.Microsecond)
	}
}

func TestQueueInBytes(t *testing.T) {
	d := direction(t, link.Config{Conditions: link.Conditions{Rate: link.Mbps}, QueueBytes: 3000},
		1)
	fates := []link.Fate{}
	for range 4 {
		fates = append(fates, d.Send(0, 1000).Fate)
	}
	assert.Equal(t, []link.Fate{link.Delivered, link.Delivered, link.Delivered, link.QueueFull},
		fates)
}

func TestEmptyQueueTakesAnyPacket(t *testing.T) {
	d := direction(t, link.Config{Conditions: link.Conditions{Rate: 20 * link.Kbps},
		Queue: 100 * ms}, 1)
	assert.Equal(t, 600*ms, d.Send(0, 1500).At, "1,500 B are more than 100 ms of 20 kbit/s")
	assert.Equal(t, link.QueueFull, d.Send(0, 50).Fate)
}

func TestDelayIsWithinOneMillisecond(t *testing.T) {
	for _, p := range link.Profiles() {
		if p.Down.Jitter.Mean > 0 || len(p.Down.Schedule) > 0 &&
			p.Down.Schedule[0].Jitter.Mean > 0 {
			continue
		}
		d := direction(t, p.Down, 1)
		for now := time.Duration(0); now < 20*time.Second; now += 500 * ms {
			dep := d.Send(now, 100)
			if dep.Fate != link.Delivered {
				continue
			}
			serialisation := time.Duration(float64(p.Down.Overhead.Wire(100)*8) /
				float64(p.Down.Rate) * float64(time.Second))
			assert.InDelta(t, (p.Down.Delay + serialisation).Seconds(), (dep.At - now).Seconds(),
				1e-3, p.Name)
		}
	}
}

// withinBinomial checks a share of n trials against its 99.9 % confidence interval.
func withinBinomial(t *testing.T, want float64, hits, n int, inflation float64) {
	t.Helper()
	deviation := 3.29 * math.Sqrt(want*(1-want)*inflation/float64(n))
	assert.InDelta(t, want, float64(hits)/float64(n), deviation)
}

func TestRandomLossIsWithinItsConfidenceInterval(t *testing.T) {
	const n = 200_000
	for seed, want := range []float64{0.001, 0.05, 0.2, 0.5} {
		d := direction(t, link.Config{Conditions: link.Conditions{Loss: want}}, uint64(seed))
		lost, pairs, last := 0, 0, false
		for i := range n {
			gone := d.Send(time.Duration(i)*ms, 100).Fate == link.Lost
			if gone {
				lost++
				if last {
					pairs++
				}
			}
			last = gone
		}
		withinBinomial(t, want, lost, n, 1)
		withinBinomial(t, want*want, pairs, n, 2) // losses are independent
	}
}

func TestBurstsByPackets(t *testing.T) {
	const n = 400_000
	for _, c := range []struct {
		loss, length float64
	}{{0.02, 3}, {0.05, 1.0 / 0.95}, {0.1, 8}, {0.3, 20}} {
		d := direction(t,
			link.Config{Conditions: link.Conditions{Bursts: link.PacketBursts(c.loss, c.length)}},
			7)
		lost, bursts, last := 0, 0, false
		for i := range n {
			gone := d.Send(time.Duration(i)*ms, 100).Fate == link.Lost
			if gone {
				lost++
				if !last {
					bursts++
				}
			}
			last = gone
		}
		withinBinomial(t, c.loss, lost, n, 2*c.length)
		length := float64(lost) / float64(bursts)
		assert.InDelta(t, c.length, length, 3.29*c.length/math.Sqrt(float64(bursts)))
	}
}

func TestBurstsByTimeLastTheirTimeAtAnyPacketRate(t *testing.T) {
	for _, interval := range []time.Duration{ms, 7 * ms, 20 * ms} {
		want := link.TimeBursts(0.05, 100*ms)
		d := direction(t, link.Config{Conditions: link.Conditions{Bursts: want}}, 11)
		const n = 800_000
		lost, bursts, last := 0, 0, false
		for i := range n {
			gone := d.Send(time.Duration(i)*interval, 100).Fate == link.Lost
			if gone {
				lost++
				if !last {
					bursts++
				}
			}
			last = gone
		}
		withinBinomial(t, 0.05, lost, n, 2*float64(100*ms)/float64(interval))
		// Seen every interval, a stay of exponential length of mean T, which may end and begin
		// again unseen, is a run of mean interval/(1−P(bad at the next packet | bad)).
		stay := 0.05 + 0.95*math.Exp(-interval.Seconds()/(0.1*0.95))
		length := time.Duration(float64(lost) / float64(bursts) * float64(interval))
		assert.InEpsilon(t, interval.Seconds()/(1-stay), length.Seconds(), 0.1)
		assert.InDelta(t, 100, float64(length)/float64(ms), 25)
	}
}

func TestGilbertElliottLosesInBothStates(t *testing.T) {
	const n = 300_000
	b := link.Bursts{Share: 0.2, Packets: 10, LossBad: 0.5, LossGood: 0.01}
	d := direction(t, link.Config{Conditions: link.Conditions{Bursts: b}}, 3)
	lost := 0
	for i := range n {
		if d.Send(time.Duration(i)*ms, 100).Fate == link.Lost {
			lost++
		}
	}
	withinBinomial(t, 0.2*0.5+0.8*0.01, lost, n, 6)
}

func TestJitterHasItsMeanAndCorrelation(t *testing.T) {
	const n = 200_000
	for _, rho := range []float64{0, 0.5, 0.9} {
		c := link.Config{Conditions: link.Conditions{Delay: 20 * ms,
			Jitter: link.Jitter{Mean: 8 * ms, Correlation: rho, Reorder: true}}}
		d := direction(t, c, 5)
		var sum, square, product, last float64
		overtakes := 0
		var lastAt time.Duration
		for i := range n {
			now := time.Duration(i) * 5 * ms
			at := d.Send(now, 100).At
			x := float64(at-now-20*ms) / float64(ms)
			if x < 0 {
				t.Fatalf("packet %d arrived %v ms before the delay had passed", i, -x)
			}
			sum, square, product = sum+x, square+x*x, product+x*last
			if at < lastAt {
				overtakes++
			}
			last, lastAt = x, at
		}
		mean := sum / n
		variance := square/n - mean*mean
		assert.InEpsilon(t, 8, mean, 0.05)
		assert.InEpsilon(t, 64, variance, 0.15, "an exponential's deviation is its mean")
		got := (product/n - mean*mean) / variance
		assert.InDelta(t, rho, got, 0.08, "the map to an exponential keeps most of the correlation")
		assert.Positive(t, overtakes)
	}
}

func TestWithoutReorderingPacketsWait(t *testing.T) {
	c := link.Config{Conditions: link.Conditions{Delay: 20 * ms,
		Jitter: link.Jitter{Mean: 30 * ms}}}
	d := direction(t, c, 5)
	var last time.Duration
	for i := range 10_000 {
		at := d.Send(time.Duration(i)*5*ms, 100).At
		require.GreaterOrEqual(t, at, last)
		last = at
	}
}

func TestOverhead(t *testing.T) {
	// Opus at 24 kbit/s with 62 bytes of headers a packet, in kbit/s over PPPoE and ATM.
	for _, c := range []struct {
		frame time.Duration
		want  float64
	}{{20 * ms, 84.8}, {40 * ms, 53.0}, {60 * ms, 42.4}} {
		size := 62 + int(24e3/8*c.frame.Seconds())
		wire := link.PPPoEoverATM.Wire(size)
		assert.InDelta(t, c.want, float64(wire*8)/c.frame.Seconds()/1000, 0.05)
	}
	assert.Equal(t, 53, link.PPPoEoverATM.Wire(8))
	assert.Equal(t, 2*53, link.PPPoEoverATM.Wire(9))
	assert.Equal(t, 1218, link.Ethernet.Wire(1200))
	assert.Equal(t, 1200, link.Overhead{}.Wire(1200))
}

func TestOverheadCostsCapacity(t *testing.T) {
	c := link.Config{Conditions: link.Conditions{Rate: 128 * link.Kbps}, Queue: 300 * ms,
		Overhead: link.PPPoEoverATM}
	got := flood(t, c, 200*link.Kbps, 122, 20*time.Second, 40*time.Second)
	assert.InEpsilon(t, 128e3*122/212, float64(got[1]*8)/20, 0.01)
}

func TestTracePlayback(t *testing.T) {
	trace, err := link.ParseTrace(strings.NewReader("5\n10\n10\n\n40\n100\n"))
	require.NoError(t, err)
	assert.Equal(t, 100*ms, trace.Duration())
	assert.Equal(t, link.Bitrate(5*1504*8*10), trace.Rate())
	d := direction(t, link.Config{Conditions: link.Conditions{Delay: 20 * ms}, Trace: trace,
		QueueBytes: 100_000}, 1)
	sent := func(now time.Duration, size int) time.Duration {
		dep := d.Send(now, size)
		assert.Equal(t, dep.Left+20*ms, dep.At)
		return dep.Left
	}
	assert.Equal(t, 5*ms, sent(0, 1504))
	assert.Equal(t, 10*ms, sent(0, 1000), "the next opportunity")
	assert.Equal(t, 10*ms, sent(0, 504), "shares it")
	assert.Equal(t, 40*ms, sent(0, 3000), "needs two: the second one at 10 ms and that at 40 ms")
	assert.Equal(t, 40*ms, sent(0, 8), "what is left of the one at 40 ms")
	assert.Equal(t, 100*ms, sent(50*ms, 100), "the opportunity at 40 ms has passed")
	assert.Equal(t, 105*ms, sent(101*ms, 100), "the trace repeats")
	assert.Equal(t, 1005*ms, sent(1001*ms, 100))
	assert.Equal(t, 1100*ms, sent(1100*ms, 100),
		"a packet that comes with the opportunity takes it")
	d.Restart(2003 * ms)
	assert.Equal(t, 2008*ms, sent(2003*ms, 100), "the trace starts again")
}

func TestTraceRateIsWithinOnePercent(t *testing.T) {
	var lines []time.Duration
	for i := range 1000 { // 50 opportunities in the first second of two, 100 in the second
		at := time.Duration(i) * 20 * ms
		lines = append(lines, at+20*ms)
		if at/time.Second%2 == 1 {
			lines = append(lines, at+20*ms)
		}
	}
	trace, err := link.NewTrace(lines)
	require.NoError(t, err)
	c := link.Config{Trace: trace, Queue: 200 * ms}
	got := flood(t, c, 3*link.Mbps, 1200, 2*time.Second, 60*time.Second)
	for _, bytes := range got[1:] {
		assert.InEpsilon(t, 150*1504.0, float64(bytes), 0.01)
	}
	assert.Equal(t, link.Bitrate(50*1504*8), trace.RateBetween(ms, time.Second+ms))
	assert.Equal(t, link.Bitrate(100*1504*8), trace.RateBetween(time.Second+ms, 2*time.Second+ms))
}

func TestRestartBeginsTheScheduleAgain(t *testing.T) {
	p, err := link.Find("drop-30s")
	require.NoError(t, err)
	d := direction(t, p.Down, 1)
	took := func(now time.Duration) time.Duration { return d.Send(now, 1000).Left - now }
	assert.Equal(t, 4*ms, took(0))
	assert.Equal(t, 32*ms, took(40*time.Second))
	d.Restart(50 * time.Second)
	assert.Equal(t, 4*ms, took(51*time.Second))
	assert.Equal(t, 32*ms, took(81*time.Second))
	assert.Equal(t, 4*ms, took(111*time.Second))
}
