package send

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// The fall that ends calls elsewhere: 2 Mbit/s become 250 kbit/s, and the queue is full after 40
// ms.
func TestAFallIsThrottledAtOnce(t *testing.T) {
	const fall = 20030 * ms
	for _, c := range []struct {
		media, low      float64 // kbit/s
		feedback, delay time.Duration
		// the last packet that the full queue drops left so long after the fall
		throttled time.Duration
		drained   time.Duration // from then on nobody waits for long
	}{
		{media: 2000, low: 250, feedback: 50 * ms, delay: 25 * ms, throttled: 200 * ms,
			drained: 800 * ms},
		{media: 2000, low: 250, feedback: 100 * ms, delay: 25 * ms, throttled: 250 * ms,
			drained: 900 * ms},
		{media: 1000, low: 250, feedback: 50 * ms, delay: 25 * ms, throttled: 250 * ms,
			drained: 900 * ms},
		{media: 1000, low: 250, feedback: 100 * ms, delay: 25 * ms, throttled: 300 * ms,
			drained: 1100 * ms},
		{media: 1000, low: 250, feedback: 100 * ms, delay: 100 * ms, throttled: 550 * ms,
			drained: 1400 * ms},
		{media: 1000, low: 100, feedback: 100 * ms, delay: 25 * ms, throttled: 350 * ms,
			drained: 2 * second},
		{media: 300, low: 60, feedback: 100 * ms, delay: 25 * ms, throttled: 550 * ms,
			drained: 2500 * ms},
	} {
		t.Run(fmt.Sprintf("%.0f to %.0f kbit/s, feedback every %v, %v away", c.media, c.low,
			c.feedback, c.delay), func(t *testing.T) {
			f := newFlow(Config{})
			f.feedback = c.feedback
			camera(f, c.media*kbps)
			f.wanted = constant(c.media * kbps)
			simulate(newLink(steps(2e6, fall.Seconds(), c.low*kbps), c.delay, 300*ms), 32*second, f)
			lastLost, drained := time.Duration(0), time.Duration(0)
			for _, p := range f.fates {
				if since := p.sent - fall; since > 0 && since < 5*second {
					if !p.ok {
						lastLost = since
					} else if p.waited > 150*ms {
						drained = since
					}
				}
			}
			t.Logf("last lost after %v, last that waited 150 ms after %v, of all packets of 5 s "+
				"lost %.1f %%, p95 of the rest %v, %.0f kbit/s",
				lastLost, drained, 100*f.lost(fall, fall+5*second), f.p95(fall+2*second),
				f.goodput(fall+5*second, 32*second)/kbps)
			assert.Less(t, lastLost, c.throttled)
			assert.Less(t, drained, c.drained)
			if c.low > 100 {
				assert.Less(t, f.p95(fall+2*second), 150*ms)
				assert.Greater(t, f.goodput(fall+5*second, 32*second), 0.8*c.low*kbps)
			}
		})
	}
}

func TestFeedbackThatFailsToComeHoldsThePacing(t *testing.T) {
	l := &liar{estimator: New(Config{StartBitrate: 1_000_000})}
	report := func(first int64) {
		var acks []Ack
		for seq := first; seq < l.seq; seq++ {
			acks = append(acks,
				Ack{Seq: seq, Received: true, Arrival: time.Duration(seq) * 10 * ms})
		}
		l.now += 50 * ms // a round trip
		l.estimator.OnFeedback(epoch.Add(l.now), acks)
	}
	for range 40 {
		report(l.send(10, 1200, 10*ms))
	}
	calm := l.estimator.Estimate().Bitrate
	assert.Equal(t, calm, l.estimator.Pacing(epoch.Add(l.now)))
	first := l.send(20, 1200, 10*ms) // twice as long as feedback takes otherwise
	assert.Less(t, l.estimator.Pacing(epoch.Add(l.now+20*ms)), calm/2+1,
		"the oldest packet is overdue")
	assert.Equal(t, 20_000, l.estimator.Pacing(epoch.Add(l.now+200*ms)))
	assert.Equal(t, calm, l.estimator.Estimate().Bitrate,
		"but what the link carries is another question")
	report(first)
	assert.Greater(t, l.estimator.Pacing(epoch.Add(l.now)), calm*9/10)
}

func TestNothingOnItsWayIsNotOverdue(t *testing.T) {
	l := &liar{estimator: New(Config{})}
	first := l.send(10, 1200, 10*ms)
	var acks []Ack
	for seq := first; seq < l.seq; seq++ {
		acks = append(acks, Ack{Seq: seq, Received: true, Arrival: time.Duration(seq) * 10 * ms})
	}
	l.estimator.OnFeedback(epoch.Add(l.now), acks)
	assert.Equal(t, l.estimator.Estimate().Bitrate, l.estimator.Pacing(epoch.Add(l.now+10*second)))
}

// Browsers report every 50 to 250 ms, and what they claim to need is not to be believed.
func TestAnyRateOfFeedbackWorks(t *testing.T) {
	for every, most := range map[time.Duration]time.Duration{2 * ms: 150 * ms, 50 * ms: 150 * ms,
		250 * ms: 150 * ms, second: 280 * ms} {
		f := newFlow(Config{})
		f.feedback = every
		simulate(newLink(constant(500e3), 25*ms, 300*ms), 30*second, f)
		t.Logf("every %v: %.0f kbit/s, p95 %v", every, f.goodput(10*second, 30*second)/kbps,
			f.p95(10*second))
		assert.Greater(t, f.goodput(10*second, 30*second), 0.7*500e3, "every %v", every)
		assert.Less(t, f.p95(10*second), most, "every %v", every)
	}
}

