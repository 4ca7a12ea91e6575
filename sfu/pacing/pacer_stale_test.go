package pacing

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestVideoThatGetsStaleIsDroppedAndAKeyframeAskedFor(t *testing.T) {
	b := newBench(Config{}, 80_000) // a frame of 1,000 bytes in 100 ms
	for i := int64(1); i < 6; i++ {
		b.push(frame(Speaker, 7, i, Delta, 1)...)
	}
	require.Empty(t, b.dropped)
	b.pacer.SetRate(b.now, 24_000) // 333 ms a frame
	b.run(5 * time.Second)
	assert.Equal(t, []int{100, 200}, b.values())
	assert.Equal(t, []uint32{7}, b.broken)
	assert.LessOrEqual(t, b.left[1].at, 500*ms)
}

func TestStaleVideoIsDroppedUpToTheKeyframeThatIsQueued(t *testing.T) {
	b := newBench(Config{MaxKeyframeAge: 500 * ms}, 80_000)
	b.push(frame(Speaker, 7, 1, Key, 4)...)
	b.push(frame(Speaker, 8, 1, Delta, 1)...)
	b.pacer.SetRate(b.now, 24_000)
	b.run(400 * ms)
	b.pacer.SetRate(b.now, 80_000)
	b.push(frame(Speaker, 7, 2, Key, 1)...)
	b.push(frame(Speaker, 7, 3, Delta, 1)...)
	b.run(501 * ms)
	b.run(5 * time.Second)
	assert.Equal(t, []int{100, 101, 102, 200, 300}, b.values())
	assert.Equal(
		t, []uint32{8}, b.broken, "of stream 7 a keyframe is queued: none needs to be asked for",
	)
}

func TestAKeyframeSupersedesWhatWaits(t *testing.T) {
	b := newBench(Config{}, 80_000)
	b.push(frame(Speaker, 7, 1, Delta, 2)...)
	b.push(frame(Speaker, 7, 2, Delta, 2)...)
	b.push(frame(Speaker, 8, 2, Delta, 1)...)
	b.push(frame(Speaker, 7, 3, Key, 2)...)
	b.run(time.Second)
	assert.Equal(
		t, []int{100, 101, 200, 300, 301}, b.values(), "a frame that has begun is finished",
	)
	assert.Len(t, b.dropped, 2)
	assert.Empty(t, b.broken)
}

func TestABrokenStreamWaitsForItsKeyframe(t *testing.T) {
	b := newBench(Config{}, 24_000)
	for i := range int64(4) {
		b.push(frame(Speaker, 7, i, Delta, 1)...)
	}
	assert.Equal(t, []uint32{7}, b.broken, "told once")
	b.push(frame(Speaker, 8, 1, Discardable, 1)...)
	assert.Equal(t, []uint32{7}, b.broken, "nobody misses a discardable frame")
	lost := len(b.dropped)
	b.run(3 * time.Second)
	b.push(frame(Speaker, 7, 10, Delta, 1)...)
	assert.Len(t, b.dropped, lost+1, "not decodable")
	b.push(frame(Speaker, 7, 11, Key, 1)...)
	b.run(4 * time.Second)
	b.push(frame(Speaker, 7, 12, Delta, 1)...)
	b.run(5 * time.Second)
	assert.Equal(t, []int{0, 1100, 1200}, append([]int{0}, b.values()[len(b.left)-2:]...))
}

func TestAKeyframeThatCannotArriveInTimeDoesNotBegin(t *testing.T) {
	b := newBench(Config{}, 60_000)
	for range 3 { // the voice has the link for the moment
		b.push(Item[int]{Value: -1, Class: Audio, Size: 100})
	}
	b.push(frame(Speaker, 1, 1, Key, 20)...)
	b.run(5 * time.Second)
	assert.Equal(t, []int{-1, -1, -1}, b.values())
	assert.Len(t, b.dropped, 20)
	assert.Equal(t, []uint32{1}, b.broken)
}

