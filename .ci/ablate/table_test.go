package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// outcomeOf has one figure with a value a seed.
func outcomeOf(name string, values ...float64) outcome {
	o := outcome{figures: map[string]map[uint64]float64{name: {}}}
	for i, value := range values {
		o.figures[name][uint64(i)] = value
	}
	return o
}

func TestOnlyWhatIsSureAndMattersIsAChange(t *testing.T) {
	for _, c := range []struct {
		why           string
		name          string
		with, without []float64
		worse, better int
	}{
		{"each seed is worse", "lost %", []float64{1, 9, 4}, []float64{3, 11, 6}, 1, 0},
		{"each seed is better", "lost %", []float64{3, 11, 6}, []float64{1, 9, 4}, 0, 1},
		{"one seed alone is chance", "lost %", []float64{1, 1, 1}, []float64{1, 1, 9}, 0, 0},
		{"so little matters to nobody", "lost %", []float64{1, 1, 1}, []float64{1.1, 1.1, 1.1},
			0, 0},
		{"nor does 2 %", "queue ms", []float64{300, 300}, []float64{306, 306}, 0, 0},
		{"nothing changes", "heal s", []float64{1, 2}, []float64{1, 2}, 0, 0},
	} {
		worse, better := changes(outcomeOf(c.name, c.with...), outcomeOf(c.name, c.without...))
		assert.Len(t, worse, c.worse, c.why)
		assert.Len(t, better, c.better, c.why)
	}
	worse, _ := changes(outcomeOf("fall: lost %", 1, 3), outcomeOf("fall: lost %", 4, 6))
	assert.Equal(t, "fall: lost 2 → 5 %", list(worse, 3))
}

func TestOutcomesAreRead(t *testing.T) {
	var o outcome
	require.NoError(t, o.read([]byte("=== RUN TestX\nfigure\ta: lost %\t3\t0.25\n"+
		"--- FAIL: TestX (0.01s)\n    --- FAIL: TestX/one (0.01s)\nFAIL\n")))
	assert.Equal(t, map[string]map[uint64]float64{"a: lost %": {3: 0.25}}, o.figures)
	assert.Equal(t, []string{"TestX"}, o.failed)
	assert.ErrorContains(t, o.read([]byte("figure\ta\t1\n")), "expected 4")
	assert.Error(t, o.read([]byte("figure\ta\tone\t1\n")))
	assert.Error(t, o.read([]byte("figure\ta\t1\tone\n")))
}

func TestTheTableIsWrittenBetweenTheMarks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	require.NoError(t, os.WriteFile(file, []byte("a\n"+begins+"old\n"+ends+"b\n"), 0o644))
	require.NoError(t, insert(file, "new\n"))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "a\n"+begins+"\nnew\n\n"+ends+"b\n", string(text))
	require.NoError(t, os.WriteFile(file, []byte("a\n"), 0o644))
	assert.ErrorContains(t, insert(file, "new\n"), "no place for the table")
}
