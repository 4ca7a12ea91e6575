package demand

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"draille/sfu/media"
	"draille/sfu/voice"
)

// of is the share of the camera on an uplink that has been full, of which the voice takes 25
// kbit/s.
func of(limit int) Share {
	return Divide(Uplink{Limit: limit, Usual: limit, Full: true, Found: true}, 25_000, true,
		false)[media.Camera]
}

func TestDivideUplink(t *testing.T) {
	t.Parallel()
	require.Nil(t, Divide(Uplink{}, 50_000, true, true), "no limit is known")
	both := Divide(Uplink{Limit: 400_000, Usual: 500_000}, 50_000, true, true)
	require.Greater(t, both[media.Screen].now, both[media.Camera].now, "the document first")
	require.Less(t, both[media.Screen].now+both[media.Camera].now, 400_000-50_000-2*frameHeaders)
	require.Greater(t, both[media.Screen].usual, both[media.Screen].now)
	alone := Divide(Uplink{Limit: 400_000, Usual: 400_000}, 50_000, true, false)[media.Camera]
	require.Greater(t, alone.now, both[media.Screen].now+both[media.Camera].now)
	require.Zero(t, Divide(Uplink{Limit: 20_000}, 50_000, true, false)[media.Camera].now)
	require.Less(
		t, of(80_000).now, Divide(Uplink{Limit: 80_000}, 0, true, false)[media.Camera].now+1,
		"who is silent may speak",
	)
}

func TestModeOfAThinUplink(t *testing.T) {
	t.Parallel()
	one := []Watcher{{Height: 600, Bitrate: 2_000_000, Selected: 1}}
	for limit, want := range map[int]Encoding{
		30_000: {RID: "f", Reason: media.ReasonUplink},
		60_000: {RID: "f", Active: true, MaxBitrate: 18_000, MaxFramerate: StillFramerate,
			Scale: 2, Reason: media.ReasonUplink},
		80_000: {RID: "f", Active: true, MaxBitrate: 40_120, Scale: 2, Reason: media.ReasonUplink},
		150_000: {RID: "f", Active: true, MaxBitrate: 106_620, Scale: 2,
			Reason: media.ReasonUplink},
		300_000: {RID: "f", Active: true, MaxBitrate: 249_120, Scale: 1,
			Reason: media.ReasonUplink},
		900_000: {RID: "f", Active: true, MaxBitrate: 500_000, Scale: 1},
	} {
		var d Decider
		encodings, news := d.decide(epoch, face, one, of(limit))
		require.True(t, news)
		assert.Equal(t, []Encoding{{RID: "q"}, want}, encodings, limit)
	}
}

// A dip of the share is only a smaller cap: what is encoded goes on without a keyframe. What stays
// too little makes the picture a still one.
func TestADipOfTheUplinkRestartsNoEncoder(t *testing.T) {
	t.Parallel()
	var d Decider
	one := []Watcher{{Height: 600, Bitrate: 2_000_000, Selected: 1}}
	now := epoch
	play := func(limit int, length time.Duration) (e Encoding) {
		for end := now.Add(length); now.Before(end); now = now.Add(100 * time.Millisecond) {
			d.decide(now, face, one, of(limit))
		}
		return d.current[1]
	}
	moving := play(150_000, 5*time.Second)
	dip := play(68_000, time.Second)
	require.Zero(t, dip.MaxFramerate)
	require.Equal(t, moving.Scale, dip.Scale)
	require.LessOrEqual(t, dip.MaxBitrate, of(68_000).now)
	require.Zero(t, play(150_000, 300*time.Millisecond).MaxFramerate)
	require.EqualValues(t, StillFramerate, play(68_000, 2*time.Second).MaxFramerate)
	require.False(t, play(25_000, 100*time.Millisecond).Active, "a voice alone is not kept waiting")
}

