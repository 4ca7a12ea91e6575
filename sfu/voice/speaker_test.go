package voice_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"draille/sfu/voice"
)

// settle lets a speaker live under the same conditions for a while.
func settle(
	s *voice.Speaker, from, until time.Duration, p voice.Publishing,
) (e voice.Encoding, changes int) {
	for at := from; at < until; at += 100 * time.Millisecond {
		encoding, news := s.Decide(start.Add(at), p)
		if e = encoding; news {
			changes++
		}
	}
	return e, changes
}

func TestHowAPublisherEncodes(t *testing.T) {
	const ms = time.Millisecond
	for name, test := range map[string]struct {
		conditions voice.Publishing
		want       voice.Encoding
	}{
		"plenty": {
			voice.Publishing{Uplink: 3_000_000, Listeners: []int{5_000_000, 2_000_000}},
			voice.Encoding{Bitrate: 32_000, Frame: 20 * ms}},
		"uplink not known": {voice.Publishing{Listeners: []int{300_000}},
			voice.Encoding{Bitrate: 24_000, Frame: 20 * ms}},
		"300 kbit/s": {
			voice.Publishing{Uplink: 300_000, Listeners: []int{5_000_000}},
			voice.Encoding{Bitrate: 24_000, Frame: 20 * ms}},
		"300 kbit/s, 5 % lost": {voice.Publishing{Uplink: 300_000, Loss: 0.05, RTT: 50 * ms},
			voice.Encoding{Bitrate: 24_000, Frame: 20 * ms, Redundant: true}},
		"2 % lost, soon asked again": {voice.Publishing{Uplink: 300_000, Loss: 0.025,
			RTT: 50 * ms}, voice.Encoding{Bitrate: 24_000, Frame: 20 * ms}},
		"2 % lost, by satellite": {voice.Publishing{Uplink: 300_000, Loss: 0.025,
			RTT: 600 * ms}, voice.Encoding{Bitrate: 24_000, Frame: 20 * ms, Redundant: true}},
		"150 kbit/s, 5 % lost": {voice.Publishing{Uplink: 150_000, Loss: 0.05, RTT: 50 * ms},
			voice.Encoding{Bitrate: 24_000, Frame: 40 * ms, Redundant: true}},
		"110 kbit/s, 5 % lost": {voice.Publishing{Uplink: 110_000, Loss: 0.05, RTT: 50 * ms,
			Queue: 50 * ms}, voice.Encoding{Bitrate: 20_000, Frame: 60 * ms}},
		"60 kbit/s": {
			voice.Publishing{Uplink: 60_000, Listeners: []int{5_000_000}},
			voice.Encoding{Bitrate: 16_000, Frame: 60 * ms}},
		"a listener with 60 kbit/s": {
			voice.Publishing{Uplink: 3_000_000, Listeners: []int{5_000_000, 60_000}},
			voice.Encoding{Bitrate: 16_000, Frame: 60 * ms}},
		"30 kbit/s": {
			voice.Publishing{Uplink: 30_000, Listeners: []int{5_000_000}},
			voice.Encoding{Bitrate: 12_000, Frame: 60 * ms}},
		"nothing known and no one in": {voice.Publishing{},
			voice.Encoding{Bitrate: 32_000, Frame: 20 * ms}},
	} {
		t.Run(name, func(t *testing.T) {
			var s voice.Speaker
			test.conditions.LossKnown = true
			got, _ := settle(&s, 0, 20*time.Second, test.conditions)
			assert.Equal(t, test.want, got)
			_, changes := settle(&s, 20*time.Second, time.Minute, test.conditions)
			assert.Zero(t, changes)
		})
	}
}

func TestThePageIsToldOnce(t *testing.T) {
	var s voice.Speaker
	untold := s.Told()
	e, changes := settle(&s, 0, 5*time.Second, voice.Publishing{})
	assert.Equal(t, 1, changes)
	assert.Equal(t, untold, e)
	assert.Equal(t, untold, s.Told())
}

func TestEncodingFollowsTheLinkDownFastAndUpSlowly(t *testing.T) {
	var s voice.Speaker
	settle(&s, 0, 20*time.Second, voice.Publishing{Uplink: 2_000_000})
	e, _ := s.Decide(start.Add(20*time.Second), voice.Publishing{Uplink: 60_000})
	assert.Equal(t, 16_000, e.Bitrate, "a fall to a fraction is believed at once")
	e, _ = settle(&s, 20*time.Second, 25*time.Second, voice.Publishing{Uplink: 2_000_000})
	assert.Equal(t, 16_000, e.Bitrate)
	e, changes := settle(&s, 25*time.Second, 35*time.Second, voice.Publishing{Uplink: 2_000_000})
	assert.Equal(t, 32_000, e.Bitrate)
	assert.Equal(t, 1, changes, "it comes back in one step")
}

