package participant

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"draille/loadtest/media"
	"draille/loadtest/playout"
)

func TestAVoiceWithGapsIsWaitedFor(t *testing.T) {
	began := time.Date(2030, 1, 1, 9, 0, 0, 0, time.UTC)
	fibre, line := way{trip: 10 * time.Millisecond}, way{trip: 50 * time.Millisecond}
	var g gaps
	assert.Equal(t, firstWordsNear, g.wait(began, time.Time{}, fibre), "nothing was heard yet")
	assert.Equal(t, firstWordsNear, g.wait(began.Add(2*time.Second), began, fibre))
	assert.Equal(t, firstWords, g.wait(began.Add(2*time.Second), began, line))
	now := began.Add(lesson)
	assert.Zero(t, g.wait(now, began, fibre), "the jitter buffer knows better by now")
	assert.Equal(t, lossyLink, g.wait(now, began, way{repaired: true}),
		"what is repaired comes late")
	g.take(0.05, 0)
	assert.Zero(t, g.wait(now, began, fibre), "a single gap of 50 ms in ten seconds")
	g.take(0.08, 0)
	assert.Equal(t, lossyLink, g.wait(now, began, fibre))
	for range calmAfter - 1 {
		g.take(0, 0)
	}
	assert.Equal(t, lossyLink, g.wait(now, began, fibre),
		"a lossy link has good seconds between")
	g.take(0, 0)
	assert.Zero(t, g.wait(now, began, fibre))
	assert.Equal(t, longLine, g.wait(now, began, line), "a long line may fall at any time")
	assert.Equal(t, limitedLine, g.wait(now, began, way{limited: true, trip: line.trip}),
		"a thin one has fallen")
	assert.Zero(t, g.wait(now, began, way{}), "not known")
	assert.Equal(t, longLine, g.wait(now, began, way{far: true}), "so may somebody else's")

	for i := range 20 {
		g.take([2]float64{0, 0.15}[i/19], 0.05)
	}
	for range 2 * calmAfter {
		g.take(0, 0.05)
	}
	assert.Equal(t, lossyLink, g.wait(now, began, fibre), "losses that are repaired are no calm")
}

// path is a way with a distribution of delays. transit says how long the packet takes that leaves
// so long after the beginning.
type path struct {
	name    string
	way     way
	frame   time.Duration
	transit func(r *rand.Rand) func(at time.Duration) time.Duration
	tail    time.Duration // the most that the 95th percentile from mouth to ear may be
	lost    float64       // the most of the sound that may be concealed
}

// milliseconds that are distributed exponentially.
func exponential(r *rand.Rand, mean float64) time.Duration {
	return time.Duration(mean * r.ExpFloat64() * float64(time.Millisecond))
}

// paths are links of several kinds, none of which was recorded: their parameters are drawn.
func paths() []path {
	const ms = time.Millisecond
	return []path{
		{name: "fibre", way: way{trip: 10 * ms}, frame: 20 * ms, tail: 130 * ms, lost: 0.001,
			transit: func(r *rand.Rand) func(time.Duration) time.Duration {
				return func(time.Duration) time.Duration { return 5*ms + exponential(r, 1) }
			}},
		{name: "busy Wi-Fi", way: way{trip: 12 * ms}, frame: 20 * ms, tail: 190 * ms, lost: 0.01,
			transit: func(r *rand.Rand) func(time.Duration) time.Duration {
				// now and then the radio is somebody else's for a while
				until := time.Duration(0)
				return func(at time.Duration) time.Duration {
					if r.Float64() < 0.004 {
						until = at + 30*ms + exponential(r, 20)
					}
					return 6*ms + exponential(r, 2) + max(0, until-at)
				}
			}},
		{name: "thin line with pictures", way: way{trip: 55 * ms, limited: true}, frame: 60 * ms,
			tail: 310 * ms, lost: 0.005,
			transit: func(r *rand.Rand) func(time.Duration) time.Duration {
				// a picture's packets of 59 ms each are before the voice, up to two at once
				return func(time.Duration) time.Duration {
					return 37*ms + time.Duration(r.Float64()*float64(r.IntN(3))*59*float64(ms))
				}
			}},
		{name: "mobile edge", way: way{trip: 70 * ms}, frame: 40 * ms, tail: 370 * ms, lost: 0.02,
			transit: func(r *rand.Rand) func(time.Duration) time.Duration {
				level, change := 0.0, time.Duration(0)
				return func(at time.Duration) time.Duration {
					if at >= change { // the cell gives less or more for a second or two
						level, change = 40*r.ExpFloat64(), at+time.Second+exponential(r, 1000)
					}
					return 35*ms + time.Duration(level*float64(ms)) + exponential(r, 6)
				}
			}},
	}
}

