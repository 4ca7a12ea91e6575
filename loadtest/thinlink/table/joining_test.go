package table

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestJoining(t *testing.T) {
	var j Joining
	for _, seconds := range []float64{5, 7, 5.5} {
		j.Visits[Empty] = append(j.Visits[Empty],
			Visit{Connected: value(seconds - 1), Voice: value(seconds - 0.4), Frame: value(seconds),
				AfterTap: value(2), Down: value(90), Up: value(12)})
	}
	j.Visits[Warm] = []Visit{{Voice: value(4.3), Frame: value(4.1), AfterTap: value(1.9),
		Down: value(40), Up: value(9)}}
	j.Visits[Waiting] = []Visit{{Voice: value(30), Frame: value(30.2), AfterTap: value(1.4)}}
	j.Remarks = []string{"the machine was busy"}
	var out strings.Builder
	require.NoError(t, j.Write(&out))
	for _, line := range []string{
		"| visit | connected | first voice | first frame | after the host's tap | voice before " +
			"the frame | down | up |",
		"| empty cache | 4.5 s | 5.1 s | 5.5 s ✓ (< 6 s) | 2 s | 0.4 s ✓ (≥ 0 s) | 90 KiB ✓ (< " +
			"110 KiB) | 12 KiB |",
		"| warm cache | – | 4.3 s | 4.1 s ✗ (< 4 s) | 1.9 s | -0.2 s ✗ (≥ 0 s) | 40 KiB | 9 KiB |",
		"| has waited for the host | – |  |  | 1.4 s ✓ (< 1.5 s) | 0.2 s ✓ (≥ 0 s) |  |  |",
		"the machine was busy",
	} {
		assert.Contains(t, out.String(), line+"\n")
	}
	assert.Equal(t,
		[]string{"warm cache: first frame 4.1 s, to be < 4 s",
			"warm cache: voice before the frame -0.2 s, to be ≥ 0 s"}, j.Missed())
	none := Joining{}
	assert.Len(t, none.Missed(), 7, "what was not measured meets no target")
	assert.Equal(t, "–", kibibytes(lead(&Visit{Voice: value(1)})))
}
