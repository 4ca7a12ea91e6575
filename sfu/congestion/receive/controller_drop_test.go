package receive

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// stamped is what a browser's packets tell: when they left.
func stamped() sender {
	s := talker()
	s.stamped = true
	return s
}

// A large picture makes a queue by itself, and what is lost of it leaves a gap before a small
// packet: the link has not fallen.
func TestLossInALargePictureIsNoFall(t *testing.T) {
	const rate = 300_000
	for _, lost := range []int{-1, 4, 5, 6, 7} {
		s := &simulation{path: thin(rate), sender: stamped(), random: random(),
			length: 20 * time.Second, controller: New(Config{})}
		s.run()
		s.controller.Dropped()
		number, left := s.controller.number, s.length+time.Second
		arrival := left + 25*ms
		for i := range 12 {
			size := 1200
			if i%3 == 2 {
				size = 128 // of the voice
			}
			number++
			left += 100 * time.Microsecond
			arrival += time.Duration(8 * size * int(time.Second) / rate)
			if i == lost {
				continue
			}
			s.controller.Arrived(Packet{Arrival: epoch.Add(arrival), Size: size, Number: number,
				Numbered:  true,
				Timestamp: uint32(int64(left.Seconds() * (1 << 26))), ClockRate: 1 << 26,
				Trust: OfDeparture})
			share, fallen := s.controller.Dropped()
			require.False(t, fallen, "packet %d after the loss of %d: %.2f", i, lost, share)
		}
	}
}

// A fall is known as soon as two packets have come late, and after a stall of the radio or the
// machine nothing is reported.
func TestDropped(t *testing.T) {
	felt := time.Duration(0)
	var suspected []time.Duration
	play := func(p path) (reported []time.Duration, shares []float64) {
		suspected = nil
		s := &simulation{path: p, sender: stamped(), random: random(), length: 40 * time.Second}
		s.watch = func(at time.Duration, c *Controller) {
			if c.Suspects() {
				suspected = append(suspected, at)
			}
			if share, ok := c.Dropped(); ok {
				reported, shares = append(reported, at), append(shares, share)
			}
			if c.State().Fell {
				felt = at
			}
		}
		s.run()
		return reported, shares
	}
	const fall = 20 * time.Second
	for _, low := range []float64{250_000, 400_000} {
		p := thin(2_000_000)
		p.rate = func(at time.Duration) float64 {
			if at >= fall {
				return low
			}
			return 2_000_000
		}
		reported, shares := play(p)
		require.NotEmpty(t, reported, low)
		soon := 100*ms + 3*time.Duration(1200*8/low*float64(time.Second))
		t.Logf("%.0f: after %v, %.2f", low, reported[0]-fall, shares[0])
		require.Greater(t, reported[0], fall)
		require.Less(t, reported[0], fall+soon, low)
		require.InDelta(t, low/900_000, shares[0], 0.15, low)
		require.NotEmpty(t, suspected, "by the first packet")
		require.Less(t, len(suspected), 5, "seldom")
		require.Greater(t, suspected[0], fall)
		require.Less(t, suspected[0], reported[0]-time.Duration(1200*8/low*float64(time.Second)))
		require.InDelta(t, dropLasts, felt-reported[len(reported)-1], float64(100*ms))
	}
	stalls := thin(2_000_000)
	stalls.delay = func(at time.Duration) time.Duration { // what came within 150 ms comes at once
		const every = 3 * time.Second
		return 25*ms + max(0, 150*ms-at%every)
	}
	reported, _ := play(stalls)
	require.Empty(t, reported, "held up, then all at once")
	single := thin(400_000)
	// the sender is held up between two packets, now and then
	single.delay = func(at time.Duration) time.Duration {
		if at%(3*time.Second) < 10*ms {
			return 105 * ms
		}
		return 25 * ms
	}
	reported, _ = play(single)
	require.Empty(t, reported, "held up once")
	reported, _ = play(thin(150_000))
	require.Empty(t, reported, "as thin as ever")
	lossy := thin(300_000)
	lossy.loss = 0.05
	reported, _ = play(lossy)
	require.Empty(t, reported, "losses")
	jitter := thin(3_000_000)
	jitter.jitter = 40 * ms
	reported, _ = play(jitter)
	require.Empty(t, reported, "jitter")
	require.LessOrEqual(t, len(suspected), 1,
		"where packets often come late, one of them tells nothing")
}
