package receive

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func thin(rate float64) path {
	return path{rate: constant(rate), queue: 300 * ms, delay: still(25 * ms)}
}

func play(p path, s sender, length time.Duration) []moment {
	return (&simulation{path: p, sender: s, random: random(), length: length}).run()
}

// average is that of what get returns after some time.
func average(moments []moment, after time.Duration, get func(moment) float64) float64 {
	sum, n := 0.0, 0.0
	for _, m := range moments {
		if m.at > after {
			sum += get(m)
			n++
		}
	}
	return sum / n
}

func arrived(m moment) float64 { return m.arrived }

func limit(m moment) float64 {
	if m.state.Limit == 0 {
		return 1e7
	}
	return float64(m.state.Limit)
}

// Once a thin link is known the voice loses nothing, no long queue stands, and most of the link is
// used.
func TestThinLinks(t *testing.T) {
	for _, rate := range []float64{80_000, 150_000, 250_000, 400_000} {
		moments := play(thin(rate), talker(), time.Minute)
		for _, m := range moments {
			if m.at > 5*time.Second {
				require.Zero(t, m.lost, "%v: %v", rate, m.at)
				require.Less(t, m.wait, 200*ms, "%v: %v", rate, m.at)
			}
		}
		assert.Greater(t, average(moments, 5*time.Second, arrived), 0.8*rate)
		assert.Less(t, average(moments, 5*time.Second, func(m moment) float64 {
			return m.wait.Seconds()
		}), 0.06, rate)
	}
}

// A good link is found good within seconds, however much its packets jitter or are lost.
func TestGoodLinks(t *testing.T) {
	for name, p := range map[string]path{
		"fibre":  {rate: constant(50e6), queue: 100 * ms, delay: still(5 * ms)},
		"jitter": {rate: constant(5e6), queue: 100 * ms, delay: still(30 * ms), jitter: 30 * ms},
		"5 %": {rate: constant(5e6), queue: 100 * ms, delay: still(30 * ms), jitter: 5 * ms,
			loss: 0.05},
		"10 %": {rate: constant(5e6), queue: 100 * ms, delay: still(30 * ms), jitter: 5 * ms,
			loss: 0.1},
		"20 %": {rate: constant(5e6), queue: 100 * ms, delay: still(30 * ms), jitter: 5 * ms,
			loss: 0.2},
		"far off": {rate: constant(5e6), queue: 100 * ms, delay: still(300 * ms)},
	} {
		moments := play(p, talker(), 40*time.Second)
		least := 750_000.0
		if p.loss >= lossFound {
			// now and then less is sent for two seconds, to see whether the loss falls
			least = 500_000
		}
		// a trial may be under way
		require.Greater(t, float64(moments[39].state.Usual), 400_000*(1-p.loss), name)
		require.Greater(t, average(moments, 6*time.Second, arrived), least*(1-p.loss), name)
		for _, m := range moments {
			require.False(t, m.state.Congested, "%s at %v", name, m.at)
		}
	}
}

// falls is a link that is thin for thirty seconds.
func falls(at time.Duration) float64 {
	if at >= 15*time.Second && at < 45*time.Second {
		return 250_000
	}
	return 2_000_000
}

func TestFallAndReturn(t *testing.T) {
	moments := play(path{rate: falls, queue: 300 * ms, delay: still(25 * ms)}, talker(),
		time.Minute)
	before := average(moments[:150], 10*time.Second, arrived)
	lost, told, drained, back := 0, time.Duration(0), time.Duration(0), time.Duration(0)
	for _, m := range moments {
		lost += m.lost
		switch since := m.at - 15*time.Second; {
		case since > 0 && told == 0 && m.state.Limit < 250_000:
			told = since
		case told > 0 && drained == 0 && m.wait < 50*ms:
			drained = since
		}
		if since := m.at - 45*time.Second; since > 0 && back == 0 && limit(m) > 0.95*before {
			back = since
		}
	}
	assert.LessOrEqual(t, told, 500*ms,
		"a queue of 300 ms is full after 100 ms, and most of the voice lost that would tell")
	assert.LessOrEqual(t, drained, 1800*ms)
	assert.LessOrEqual(t, back, 5*time.Second)
	assert.LessOrEqual(t, lost, 8)
	assert.Greater(t, average(moments[:450], 20*time.Second, arrived), 0.8*250_000)
}

// An encoder that sends less than it may proves nothing by its rate, but by how fast its packets
// come.
func TestReturnOfAModestSender(t *testing.T) {
	s := talker()
	s.stamped, s.modest = true, 0.6
	p := path{rate: falls, queue: 300 * ms, delay: still(25 * ms)}
	moments := play(p, s, time.Minute)
	for _, m := range moments[200:450] {
		require.Less(t, m.state.Limit, 420_000, m.at)
	}
	require.Greater(t, limit(moments[459]), 400_000.0, "twice of what it carried, in a second")
	require.Greater(t, limit(moments[490]), 800_000.0)
}

