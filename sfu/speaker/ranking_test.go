package speaker

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var epoch = time.Unix(1_700_000_000, 0)

// talk feeds 20 ms packets of constant levels for a while.
func talk(s *Ranking, now *time.Time, span time.Duration, levels map[string]uint8) {
	for end := now.Add(span); now.Before(end); *now = now.Add(20 * time.Millisecond) {
		for _, id := range slices.Sorted(mapsKeys(levels)) {
			s.Observe(id, levels[id], *now)
		}
	}
}

func mapsKeys(m map[string]uint8) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func TestSpeakersRank(t *testing.T) {
	t.Parallel()
	s, now := New(), epoch
	all := []string{"a", "b", "c"}
	require.Equal(t, all, s.Rank(now, all, 1), "nobody has spoken yet")
	talk(s, &now, time.Second, map[string]uint8{"a": 127, "b": 30, "c": 127})
	require.Equal(t, "b", s.Rank(now, all, 1)[0])
	speaking, changed := s.Announce(now, s.Rank(now, all, 1))
	require.True(t, changed)
	require.Equal(t, []string{"b"}, speaking)
	_, changed = s.Announce(now, s.Rank(now, all, 1))
	require.False(t, changed, "no news")

	talk(s, &now, time.Second, map[string]uint8{"a": 27, "b": 30, "c": 127})
	require.Equal(
		t, "b", s.Rank(now, all, 1)[0], "a little louder is not enough to take a slot over",
	)
	talk(s, &now, time.Second, map[string]uint8{"a": 15, "b": 30, "c": 127})
	require.Equal(t, "a", s.Rank(now, all, 1)[0], "much louder is")

	talk(s, &now, time.Second, map[string]uint8{"a": 127, "b": 127, "c": 127})
	require.Equal(t, "a", s.Rank(now, all, 1)[0], "a pause for breath costs no slot")
	talk(s, &now, 3*time.Second, map[string]uint8{"a": 127, "b": 127, "c": 127})
	speaking, changed = s.Announce(now, s.Rank(now, all, 1))
	require.True(t, changed)
	require.Empty(t, speaking)
	s.Remove("a")
	require.NotEqual(t, "a", s.Rank(now, []string{"b", "c"}, 1)[0])
}

func TestSpeakersRankProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, now := New(), epoch
		ids := []string{"a", "b", "c", "d", "e"}
		for range rapid.IntRange(1, 20).Draw(t, "turns") {
			levels := map[string]uint8{}
			for _, id := range ids {
				levels[id] = rapid.Uint8Range(0, 127).Draw(t, "level")
			}
			talk(
				s, &now, time.Duration(rapid.IntRange(20, 800).Draw(t, "ms"))*time.Millisecond,
				levels,
			)
			order := s.Rank(now, ids, 3)
			require.ElementsMatch(t, ids, order)
			silent := false
			for _, id := range order {
				speaking := s.voices[id].speaking(now)
				require.False(t, silent && speaking, "whoever speaks comes before whoever does not")
				silent = silent || !speaking
			}
		}
	})
}
