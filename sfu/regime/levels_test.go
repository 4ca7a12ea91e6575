package regime

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLevelsRise(t *testing.T) {
	levels := []int{Voice, Stills, Frozen, Moving, Thin, Modest, Decent, Wide}
	assert.True(t, slices.IsSorted(levels))
	assert.Len(t, slices.Compact(levels), 8, "each is a step of its own")
}
