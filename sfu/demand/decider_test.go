package demand

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"draille/sfu/allocation"
	"draille/sfu/media"
)

var face = Capture{Source: media.Camera, RIDs: []string{"q", "f"}, Height: 360}

// steady decides until nothing changes any more, for watchers who get at once what is made for
// them.
func steady(d *Decider, now *time.Time, c Capture, watchers []Watcher) []Encoding {
	for range 60 {
		d.decide(*now, c, watchers, Share{})
		for i := range watchers {
			watchers[i].Selected = d.serves(c, watchers[i])
		}
		*now = now.Add(100 * time.Millisecond)
	}
	return d.current
}

// serves returns what a forwarder would choose: the largest active picture that is needed and fits,
// or else the smallest.
func (d *Decider) serves(c Capture, w Watcher) int {
	chosen := -1
	for i, e := range d.current {
		if !e.Active || d.retired>>i&1 == 1 {
			continue
		}
		below := chosen >= 0 && w.Height > 0 && c.pixels()/int(d.current[chosen].Scale) >= w.Height
		if chosen < 0 || e.MaxBitrate <= max(w.Bitrate, demandFloor) && !below {
			chosen = i
		}
	}
	return chosen
}

// thinner is the reason that a publisher of face is told while their own uplink carries everything.
func thinner(bitrate int, scale float64) media.Reason {
	if scale > 0 &&
		float64(bitrate) < 0.6*float64(NominalBitrate(media.Camera, face.Height/int(scale))) {
		return media.ReasonDownlink
	}
	return media.NoReason
}

func TestDemandOfWatchers(t *testing.T) {
	t.Parallel()
	large := func(bitrate int) Watcher {
		return Watcher{Height: 600, Bitrate: bitrate, Selected: -1, Full: true}
	}
	small := func(bitrate int) Watcher {
		return Watcher{Height: 120, Bitrate: bitrate, Selected: -1, Full: true}
	}
	only := func(rid string, bitrate int, scale float64) []Encoding {
		encodings := []Encoding{{RID: "q"}, {RID: "f"}}
		for i := range encodings {
			if encodings[i].RID == rid {
				encodings[i] = Encoding{
					RID:        rid,
					Active:     true,
					MaxBitrate: bitrate,
					Scale:      scale,
					Reason:     thinner(bitrate, scale),
				}
			}
		}
		return encodings
	}
	both := func(q, f int) []Encoding {
		return []Encoding{
			{RID: "q", Active: true, MaxBitrate: q, Scale: 2, Reason: thinner(q, 2)},
			{RID: "f", Active: true, MaxBitrate: f, Scale: 1, Reason: thinner(f, 1)},
		}
	}
	for name, one := range map[string]struct {
		watchers []Watcher
		want     []Encoding
	}{
		"nobody": {nil, only("", 0, 0)},
		"one on fibre": {[]Watcher{large(5_000_000)},
			only("f", 500_000, 1)},
		"one whose place is not known": {[]Watcher{{Bitrate: 5_000_000, Selected: -1}},
			only("f", 500_000, 1)},
		"one on a thinner link": {[]Watcher{large(300_000)},
			only("f", 300_000, 1)},
		"one on a thin link: size is given up": {[]Watcher{large(100_000)},
			only("f", 100_000, 2)},
		"one without room: never below one": {[]Watcher{large(0)}, only("f", demandFloor, 2)},
		"one thumbnail": {[]Watcher{small(5_000_000)},
			only("f", 250_000, 2)},
		"several alike": {
			[]Watcher{large(900_000), large(800_000), large(500_000)}, only("f", 500_000, 1)},
		"one large, one small": {[]Watcher{large(900_000), small(900_000)},
			both(150_000, 500_000)},
		"the thin one spoils nobody's picture": {[]Watcher{large(900_000), large(100_000)},
			both(100_000, 500_000)},
		"all small: the large one scaled down": {
			[]Watcher{{Height: 200, Bitrate: 900_000, Selected: -1},
				{Height: 200, Bitrate: 300_000, Selected: -1}}, only("f", 150_000, 2)},
		"all thin: the large one scaled down": {[]Watcher{large(90_000), large(100_000)},
			only("f", 90_000, 2)},
		"the small one is not starved by a link": {
			[]Watcher{large(900_000), small(50_000), small(900_000)}, both(80_000, 500_000)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var d Decider
			now := epoch
			require.Equal(t, one.want, steady(&d, &now, face, one.watchers))
		})
	}
}

