package allocation

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// ladder returns three sizes with three frame rates each, like simulcast with temporal layers.
func ladder(width, height, bitrate int) []Layer {
	var layers []Layer
	for spatial := range 3 {
		scale := 1 << (2 - spatial)
		for temporal := range 3 {
			layers = append(layers, Layer{
				Spatial: spatial, Temporal: temporal,
				Width: width / scale, Height: height / scale,
				Framerate: 7.5 * float64(int(1)<<temporal),
				Bitrate: bitrate * []int{1, 3, 9}[spatial] / 9 * []int{50, 75, 100}[temporal] /
					100,
			})
		}
	}
	return layers
}

func choose(t require.TestingT, r Result, id string) Choice {
	i := slices.IndexFunc(r.Choices, func(c Choice) bool { return c.ID == id })
	require.GreaterOrEqual(t, i, 0)
	return r.Choices[i]
}

// describe gives a choice in short: width@frames/s.
func describe(c Choice) string {
	if c.Paused {
		return "paused"
	}
	return fmt.Sprintf("%d@%g", c.Layer.Width, c.Layer.Framerate)
}

// A telestaff on links from thin to wide: the order of sacrifice, read backwards.
func TestOrderOfSacrifice(t *testing.T) {
	request := Request{
		Audio: []int{40_000},
		Videos: []Video{
			{ID: "thumbnail", Priority: Thumbnail, Width: 160, Height: 90,
				Layers: ladder(640, 360, 540_000)},
			{ID: "speaker", Priority: LookedAt, Width: 640, Height: 360,
				Layers: ladder(640, 360, 540_000)},
			{ID: "document", Priority: Document, Width: 1280, Height: 720, Layers: []Layer{
				{Temporal: 0, Width: 1280, Height: 720, Framerate: 2, Bitrate: 80_000},
				{Temporal: 1, Width: 1280, Height: 720, Framerate: 8, Bitrate: 200_000},
			}},
		},
	}
	for _, c := range []struct {
		budget                       int
		document, speaker, thumbnail string
	}{
		{60_000, "paused", "paused", "paused"},
		{75_000, "paused", "160@7.5", "paused"}, // the document does not fit
		{120_000, "1280@2", "paused", "paused"},
		{150_000, "1280@2", "160@7.5", "paused"},
		{280_000, "1280@8", "160@7.5", "paused"},
		{290_000, "1280@8", "160@15", "paused"},
		{380_000, "1280@8", "320@15", "paused"},
		// what the next size cannot use goes to the thumbnail
		{450_000, "1280@8", "320@30", "160@7.5"},
		{645_000, "1280@8", "640@15", "paused"},
		{800_000, "1280@8", "640@30", "paused"},
		{840_000, "1280@8", "640@30", "160@30"},
	} {
		request.Budget = c.budget
		r := Distribute(request)
		got := []string{
			describe(choose(t, r, "document")), describe(choose(t, r, "speaker")),
			describe(choose(t, r, "thumbnail")),
		}
		assert.Equal(t, []string{c.document, c.speaker, c.thumbnail}, got, "budget %d", c.budget)
		assert.Equal(t, 40_000, r.Audio)
		assert.Equal(t, 40_000+60_000+540_000+200_000, r.Wanted)
		for _, choice := range r.Choices {
			limited := describe(choice) != map[string]string{
				"document": "1280@8", "speaker": "640@30", "thumbnail": "160@30",
			}[choice.ID]
			assert.Equal(t, limited, choice.Reason == Downlink, "budget %d: %+v", c.budget, choice)
		}
	}
}