// A policer has no queue: what is too much is lost.
func TestLossThatFallsIsCongestion(t *testing.T) {
	p := path{rate: constant(300_000), queue: 15 * ms, delay: still(25 * ms)}
	moments := play(p, talker(), 40*time.Second)
	for _, m := range moments[200:] {
		require.Less(t, m.state.Limit, 450_000)
	}
	assert.Greater(t, average(moments, 20*time.Second, arrived), 160_000.0)
}

// Another route is longer: no queue stays the same for seconds.
func TestLongerRoute(t *testing.T) {
	p := path{rate: constant(5e6), queue: 300 * ms, delay: func(at time.Duration) time.Duration {
		if at > 10*time.Second {
			return 150 * ms
		}
		return 30 * ms
	}}
	moments := play(p, talker(), 30*time.Second)
	require.Greater(t, limit(moments[95]), 750_000.0)
	for _, m := range moments[101:] {
		require.Greater(t, float64(m.state.Usual), 400_000.0,
			"%v: a leap of the delay is no queue, which grows with what is sent", m.at)
	}
	require.Greater(t, limit(moments[200]), 750_000.0)
	require.False(t, moments[200].state.Congested)
	require.Less(t, moments[290].state.Delay, 20*ms)
}

// What the sender's own clock and habits do is no queue.
func TestNoQueue(t *testing.T) {
	good := path{rate: constant(5e6), queue: 300 * ms, delay: still(30 * ms), jitter: 3 * ms}
	quiet := func(at time.Duration) bool { return at/(3*time.Second)%2 == 1 }
	silent := talker()
	silent.voice = 0
	glitches := talker()
	glitches.glitch = func(at time.Duration) time.Duration {
		return time.Duration(at.Seconds()/10) * 11 * ms
	}
	stamped := glitches
	stamped.stamped, stamped.glitch = true, func(at time.Duration) time.Duration {
		return time.Duration(at.Seconds()/7) * 100 * ms
	}
	long := talker()
	long.frame = 60 * ms
	for name, s := range map[string]*simulation{
		"its clock is slow":      {sender: talker(), drift: -200e-6, length: 3 * time.Minute},
		"its clock is fast":      {sender: talker(), drift: 200e-6, length: 3 * time.Minute},
		"it speaks now and then": {sender: talker(), dtx: quiet, length: 30 * time.Second},
		"its frames are long":    {sender: long, length: 30 * time.Second},
		"it is silent":           {sender: silent, length: 30 * time.Second},
		"it tells when it sends": {sender: stamped, length: 30 * time.Second},
		"a little sound is lost": {sender: glitches, length: 30 * time.Second},
	} {
		s.path, s.random = good, random()
		moments := s.run()
		for _, m := range moments {
			require.False(t, m.state.Congested, "%s at %v", name, m.at)
		}
		require.Greater(t, limit(moments[len(moments)-1]), 750_000.0, name)
	}
}

// A busy machine loses much of its sound at once: it looks like a queue, but not for long.
func TestSoundLost(t *testing.T) {
	s := talker()
	s.glitch = func(at time.Duration) time.Duration {
		if at > 10*time.Second {
			return 70 * ms
		}
		return 0
	}
	moments := play(path{rate: constant(5e6), queue: 300 * ms, delay: still(30 * ms)}, s,
		30*time.Second)
	require.False(t, moments[160].state.Congested)
	require.Greater(t, limit(moments[160]), 600_000.0)
	require.Greater(t, limit(moments[290]), 750_000.0)
	s.framerate = 0 // the voice alone, which cannot become less
	moments = play(path{rate: constant(5e6), queue: 300 * ms, delay: still(30 * ms)}, s,
		30*time.Second)
	require.False(t, moments[160].state.Congested)
}

func TestCameraAlone(t *testing.T) {
	s := talker()
	s.voice = 0
	stamped := s
	stamped.stamped = true
	moments := play(thin(150_000), stamped, time.Minute)
	// Without a voice between them large packets alone tell of the queue, and it is known a little
	// later.
	assert.Less(t, average(moments, 5*time.Second, func(m moment) float64 {
		if m.wait > 200*ms {
			return 1
		}
		return 0
	}), 0.03)
	assert.Greater(t, average(moments, 5*time.Second, arrived), 0.9*150_000)
	moments = play(thin(150_000), s, time.Minute)
	assert.Less(t, average(moments, 5*time.Second, func(m moment) float64 {
		return m.wait.Seconds()
	}), 0.12)
	assert.Greater(t, average(moments, 5*time.Second, arrived), 0.7*150_000)
}