// A camera of 180 lines has no smaller picture to give, and the bits that the others lose buy next
// to nothing.
func TestASmallCameraIsMadeForTheThinnestOfItsWatchers(t *testing.T) {
	t.Parallel()
	small, now := Capture{Source: media.Camera, RIDs: []string{"q", "f"}, Height: 180}, epoch
	others := NominalBitrate(media.Camera, 180)
	watching := func(thin float64) []Watcher {
		return []Watcher{
			{Height: 600, Bitrate: others, Selected: -1},
			{Height: 600, Bitrate: int(thin * float64(others)), Selected: -1},
		}
	}
	told := steady(&Decider{}, &now, small, watching(0.4))
	require.False(t, told[0].Active)
	require.InDelta(t, 0.4*float64(others), told[1].MaxBitrate, 1)
	told = steady(&Decider{}, &now, small, watching(0.3))
	require.Equal(t, others, told[1].MaxBitrate, "that would spoil it for the others")
}

func TestDemandIsToldOnce(t *testing.T) {
	t.Parallel()
	var d Decider
	encodings, news := d.decide(epoch, face, nil, Share{})
	require.True(t, news, "a page that was told nothing sends everything: it is told")
	require.Equal(t, []Encoding{{RID: "q"}, {RID: "f"}}, encodings)
	_, news = d.decide(epoch, face, nil, Share{})
	require.False(t, news)

	one := []Watcher{{Height: 600, Bitrate: 500_000, Selected: 1}}
	_, news = d.decide(epoch, face, one, Share{})
	require.True(t, news, "at once when somebody comes")
	now := epoch.Add(100 * time.Millisecond)
	one[0].Bitrate = 400_000
	encodings, news = d.decide(now, face, one, Share{})
	require.True(t, news)
	require.Equal(t, 400_000, encodings[1].MaxBitrate)
	one[0].Bitrate = 300_000
	_, news = d.decide(now.Add(100*time.Millisecond), face, one, Share{})
	require.False(t, news, "not so often")
	now = now.Add(demandInterval)
	_, news = d.decide(now, face, one, Share{})
	require.True(t, news)
	one[0].Bitrate = 310_000
	_, news = d.decide(now.Add(demandInterval), face, one, Share{})
	require.False(t, news, "not for so little")

	now = now.Add(time.Second)
	_, news = d.decide(now, face, one, Share{})
	require.False(t, news)
	_, news = d.decide(now.Add(demandHold-1), face, nil, Share{})
	require.False(t, news, "who looks away may look back")
	encodings, news = d.decide(now.Add(demandHold), face, nil, Share{})
	require.True(t, news)
	require.False(t, encodings[1].Active)

	single := Capture{Source: media.Camera, RIDs: []string{""}}
	encodings, news = d.decide(
		now, single, []Watcher{{Bitrate: 500_000}, {Bitrate: 100_000}}, Share{},
	)
	require.True(t, news, "another page with another offer")
	require.Equal(t, []Encoding{{Active: true, MaxBitrate: 500_000, Scale: 1}}, encodings)
}

func TestDemandBeforeAdmission(t *testing.T) {
	t.Parallel()
	var d Decider
	encodings, news := d.Expect(epoch, face, Share{})
	require.True(t, news)
	require.Equal(
		t, []Encoding{{RID: "q"}, {RID: "f", Active: true, MaxBitrate: 500_000, Scale: 1}},
		encodings,
	)
	_, news = d.decide(
		epoch.Add(time.Minute), face, []Watcher{{Height: 600, Bitrate: 2_000_000, Selected: -1}},
		Share{},
	)
	require.False(t, news, "the right encoding is on already")

	d = Decider{}
	d.Expect(epoch, face, Share{})
	encodings, _ = d.decide(epoch.Add(time.Millisecond), face, nil, Share{})
	require.Equal(
		t, []Encoding{{RID: "q"}, {RID: "f"}}, encodings, "alone in the room: nothing is sent",
	)
}

