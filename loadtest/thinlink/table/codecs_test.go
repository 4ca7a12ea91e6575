package table

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheBestEncodingIsAffordableAndMoves(t *testing.T) {
	av1 := Encoding{Codec: "AV1", MaxBitrate: 40_000, Height: 180, SSIM: 0.95, FrameRate: 19,
		CoreShare: 0.2, Bitrate: 39_000}
	vp9 := Encoding{Codec: "VP9", MaxBitrate: 40_000, Height: 180, SSIM: 0.92, FrameRate: 20,
		CoreShare: 0.1, Bitrate: 41_000}
	vp8 := Encoding{Codec: "VP8", MaxBitrate: 40_000, Height: 180, SSIM: 0.97, FrameRate: 9,
		CoreShare: 0.1, Bitrate: 38_000}
	assert.Equal(t, 0, Best([]Encoding{av1, vp9, vp8}), "VP8 shows too few frames")
	dear := av1
	dear.CoreShare = 0.6
	assert.Equal(t, 1, Best([]Encoding{dear, vp9, vp8}))
	assert.Equal(t, -1, Best([]Encoding{dear}))
	assert.Equal(t, -1, Best([]Encoding{{Codec: "VP8"}}))

	larger := vp9
	larger.MaxBitrate, larger.Height = 80_000, 360
	var out strings.Builder
	require.NoError(t, WriteCodecs(&out, []Encoding{dear, vp9, vp8, larger}))
	for _, line := range []string{
		"| bit rate | lines | AV1 | VP9 | VP8 |",
		"| 40 kbit/s | 180 | 0.950 · 19.0/s · 60 % ✗ · 39 kbit/s | **0.920 · 20.0/s · 10 % · 41 " +
			"kbit/s** | 0.970 · 9.0/s · 10 % · 38 kbit/s |",
		"| 80 kbit/s | 360 | | **0.920 · 20.0/s · 10 % · 41 kbit/s** | |",
	} {
		assert.Contains(t, out.String(), line+"\n")
	}
}
