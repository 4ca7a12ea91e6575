package receive

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// arrive lets seconds of 100 packets pass of which shares are lost, and returns what is believed
// after each.
func arrive(c *Controller, from time.Time, number *uint16, shares ...float64) (states []State) {
	for i, share := range shares {
		lost := int(100 * share)
		for n := range 100 {
			now := from.Add(time.Duration(i)*time.Second + time.Duration(n)*10*time.Millisecond)
			*number++
			if n >= 100-lost {
				continue // in one piece, before the last
			}
			c.Arrived(Packet{Arrival: now, Size: 250, Number: *number, Numbered: true, Stream: 1,
				Timestamp: uint32(now.UnixMilli()), ClockRate: 1000, Trust: OfDeparture})
		}
		states = append(states, c.State())
	}
	return states
}

func TestOneLossySecondIsChance(t *testing.T) {
	begun := time.Date(2030, 1, 1, 9, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		shares []float64
		tried  bool
	}{
		"five in a hundred":  {[]float64{0.05, 0.05, 0.05, 0.05, 0.05, 0.05}, false},
		"once more":          {[]float64{0.05, 0.12, 0.05, 0.12, 0.05, 0.05}, false},
		"twice in a row":     {[]float64{0.05, 0.12, 0.12, 0.12, 0.05, 0.05}, true},
		"very much at once":  {[]float64{0.05, 0.05, 0.25, 0.05, 0.05, 0.05}, true},
		"nothing, then much": {[]float64{0, 0, 0, 0.3, 0, 0}, true},
	} {
		t.Run(name, func(t *testing.T) {
			c, number := New(Config{}), uint16(0)
			tried := false
			for i := range test.shares {
				arrive(c, begun.Add(time.Duration(i)*time.Second), &number, test.shares[i])
				tried = tried || c.experiment.Running
			}
			assert.Equal(t, test.tried, tried)
		})
	}
}

// Whether less loss comes of sending less is found out with pictures: meanwhile the link counts as
// what it was thought to be.
func TestATrialIsNoFall(t *testing.T) {
	begun := time.Date(2030, 1, 1, 9, 0, 0, 0, time.UTC)
	c, number := New(Config{}), uint16(0)
	calm := arrive(c, begun, &number, 0, 0, 0)[2]
	arrive(c, begun.Add(3*time.Second), &number, 0.3, 0.3)
	require.True(t, c.experiment.Running)
	trying := c.State()
	assert.Less(t, trying.Limit, calm.Limit)
	assert.GreaterOrEqual(t, trying.Usual, calm.Usual)
	assert.False(t, trying.Full)
	after := arrive(c, begun.Add(5*time.Second), &number, 0.3, 0.3, 0.3)[2]
	require.False(t, c.experiment.Running)
	assert.GreaterOrEqual(t, after.Limit, calm.Limit, "it was for nothing")
}

// Of the few packets a second of a call that has only begun, chance takes a fifth now and a tenth
// then: that is no proof that less is lost because less is sent.
func TestAFewPacketsProveNothing(t *testing.T) {
	const seeds = 60
	for _, start := range []int{60_000, 120_000} {
		poor := 0
		for seed := range uint64(seeds) {
			talks := sender{voice: 130, frame: 60 * ms, appetite: 400_000, framerate: 15,
				lag: 100 * ms, stamped: true}
			s := simulation{
				path: path{rate: constant(300_000), queue: 300 * ms, delay: still(30 * ms),
					loss: 0.2}, sender: talks, length: 10 * time.Second,
				random: rand.New(rand.NewPCG(seed, 5)), controller: New(Config{Start: start}),
			}
			if mean := average(s.run()[20:100], 0, arrived); mean < 100_000 {
				poor++
			}
		}
		t.Logf("from %d bit/s on: %d of %d get less than 100 kbit/s from the third second "+
			"to the tenth", start, poor, seeds)
		assert.Less(t, poor, seeds/10, "it was a seventh when half of the loss was proof enough")
	}
}
