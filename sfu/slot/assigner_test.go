package slot

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAssignerIsSticky(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var a Assigner[int]
		n := rapid.IntRange(0, 5).Draw(t, "slots")
		a.Grow(n)
		for range rapid.IntRange(1, 30).Draw(t, "rounds") {
			keys := rapid.SliceOfNDistinct(rapid.IntRange(0, 9), 0, 10, rapid.ID[int]).
				Draw(t, "keys")
			var claims []Claim[int]
			for _, key := range keys {
				claims = append(
					claims,
					Claim[int]{Key: key, Priority: rapid.IntRange(0, 3).Draw(t, "priority")},
				)
			}
			before := slices.Clone(a.slots)
			unserved := a.Assign(claims, nil)
			served := map[int]int{}
			for i, s := range a.slots {
				if s.held {
					_, twice := served[s.key]
					require.False(t, twice, "one slot a key")
					require.Contains(t, keys, s.key, "nobody holds what they do not want")
					served[s.key] = i
				}
			}
			require.Len(t, served, min(n, len(claims)), "no slot is left unused")
			require.Len(t, unserved, len(claims)-len(served))
			lowest := func(key int) int {
				return claims[slices.IndexFunc(claims, func(c Claim[int]) bool {
					return c.Key == key
				})].Priority
			}
			for i, s := range before {
				if _, still := served[s.key]; s.held && still {
					require.Equal(t, i, served[s.key], "who keeps a slot keeps the same one")
				}
			}
			for key := range served {
				for _, out := range unserved {
					require.GreaterOrEqual(t, lowest(key), lowest(out), "priority decides")
				}
			}
		}
	})
}

func TestAssignerReusesTheLongestFree(t *testing.T) {
	t.Parallel()
	var a Assigner[string]
	a.Grow(3)
	a.Assign([]Claim[string]{{Key: "x"}, {Key: "y"}}, nil)
	a.Assign([]Claim[string]{{Key: "y"}}, nil)
	a.Assign([]Claim[string]{{Key: "y"}, {Key: "z"}}, nil)
	at := func(i int) string { key, _ := a.At(i); return key }
	require.Equal(
		t, []string{"", "y", "z"}, []string{at(0), at(1), at(2)}, "the slot never used comes first",
	)
	a.Assign([]Claim[string]{{Key: "z"}}, nil)
	a.Assign([]Claim[string]{{Key: "z"}, {Key: "w"}}, nil)
	require.Equal(t, []string{"w", "", "z"}, []string{at(0), at(1), at(2)})
	_, ok := a.At(7)
	require.False(t, ok)
}

func TestAVoiceGoesBesideItsFace(t *testing.T) {
	t.Parallel()
	var a Assigner[string]
	a.Grow(4)
	at := func() (keys []string) {
		for i := range 4 {
			key, _ := a.At(i)
			keys = append(keys, key)
		}
		return keys
	}
	faces := []bool{true, true, false, true}
	a.Assign([]Claim[string]{{Key: "b", Beside: 2}, {Key: "c"}}, faces)
	require.Equal(t, []string{"", "b", "c", ""}, at(), "c, who has no face, stands beside none")
	require.Equal(t, []int{2, 3, 0}, []int{a.Of("b"), a.Of("c"), a.Of("d")})

	a.Assign([]Claim[string]{{Key: "b", Beside: 2}, {Key: "c", Beside: 4}}, faces)
	require.Equal(t, []string{"", "b", "c", ""}, at(), "c speaks, and keeps the slot")
	a.Assign([]Claim[string]{{Key: "b", Beside: 2}, {Key: "c", Beside: 4, Moves: true}}, faces)
	require.Equal(t, []string{"", "b", "", "c"}, at())
	require.Equal(t, []bool{false, true, false, true}, a.Held())

	a.Assign([]Claim[string]{{Key: "b", Beside: 2}, {Key: "c", Moves: true}}, faces)
	require.Equal(t, []string{"", "b", "c", ""}, at(), "the face of c is a still: not beside it")
	a.Assign([]Claim[string]{{Key: "b", Beside: 2}, {Key: "c", Moves: true}},
		[]bool{true, true, true, true})
	require.Equal(t, []string{"", "b", "c", ""}, at(), "no other slot is better")
}

func TestTwoWhoStandInEachOthersPlaceChangePlaces(t *testing.T) {
	t.Parallel()
	var a Assigner[string]
	a.Grow(3)
	faces := []bool{true, true}
	a.Assign([]Claim[string]{{Key: "b", Beside: 1}, {Key: "c", Beside: 2}}, faces)
	for range 3 {
		a.Assign([]Claim[string]{{Key: "b", Beside: 2, Moves: true},
			{Key: "c", Beside: 1, Moves: true}}, faces)
	}
	require.Equal(t, []int{2, 1}, []int{a.Of("b"), a.Of("c")})
}