func TestAThinUplinkSendsOneEncoding(t *testing.T) {
	t.Parallel()
	var d Decider
	now := epoch
	watchers := []Watcher{
		{Height: 600, Bitrate: 900_000, Selected: -1},
		{Height: 120, Bitrate: 900_000, Selected: -1},
		{Height: 600, Bitrate: 100_000, Selected: -1},
	}
	play := func(limit int) (active, bitrate int) {
		for range 60 {
			d.decide(now, face, watchers, of(limit))
			for i := range watchers {
				watchers[i].Selected = d.serves(face, watchers[i])
			}
			now = now.Add(100 * time.Millisecond)
		}
		for _, e := range d.current {
			if e.Active {
				active++
				bitrate += e.MaxBitrate
			}
		}
		return active, bitrate
	}
	active, bitrate := play(150_000)
	require.Equal(t, 1, active)
	require.LessOrEqual(t, bitrate, of(150_000).now)
	active, bitrate = play(700_000)
	require.Equal(t, 2, active)
	require.LessOrEqual(t, bitrate, of(700_000).now)
	active, _ = play(150_000)
	require.Equal(t, 1, active)
	active, _ = play(55_000)
	require.Equal(t, 1, active)
	require.EqualValues(t, StillFramerate, d.current[1].MaxFramerate)
	active, _ = play(25_000)
	require.Zero(t, active)
	active, _ = play(90_000)
	require.Equal(t, 1, active)
	require.EqualValues(t, StillFramerate, d.current[1].MaxFramerate, "one step at a time")
	play(150_000)
	require.Zero(t, d.current[1].MaxFramerate, "it moves again")
}

// What the uplink takes away is taken at once; what it gives back comes in steps.
func TestDemandFallsAtOnceAndRisesInSteps(t *testing.T) {
	t.Parallel()
	var d Decider
	one := []Watcher{{Height: 600, Bitrate: 2_000_000, Selected: 1}}
	d.decide(epoch, face, one, of(900_000))
	require.Equal(t, 500_000, d.current[1].MaxBitrate)
	now := epoch.Add(100 * time.Millisecond)
	congested := Share{known: true, found: true, now: 90_000, usual: 190_000}
	_, news := d.decide(now, face, one, congested)
	require.True(t, news)
	require.Equal(
		t,
		Encoding{RID: "f", Active: true, MaxBitrate: 90_000, Scale: 1, Reason: media.ReasonUplink},
		d.current[1], "a queue that drains in a second costs no size",
	)
	now = now.Add(20 * time.Millisecond)
	congested.now = 60_000
	_, news = d.decide(now, face, one, congested)
	require.True(t, news, "at once again")
	now = now.Add(20 * time.Millisecond)
	congested.now = 0
	d.decide(now, face, one, congested)
	require.Equal(t, drainFloor, d.current[1].MaxBitrate)
	now = now.Add(demandLeapInterval)
	_, news = d.decide(now, face, one, Share{known: true, now: 170_000, usual: 170_000})
	require.True(t, news)
	require.Equal(t, 170_000, d.current[1].MaxBitrate)
	_, news = d.decide(
		now.Add(100*time.Millisecond), face, one, Share{known: true, now: 300_000, usual: 300_000},
	)
	require.False(t, news)
	_, news = d.decide(
		now.Add(demandLeapInterval), face, one, Share{known: true, now: 300_000, usual: 300_000},
	)
	require.True(t, news, "far more comes sooner than a little more")
}

// An uplink at the edge of what carries a moving picture does not make it come and go.
func TestModeDoesNotFlap(t *testing.T) {
	t.Parallel()
	var u upstream
	now := epoch
	changes := 0
	before := u.mode
	for i := range 1200 { // two minutes in which three good seconds follow three bad ones
		limit := 70_000
		if i/30%2 == 1 {
			limit = 90_000
		}
		if m := u.decide(now, of(limit)); m != before {
			changes, before = changes+1, m
		}
		now = now.Add(100 * time.Millisecond)
	}
	require.LessOrEqual(t, changes, 5)
	for range 200 {
		u.decide(now, of(90_000))
		now = now.Add(100 * time.Millisecond)
	}
	require.Equal(t, Moving, u.mode)
}

