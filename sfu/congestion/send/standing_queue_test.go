package send

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// feed feeds packets into delays: when each left and how long it was on its way, all of one size.
func feed(d *delays, size int, msPerByte float64, sent, way []time.Duration) {
	for i := range sent {
		d.arrived(sent[i]+way[i], &packet{sent: sent[i], arrived: sent[i] + way[i], size: size},
			msPerByte)
	}
	d.update(0, msPerByte)
}

func every(interval time.Duration, n int, from time.Duration) []time.Duration {
	times := make([]time.Duration, n)
	for i := range times {
		times[i] = from + time.Duration(i)*interval
	}
	return times
}

func TestAStallIsNoStandingQueue(t *testing.T) {
	d := newDelays()
	feed(&d, 100, 0, every(20*ms, 20, 0), make([]time.Duration, 20))
	assert.False(t, d.stands(emptyQueue))
	// Held up for 300 ms, then let go together: each waited 20 ms less than the one before.
	var ways []time.Duration
	for i := range 15 {
		ways = append(ways, time.Duration(300-20*i)*ms)
	}
	feed(&d, 100, 0, every(20*ms, 15, 400*ms), ways)
	assert.False(t, d.stands(emptyQueue))
	// The same, and then nothing new leaves: the last of them waited long, but they came at once.
	feed(&d, 100, 0, every(10*ms, 5, 720*ms),
		[]time.Duration{300 * ms, 290 * ms, 280 * ms, 270 * ms, 260 * ms})
	assert.False(t, d.stands(emptyQueue))
}

func TestAQueueStandsAfterTwoPacketsThatCameApart(t *testing.T) {
	d := newDelays()
	feed(&d, 1200, 0, every(20*ms, 20, 0), make([]time.Duration, 20))
	// From now on 60 kbit/s: 160 ms a packet.
	feed(&d, 1200, 0, every(20*ms, 3, 400*ms), []time.Duration{160 * ms, 300 * ms, 440 * ms})
	assert.True(t, d.stands(100*ms))
	assert.InDelta(t, 60e3, d.served, 1e3)
}

func TestAWrongGuessOfWhatAByteCostsMakesNoQueue(t *testing.T) {
	const wrong = 0.1 // ms: 120 for a packet of 1,200 bytes
	d := newDelays()
	feed(&d, 1200, wrong, every(20*ms, 5, 0), make([]time.Duration, 5))
	feed(&d, 100, wrong, every(20*ms, 30, 200*ms), make([]time.Duration, 30))
	assert.False(t, d.stands(emptyQueue))
	feed(&d, 100, wrong, every(20*ms, 30, 900*ms), every(0, 30, 50*ms))
	assert.True(t, d.stands(45*ms))
}

func TestAPauseOfTheReportsIsNoDeadLink(t *testing.T) {
	f := newFlow(Config{})
	f.media, f.wanted = constant(800e3), constant(1e6)
	f.busy = &busy{reporter: stalls{begin: []time.Duration{20 * second},
		end: []time.Duration{22500 * ms}}}
	simulate(newLink(constant(20e6), 10*ms, 300*ms), 24*second, f)
	before := f.at(20 * second).Bitrate
	assert.Less(t, f.at(22400*ms).Bitrate, before, "silence decays")
	assert.GreaterOrEqual(t, f.at(22800*ms).Bitrate, before*9/10, "but nothing was lost")
}
