package link_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"draille/loadtest/link"
)

func TestLinksThatMoveAreFoundByTheirNames(t *testing.T) {
	for _, p := range []link.Profile{
		link.Moving(350*link.Kbps, 7),
		link.FallOf(2*link.Mbps, 100*link.Kbps, link.Upwards, 25*time.Second),
	} {
		found, err := link.Find(p.Name)
		require.NoError(t, err)
		require.Equal(t, p, found)
	}
	for _, name := range []string{"moving:350", "moving:0,1", "moving:a,1", "fall:2000,100,25s",
		"fall:2000,100,sideways,25s", "fall:0,100,up,25s", "fall:2000,100,up,soon"} {
		_, err := link.Find(name)
		require.ErrorContains(t, err, "as in", name)
	}
}

func TestALinkFallsTheWayThatIsSaid(t *testing.T) {
	const before, after = 2 * link.Mbps, 100 * link.Kbps
	for way, falls := range map[link.Way][2]link.Bitrate{
		link.Downwards: {after, before}, link.Upwards: {before, after},
		link.BothWays: {after, after},
	} {
		p := link.FallOf(before, after, way, 10*time.Second)
		for i, c := range []*link.Config{&p.Down, &p.Up} {
			rate, _ := c.RateAt(0, 10*time.Second)
			assert.Equal(t, before, rate, way)
			rate, _ = c.RateAt(10*time.Second, 20*time.Second)
			assert.Equal(t, falls[i], rate, way)
		}
	}
}

// Whatever is drawn is a link, and its rates are around the mean.
func TestEveryMovementIsALink(t *testing.T) {
	const length = time.Minute
	sum, count, apart, delays, dead, bursts := 0.0, 0, 0, 0, 0, 0
	for seed := range uint64(400) {
		m := link.AnyMovement(350*link.Kbps, rand.New(rand.NewPCG(seed, 1)))
		p := m.Draw(seed, length)
		require.Equal(t, p, m.Draw(seed, length), "equal seeds")
		require.NotEqual(t, p, m.Draw(seed+1, length))
		_, _, err := p.New(seed)
		require.NoError(t, err)
		if m.Apart {
			apart++
			assert.NotEqual(t, p.Down, p.Up)
		}
		for _, c := range []*link.Config{&p.Down, &p.Up} {
			rates, stops, moved, lost := 0, 0, false, 0
			for _, s := range c.Schedule {
				sum, count = sum+float64(s.Rate), count+1
				moved = moved || s.Delay != m.Delay
				if s.Stopped {
					stops++
				}
				if s.Loss == 1 {
					lost++
				}
				rates++
			}
			last := c.Schedule[len(c.Schedule)-1]
			assert.False(t, last.Stopped, "it goes on in the end")
			assert.Less(t, last.Loss, 0.1)
			assert.Less(t, last.At, length+time.Second)
			delays, dead = delays+count1(moved), dead+count1(stops > 0)
			bursts += count1(lost > 0)
		}
	}
	assert.InEpsilon(t, 350e3, sum/float64(count), 0.15)
	for what, n := range map[string]int{"apart": 2 * apart, "delays": delays, "dead": dead,
		"bursts": bursts} {
		assert.Greater(t, n, 60, what)
	}
}

func count1(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// The logarithms of successive rates have the spread and the correlation that were asked for.
func TestMovingRatesAreAutoregressive(t *testing.T) {
	m := link.Movement{Mean: link.Mbps, Spread: 0.5, Memory: 0.8, Every: time.Second,
		Queue: 300 * time.Millisecond}
	var logs []float64
	for _, s := range m.Draw(3, 20_000*time.Second).Down.Schedule {
		logs = append(logs, math.Log(float64(s.Rate)))
	}
	mean := 0.0
	for _, x := range logs {
		mean += x / float64(len(logs))
	}
	variance, covariance := 0.0, 0.0
	for i := 1; i < len(logs); i++ {
		variance += (logs[i] - mean) * (logs[i] - mean)
		covariance += (logs[i] - mean) * (logs[i-1] - mean)
	}
	assert.InDelta(t, 0.5, math.Sqrt(variance/float64(len(logs))), 0.03)
	assert.InDelta(t, 0.8, covariance/variance, 0.03)
}

func TestAQueueIsToldByItsWait(t *testing.T) {
	d, err := link.NewDirection(link.Config{
		Conditions: link.Conditions{Rate: 80 * link.Kbps}, Queue: time.Second}, 1)
	require.NoError(t, err)
	require.Zero(t, d.Waiting(time.Second))
	d.Send(time.Second, 1000)
	require.Equal(t, 100*time.Millisecond, d.Waiting(time.Second))
	require.Equal(t, 40*time.Millisecond, d.Waiting(1060*time.Millisecond))
	require.Zero(t, d.Waiting(2*time.Second))
}
