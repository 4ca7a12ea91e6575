package link_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"draille/loadtest/link"
)

func TestARecordingIsALinkLikeOthers(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	// one packet of 1,500 bytes each 100 ms, each 10 ms
	slow, fast := write("slow", "100\n"), write("fast", "10\n")
	both, err := link.Find("trace:" + fast + "," + slow)
	require.NoError(t, err)
	alone, err := link.Find("trace:" + slow)
	require.NoError(t, err)
	assert.Equal(t, alone.Up, alone.Down)
	for _, c := range []struct {
		profile  link.Profile
		up, down time.Duration // until the third packet of 1,500 bytes is there
	}{{both, 325 * time.Millisecond, 55 * time.Millisecond},
		{alone, 325 * time.Millisecond, 325 * time.Millisecond}} {
		up, down, err := c.profile.New(1)
		require.NoError(t, err)
		for _, d := range []struct {
			direction *link.Direction
			want      time.Duration
		}{{up, c.up}, {down, c.down}} {
			var last time.Duration
			for range 3 {
				last = d.direction.Send(0, 1500).At
			}
			assert.Equal(t, d.want, last)
		}
	}
	_, err = link.Find("trace:" + filepath.Join(folder, "nothing"))
	assert.ErrorContains(t, err, "expected a file with a recorded link")
	_, err = link.Find("trace:" + write("bad", "ten\n"))
	assert.ErrorContains(t, err, "bad")
	_, err = link.Find("nonsense")
	assert.ErrorContains(t, err, "trace:FILE")
}