// A second watcher comes, who needs a large picture while the only encoding is scaled to a small
// one; then they go.
func TestDemandHandsOver(t *testing.T) {
	t.Parallel()
	var d Decider
	now := epoch
	thumbnail := Watcher{Height: 180, Bitrate: 120_000, Selected: -1, Full: true}
	watchers := []Watcher{thumbnail}
	steady(&d, &now, face, watchers)
	require.Equal(t, 2.0, d.current[1].Scale)

	watchers = append(watchers, Watcher{Height: 600, Bitrate: 900_000, Selected: 1, Full: true})
	d.decide(now, face, watchers, Share{})
	require.True(t, d.current[0].Active, "the small encoding starts")
	require.Equal(t, 1.0, d.current[1].Scale, "who looks at them need not wait")
	require.Equal(
		t, 2*120_000, d.current[1].MaxBitrate,
		"whoever is to move can still show half of its frames",
	)
	now = now.Add(demandInterval)
	d.decide(now, face, watchers, Share{})
	require.Equal(t, 2*120_000, d.current[1].MaxBitrate)
	watchers[0].Selected = 0
	d.decide(now, face, watchers, Share{})
	require.Equal(t, 500_000, d.current[1].MaxBitrate, "until they have moved")

	watchers = watchers[1:]
	watchers[0].Selected = 0
	d.decide(now, face, watchers, Share{})
	require.True(
		t, d.current[0].Active, "nor does the small one end before whoever still gets it has moved",
	)
	require.EqualValues(t, 1, d.retired)
	watchers[0].Selected = 1
	d.decide(now, face, watchers, Share{})
	require.False(t, d.current[0].Active, "one watcher: one encoding")
	require.Zero(t, d.retired)

	// A watcher who never moves holds nobody up for ever.
	watchers = []Watcher{
		{Height: 600, Bitrate: 900_000, Selected: 1},
		{Height: 120, Bitrate: 100_000, Selected: 1},
	}
	d.current[1].MaxBitrate = 200_000
	d.decide(now.Add(time.Second), face, watchers, Share{})
	require.Equal(t, 200_000, d.current[1].MaxBitrate)
	d.decide(now.Add(2*time.Second+handover), face, watchers, Share{})
	require.Equal(t, 500_000, d.current[1].MaxBitrate)

	// Where both flow already, nobody has to move because all are content with the small one.
	watchers = []Watcher{
		{Height: 120, Bitrate: 900_000, Selected: 0},
		{Height: 120, Bitrate: 100_000, Selected: 0},
	}
	steady(&d, &now, face, watchers)
	require.Equal(t, []bool{true, false}, []bool{d.current[0].Active, d.current[1].Active})
}

func TestDemandOfADocument(t *testing.T) {
	t.Parallel()
	document := Capture{Source: media.Screen, RIDs: []string{""}, Height: 1080}
	for _, one := range []struct {
		bitrate   int
		framerate float64
		reason    media.Reason
	}{{3_000_000, 15, media.NoReason}, {500_000, 10, media.NoReason},
		{200_000, 5, media.ReasonDownlink}, {60_000, 3, media.ReasonDownlink}} {
		var d Decider
		encodings, _ := d.decide(
			epoch, document,
			[]Watcher{{Height: 200, Bitrate: one.bitrate, Selected: -1, Full: true}}, Share{},
		)
		require.Equal(
			t,
			[]Encoding{
				{
					Active:       true,
					MaxBitrate:   min(one.bitrate, 1_500_000),
					MaxFramerate: one.framerate,
					Scale:        1,
					Reason:       one.reason,
				},
			},
			encodings,
		)
	}
}

func TestDemandKeepsASizeThatIsNearlyRight(t *testing.T) {
	t.Parallel()
	var d Decider
	now := epoch
	changes := 0
	for i := range 600 {
		w := Watcher{
			Height: 220 + 10*(i%2), Bitrate: 115_000 + 10_000*(i/2%2), Selected: 1, Full: true,
		}
		before := d.current
		if encodings, news := d.decide(now, face, []Watcher{w}, Share{}); news && before != nil &&
			encodings[1].Scale != before[1].Scale {
			changes++
		}
		now = now.Add(100 * time.Millisecond)
	}
	require.LessOrEqual(t, changes, 1)
}

func TestDemandProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := Capture{
			Source: media.Camera,
			RIDs: rapid.SampledFrom([][]string{{""}, {"q", "f"}, {"q", "h", "f"}}).Draw(t,
				"rids"),
			Height: rapid.SampledFrom([]int{0, 180, 360, 480, 720}).Draw(t, "height"),
		}
		var d Decider
		now := epoch
		for range rapid.IntRange(1, 8).Draw(t, "scenes") {
			watchers := make([]Watcher, rapid.IntRange(0, 5).Draw(t, "watchers"))
			for i := range watchers {
				watchers[i] = Watcher{
					Height:   rapid.SampledFrom([]int{0, 90, 180, 360, 700}).Draw(t, "size"),
					Bitrate:  rapid.IntRange(0, 3_000_000).Draw(t, "bitrate"),
					Selected: rapid.IntRange(-1, len(c.RIDs)-1).Draw(t, "selected"),
				}
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond)
			before := make([]bool, len(c.RIDs))
			for i, e := range d.current {
				before[i] = e.Active
			}
			d.decide(now, c, watchers, Share{})
			for i, w := range watchers {
				if w.Selected >= 0 && before[w.Selected] &&
					now.Sub(d.neededAt[w.Selected]) < demandHold {
					require.True(t, d.current[w.Selected].Active, "watcher %d loses their picture",
						i)
				}
			}
			told := steady(&d, &now, c, watchers)
			active, bitrate := 0, 0
			for _, e := range told {
				if e.Active {
					active++
					bitrate = max(bitrate, e.MaxBitrate)
					require.GreaterOrEqual(t, e.Scale, 1.0, "never enlarged")
					require.GreaterOrEqual(t, e.MaxBitrate, demandFloor)
				} else {
					require.Equal(t, Encoding{RID: e.RID}, e)
				}
			}
			switch len(watchers) {
			case 0:
				require.Zero(t, active)
			case 1:
				require.Equal(t, 1, active)
				require.True(t, told[len(told)-1].Active)
				require.LessOrEqual(
					t, bitrate, int(1.1/0.9*float64(max(watchers[0].Bitrate, demandFloor))),
					"no more than the link takes",
				)
			default:
				require.Positive(t, active)
				require.LessOrEqual(t, active, 2)
			}
			require.Zero(t, d.retired, "it settles")
		}
	})
}

func TestGrants(t *testing.T) {
	t.Parallel()
	speaker := Wish{allocation.LookedAt, 800_000}
	thumbnail := Wish{allocation.Thumbnail, 250_000}
	document := Wish{allocation.Document, 1_500_000}
	require.Equal(t, []int{800_000}, Grants(2_000_000, []int{40_000}, []Wish{speaker}))
	require.InDelta(t, 200_000, Grants(300_000, []int{40_000}, []Wish{speaker})[0], 30_000)
	require.Equal(
		t, []int{800_000, 0}, Grants(1_000_000, []int{40_000}, []Wish{speaker, thumbnail}),
		"a thumbnail comes last",
	)
	require.Equal(t, []int{0}, Grants(60_000, []int{40_000}, []Wish{speaker}))
	shares := Grants(400_000, []int{40_000}, []Wish{speaker, document})
	require.GreaterOrEqual(t, shares[0], demandFloor)
	require.GreaterOrEqual(t, shares[1], 200_000)
	require.Empty(t, Grants(1_000_000, nil, nil))
	rapid.Check(t, func(t *rapid.T) {
		var wishes []Wish
		for range rapid.IntRange(0, 9).Draw(t, "wishes") {
			wishes = append(
				wishes,
				Wish{
					allocation.Priority(rapid.IntRange(0, 3).Draw(t, "priority")),
					rapid.IntRange(0, 3_000_000).Draw(t, "most"),
				},
			)
		}
		estimate := rapid.IntRange(0, 5_000_000).Draw(t, "estimate")
		sum := 0
		for i, bitrate := range Grants(estimate, nil, wishes) {
			sum += bitrate
			require.LessOrEqual(t, bitrate, max(wishes[i].Most, demandFloor))
		}
		require.LessOrEqual(t, sum, estimate)
	})
}

