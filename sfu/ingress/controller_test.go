package ingress

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A thin link: the voice loses nothing once the link is known, and most of the link is used.
func TestThinLink(t *testing.T) {
	s := &simulation{path: path{rate: constant(150_000), queue: 300 * ms, delay: still(25 * ms)}, sender: talker(), random: random(), length: 60 * time.Second}
	arrived := 0.0
	for _, m := range s.run() {
		if m.at > 5*time.Second {
			require.Zero(t, m.lost, m.at)
			require.Less(t, m.wait, 200*ms, m.at)
			arrived += m.arrived / 10
		}
	}
	require.Greater(t, arrived/55, 0.8*150_000)
}
