package voice_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"draille/sfu/voice"
)

// play lets packets of one voice meet the fates that lost draws.
func play(packets int, lost func() bool) *voice.Losses {
	l := &voice.Losses{}
	for n := int64(1); n <= int64(packets); n++ {
		l.Sent(n, 0)
		l.Reported(n, !lost())
	}
	return l
}

func TestWhatIsLeftOfRandomLossIsItsPower(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	l := play(400, func() bool { return random.Float64() < 0.2 })
	assert.InDelta(t, 0.2, l.Left(voice.Plain), 0.06)
	assert.InDelta(t, 0.04, l.Left(voice.Single), 0.03)
	for _, r := range []voice.Redundancy{voice.Double, voice.Spread, voice.Wide} {
		assert.InDelta(t, 0.008, l.Left(r), 0.012, r)
	}
	assert.Zero(t, (&voice.Losses{}).Left(voice.Plain))
}

func TestWideRedundancyOutlastsABurst(t *testing.T) {
	n := 0
	l := play(300, func() bool { n++; return n%60 < 3 })
	assert.Positive(t, l.Left(voice.Double), "three in a row are more than two repetitions")
	assert.Zero(t, l.Left(voice.Spread))
	assert.Zero(t, l.Left(voice.Wide))
}

func TestVoicesAreToldApart(t *testing.T) {
	l := &voice.Losses{}
	for n := int64(1); n <= 200; n++ {
		l.Sent(n, int(n%2))
		l.Reported(n, n%20 > 1) // one of each voice, one right after the other
	}
	assert.InDelta(t, 0.1, l.Left(voice.Plain), 0.02)
	assert.Zero(t, l.Left(voice.Single))
}

func TestOtherPacketsAndSecondReportsDoNotCount(t *testing.T) {
	l := &voice.Losses{}
	l.Sent(5, 0)
	l.Sent(6, voice.MaxStreams) // more voices than anybody has
	for _, number := range []int64{0, 4, 6, 5 + 1024} {
		l.Reported(number, false)
	}
	assert.Zero(t, l.Evidence())
	l.Reported(5, true)
	l.Reported(5, false)
	assert.Equal(t, 1.0, l.Evidence())
	assert.Zero(t, l.Left(voice.Plain))
}

func TestLossesAgreeWithTheDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fates := rapid.SliceOfN(rapid.Bool(), 1, 120).Draw(t, "lost")
		n := -1
		l := play(len(fates), func() bool { n++; return fates[n] })
		for _, r := range []voice.Redundancy{voice.Plain, voice.Single, voice.Double, voice.Spread,
			voice.Wide} {
			reach := 0
			if r.Frames() > 0 {
				reach = r.Distances()[0]
			}
			want, known := 0.0, 0.0
			for i := range fates {
				weight := math.Pow(1-1.0/400, float64(len(fates)-1-i))
				known += weight
				if i < reach || !fates[i-reach] {
					continue
				}
				beyond := true
				for _, d := range r.Distances() {
					beyond = beyond && fates[i-reach+d]
				}
				if beyond {
					want += weight
				}
			}
			if math.Abs(l.Left(r)-want/known) > 1e-9 {
				t.Fatalf("redundancy %d: expected %v left, got %v", r, want/known, l.Left(r))
			}
		}
	})
}
