package demand

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A virtual watcher of a moving picture: keyframes come when somebody asks for them, or by
// themselves.
func TestStillsLetKeyframesThroughOneByOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		bitrate := rapid.IntRange(stillFloor, 40_000).Draw(t, "bitrate")
		size := rapid.IntRange(200, 30_000).Draw(t, "size") // bytes of a keyframe
		chance := rapid.IntRange(2, 400).Draw(t, "frames between keyframes that come by themselves")
		var s Stills
		require.True(
			t, s.Show(epoch, bitrate, false, 300_000), "what was shown before does not go on",
		)
		require.False(t, s.Show(epoch, bitrate, false, 300_000))
		bytes, pictures, last := 0, 0, time.Duration(0)
		asked := false
		const call = 2 * time.Minute
		for at := time.Duration(0); at < call; at += 50 * time.Millisecond {
			now, timestamp := epoch.Add(at), uint32(at/time.Millisecond)*90
			key := asked || int(at/(50*time.Millisecond))%chance == chance-1
			asked = s.Asks(now)
			require.False(t, s.Takes(now, false, timestamp, 1000), "a frame that needs others")
			before := s.latest
			for left := size; left > 0; left -= 1200 {
				if !s.Takes(now, key, timestamp, min(left, 1200)) {
					require.Equal(t, size, left, "whole or not at all")
					break
				}
				bytes += min(left, 1200)
			}
			if s.latest != before {
				pictures++
				if pictures > 1 {
					require.GreaterOrEqual(
						t, at-last, time.Duration(stillEarly*float64(stillInterval)),
					)
				}
				last = at
			}
			require.LessOrEqual(
				t, at-last, stillLongest+stillSettles+time.Second, "another one comes",
			)
		}
		if pays := 8 * float64(size) / float64(bitrate); pays < stillLongest.Seconds() {
			require.LessOrEqual(
				t, 8*float64(bytes), float64(bitrate)*call.Seconds()/stillEarly+8*float64(size),
				"within what the voice leaves, in the long run",
			)
		}
	})
}

func TestStillsOfAPublisherWhoIsAskedForThem(t *testing.T) {
	t.Parallel()
	var s Stills
	now := epoch
	require.True(t, s.Show(now, 20_000, false, 200_000))
	require.False(t, s.Whole, "they have not been told yet")
	require.True(t, s.Show(now, 20_000, true, 200_000))
	require.True(t, s.Whole, "they have, and their link obeys a round trip later")
	require.False(t, s.Asks(now), "most encoders begin with a keyframe by themselves")
	require.False(t, s.Takes(now, true, 1, 1000), "the queue drains first")
	require.True(t, s.Asks(now.Add(stillSettles)))
	require.True(t, s.Takes(now.Add(stillSettles), true, 1, 1000))
	require.False(t, s.Show(now, 20_000, true, 200_000))
	now = now.Add(stillObeys + time.Millisecond)
	require.True(t, s.Show(now, 20_000, true, 200_000), "they do not obey")
	require.False(t, s.Whole)
	require.False(t, s.Show(now.Add(time.Minute), 20_000, true, 200_000))
	require.True(t, s.Show(now.Add(time.Minute), 20_000, true, 20_000), "they do now")
	require.True(t, s.Whole)
}
