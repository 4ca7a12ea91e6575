package demand

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/sfu/media"
)

// An uplink that carries a voice and little more is asked for a small picture every few seconds,
// once the queue before it has drained; one that carries the voice alone, for none.
func TestAPictureNowAndThenBesideAVoice(t *testing.T) {
	t.Parallel()
	const voice, step = 32_000, 100 * time.Millisecond
	one := []Watcher{{Height: 600, Bitrate: 2_000_000, Selected: 1}}
	asked := func(limit int) (times []time.Duration, on time.Duration) {
		var d Decider
		active := false
		for at := time.Duration(0); at < time.Minute; at += step {
			d.decide(epoch.Add(at), face, one,
				Divide(Uplink{Limit: limit, Full: true, Found: true}, voice, true,
					false)[media.Camera])
			e := d.current[1]
			if e.Active && !active {
				times = append(times, at)
				require.EqualValues(t, 4, e.Scale)
				require.Equal(t, stillFloor, float64(e.MaxBitrate))
			}
			if active = e.Active; active {
				on += step
			}
			require.Equal(t, media.ReasonUplink, e.Reason)
			require.Equal(t, limit >= rareFrom, d.sent == Still)
		}
		return times, on
	}
	times, on := asked(42_000)
	require.GreaterOrEqual(t, times[0], stillSettles)
	for i := 1; i < len(times); i++ {
		require.Equal(t, rareInterval, times[i]-times[i-1])
	}
	require.Len(t, times, 7)
	require.Less(t, on, 10*time.Second)
	times, _ = asked(33_000)
	require.Empty(t, times)
}

// Where a link has less for still pictures than a publisher sends, single ones go through.
func TestRareStillsAreLetThroughOneByOne(t *testing.T) {
	t.Parallel()
	var s Stills
	s.Show(epoch, rareBelow-1, true, 12_000)
	require.False(t, s.Whole)
	shown := 0
	for at := stillSettles; at < time.Minute; at += time.Second {
		now, timestamp := epoch.Add(at), uint32(at/time.Millisecond)*90
		if s.Takes(now, s.Asks(now), timestamp, 1200) {
			shown++
		}
		require.False(t, s.Takes(now, false, timestamp+1, 1200))
	}
	require.InDelta(t, 7, shown, 1)
	s.Show(epoch, rareBelow, true, 12_000)
	require.True(t, s.Whole)
}
