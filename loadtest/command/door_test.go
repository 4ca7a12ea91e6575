package command

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDoorsAreServersWithTheirMetrics(t *testing.T) {
	doors, err := parseDoors([]string{"a.example=http://10.0.0.1:9477/metrics", "b.example:8443"})
	require.NoError(t, err)
	require.Equal(t, []door{{"a.example", "http://10.0.0.1:9477/metrics"}, {"b.example:8443", ""}},
		doors)
	require.Equal(t, []string{"b.example:8443", "a.example"}, from(doors, 7))
	require.Empty(t, from(nil, 7))
	for text, says := range map[string]string{
		"https://a.example": "expected host[:port]",
		"a.example/x":       "expected host[:port]",
		"":                  "expected host[:port]",
		"a.example=10":      "no address of metrics",
		"a.example":         "expected two or more",
	} {
		_, err := parseDoors([]string{text})
		require.ErrorContains(t, err, says, text)
	}
	doors, err = parseDoors(nil)
	require.NoError(t, err)
	require.Empty(t, doors)
}
