package voice_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"draille/sfu/voice"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// talking is a voice at 24 kbit/s in frames of 20 ms, as it comes in while somebody talks.
var talking = voice.Flow{Bitrate: 24_000, Packets: 50, Frame: 20 * time.Millisecond}

// silent is a voice that DTX keeps back.
var silent = voice.Flow{Bitrate: 500, Packets: 2.5, Frame: 20 * time.Millisecond}

// compact is a voice at 16 kbit/s in frames of 60 ms.
var compact = voice.Flow{Bitrate: 16_000, Packets: 1 / 0.06, Frame: 60 * time.Millisecond}

func random(share float64) *voice.Losses {
	r := rand.New(rand.NewPCG(7, 7))
	return play(2000, func() bool { return r.Float64() < share })
}

// bursts loses 5 % in bursts of 5.
func bursts() *voice.Losses {
	r, bad := rand.New(rand.NewPCG(7, 7)), false
	return play(2000, func() bool {
		if bad {
			bad = r.Float64() >= 0.2
		} else {
			bad = r.Float64() < 0.2*0.05/0.95
		}
		return bad
	})
}

// long is a voice in frames of 60 ms.
var long = voice.Flow{Bitrate: 16_000, Packets: 1000.0 / 60, Frame: 60 * time.Millisecond}

func TestWhatAListenerGets(t *testing.T) {
	one, three := []voice.Flow{talking}, []voice.Flow{talking, talking, talking}
	for name, test := range map[string]struct {
		conditions voice.Conditions
		voices     int
		redundancy voice.Redundancy
	}{
		"a link of plenty": {voice.Conditions{Bitrate: 2_000_000, Flows: three,
			Pictures: true, Losses: random(0)}, 3, voice.Plain},
		"nothing known of losses": {voice.Conditions{Bitrate: 2_000_000, Flows: three,
			Pictures: true}, 3, voice.Single},
		"1 % lost and repaired by requests": {voice.Conditions{Bitrate: 2_000_000, Flows: one,
			Pictures: true, Losses: random(0.006), Repairs: true}, 3, voice.Plain},
		"2 % lost": {voice.Conditions{Bitrate: 300_000, Flows: one,
			Pictures: true, Losses: random(0.02)}, 3, voice.Single},
		"5 % lost": {voice.Conditions{Bitrate: 300_000, Flows: one,
			Pictures: true, Losses: random(0.05)}, 3, voice.Double},
		"8 % lost, repaired by requests": {voice.Conditions{Bitrate: 300_000, Flows: one,
			Pictures: true, Losses: random(0.08), Repairs: true}, 3, voice.Double},
		"20 % lost": {voice.Conditions{Bitrate: 300_000, Flows: one,
			Pictures: true, Losses: random(0.2)}, 3, voice.Double},
		"20 % lost, pictures go first": {voice.Conditions{Bitrate: 170_000, Flows: one,
			Pictures: true, Losses: random(0.2)}, 3, voice.Double},
		"20 % lost, too thin for two": {voice.Conditions{Bitrate: 110_000, Flows: one,
			Pictures: true, Losses: random(0.2)}, 3, voice.Single},
		"20 % lost, too thin for any": {voice.Conditions{Bitrate: 75_000, Flows: one,
			Pictures: true, Losses: random(0.2)}, 3, voice.Plain},
		"20 % lost, nothing to look at": {voice.Conditions{Bitrate: 110_000, Flows: one,
			Losses: random(0.2)}, 3, voice.Single},
		"60 kbit/s without a picture": {
			voice.Conditions{Bitrate: 60_000, Flows: []voice.Flow{compact}, Pictures: true,
				Losses: random(0.05)}, 3, voice.Single},
		"three at once on 200 kbit/s": {voice.Conditions{Bitrate: 200_000, Flows: three,
			Pictures: true, Losses: random(0)}, 2, voice.Plain},
		"three at once on 220 kbit/s": {voice.Conditions{Bitrate: 220_000, Flows: three,
			Pictures: true, Losses: random(0)}, 3, voice.Plain},
		"three in long frames on 135 kbit/s": {voice.Conditions{Bitrate: 135_000,
			Flows: []voice.Flow{long, long, long}, Pictures: true, Losses: random(0)}, 3,
			voice.Plain},
		"one talks, two listen, on 200 kbit/s": {
			voice.Conditions{Bitrate: 200_000, Flows: []voice.Flow{talking, silent, silent},
				Pictures: true, Losses: random(0)}, 3, voice.Plain},
		"nobody there": {voice.Conditions{Bitrate: 300_000}, 3, voice.Single},
		"the loudest is never given up": {voice.Conditions{Bitrate: 20_000, Flows: three,
			Pictures: true, Losses: random(0.2)}, 1, voice.Plain},
		"long frames are not repeated late": {
			voice.Conditions{Bitrate: 900_000, Flows: []voice.Flow{compact}, Losses: bursts()}, 3,
			voice.Double},
	} {
		t.Run(name, func(t *testing.T) {
			var l voice.Listener
			var got voice.Delivery
			// longer than a beginning
			for at := time.Duration(0); at < 3500*time.Millisecond; at += 100 * time.Millisecond {
				got = l.Decide(start.Add(at), test.conditions)
			}
			assert.Equal(t, voice.Delivery{Voices: test.voices, Redundancy: test.redundancy}, got)
		})
	}
}