// A picture that became smaller for want of bit rate does not grow at the next chance; one that
// became smaller because its place did, grows with its place.
func TestSizeComesBackLater(t *testing.T) {
	t.Parallel()
	sizes := func(first, then Share, small, large int) (before, soon, later float64) {
		var d Decider
		now := epoch
		play := func(height int, s Share, span time.Duration) float64 {
			for end := now.Add(span); now.Before(end); now = now.Add(100 * time.Millisecond) {
				d.decide(now, face, []Watcher{{Height: height, Bitrate: 2_000_000, Selected: 1}}, s)
			}
			return d.current[1].Scale
		}
		play(600, of(900_000), time.Second)
		before = play(small, first, 2*time.Second)
		soon = play(large, then, 3*time.Second)
		later = play(large, then, 2*growAfter)
		return before, soon, later
	}
	before, soon, later := sizes(of(110_000), of(400_000), 600, 600)
	require.Equal(t, []float64{2, 2, 1}, []float64{before, soon, later})
	before, soon, later = sizes(of(900_000), of(900_000), 120, 600)
	require.Equal(t, []float64{2, 1, 1}, []float64{before, soon, later})
}

// One encoding made for the thinnest of several links would never show that an uplink has more:
// until it was full, or has carried enough for two, they are sent more than their link takes, if
// somebody else's can show it.
func TestAnUntriedUplinkIsTried(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		limit, best int
		full        bool
		want        []int // bit/s of each encoding; 0: not active
	}{
		{500_000, 800_000, true, []int{150_000, of(500_000).now - 150_000}},
		{500_000, 800_000, false, []int{0, trialBitrate}},
		{600_000, 800_000, false, []int{0, trialBitrate}},
		{800_000, 800_000, false, []int{150_000, 500_000}},
		{300_000, 800_000, true, []int{0, 150_000}},
		{300_000, 800_000, false, []int{0, of(300_000).now}},
		{300_000, 350_000, false, []int{0, 150_000}}, // would not show enough
		{500_000, 350_000, false, []int{150_000, of(500_000).now - 150_000}},
	} {
		watchers := []Watcher{
			{Height: 540, Bitrate: one.best, Selected: 1},
			{Height: 540, Bitrate: 150_000, Selected: 1},
		}
		var d Decider
		now := epoch
		s := of(one.limit)
		s.full = one.full
		told := steadyOn(&d, &now, face, watchers, s)
		for i, e := range told {
			require.InDelta(
				t, one.want[i], e.MaxBitrate, 0.1*float64(one.want[i]), "%+v: %+v", one, told,
			)
		}
	}
}

func TestUplinkProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := Capture{
			Source: rapid.SampledFrom([]media.Source{media.Camera, media.Screen}).Draw(t, "source"),
			RIDs: rapid.SampledFrom([][]string{{""}, {"q", "f"}, {"q", "h", "f"}}).
				Draw(t, "rids"),
			Height: 360,
		}
		var d Decider
		now := epoch
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			watchers := make([]Watcher, rapid.IntRange(1, 4).Draw(t, "watchers"))
			for i := range watchers {
				watchers[i] = Watcher{
					Height: rapid.SampledFrom([]int{0, 90, 360, 700}).Draw(t, "size"),
					Bitrate: rapid.IntRange(0, 3_000_000).
						Draw(t, "bitrate"),
					Selected: rapid.IntRange(-1, len(c.RIDs)-1).Draw(t, "selected"),
				}
			}
			s := of(rapid.IntRange(20_000, 1_500_000).Draw(t, "limit"))
			s.full = rapid.Bool().Draw(t, "full")
			told := steadyOn(&d, &now, c, watchers, s)
			active, sum := 0, 0
			for _, e := range told {
				if e.Active {
					active++
					sum += e.MaxBitrate
				}
			}
			if s.usual < singleBelow {
				require.LessOrEqual(t, active, 1, "a thin uplink never sends two")
			}
			require.LessOrEqual(
				t, sum, max(int(1.12*float64(s.now+frameHeaders)), active*drainFloor),
				"no more than the uplink takes",
			)
		}
	})
}

