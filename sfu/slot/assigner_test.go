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
			unserved := a.Assign(claims)
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
	a.Assign([]Claim[string]{{Key: "x"}, {Key: "y"}})
	a.Assign([]Claim[string]{{Key: "y"}})
	a.Assign([]Claim[string]{{Key: "y"}, {Key: "z"}})
	at := func(i int) string { key, _ := a.At(i); return key }
	require.Equal(
		t, []string{"", "y", "z"}, []string{at(0), at(1), at(2)}, "the slot never used comes first",
	)
	a.Assign([]Claim[string]{{Key: "z"}})
	a.Assign([]Claim[string]{{Key: "z"}, {Key: "w"}})
	require.Equal(t, []string{"w", "", "z"}, []string{at(0), at(1), at(2)})
	_, ok := a.At(7)
	require.False(t, ok)
}
