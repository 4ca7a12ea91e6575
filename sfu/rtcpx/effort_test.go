package rtcpx

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestEffort lets somebody send 1 Mbit/s of the smallest feedback there is, and somebody else what
// a browser on a fast line does.
func TestEffort(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	const smallest, length = feedbackChunks + chunkBytes + 2, 10 * time.Second
	const asked = int(length/time.Second) * 1_000_000 / 8 / smallest
	var flooder Effort
	read := 0
	for i := range asked {
		if flooder.Spend(now.Add(length*time.Duration(i)/time.Duration(asked)), smallest) {
			read++
		}
	}
	const most = effortSaved + effortRate*int(length/time.Second)
	require.LessOrEqual(t, read*(effortBytes+smallest)/effortBytes, most)
	require.Greater(t, asked, 5*read)

	var browser Effort
	for at := now; at.Before(now.Add(length)); at = at.Add(50 * time.Millisecond) {
		require.True(t, browser.Spend(at, 300), "feedback of 250 packets")
		require.True(t, browser.Spend(at, 100), "a NACK")
		for range 3 {
			require.True(t, browser.Spend(at, 32), "reports")
		}
	}
}