func steadyOn(d *Decider, now *time.Time, c Capture, watchers []Watcher, s Share) []Encoding {
	for range 40 {
		d.decide(*now, c, watchers, s)
		for i := range watchers {
			watchers[i].Selected = d.serves(c, watchers[i])
		}
		*now = now.Add(100 * time.Millisecond)
	}
	return d.current
}

func TestOnlyAWholePictureTellsTheCamerasSize(t *testing.T) {
	o := Order{Encodings: []Encoding{{RID: "q"}, {RID: "f", Active: true, Scale: 1}}}
	rid, ok := o.Whole()
	require.True(t, ok)
	require.Equal(t, "f", rid)
	o.Encodings[1].Scale = 2
	_, ok = o.Whole()
	require.False(t, ok)
}

func TestVoiceUse(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	long, short := voice.Encoding{
		Bitrate: 20_000,
		Frame:   60 * time.Millisecond,
	}, voice.Encoding{
		Bitrate: 24_000,
		Frame:   20 * time.Millisecond,
	}
	var v VoiceUse
	at := func(after time.Duration, told voice.Encoding, measured int) int {
		return v.Observe(now.Add(after), told, measured)
	}
	require.Equal(t, 50_000, at(0, short, 50_000))
	require.Equal(t, 50_000, at(time.Second, short, 3_000), "a pause for breath")
	require.InDelta(
		t, 29_000, at(2*time.Second, long, 50_000), 500,
		"what they are told now, though the old packets still count",
	)
	require.InDelta(t, 29_000, at(3*time.Second, long, 45_000), 500)
	require.Equal(
		t, 45_000, at(3500*time.Millisecond, long, 45_000), "a browser that does not obey",
	)
	require.Equal(t, 45_000, at(8*time.Second, long, 28_000))
	require.Equal(t, 28_000, at(9*time.Second, long, 28_000), "it does")
}

// Nor are those who watch, before their link has been found full.
func TestAnUntriedDownlinkIsNotBlamed(t *testing.T) {
	t.Parallel()
	for full, reason := range map[bool]media.Reason{true: media.ReasonDownlink,
		false: media.ReasonUnproven} {
		thin := Watcher{Height: 600, Bitrate: 85_000, Selected: 1, Full: full}
		better := Watcher{Height: 600, Bitrate: 700_000, Selected: 1, Full: !full}
		still := Watcher{Height: 600, Bitrate: 20_000, Selected: 1, Full: full, Still: true}
		for name, watchers := range map[string][]Watcher{
			"alone":               {thin},
			"beside a better one": {better, thin},
			"before a better one": {thin, better},
			"for whom it stands":  {still},
		} {
			var d Decider
			now := epoch
			var said []media.Reason
			for _, e := range steady(&d, &now, face, watchers) {
				if e.Active && e.Reason != media.NoReason {
					said = append(said, e.Reason)
				}
			}
			require.Equal(t, []media.Reason{reason}, said, name)
		}
	}
}

// Whose link was never full is not told that it is weak, only because it has not been tried with
// more.
func TestAnUntriedUplinkIsNotBlamed(t *testing.T) {
	t.Parallel()
	one := []Watcher{{Height: 600, Bitrate: 2_000_000, Selected: 1}}
	for found, reason := range map[bool]media.Reason{true: media.ReasonUplink,
		false: media.ReasonUnproven} {
		var d Decider
		s := Share{known: true, found: found, now: 120_000, usual: 120_000}
		o, _ := d.Decide(epoch, face, one, s)
		require.Equal(t, reason, o.Encodings[1].Reason)
		require.Equal(t, found, o.Limited)
	}
}
