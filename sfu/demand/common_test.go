package demand

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/sfu/rtpx"
)

// Whoever does not decode what a page sends by itself is served at once; when they have gone, the
// page goes back to its first after a while.
func TestPicturesComeInACodecThatEverybodyDecodes(t *testing.T) {
	all := Watcher{Decodes: rtpx.Codecs(0).With(rtpx.VP8).With(rtpx.VP9).With(rtpx.H264)}
	old := Watcher{Decodes: rtpx.Codecs(0).With(rtpx.H264)}
	free := Watcher{Decodes: rtpx.Codecs(0).With(rtpx.VP8).With(rtpx.VP9)}
	sends := []rtpx.Codec{rtpx.VP8, rtpx.VP9, rtpx.H264}
	for name, c := range map[string]struct {
		sends    []rtpx.Codec
		watchers []Watcher
		want     rtpx.Codec
	}{
		"nobody watches":                  {sends, nil, rtpx.UnknownCodec},
		"all decode the first":            {sends, []Watcher{all, free}, rtpx.UnknownCodec},
		"one decodes H.264 alone":         {sends, []Watcher{all, old}, rtpx.H264},
		"no codec for both: the first":    {sends, []Watcher{free, old}, rtpx.UnknownCodec},
		"no codec for all: that of most":  {sends, []Watcher{free, old, all, old}, rtpx.H264},
		"an old tablet sends H.264 alone": {[]rtpx.Codec{rtpx.H264}, []Watcher{free}, 0},
		"H.264 first, one has none": {
			[]rtpx.Codec{rtpx.H264, rtpx.VP8}, []Watcher{free}, rtpx.VP8,
		},
		"nothing is known of the watcher":   {sends, []Watcher{{}}, rtpx.UnknownCodec},
		"nothing is known of the publisher": {nil, []Watcher{old}, rtpx.UnknownCodec},
	} {
		var d common
		require.Equal(t, c.want, d.decide(time.Unix(1, 0), c.sends, c.watchers), name)
	}

	var d common
	now := time.Unix(1, 0)
	require.Equal(t, rtpx.H264, d.decide(now, sends, []Watcher{all, old}))
	require.Equal(t, rtpx.H264, d.decide(now, sends, []Watcher{all}), "for a while")
	now = now.Add(codecPatience - time.Millisecond)
	require.Equal(t, rtpx.H264, d.decide(now, sends, []Watcher{all}))
	now = now.Add(time.Millisecond)
	require.Equal(t, rtpx.UnknownCodec, d.decide(now, sends, []Watcher{all}))
}

func TestAPublisherIsToldOfWhoSeesNothing(t *testing.T) {
	var d Decider
	now := time.Unix(1, 0)
	capture := Capture{
		Source: "camera", RIDs: []string{""}, Height: 360, Sends: []rtpx.Codec{rtpx.VP8},
	}
	blind := []Watcher{{Height: 360, Bitrate: 500_000, Selected: -1, Blind: true,
		Decodes: rtpx.Codecs(0).With(rtpx.H264)}}
	share := Share{}
	o, _ := d.Decide(now, capture, blind, share)
	require.False(t, o.Encodings[0].Unseen, "another codec may come yet")
	o, news := d.Decide(now.Add(codecPatience), capture, blind, share)
	require.True(t, news && o.Encodings[0].Unseen)
	blind[0].Blind = false
	o, news = d.Decide(now.Add(codecPatience+time.Second), capture, blind, share)
	require.True(t, news)
	require.False(t, o.Encodings[0].Unseen)
}