// What is lost of the first words and asked for again comes too late; where nothing is lost it is
// over soon.
func TestTheFirstWordsAreRepeated(t *testing.T) {
	var l voice.Listener
	plenty := voice.Conditions{
		Bitrate:  2_000_000,
		Flows:    []voice.Flow{talking},
		Pictures: true,
		Losses:   random(0),
	}
	assert.Equal(t, voice.Single, l.Decide(start, plenty).Redundancy)
	assert.Equal(t, voice.Single, l.Decide(start.Add(2*time.Second), plenty).Redundancy)
	assert.Equal(t, voice.Plain, l.Decide(start.Add(4*time.Second), plenty).Redundancy)
	var thin voice.Listener
	plenty.Bitrate = 100_000
	assert.Equal(t, voice.Plain, thin.Decide(start, plenty).Redundancy, "there is no room for it")
}

func TestBurstsAskForRepetitionsFromFurtherBack(t *testing.T) {
	var l voice.Listener
	got := l.Decide(
		start,
		voice.Conditions{
			Bitrate:  900_000,
			Flows:    []voice.Flow{talking},
			Pictures: true,
			Losses:   bursts(),
		},
	)
	assert.Contains(t, []voice.Redundancy{voice.Spread, voice.Wide}, got.Redundancy)
}

func TestGivesUpAtOnceAndComesBackAfterSeconds(t *testing.T) {
	var l voice.Listener
	losses := random(0.2)
	decide := func(at time.Duration, budget int) voice.Delivery {
		return l.Decide(
			start.Add(at),
			voice.Conditions{
				Bitrate:  budget,
				Flows:    []voice.Flow{talking},
				Pictures: true,
				Losses:   losses,
			},
		)
	}
	assert.Equal(t, voice.Double, decide(0, 400_000).Redundancy)
	assert.Equal(t, voice.Plain, decide(100*time.Millisecond, 75_000).Redundancy)
	var back time.Duration
	for at := 200 * time.Millisecond; back == 0 && at < time.Minute; at += 100 * time.Millisecond {
		if decide(at, 400_000).Redundancy == voice.Double {
			back = at
		}
	}
	assert.Greater(t, back, 4*time.Second)
	assert.Less(t, back, 10*time.Second)
}

// A call begins with a guess of the link: a garbled voice does not wait for the least of it to be
// forgotten.
func TestAGarbledVoiceIsRepeatedSoon(t *testing.T) {
	soon := func(loss float64, repairs bool) (at time.Duration) {
		var l voice.Listener
		c := voice.Conditions{
			Bitrate:  90_000,
			Flows:    []voice.Flow{talking},
			Pictures: true,
			Losses:   random(loss),
			Repairs:  repairs,
		}
		for ; at < time.Minute; at += 100 * time.Millisecond {
			if at == 500*time.Millisecond {
				c.Bitrate = 250_000
			}
			if l.Decide(start.Add(at), c).Redundancy != voice.Plain {
				break
			}
		}
		return at
	}
	assert.Equal(t, time.Second, soon(0.2, false))
	assert.Equal(t, time.Second, soon(0.05, true), "no queue stands: the link only loses packets")
	assert.Greater(t, soon(0.05, false), 4*time.Second)
}

// It does so whenever no queue stands, however the link was judged before.
func TestAGarbledVoiceIsRepeatedSoonEvenAfterAFall(t *testing.T) {
	for repairs, within := range map[bool]time.Duration{true: 1500 * time.Millisecond,
		false: 10 * time.Second} {
		var l voice.Listener
		c := voice.Conditions{
			Bitrate:  100_000,
			Flows:    []voice.Flow{talking},
			Pictures: true,
			Losses:   random(0.2),
			Repairs:  repairs,
		}
		l.Decide(start, c)
		c.Bitrate = 50_000
		l.Decide(start.Add(100*time.Millisecond), c)
		c.Bitrate = 250_000
		at := 200 * time.Millisecond
		for at < time.Minute && l.Decide(start.Add(at), c).Redundancy == voice.Plain {
			at += 100 * time.Millisecond
		}
		assert.LessOrEqual(t, at, within)
		assert.Equal(t, repairs, at < 4*time.Second, "where a queue may stand it waits")
	}
}

// A link that loses a fifth seems as thin as this for seconds. It is not, if no queue stands.
func TestAGarbledVoiceIsRepeatedOnALinkThatSeemsTooThin(t *testing.T) {
	for repairs, wanted := range map[bool]voice.Redundancy{true: voice.Double, false: voice.Plain} {
		var l voice.Listener
		c := voice.Conditions{
			Bitrate:  34_000,
			Flows:    []voice.Flow{compact},
			Pictures: true,
			Losses:   random(0.2),
			Repairs:  repairs,
		}
		l.Decide(start, c)
		assert.Equal(t, wanted, l.Decide(start.Add(1100*time.Millisecond), c).Redundancy)
	}
}

