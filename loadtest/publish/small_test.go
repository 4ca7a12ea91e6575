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

// Of a steady camera no second holds a frame back, whatever rate it is given that a picture fits;
// one that fits on the average does.
func TestASteadyCameraHoldsNothingBack(t *testing.T) {
	for _, budget := range []int{300_000, 400_000, 530_000, 700_000} {
		steady, other := NewCamera(library(t), rtpx.VP8, false, seeded()),
			NewCamera(library(t), rtpx.VP8, false, seeded())
		steady.KeepSteady()
		steady.SetBudget(budget)
		other.SetBudget(budget)
		begin := epoch
		for second := range 12 {
			f := film(steady, begin, begin.Add(time.Second).Sub(begin))
			assert.InDelta(t, 20, f.frames[0], 1, "second %d at %d bit/s", second, budget)
			begin = begin.Add(time.Second)
		}
		film(other, epoch, 12*time.Second)
		assert.LessOrEqual(t, steady.Counts().Held, 3)
		if budget == 530_000 {
			assert.Greater(t, other.Counts().Held, 10)
		}
	}
}
