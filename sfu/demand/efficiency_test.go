package demand

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestFewBitsAskForTheEfficientCodec(t *testing.T) {
	var e efficiency
	now := epoch
	single := func(bitrate int) []Encoding {
		return []Encoding{{RID: "q"}, {RID: "f", Active: true, MaxBitrate: bitrate}}
	}
	after := func(d time.Duration, decoded bool, encodings []Encoding) bool {
		now = now.Add(d)
		return e.decide(now, decoded, encodings)
	}
	assert.False(t, after(0, true, single(80_000)), "it is waited for whether it stays so")
	assert.False(t, after(codecPatience/2, true, single(150_000)))
	assert.False(t, after(codecPatience/2, true, single(80_000)), "it did not")
	assert.True(t, after(codecPatience, true, single(80_000)))
	assert.True(t, after(time.Minute, true, single(plainAbove-1)), "a little more changes nothing")
	assert.True(t, after(time.Minute, true, make([]Encoding, 2)), "nor does nothing")
	assert.True(t, after(time.Second, true, single(plainAbove)))
	assert.False(t, after(codecPatience, true, single(plainAbove)))

	assert.False(t, after(0, true, single(80_000)))
	assert.True(t, after(codecPatience, true, single(80_000)))
	both := []Encoding{{Active: true, MaxBitrate: 40_000}, {Active: true, MaxBitrate: 90_000}}
	assert.True(t, after(0, true, both))
	assert.False(t, after(codecPatience, true, both), "two encodings take twice the work")

	assert.False(t, after(0, true, single(80_000)))
	assert.True(t, after(codecPatience, true, single(80_000)))
	assert.False(t, after(0, false, single(80_000)), "somebody came who does not decode it")
}

func TestAThinWatcherIsServedInTheEfficientCodec(t *testing.T) {
	var d Decider
	now, decoding := epoch, face
	decoding.Decoded = true
	thin := []Watcher{{Height: 600, Bitrate: 70_000, Selected: -1}}
	codecs := func(c Capture) (names []string) {
		for _, e := range steady(&d, &now, c, thin) {
			names = append(names, e.Codec)
		}
		return names
	}
	assert.Equal(t, []string{"", "AV1"}, codecs(decoding), "what is off has none")
	assert.Equal(t, []string{"", ""}, codecs(face))
}