// A voice alone that does not fit is told so again and again, and never less than the floor.
func TestVoiceThatDoesNotFit(t *testing.T) {
	s := talker()
	s.deaf, s.framerate = true, 0
	moments := play(thin(40_000), s, 20*time.Second)
	for _, m := range moments[20:] {
		require.True(t, m.state.Congested)
		require.Less(t, m.state.Limit, 40_000)
		require.GreaterOrEqual(t, m.state.Limit, DefaultConfig.Floor)
	}
}

// voicePackets feeds a voice whose packets arrive late by what delay says; every packet is 20 ms of
// sound.
func voicePackets(c *Controller, from, to int, delay func(n int) time.Duration) {
	for n := from; n < to; n++ {
		at := epoch.Add(time.Duration(n)*20*ms + delay(n))
		c.Arrived(Packet{Arrival: at, Size: 128, Number: uint16(n), Numbered: true, Stream: 1,
			Timestamp: uint32(n * 960), ClockRate: 48_000, Trust: OfVoice})
	}
}

// A process that does not run, a radio that repeats: everything comes late, but at once.
func TestStallsAreNoQueues(t *testing.T) {
	c := New(Config{})
	voicePackets(c, 0, 1000, func(n int) time.Duration {
		if in := n % 100; in < 20 {
			return time.Duration(20-in) * 20 * ms // 400 ms of sound arrive together
		}
		return 0
	})
	require.False(t, c.State().Congested)
	require.Greater(t, c.State().Limit, 80_000)
}

// A machine that is out of breath sends what there is in fits and starts: late, but faster than a
// link so thin would let it.
func TestBreathlessMachineIsNoQueue(t *testing.T) {
	breathless := func(at time.Duration) time.Duration {
		const turn = 230 * ms
		if at < 5*time.Second || at/time.Second%4 != 0 {
			return 25 * ms
		}
		return 85*ms + turn - at%turn
	}
	still := stamped()
	still.appetite, still.framerate = 20_000, 5
	silent := stamped()
	silent.framerate = 0
	for name, s := range map[string]*simulation{
		"little is sent": {sender: still},
		"as good as nothing is sent": {sender: silent, dtx: func(time.Duration) bool {
			return true
		}},
	} {
		s.path, s.random, s.length = path{rate: constant(5e6), queue: 300 * ms, delay: breathless},
			random(), time.Minute
		for _, m := range s.run() {
			require.False(t, m.state.Congested, "%s: %v", name, m.at)
		}
	}
}

// However thin a link becomes, that is known at once, and found out again when it is over.
func TestFallToAVoice(t *testing.T) {
	for _, low := range []float64{10_000, 25_000, 40_000} {
		p := thin(2_000_000)
		p.rate = func(at time.Duration) float64 {
			if at >= 20*time.Second && at < 30*time.Second {
				return low
			}
			return 2_000_000
		}
		s := stamped()
		// less than that is no picture, and a voice alone proves nothing
		s.voice, s.frame, s.dark = 165, 60*ms, 18_000
		moments := play(p, s, 50*time.Second)
		require.Less(t, limit(moments[215]), 50_000.0, low)
		require.Less(t, limit(moments[290]), 60_000.0, low)
		require.Greater(t, limit(moments[380]), 300_000.0, low)
	}
}

func TestStreamsThatStop(t *testing.T) {
	c := New(Config{})
	none := func(int) time.Duration { return 0 }
	voicePackets(c, 0, 200, none)
	// The microphone is off for 10 s, and its timestamps stand still meanwhile.
	voicePackets(c, 200, 400, func(int) time.Duration { return 10 * time.Second })
	require.False(t, c.State().Congested)
	require.Less(t, c.State().Delay, ms)
	// Packets that come twice, or late, tell nothing.
	voicePackets(c, 380, 390, func(int) time.Duration { return 11 * time.Second })
	require.Less(t, c.State().Delay, ms)
	// More streams than are followed: the one that has been silent for longest is forgotten.
	for stream := range uint32(2 * maxStreams) {
		c.Arrived(Packet{Arrival: epoch.Add(20 * time.Second), Size: 100, Stream: 100 + stream,
			ClockRate: 90_000})
	}
	require.False(t, c.State().Congested)
}

func TestPathChanged(t *testing.T) {
	c := New(Config{Start: 100_000})
	voicePackets(c, 0, 100, func(int) time.Duration { return 0 })
	c.PathChanged()
	require.LessOrEqual(t, c.State().Limit, 100_000)
	voicePackets(c, 100, 200, func(int) time.Duration { return 500 * ms })
	require.False(t, c.State().Congested, "another path has another delay")
}