// Of a deaf person the interpreter is the voice: pinned, their signs are smooth before the speaker
// is more than a small picture, and before a document.
func TestAnInterpreterComesBeforeTheSpeaker(t *testing.T) {
	request := Request{Budget: 210_000, Audio: []int{40_000}, Videos: []Video{
		{ID: "speaker", Priority: LookedAt, Width: 640, Height: 360,
			Layers: ladder(640, 360, 540_000)},
		{ID: "interpreter", Priority: Grid, Width: 320, Height: 180,
			Layers: ladder(640, 360, 540_000)},
	}}
	r := Distribute(request)
	assert.Equal(t, "320@15", describe(choose(t, r, "speaker")))
	assert.Equal(t, "160@7.5", describe(choose(t, r, "interpreter")))
	request.Videos[1].Priority = Interpreter
	r = Distribute(request)
	assert.Equal(t, "320@15", describe(choose(t, r, "interpreter")))
	assert.Equal(t, "160@7.5", describe(choose(t, r, "speaker")))
}

func TestDisplayedSizeLimitsTheLayer(t *testing.T) {
	for _, c := range []struct {
		width, height, want int
	}{
		{160, 90, 160}, {175, 98, 160}, {200, 112, 320}, {320, 180, 320}, {321, 180, 320},
		{400, 225, 640},
		{1920, 1080, 640}, {0, 0, 640}, {90, 160, 160}, {1000, 90, 160},
	} {
		r := Distribute(Request{Budget: 10_000_000, Videos: []Video{{
			ID: "a", Priority: Grid, Width: c.width, Height: c.height,
			Layers: ladder(640, 360, 540_000),
		}}})
		assert.Equal(t, c.want, r.Choices[0].Layer.Width, "shown at %d×%d", c.width, c.height)
		assert.Equal(t, NoReason, r.Choices[0].Reason)
	}
}

func TestGridSharesEvenly(t *testing.T) {
	var videos []Video
	for i := range 6 {
		videos = append(videos,
			Video{ID: fmt.Sprint(i), Priority: Grid, Layers: ladder(640, 360, 540_000)})
	}
	r := Distribute(Request{Budget: 6 * 60_000, Videos: videos})
	for _, choice := range r.Choices {
		assert.Equal(t, "160@30", describe(choice))
	}
	r = Distribute(Request{Budget: 3 * 30_000, Videos: videos})
	for i, choice := range r.Choices {
		assert.Equal(t, i >= 3, choice.Paused, "among equals the first are served first")
	}
}

func TestUnusableLayers(t *testing.T) {
	r := Distribute(Request{Budget: 1_000_000, Videos: []Video{
		{ID: "nothing flows", Priority: LookedAt},
		{ID: "idle", Priority: Document, Layers: []Layer{{Width: 100, Height: 100}}},
		{ID: "no sizes", Priority: Document,
			Layers: []Layer{{Spatial: 1, Bitrate: 20_000}, {Bitrate: 10_000}}},
		{ID: "dearer and worse", Priority: Grid, Layers: []Layer{
			{Width: 10, Height: 10, Bitrate: 90_000}, {Width: 20, Height: 20, Bitrate: 30_000},
		}},
	}})
	assert.Equal(t, Choice{ID: "nothing flows", Paused: true}, r.Choices[0],
		"not for the downlink's sake")
	assert.Equal(t, Choice{ID: "idle", Paused: true}, r.Choices[1])
	assert.Equal(t, 1, r.Choices[2].Layer.Spatial)
	assert.Equal(t, 30_000, r.Choices[3].Layer.Bitrate)
	assert.Equal(t, 50_000, r.Wanted)
}

func drawVideos(t *rapid.T) []Video {
	videos := make([]Video, rapid.IntRange(0, 8).Draw(t, "videos"))
	for i := range videos {
		videos[i] = Video{
			ID:       fmt.Sprint(i),
			Priority: Priority(rapid.IntRange(0, 4).Draw(t, "priority")),
			Width:    rapid.SampledFrom([]int{0, 160, 320, 640, 1280}).Draw(t, "width"),
			Height:   rapid.SampledFrom([]int{0, 90, 180, 360, 720}).Draw(t, "height"),
		}
		for spatial := range rapid.IntRange(0, 3).Draw(t, "sizes") {
			for temporal := range rapid.IntRange(1, 3).Draw(t, "rates") {
				videos[i].Layers = append(videos[i].Layers, Layer{
					Spatial: spatial, Temporal: temporal, Width: 160 << spatial,
					Height:    90 << spatial,
					Framerate: float64(int(5) << temporal),
					Bitrate:   rapid.IntRange(0, 400_000).Draw(t, "bitrate"),
				})
			}
		}
	}
	return videos
}