// Whoever can only be shown still pictures spoils nobody's; where nobody else watches, still
// pictures are sent.
func TestDemandOfThinWatchers(t *testing.T) {
	t.Parallel()
	still := func(bitrate int) Watcher {
		return Watcher{Height: 600, Bitrate: bitrate, Selected: -1, Still: true, Full: true}
	}
	fibre := Watcher{Height: 600, Bitrate: 900_000, Selected: -1, Full: true}
	tiny := func(encodings []Encoding) []Encoding {
		encodings[1].Scale = 4
		return encodings
	}
	motionless := func(bitrate int) []Encoding {
		return []Encoding{
			{RID: "q"},
			{
				RID:          "f",
				Active:       true,
				MaxBitrate:   bitrate,
				MaxFramerate: StillFramerate,
				Scale:        2,
				Reason:       media.ReasonDownlink,
			},
		}
	}
	whole := Encoding{RID: "f", Active: true, MaxBitrate: 500_000, Scale: 1}
	small := Encoding{
		RID:        "q",
		Active:     true,
		MaxBitrate: 80_000,
		Scale:      2,
		Reason:     media.ReasonDownlink,
	}
	for name, one := range map[string]struct {
		watchers []Watcher
		want     []Encoding
	}{
		"one":                      {[]Watcher{still(20_000)}, motionless(20_000)},
		"one with plenty left":     {[]Watcher{still(70_000)}, motionless(stillCeiling)},
		"one who has nothing left": {[]Watcher{still(0)}, tiny(motionless(stillFloor))},
		"one who has little left":  {[]Watcher{still(rareBelow - 1)}, tiny(motionless(stillFloor))},
		"two: the thinner one counts": {[]Watcher{still(30_000), still(18_000)},
			motionless(18_000)},
		"one beside another on fibre": {[]Watcher{fibre, still(20_000)},
			[]Encoding{small, whole}},
		"one who gets none beside fibre": {[]Watcher{fibre, still(0)},
			[]Encoding{{RID: "q"}, whole}},
		"beside one who is thin, but moves": {
			[]Watcher{{Height: 600, Bitrate: 85_000, Selected: -1, Full: true}, still(20_000)},
			[]Encoding{{RID: "q"},
				{RID: "f", Active: true, MaxBitrate: 85_000, Scale: 2,
					Reason: media.ReasonDownlink}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var d Decider
			now := epoch
			require.Equal(t, one.want, steady(&d, &now, face, one.watchers))
		})
	}

	var d Decider
	now := epoch
	on := func(s Share, watchers ...Watcher) []Encoding {
		for range 60 {
			d.decide(now, face, watchers, s)
			now = now.Add(100 * time.Millisecond)
		}
		return d.current
	}
	thin := Share{known: true, full: true, link: 200_000, now: 150_000, usual: 150_000}
	require.Equal(
		t, 150_000, on(thin, fibre, still(20_000))[1].MaxBitrate,
		"one encoding for all is not made for them",
	)
	require.Equal(t, 20_000, on(thin, still(20_000))[1].MaxBitrate)
	moves := on(thin, Watcher{Height: 600, Bitrate: 90_000, Selected: 1, Full: true})[1]
	require.Equal(
		t,
		Encoding{
			RID:        "f",
			Active:     true,
			MaxBitrate: 90_000,
			Scale:      2,
			Reason:     media.ReasonDownlink,
		},
		moves,
		"it moves again, and its size comes back later",
	)
	require.Equal(
		t,
		[]Encoding{
			{RID: "q"},
			{
				RID:          "f",
				Active:       true,
				MaxBitrate:   15_000,
				MaxFramerate: StillFramerate,
				Scale:        2,
				Reason:       media.ReasonUplink,
			},
		},
		on(
			Share{known: true, link: 60_000, now: 15_000, usual: 15_000}, still(15_000),
		),
		"both links are thin: one's own is told",
	)

	document := Capture{Source: media.Screen, RIDs: []string{""}, Height: 1080}
	d = Decider{}
	d.decide(now, document, []Watcher{{Bitrate: 0, Selected: -1}}, Share{})
	require.Equal(t, Moving, d.sent)
}

func TestPicturesLeaveSmoothlyOverALongWay(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		roundTrip time.Duration
		granted   int
		want      int
	}{
		{0, 500_000, 0},
		{5 * time.Millisecond, 500_000, 0},
		{50 * time.Millisecond, 500_000, 750_000},
		{50 * time.Millisecond, 90_000, smoothLeast},
	} {
		require.Equal(t, one.want, SmoothBitrate(one.roundTrip, one.granted), one)
	}
}