func TestLessRedundancyOnlyAfterCalm(t *testing.T) {
	var l voice.Listener
	conditions := voice.Conditions{
		Bitrate:  2_000_000,
		Flows:    []voice.Flow{talking},
		Pictures: true,
		Losses:   random(0.2),
	}
	assert.Equal(t, voice.Double, l.Decide(start, conditions).Redundancy)
	conditions.Losses = random(0)
	assert.Equal(t, voice.Double, l.Decide(start.Add(time.Second), conditions).Redundancy)
	assert.Equal(t, voice.Double, l.Decide(start.Add(10*time.Second), conditions).Redundancy)
	assert.Equal(t, voice.Plain, l.Decide(start.Add(12*time.Second), conditions).Redundancy)
}

// The more voices a link has to carry, the less each is encoded for; three of them leave a small
// picture of 150 kbit/s.
func TestAVoiceIsEncodedForItsPartOfALink(t *testing.T) {
	assert.Equal(t, 150_000, voice.Part(150_000, 0))
	assert.Equal(t, 150_000, voice.Part(150_000, 1))
	assert.Equal(t, 100_000, voice.Part(150_000, 2))
	assert.Equal(t, 75_000, voice.Part(150_000, 3))
	assert.Equal(t, 75_000, voice.Part(150_000, 8), "no more are sent")
	assert.Equal(t, 50_000, voice.Part(50_000, 3), "one is carried, however it is encoded")
	for voices := 1; voices <= voice.MaxVoices; voices++ {
		var s voice.Speaker
		e, _ := settle(&s, 0, 3*time.Second,
			voice.Publishing{Listeners: []int{voice.Part(150_000, voices)}})
		e.Redundant = false // as it begins
		assert.LessOrEqual(t, voices*e.Cost(), 100_000, voices)
	}
}

func TestAPauseForBreathPromisesNothing(t *testing.T) {
	var l voice.Listener
	three := []voice.Flow{talking, talking, talking}
	decide := func(at time.Duration, flows []voice.Flow) int {
		return l.Decide(
			start.Add(at), voice.Conditions{Bitrate: 130_000, Flows: flows, Pictures: true},
		).Voices
	}
	assert.Equal(t, 1, decide(0, three))
	for at := 100 * time.Millisecond; at < 3*time.Second; at += 100 * time.Millisecond {
		assert.Equal(t, 1, decide(at, []voice.Flow{silent, silent, silent}))
	}
}

// An estimate that moves as it likes changes what is heard seldom: at most once up in four seconds,
// and never down without need.
func TestAListenerDoesNotFlap(t *testing.T) {
	losses := random(0.2)
	rapid.Check(t, func(t *rapid.T) {
		var l voice.Listener
		middle := rapid.IntRange(20_000, 500_000).Draw(t, "bit/s")
		swing := rapid.Float64Range(0, 0.9).Draw(t, "swing")
		noise := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		level := func(h voice.Delivery) int { return h.Voices + h.Redundancy.Frames() }
		before, raised := 0, time.Time{}
		for i := range 600 {
			now := start.Add(time.Duration(i) * 100 * time.Millisecond)
			budget := int(float64(middle) * (1 + swing*(2*noise.Float64()-1)))
			got := level(
				l.Decide(
					now,
					voice.Conditions{
						Bitrate:  budget,
						Flows:    []voice.Flow{talking, talking, silent},
						Pictures: true,
						Losses:   losses,
					},
				),
			)
			if i > 0 && got > before {
				if !raised.IsZero() && now.Sub(raised) < 4*time.Second {
					t.Fatalf("better twice within %v", now.Sub(raised))
				}
				raised = now
			}
			before = got
		}
	})
}

func TestABiggerBudgetIsNeverHeardWorse(t *testing.T) {
	losses := random(0.2)
	rapid.Check(t, func(t *rapid.T) {
		less := rapid.IntRange(10_000, 600_000).Draw(t, "bit/s")
		more := less + rapid.IntRange(0, 300_000).Draw(t, "more")
		pictures := rapid.Bool().Draw(t, "pictures")
		flows := rapid.SliceOfN(rapid.SampledFrom([]voice.Flow{talking, silent, compact}), 0, 5).
			Draw(t, "flows")
		decide := func(budget int) voice.Delivery {
			var l voice.Listener
			return l.Decide(
				start,
				voice.Conditions{Bitrate: budget, Flows: flows, Pictures: pictures, Losses: losses},
			)
		}
		a, b := decide(less), decide(more)
		if a.Voices > b.Voices || a.Redundancy.Frames() > b.Redundancy.Frames() {
			t.Fatalf("%d bit/s: %+v, %d bit/s: %+v", less, a, more, b)
		}
	})
}
