package demand

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"draille/sfu/allocation"
	"draille/sfu/media"
)

var fineFace = Capture{
	Source: media.Camera, RIDs: []string{"q", "f"}, Height: 360, Fine: true,
}

// fineShare is what a publisher's uplink of so many bit/s has for a camera.
func fineShare(bitrate int) Share {
	return Divide(Uplink{Limit: bitrate, Usual: bitrate}, 0, true, false)[media.Camera]
}

// settle asks for so long, and returns the top encoding as the publisher was told it last.
func settle(d *Decider, now *time.Time, span time.Duration, c Capture, uplink Share,
	watchers ...Watcher) Encoding {
	var o *Order
	for end := now.Add(span); now.Before(end); *now = now.Add(100 * time.Millisecond) {
		o, _ = d.Decide(*now, c, watchers, uplink)
	}
	return o.Encodings[len(o.Encodings)-1]
}

func TestAFinePicture(t *testing.T) {
	looks := Watcher{Height: 700, Bitrate: 1_500_000, Selected: -1}
	for name, test := range map[string]struct {
		c       Capture
		watcher func(Watcher) Watcher
		uplink  Share
		scale   float64
		bitrate int
	}{
		"a large place on good short links has it": {
			c: fineFace, uplink: fineShare(4_000_000), scale: 0.5, bitrate: 1_500_000,
		},
		"an unlimited uplink, too":        {c: fineFace, scale: 0.5, bitrate: 1_500_000},
		"another camera does not give it": {c: face, scale: 1, bitrate: 500_000},
		"a small place needs none": {
			c: fineFace, scale: 1, bitrate: 500_000,
			watcher: func(w Watcher) Watcher { w.Height = 400; return w },
		},
		"a long way has none": {
			c: fineFace, scale: 1, bitrate: 500_000,
			watcher: func(w Watcher) Watcher { w.Far = true; return w },
		},
		"a downlink has not enough": {
			c: fineFace, scale: 1, bitrate: 500_000,
			watcher: func(w Watcher) Watcher { w.Bitrate = 600_000; return w },
		},
		"an uplink has not enough": {
			c: fineFace, uplink: fineShare(700_000), scale: 1, bitrate: 500_000,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, now := looks, epoch
			if test.watcher != nil {
				w = test.watcher(w)
			}
			var d Decider
			got := settle(&d, &now, 3*time.Second, test.c, test.uplink, w)
			assert.Equal(t, test.scale, got.Scale)
			assert.Equal(t, test.bitrate, got.MaxBitrate)
		})
	}
}

// When a link falls a fine picture becomes one of default size at once, and comes back later.
func TestAFinePictureGoesFirst(t *testing.T) {
	looks, now := Watcher{Height: 700, Bitrate: 1_500_000, Selected: 1}, epoch
	var d Decider
	assert.Equal(t, 0.5, settle(&d, &now, time.Second, fineFace, Share{}, looks).Scale)
	looks.Bitrate = 720_000
	assert.Equal(t, 0.5, settle(&d, &now, time.Second, fineFace, Share{}, looks).Scale,
		"a little less is no reason for a keyframe")
	looks.Bitrate = 250_000
	got := settle(&d, &now, 600*time.Millisecond, fineFace, Share{}, looks)
	assert.Equal(t, 1.0, got.Scale)
	assert.Equal(t, 250_000, got.MaxBitrate)
	looks.Bitrate = 1_500_000
	assert.Equal(t, 1.0, settle(&d, &now, 5*time.Second, fineFace, Share{}, looks).Scale)
	assert.Equal(t, 0.5, settle(&d, &now, 10*time.Second, fineFace, Share{}, looks).Scale)
}

func TestAFinePictureBesideASmallOne(t *testing.T) {
	now := epoch
	var d Decider
	large := Watcher{Height: 700, Bitrate: 1_500_000, Selected: -1}
	thumbnail := Watcher{Height: 120, Bitrate: 100_000, Selected: -1}
	o, _ := d.Decide(now, fineFace, []Watcher{large, thumbnail}, Share{})
	assert.Equal(t, 0.5, o.Encodings[1].Scale)
	assert.True(t, o.Encodings[0].Active)
	assert.Equal(t, 2.0, o.Encodings[0].Scale, "180 lines")
}

func TestTheWishForAFinePicture(t *testing.T) {
	assert.Equal(t, 500_000, fineFace.Wish(400, allocation.LookedAt).Most)
	assert.Equal(t, 1_500_000, fineFace.Wish(700, allocation.LookedAt).Most)
	assert.Equal(t, 500_000, face.Wish(700, allocation.LookedAt).Most)
}

func TestAShortWay(t *testing.T) {
	var w Way
	now := epoch
	for span := time.Duration(0); span < 900*time.Millisecond; span += 100 * time.Millisecond {
		assert.False(t, w.Observe(now.Add(span), 10*time.Millisecond), "not yet")
	}
	assert.True(t, w.Observe(now.Add(time.Second), 10*time.Millisecond))
	assert.True(t, w.Observe(now.Add(2*time.Second), 100*time.Millisecond), "for a moment")
	assert.True(t, w.Observe(now.Add(2500*time.Millisecond), 40*time.Millisecond), "between")
	assert.True(t, w.Observe(now.Add(3*time.Second), 100*time.Millisecond))
	assert.False(t, w.Observe(now.Add(4*time.Second), 100*time.Millisecond))
	assert.False(t, w.Observe(now.Add(5*time.Second), 0), "not known")
}

// A way of which nothing is known is neither short nor long.
func TestALongWay(t *testing.T) {
	var w Way
	now := epoch
	observe := func(roundTrip time.Duration, lasts time.Duration) bool {
		for end := now.Add(lasts); now.Before(end); now = now.Add(100 * time.Millisecond) {
			w.Observe(now, roundTrip)
		}
		return w.IsLong()
	}
	assert.False(t, w.IsLong())
	assert.False(t, observe(0, time.Minute), "no round trip is known")
	assert.False(t, observe(50*time.Millisecond, wayLasts))
	assert.True(t, observe(50*time.Millisecond, wayLasts))
	assert.False(t, observe(10*time.Millisecond, 2*wayLasts))
	assert.False(t, observe(50*time.Millisecond, 2*wayLasts), "it stays short until longAgain")
	assert.True(t, observe(100*time.Millisecond, 2*wayLasts))
}