func TestWhatQueuesBehindAKeyframeHasItsPatience(t *testing.T) {
	b := newBench(Config{}, 110_000)
	b.push(frame(Speaker, 1, 1, Key, 10)...) // 730 ms
	for i := int64(2); i < 40; i++ {         // 80 kbit/s in 15 frames/s
		b.push(
			Item[int]{Value: int(i), Class: Speaker, Size: 660, Stream: 1, Frame: i, Kind: Delta},
		)
		b.run(time.Duration(i-1) * 66 * ms)
	}
	b.run(5 * time.Second)
	assert.Empty(t, b.dropped)
	assert.False(t, b.pacer.streams[1].catchingUp, "patience ends when the queue is short again")
}

func TestDiscardableFramesGoFirst(t *testing.T) {
	b := newBench(Config{}, 100_000)
	for i := range int64(20) { // 120 kbit/s, every other frame discardable
		b.push(
			Item[int]{
				Value:  int(i),
				Class:  Other,
				Size:   1000,
				Stream: 1,
				Frame:  i,
				Kind:   Kind(i % 2),
			},
		)
		b.run(time.Duration(i+1) * 66 * ms)
	}
	b.run(5 * time.Second)
	assert.NotEmpty(t, b.dropped)
	for _, item := range b.dropped {
		assert.Equal(t, Discardable, item.Kind)
	}
	assert.Empty(t, b.broken)
}

func TestStaleRepairsAreDropped(t *testing.T) {
	b := newBench(Config{}, 20_000)
	for i := range 10 {
		b.pacer.Push(b.now, Item[int]{Value: i, Class: Retransmission, Size: 500})
	}
	b.run(10 * time.Second)
	assert.Len(t, b.left, 3) // at 0, 195 and 395 ms
	assert.Len(t, b.dropped, 7)
	assert.Empty(t, b.broken)
}

func TestAStreamThatChangesItsClassStaysInOrder(t *testing.T) {
	b := newBench(Config{}, 200_000)
	b.push(frame(Other, 2, 1, Delta, 1)...)
	b.push(frame(Other, 1, 1, Key, 3)...)
	b.push(frame(Speaker, 1, 2, Delta, 2)...)
	b.push(frame(Other, 2, 2, Delta, 1)...)
	b.run(time.Second)
	assert.Equal(t, []int{100, 100, 101, 102, 200, 201, 200}, b.values())
}

func TestRemoveForgetsAStream(t *testing.T) {
	b := newBench(Config{}, 100_000)
	b.push(frame(Speaker, 1, 1, Key, 3)...)
	b.push(frame(Speaker, 2, 1, Key, 1)...)
	b.pacer.Remove(1)
	assert.Len(t, b.dropped, 2)
	assert.Equal(t, 1000, b.pacer.Queued())
	b.run(time.Second)
	assert.Equal(t, []int{100, 100}, b.values())
}

// A text page is a large keyframe: it takes its time, and is not asked for again and again.
func TestADocumentsKeyframeHasTime(t *testing.T) {
	b := newBench(Config{}, 300_000)
	for i := range 100 { // 120 kB
		b.push(Item[int]{Value: i, Class: Document, Size: 1200, Stream: 1, Frame: 1, Kind: Key})
	}
	b.run(5 * time.Second)
	assert.Len(t, b.left, 100)
	assert.Empty(t, b.broken)
}

// An encoder that makes large keyframes only would never be seen if each were given up after as
// long.
func TestAKeyframeThatIsAsLargeAgainHasMoreTime(t *testing.T) {
	b := newBench(Config{}, 100_000)
	for number := int64(1); len(b.broken) == int(number-1); number++ {
		require.Less(t, number, int64(5), "it is seen at last")
		b.push(frame(Speaker, 1, number, Key, 40)...) // 3.2 s
	}
	b.run(6 * time.Second)
	assert.Len(t, b.broken, 2)
	assert.GreaterOrEqual(t, len(b.left), 40)
}