func drawRequest(t *rapid.T) Request {
	return Request{
		Budget: rapid.IntRange(0, 3_000_000).Draw(t, "budget"),
		Audio:  rapid.SliceOfN(rapid.IntRange(8_000, 90_000), 0, 3).Draw(t, "audio"),
		Videos: drawVideos(t),
	}
}

func checkSum(t require.TestingT, request Request, r Result) {
	require.Len(t, r.Choices, len(request.Videos))
	taken := 0
	for i, choice := range r.Choices {
		video := request.Videos[i]
		if choice.ID != video.ID || !choice.Paused && !slices.Contains(video.Layers, choice.Layer) {
			require.Fail(t, "choice of a layer that is not offered", "%+v for %+v", choice, video)
		}
		taken += choice.Layer.Bitrate
	}
	require.Equal(t, taken, r.Video)
	require.Equal(t, sum(request.Audio), r.Audio)
	require.LessOrEqual(t, r.Video, max(0, request.Budget-r.Audio),
		"audio first, then never more than the budget")
}

func TestSumNeverExceedsTheBudget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		request := drawRequest(t)
		r := Distribute(request)
		checkSum(t, request, r)
		request.Budget = r.Wanted
		for _, choice := range Distribute(request).Choices {
			require.Equal(t, NoReason, choice.Reason, "with what is wanted nothing is refused")
		}
	})
}

// The wishes of the rule, restated: what each picture has in the order in which pictures are
// served. The first that differs must be better under the bigger budget.
func TestABiggerBudgetNeverGivesAWorsePicture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		request := drawRequest(t)
		small := wishes(request)
		request.Budget += rapid.IntRange(1, 500_000).Draw(t, "more")
		big := wishes(request)
		require.GreaterOrEqual(t, slices.Compare(big, small), 0, "%v\n%v", small, big)
	})
}

func wishes(request Request) []int {
	r := Distribute(request)
	rung := make([]int, len(r.Choices))
	highest := 0
	for i, choice := range r.Choices {
		ladder := rungs(&request.Videos[i], nil)
		rung[i] = slices.Index(ladder, choice.Layer)
		highest = max(highest, len(ladder))
	}
	var granted []int
	add := func(priority Priority, limit int) {
		for i, video := range request.Videos {
			if video.Priority == priority {
				granted = append(granted, min(rung[i], limit))
			}
		}
	}
	for limit := range highest {
		add(Interpreter, limit)
	}
	for i, video := range request.Videos {
		if video.Priority == Document {
			granted = append(granted, min(rung[i], sharp(rungs(&video, nil))))
		}
	}
	add(LookedAt, 0)
	add(Document, highest)
	for _, priority := range []Priority{LookedAt, Grid, Thumbnail} {
		for limit := range highest {
			add(priority, limit)
		}
	}
	return granted
}

// The picture that matters most is monotone by itself: whatever else is on the page.
func TestTheFirstPictureIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		request := drawRequest(t)
		first := Video{ID: "first", Priority: LookedAt, Layers: ladder(640, 360, 540_000)}
		request.Videos = slices.DeleteFunc(request.Videos, func(v Video) bool {
			return v.Priority >= LookedAt
		})
		request.Videos = append([]Video{first}, request.Videos...)
		small := Distribute(request).Choices[0]
		request.Budget += rapid.IntRange(1, 500_000).Draw(t, "more")
		big := Distribute(request).Choices[0]
		require.False(t, big.Paused && !small.Paused)
		require.GreaterOrEqual(t, compare(LookedAt, big.Layer, small.Layer), 0)
	})
}