func TestAShortDipIsNotWorthAChange(t *testing.T) {
	var s voice.Speaker
	settle(&s, 0, 10*time.Second, voice.Publishing{Uplink: 300_000})
	_, dip := settle(
		&s, 10*time.Second, 10*time.Second+300*time.Millisecond, voice.Publishing{Uplink: 180_000},
	)
	_, after := settle(
		&s, 10*time.Second+300*time.Millisecond, 12*time.Second, voice.Publishing{Uplink: 300_000},
	)
	assert.Zero(t, dip+after)
	_, last := settle(&s, 12*time.Second, 13*time.Second, voice.Publishing{Uplink: 180_000})
	assert.Equal(t, 1, last)
}

func TestRedundancyStopsOnlyWhenTheLossIsOver(t *testing.T) {
	var s voice.Speaker
	lossy := voice.Publishing{Uplink: 400_000, Loss: 0.06, RTT: 50 * time.Millisecond}
	e, _ := settle(&s, 0, 300*time.Millisecond, lossy)
	assert.False(t, e.Redundant, "one bad moment")
	e, _ = settle(&s, 300*time.Millisecond, 10*time.Second, lossy)
	assert.True(t, e.Redundant)
	lossy.Loss = 0.02
	e, _ = settle(&s, 10*time.Second, time.Minute, lossy)
	assert.True(t, e.Redundant)
	lossy.Loss = 0
	e, _ = settle(&s, time.Minute, time.Minute+10*time.Second, lossy)
	assert.True(t, e.Redundant)
	e, _ = settle(&s, time.Minute+10*time.Second, time.Minute+20*time.Second, lossy)
	assert.False(t, e.Redundant)
	lossy.Loss = 0.06
	e, _ = settle(&s, 2*time.Minute, 2*time.Minute+10*time.Second, lossy)
	assert.True(t, e.Redundant)
	assert.True(t, s.Lossy())
	lossy.Uplink = 60_000
	e, _ = settle(&s, 2*time.Minute+10*time.Second, 2*time.Minute+11*time.Second, lossy)
	assert.False(t, e.Redundant, "it goes first when the link becomes thin")
	assert.True(t, s.Lossy(), "what is asked for again comes late, too")
	lossy.Loss = 0
	settle(&s, 2*time.Minute+11*time.Second, 3*time.Minute, lossy)
	assert.False(t, s.Lossy())
}

// What is lost of the first words and asked for again comes too late: a voice repeats itself until
// it is known to lose nothing.
// What was lost as a link fell says nothing of what it loses later: the picture needs the bits.
func TestWhatALinkLostAsItFellIsForgotten(t *testing.T) {
	const ms = time.Millisecond
	after := func(p voice.Publishing) (repeated int) {
		var s voice.Speaker
		good := voice.Publishing{Uplink: 300_000, LossKnown: true, RTT: 50 * ms}
		settle(&s, 0, 10*time.Second, good)
		fall := good
		fall.Loss, fall.Queue = 0.25, 250*ms
		e, _ := settle(&s, 10*time.Second, 11500*ms, fall)
		assert.True(t, e.Redundant, "meanwhile it is repeated")
		for at := 11500 * ms; at < 30*time.Second; at += 100 * ms {
			if e, _ := s.Decide(start.Add(at), p); e.Redundant {
				repeated++
			}
		}
		return repeated
	}
	calm := voice.Publishing{Uplink: 300_000, LossKnown: true, RTT: 50 * ms, Queue: 40 * ms}
	assert.Less(t, after(calm), 40)
	lossy := calm
	lossy.Loss = 0.06
	assert.Greater(t, after(lossy), 180)
}

