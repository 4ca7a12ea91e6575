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

func TestNoiseAndClicksAreNoVoice(t *testing.T) {
	t.Parallel()
	s, now := New(), epoch
	talk(s, &now, time.Second, map[string]uint8{"a": 60})
	require.Empty(t, s.Speaking(now, []string{"a"}), "a room")
	talk(s, &now, time.Second, map[string]uint8{"a": 127})
	talk(s, &now, 20*time.Millisecond, map[string]uint8{"a": 0})
	require.Empty(t, s.Speaking(now, []string{"a"}), "a click")
	talk(s, &now, 200*time.Millisecond, map[string]uint8{"a": 30})
	require.NotEmpty(t, s.Speaking(now, []string{"a"}), "a word")
}

func TestABreathCostsNoPlace(t *testing.T) {
	t.Parallel()
	s, now, ids := New(), epoch, []string{"a"}
	talk(s, &now, time.Second, map[string]uint8{"a": 30})
	require.Empty(t, s.Pausing(now.Add(300*time.Millisecond), ids), "a consonant")
	require.NotEmpty(t, s.Pausing(now.Add(600*time.Millisecond), ids))
	require.NotEmpty(t, s.Speaking(now.Add(1400*time.Millisecond), ids))
	require.Empty(t, s.Speaking(now.Add(1600*time.Millisecond), ids))

	both := []string{"a", "b"}
	for range 50 { // between the syllables of one is no place for the other
		talk(s, &now, 60*time.Millisecond, map[string]uint8{"a": 20, "b": 28})
		talk(s, &now, 20*time.Millisecond, map[string]uint8{"a": 127, "b": 28})
		require.Equal(t, "a", s.Rank(now, both, 1)[0])
	}
}

func TestAStopOfPacketsEndsAVoice(t *testing.T) {
	t.Parallel()
	s, now, both := New(), epoch, []string{"a", "b"}
	talk(s, &now, time.Second, map[string]uint8{"a": 20, "b": 35})
	require.Equal(t, "a", s.Rank(now, both, 1)[0])
	talk(s, &now, 300*time.Millisecond, map[string]uint8{"b": 35})
	require.Equal(t, "a", s.Rank(now, both, 1)[0])
	talk(s, &now, 300*time.Millisecond, map[string]uint8{"b": 35})
	require.Equal(t, "b", s.Rank(now, both, 1)[0], "within the hangover, but nothing comes")
}

func TestPlacesChangeForALouderVoiceOnly(t *testing.T) {
	t.Parallel()
	for louder, change := range map[uint8]bool{2: false, 5: true} {
		s, now, both := New(), epoch, []string{"a", "b"}
		talk(s, &now, time.Second, map[string]uint8{"a": 30, "b": 127})
		require.Equal(t, "a", s.Rank(now, both, 2)[0])
		talk(s, &now, 2*time.Second, map[string]uint8{"a": 30, "b": 30 - louder})
		require.Equal(t, change, s.Rank(now, both, 2)[0] == "b", "both are heard: %d dB", louder)
	}
	for louder, change := range map[uint8]bool{7: false, 11: true} {
		s, now, both := New(), epoch, []string{"a", "b"}
		talk(s, &now, time.Second, map[string]uint8{"a": 30, "b": 127})
		require.Equal(t, "a", s.Rank(now, both, 1)[0])
		talk(s, &now, 2*time.Second, map[string]uint8{"a": 30, "b": 30 - louder})
		require.Equal(t, change, s.Rank(now, both, 1)[0] == "b", "one is heard: %d dB", louder)
	}
}

func TestAnnouncementsLieApart(t *testing.T) {
	t.Parallel()
	s, now, both := New(), epoch, []string{"a", "b"}
	talk(s, &now, time.Second, map[string]uint8{"a": 30})
	_, changed := s.Announce(now, both)
	require.True(t, changed)
	talk(s, &now, 160*time.Millisecond, map[string]uint8{"a": 30, "b": 30})
	_, changed = s.Announce(now, both)
	require.False(t, changed, "too soon")
	talk(s, &now, 60*time.Millisecond, map[string]uint8{"a": 30, "b": 30})
	speaking, changed := s.Announce(now, both)
	require.True(t, changed)
	require.Equal(t, both, speaking)
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
