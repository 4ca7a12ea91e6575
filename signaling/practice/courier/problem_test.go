package courier

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// TestWhatAServerSaysIsKeptByEveryStore has what PostgreSQL refuses in a text.
func TestWhatAServerSaysIsKeptByEveryStore(t *testing.T) {
	t.Parallel()
	for said, kept := range map[string]string{
		"no p0@example.org, +33 6 12 34 56 78": "no …, …",
		"refus\xe9":                            "refus\uFFFD",
		"refused\x00":                          "refused\uFFFD",
		strings.Repeat("é", longest):           strings.Repeat("é", longest/2),
		"x" + strings.Repeat("é", longest):     "x" + strings.Repeat("é", longest/2-1),
	} {
		require.Equal(t, kept, scrub(said))
		require.True(t, utf8.ValidString(scrub(said)))
	}
}
