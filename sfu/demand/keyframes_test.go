package demand

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var epoch = time.Unix(1_700_000_000, 0)

func TestKeyframeRequests(t *testing.T) {
	t.Parallel()
	var k Keyframes
	require.False(t, k.Due(epoch))
	require.True(t, k.Request(epoch, 0))
	require.False(t, k.Request(epoch.Add(100*time.Millisecond), 0))
	require.False(t, k.Due(epoch.Add(400*time.Millisecond)))
	require.True(t, k.Due(epoch.Add(500*time.Millisecond)), "it did not come: ask again")
	k.Arrived(epoch.Add(time.Second))
	require.False(t, k.Due(epoch.Add(2*time.Second)))
	require.False(t, k.Request(epoch.Add(1050*time.Millisecond), 0), "one begins right now")
	require.False(t, k.Due(epoch.Add(2*time.Second)))
	require.True(t, k.Request(epoch.Add(2*time.Second), 0))

	k = Keyframes{size: 5_000}
	require.True(t, k.Request(epoch, 80_000))
	require.False(
		t, k.Due(epoch.Add(1900*time.Millisecond)),
		"40 kbit every two seconds are a quarter of the uplink",
	)
	require.True(t, k.Due(epoch.Add(2*time.Second)))
	k.uplink = 20_000
	require.True(t, k.Due(epoch.Add(6*time.Second)), "nobody waits for ever")
}
