package publish

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"draille/sfu/rtpx"
)

func TestASmallCameraHasOneSize(t *testing.T) {
	c := NewSmallCamera(library(t), rtpx.VP8, seeded())
	c.SetBudget(2_000_000)
	f := film(c, epoch, 4*time.Second)
	assert.Equal(t, 180, f.heights[0])
	assert.InDelta(t, 80, f.frames[0], 6)
	assert.Less(t, c.Wanted(), 300_000, "it never wants what a larger picture takes")
}
