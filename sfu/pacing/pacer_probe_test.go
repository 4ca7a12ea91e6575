package pacing

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func padding(n int) []Item[int] {
	items := make([]Item[int], n)
	for i := range items {
		items[i] = Item[int]{Value: 10 + i, Class: Padding, Size: 250}
	}
	return items
}

func TestAProbeLeavesAtItsOwnRate(t *testing.T) {
	b := newBench(Config{}, 100_000)
	b.pacer.Probe(b.now, 5, 150_000, 2500)
	b.push(padding(10)...)
	b.run(130 * ms)
	b.push(Item[int]{Value: 1, Class: Audio, Size: 100})
	assert.Len(t, b.left, 11)
	assert.InDelta(t, 117, b.left[9].at.Milliseconds(), 8)
	for _, d := range b.left[:10] {
		assert.Equal(t, 5, d.cluster)
	}
	assert.Zero(t, b.left[10].cluster)
	assert.Empty(t, b.dropped)
}

func TestMediaTakesThePlaceOfPadding(t *testing.T) {
	b := newBench(Config{}, 100_000)
	b.pacer.Probe(b.now, 5, 150_000, 2500)
	for _, item := range padding(10) {
		b.pacer.Push(b.now, item)
	}
	b.push(frame(Speaker, 1, 1, Key, 1)...)
	b.push(Item[int]{Value: 2, Class: Audio, Size: 250})
	b.pacer.SetRate(b.now, 90_000) // waits until the probe is over
	b.run(time.Second)
	assert.Len(t, b.left, 7) // 1,000 + 250 + 5 × 250
	assert.Len(t, b.dropped, 5)
	assert.InDelta(t, 90_000/8, b.pacer.bucket.rate, 1)
	for _, d := range b.left {
		assert.Equal(t, 5, d.cluster)
	}
}

func TestAProbeThatGetsNoBytesEnds(t *testing.T) {
	b := newBench(Config{}, 100_000)
	b.pacer.Probe(b.now, 5, 150_000, 2500)
	b.run(time.Second)
	b.push(Item[int]{Value: 1, Class: Speaker, Size: 100, Stream: 1})
	assert.Zero(t, b.left[0].cluster)
	unpaced := newBench(Config{}, 0)
	unpaced.pacer.Probe(unpaced.now, 6, 150_000, 2500)
	unpaced.push(padding(11)...)
	assert.Equal(t, 6, unpaced.left[9].cluster)
	assert.Zero(t, unpaced.left[10].cluster)
}

func TestAProbeDoesNotPayForTheVoiceBefore(t *testing.T) {
	b := newBench(Config{}, 20_000)
	for range 10 { // 400 ms at this rate
		b.push(Item[int]{Value: 1, Class: Audio, Size: 100})
	}
	b.pacer.Probe(b.now, 5, 30_000, 800)
	b.push(padding(4)...)
	assert.Len(t, b.left, 11, "the first packet of padding leaves at once")
	b.run(300 * ms)
	assert.Len(t, b.left, 14)
}

func TestAProbeSurvivesALateCaller(t *testing.T) {
	b := newBench(Config{}, 100_000)
	b.pacer.Probe(b.now, 5, 150_000, 2500) // 133 ms
	for _, item := range padding(10) {
		b.pacer.Push(b.now, item)
	}
	b.now = b.now.Add(200 * ms)
	b.run(400 * ms)
	assert.Len(t, b.left, 10)
	assert.Equal(t, 5, b.left[9].cluster)
}