// A link that falls both ways loses feedback, too: what it does not speak of has come nevertheless,
// and must not pass for a link that carries nothing.
func TestLostFeedbackDoesNotLookLikeASlowLink(t *testing.T) {
	const fall = 20 * second
	for keep := range 3 {
		f := newFlow(Config{})
		f.feedback = 50 * ms
		camera(f, 1000*kbps)
		f.wanted = constant(1000 * kbps)
		n := 0
		f.muteBack = func(now time.Duration) bool {
			n++
			return now > fall && now < fall+1500*ms && n%3 != keep
		}
		simulate(newLink(steps(2e6, fall.Seconds(), 250e3), 25*ms, 300*ms), 30*second, f)
		got := f.goodput(fall+500*ms, fall+3500*ms)
		t.Logf("%.0f kbit/s in the 3 s after the fall, p95 of the queue %v", got/kbps,
			f.p95(fall+1500*ms))
		assert.Greater(t, got, 190*kbps)
	}
}

// What the other way lets fear is held back, until feedback on what has left since tells more, or
// for as long as a full queue can hold it up.
func TestADropOfTheOtherWayHoldsThePacing(t *testing.T) {
	l := &liar{estimator: New(Config{StartBitrate: 1_000_000})}
	report := func(first int64, queue time.Duration) {
		var acks []Ack
		for seq := first; seq < l.seq; seq++ {
			acks = append(acks,
				Ack{Seq: seq, Received: true, Arrival: time.Duration(seq)*10*ms + queue})
		}
		l.now += 50 * ms
		l.estimator.OnFeedback(epoch.Add(l.now), acks)
	}
	for range 40 {
		report(l.send(10, 1200, 10*ms), 0)
	}
	calm := l.estimator.Estimate().Bitrate
	reverseDrop := func() { l.estimator.ReverseDropped(epoch.Add(l.now), 0.25) }
	sent := l.estimator.peak.value(l.now)
	assert.Less(t, sent, float64(calm),
		"the link may carry more than what was sent: a share of that would be too much")
	reverseDrop()
	e := l.estimator.Estimate()
	assert.Equal(t, calm, e.Bitrate, "nothing is known yet")
	assert.InDelta(t, sent/4, e.Cautious, 1)
	assert.InDelta(t, sent/8, e.Pacing, 1)
	assert.Equal(t, e.Pacing, l.estimator.Pacing(epoch.Add(l.now+reverseFor-ms)))
	assert.Equal(t, calm, l.estimator.Pacing(epoch.Add(l.now+reverseFor)),
		"the other way alone, then")
	report(l.send(10, 1200, 10*ms), 0)
	assert.GreaterOrEqual(t, l.estimator.Estimate().Cautious, calm, "they came as ever")
	before := l.send(5, 1200, 10*ms)
	reverseDrop()
	report(before, 0)
	assert.Less(t, l.estimator.Estimate().Cautious, calm/2, "these left before")
	reverseDrop()
	report(l.send(10, 1200, 10*ms), 200*ms)
	assert.Less(t, l.estimator.Estimate().Pacing, calm/2, "these have waited")
}

// A rate before a fall comes back within seconds, whatever the wait between two probes was.
func TestTheWayBackFromAFall(t *testing.T) {
	t.Parallel()
	for _, thin := range []float64{100e3, 250e3, 400e3} {
		worst := time.Duration(0)
		for shift := range 8 {
			back := 50*second + time.Duration(shift)*250*ms
			f := newFlow(Config{})
			f.feedback = 50 * ms
			camera(f, 850*kbps)
			f.wanted = constant(850 * kbps)
			simulate(newLink(steps(2e6, 20, thin, back.Seconds(), 2e6), 25*ms, 300*ms),
				back+10*second, f)
			for at := back; at < back+10*second; at += 100 * ms {
				if f.goodput(at, at+500*ms) > 0.9*850*kbps {
					worst = max(worst, at-back)
					break
				}
				if at > back+9*second {
					worst = 10 * second
				}
			}
		}
		t.Logf("from %.0f kbit/s after %v at worst", thin/kbps, worst)
		assert.Less(t, worst, 3*second, "from %.0f kbit/s", thin/kbps)
	}
}

// A fall of both ways, which the other one has told of: the rate falls at once to what the link
// carries, and not further, though feedback comes late and little was sent meanwhile.
func TestAFallThatTheOtherWayToldOfIsBelievedAtOnce(t *testing.T) {
	const fall = 20 * second
	for _, low := range []float64{150e3, 250e3, 400e3} {
		f := newFlow(Config{})
		f.feedback = 50 * ms
		camera(f, 850*kbps)
		f.wanted = constant(850 * kbps)
		told := false
		f.muteBack = func(now time.Duration) bool {
			if now > fall+110*ms && !told {
				told = true
				f.estimator.ReverseDropped(epoch.Add(now), low/850e3)
			}
			// it is stuck, and what it tells comes with the next
			return now > fall && now < fall+350*ms
		}
		simulate(newLink(steps(2e6, fall.Seconds(), low), 25*ms, 300*ms), 30*second, f)
		least := 1e9
		for _, h := range f.history {
			if h.at > fall+600*ms && h.at < fall+5*second {
				least = min(least, float64(h.estimate.Bitrate))
			}
		}
		t.Logf("%.0f kbit/s: lowest estimate %.0f, lost %.1f %%, %.0f kbit/s in the second second",
			low/kbps, least/kbps, 100*f.lost(fall, fall+5*second),
			f.goodput(fall+second, fall+2*second)/kbps)
		assert.Greater(t, least, 0.5*low)
		assert.Less(t, f.p95(fall+second), 150*ms)
	}
}