func TestExpectation(t *testing.T) {
	c := New(Config{})
	require.False(t, c.State().Full)
	require.False(t, c.State().Fell, "nothing has come")
	c.Expect(50_000)
	require.Equal(t, 50_000, c.State().Limit)
	require.True(t, c.State().Full, "a voice is made for so much from its first packet on")
	c.Expect(1_000_000)
	require.Equal(t, 50_000, c.State().Limit)
	c = New(Config{})
	c.Expect(140_000)
	require.Equal(t, 120_000, c.State().Limit, "never upwards")
	require.True(t, c.State().Full, "there is nothing to spare")
	c = New(Config{})
	c.Expect(300_000)
	require.False(t, c.State().Full)

	// Where it is right it keeps the link empty; where it is wrong it costs a few seconds.
	expecting := func(p path) []moment {
		c := New(Config{})
		c.Expect(50_000)
		return (&simulation{path: p, sender: talker(), controller: c, random: random(),
			length: 20 * time.Second}).run()
	}
	for _, m := range expecting(thin(60_000)) {
		require.Zero(t, m.lost, m.at)
		if m.at < 3*time.Second {
			require.Less(t, m.wait, 150*ms, m.at)
		}
	}
	for _, m := range expecting(thin(2_000_000)) {
		if m.at > 8*time.Second {
			require.Greater(t, limit(m), 500_000.0, m.at)
		}
	}
}

func TestExpectationThatComesTooLate(t *testing.T) {
	c := New(Config{})
	voicePackets(c, 0, 100, func(int) time.Duration { return 0 })
	before := c.State().Limit
	c.Expect(21_000)
	require.Equal(t, before, c.State().Limit, "more has come")

	c = New(Config{})
	voicePackets(c, 0, 100, func(i int) time.Duration { return time.Duration(i) * 5 * ms })
	require.True(t, c.State().Congested)
	before = c.State().Limit
	c.Expect(21_000)
	require.Equal(t, before, c.State().Limit, "what was measured is known better")
}

func TestCeiling(t *testing.T) {
	c := New(Config{Start: 10_000_000})
	require.Zero(t, c.State().Limit)
	require.Zero(t, c.State().Usual)
}

// What was found for a moment must not keep a picture away that the link carries, however little
// the voice alone proves.
func TestPictureIsTriedAgain(t *testing.T) {
	p := thin(110_000)
	p.rate = func(at time.Duration) float64 {
		if at >= 10*time.Second && at < 13*time.Second {
			return 50_000
		}
		return 110_000
	}
	s := stamped()
	s.voice, s.frame, s.dark = 165, 60*ms, 36_000
	moments := play(p, s, 60*time.Second)
	require.Less(t, average(moments[115:130], 0, arrived), 50_000.0)
	assert.Greater(t, average(moments, 15*time.Second, arrived), 80_000.0)
}

// On a thin link a large packet takes longer than a queue may be. Where no voice comes between
// them, that passed for a queue.
func TestLargePacketsAreNoQueue(t *testing.T) {
	for _, rate := range []float64{100_000, 150_000, 300_000} {
		s := stamped()
		s.voice, s.frame, s.framerate, s.lag = 165, 60*ms, 10, 300*ms
		silent := &simulation{path: thin(rate), sender: s, random: random(), length: time.Minute,
			dtx: func(time.Duration) bool { return true }}
		moments := silent.run()
		assert.Greater(t, average(moments, 5*time.Second, arrived), 0.65*rate, rate)
		assert.Less(t, average(moments, 5*time.Second, func(m moment) float64 {
			return m.wait.Seconds()
		}), 0.03, rate)
	}
}

// A silent voice is heard of every 400 ms. The keyframe in between fills the link, but only from
// when it begins to come.
func TestAPauseBeforeAPictureIsNoPartOfIt(t *testing.T) {
	const rate, delay = 100_000.0, 30 * ms
	for _, from := range []time.Duration{20 * ms, 200 * ms, 380 * ms} { // after the voice
		c := New(Config{})
		free, number := time.Duration(0), uint16(0)
		send := func(at time.Duration, size int) {
			free = max(free, at) + time.Duration(float64(8*size)/rate*float64(time.Second))
			c.Arrived(Packet{Arrival: epoch.Add(free + delay), Size: size, Number: number,
				Numbered: true, Timestamp: uint32(at.Seconds() * (1 << 18)), ClockRate: 1 << 18,
				Trust: OfDeparture})
			number++
		}
		picture := 4*time.Second + from
		for at := time.Duration(0); at <= picture; at += 20 * ms {
			if at%(400*ms) == 0 {
				send(at, 100)
			}
		}
		for n := range 10 {
			send(picture+time.Duration(n)*2*ms, 600)
		}
		require.True(t, c.State().Congested, from)
		assert.InDelta(t, rate, c.capacity, 0.15*rate, from)
	}
}