// heard is what comes of a call over a path.
type heardCall struct {
	tail  time.Duration   // 95th percentile from mouth to ear
	share float64         // of the sound that was concealed
	asked []time.Duration // by the page, second after second
}

// listen plays a voice of some length over a path, and lets the page's rule choose its wait, once a
// second as the page does. disturb adds to the transit.
func (p path) listen(seed uint64, length time.Duration,
	disturb func(at time.Duration) time.Duration) heardCall {
	random := rand.New(rand.NewPCG(seed, 7))
	transit := p.transit(random)
	began := time.Unix(1_800_000_000, 0)
	var audio playout.Audio
	var g gaps
	var call heardCall
	type packet struct {
		at     time.Time
		number int
	}
	var packets []packet
	latest := began
	for n := 0; time.Duration(n)*p.frame < length; n++ {
		at := time.Duration(n+1) * p.frame // a frame leaves when it is full
		arrives := began.Add(at + transit(at) + disturb(at))
		if arrives.Before(latest) {
			arrives = latest // a path does not reorder
		}
		latest = arrives
		packets = append(packets, packet{arrives, n})
	}
	audio.Wait(g.wait(began, time.Time{}, p.way))
	before := audio.Figures()
	second := began.Add(time.Second)
	for _, arrived := range packets {
		for !second.After(arrived.at) {
			audio.Advance(second)
			now := audio.Figures()
			if played := now.Total - before.Total; played > 0 {
				g.take((now.Audible-before.Audible)/played, 0)
			}
			before = now
			call.asked = append(call.asked, g.wait(second, audio.Began(), p.way))
			audio.Wait(call.asked[len(call.asked)-1])
			second = second.Add(time.Second)
		}
		captured := began.Add(time.Duration(arrived.number) * p.frame)
		config := map[time.Duration]byte{20: 9, 40: 10, 60: 11}[p.frame/time.Millisecond]
		audio.Arrived(arrived.at, playout.AudioPacket{
			Number: uint16(arrived.number), Source: 7,
			Timestamp: uint32(int64(arrived.number) * int64(p.frame*48/time.Millisecond)),
			Payload:   media.StampVoice([]byte{config << 3, 0x80, 1, 2, 3}, captured),
		})
	}
	f := audio.Figures()
	call.tail = time.Duration(f.Delay.P95 * float64(time.Millisecond))
	call.share = f.Audible / f.Total
	return call
}

func calm(time.Duration) time.Duration { return 0 }

// Over distributions of delay that the rule was not made with, a voice neither waits longer nor
// loses more than it may.
func TestAVoiceWaitsNoLongerThanItMust(t *testing.T) {
	for _, p := range paths() {
		t.Run(p.name, func(t *testing.T) {
			var tails []time.Duration
			var shares []float64
			for seed := range uint64(20) {
				call := p.listen(9_000+seed, time.Minute, calm)
				tails, shares = append(tails, call.tail), append(shares, call.share)
			}
			slices.Sort(tails)
			slices.Sort(shares)
			t.Logf("p95 %v … %v, concealed %.2f %% … %.2f %%", tails[0], tails[19],
				100*shares[0], 100*shares[19])
			require.LessOrEqual(t, tails[17], p.tail, "in nine calls of ten: %v", tails)
			require.LessOrEqual(t, shares[17], p.lost, "in nine calls of ten: %v", shares)
		})
	}
}

// What the page makes a voice wait because of a queue is paid back within ten seconds after it has
// drained. What the jitter buffer itself has learnt it forgets by its own rule.
func TestWaitingIsPaidBack(t *testing.T) {
	const from, until = 20 * time.Second, 30 * time.Second
	for _, p := range paths()[:3] {
		t.Run(p.name, func(t *testing.T) {
			raised := false
			for seed := range uint64(10) {
				random := rand.New(rand.NewPCG(seed, 11))
				busy := time.Duration(0)
				call := p.listen(5_000+seed, 50*time.Second, func(at time.Duration) time.Duration {
					if at < from || at > until {
						return 0
					}
					if random.Float64() < 0.05 { // a burst of somebody else's
						busy = at + time.Duration(400*random.Float64()*float64(time.Millisecond))
					}
					return max(0, busy-at)
				})
				require.Equal(t, call.asked[15], call.asked[40], "seed %d: %v", seed, call.asked)
				raised = raised || slices.Max(call.asked[20:32]) == lossyLink
			}
			require.True(t, raised, "no voice had to wait: there was nothing to pay back")
		})
	}
}