func TestAVoiceBeginsWithRepetitions(t *testing.T) {
	var s voice.Speaker
	e, _ := settle(&s, 0, 10*time.Second, voice.Publishing{})
	assert.True(t, e.Redundant, "nothing is known yet")
	e, _ = settle(&s, 10*time.Second, 14*time.Second, voice.Publishing{LossKnown: true})
	assert.True(t, e.Redundant, "not for long")
	e, _ = settle(&s, 14*time.Second, 16*time.Second, voice.Publishing{LossKnown: true})
	assert.False(t, e.Redundant)

	var thin voice.Speaker
	e, _ = settle(&thin, 0, time.Second, voice.Publishing{Uplink: 120_000})
	assert.False(t, e.Redundant, "its page came slowly")
	e, _ = settle(&thin, time.Second, 10*time.Second, voice.Publishing{})
	assert.False(t, e.Redundant, "it has begun")
}

// The first second that tells of losses counts as it is, but for those of a queue.
func TestTheFirstLossKnownIsBelieved(t *testing.T) {
	lost := voice.Publishing{
		Uplink:    300_000,
		Loss:      0.05,
		LossKnown: true,
		RTT:       50 * time.Millisecond,
	}
	var s, queued voice.Speaker
	e, _ := settle(&s, 0, time.Second, voice.Publishing{Uplink: 300_000})
	assert.False(t, e.Redundant)
	e, _ = s.Decide(start.Add(time.Second), lost)
	assert.True(t, e.Redundant)
	settle(
		&queued, 0, time.Second, voice.Publishing{Uplink: 300_000, Queue: 200 * time.Millisecond},
	)
	e, _ = queued.Decide(start.Add(time.Second), lost)
	assert.False(t, e.Redundant)
}

// A browser loses some of the sound at each change.
func TestWhatIsNoMatterOfNeedWaitsForAPause(t *testing.T) {
	var s voice.Speaker
	settle(&s, 0, 20*time.Second, voice.Publishing{Uplink: 100_000, Loss: 0.2, LossKnown: true})
	good := voice.Publishing{Uplink: 2_000_000, LossKnown: true, Talking: true}
	e, _ := settle(&s, 20*time.Second, 45*time.Second, good)
	assert.Equal(
		t, voice.Encoding{Bitrate: 20_000, Frame: 60 * time.Millisecond, Redundant: true}, e,
		"they talk",
	)
	good.Talking = false
	e, _ = settle(&s, 45*time.Second, 46*time.Second, good)
	assert.Equal(t, voice.Encoding{Bitrate: 32_000, Frame: 20 * time.Millisecond}, e)

	settle(
		&s, 46*time.Second, 50*time.Second,
		voice.Publishing{Uplink: 100_000, LossKnown: true, Talking: true},
	)
	assert.Equal(t, 60*time.Millisecond, s.Told().Frame, "what is needed does not wait")
	good.Talking = true
	e, _ = settle(&s, 50*time.Second, 100*time.Second, good)
	assert.Equal(
		t, 20*time.Millisecond, e.Frame, "somebody who never pauses is not left with long frames",
	)
}

func TestAGarbledVoiceMayTakeMoreOfItsUplink(t *testing.T) {
	const empty, full = 0, 200 * time.Millisecond
	repeats := func(uplink int, loss float64, queue time.Duration) bool {
		var s voice.Speaker
		e, _ := settle(
			&s, 0, 10*time.Second,
			voice.Publishing{Uplink: uplink, Loss: loss, Queue: queue, RTT: 50 * time.Millisecond},
		)
		return e.Redundant
	}
	assert.False(t, repeats(130_000, 0.06, empty), "nearly half of it")
	assert.True(t, repeats(150_000, 0.06, empty))
	assert.True(t, repeats(130_000, 0.2, full))
	assert.False(t, repeats(90_000, 0.2, full), "it is lost because the uplink is full")
	assert.True(t, repeats(90_000, 0.2, empty), "it is not")
}

// A link that moves as it likes changes the encoding for the better at most every six seconds.
func TestASpeakerDoesNotFlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s voice.Speaker
		middle := rapid.IntRange(25_000, 800_000).Draw(t, "bit/s")
		swing := rapid.Float64Range(0, 0.9).Draw(t, "swing")
		noise := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		before, raised := s.Told().Bitrate, time.Time{}
		for i := range 900 {
			now := start.Add(time.Duration(i) * 100 * time.Millisecond)
			e, _ := s.Decide(
				now,
				voice.Publishing{Uplink: int(float64(middle) * (1 + swing*(2*noise.Float64()-1)))},
			)
			if e.Bitrate > before {
				if !raised.IsZero() && now.Sub(raised) < 6*time.Second {
					t.Fatalf("better twice within %v", now.Sub(raised))
				}
				raised = now
			}
			before = e.Bitrate
		}
	})
}
