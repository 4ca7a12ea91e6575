package participant

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhoeverHearsNothingAsksWhetherTheServerIsThere(t *testing.T) {
	start := time.Unix(1_800_000_000, 0)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	d := doors{addresses: []string{"a", "b"}, media: start}
	d.opened(start)
	_, dead := d.look(at(1_999))
	require.False(t, dead)
	_, dead = d.look(at(2_001))
	require.True(t, dead, "it opened and says nothing")

	d.opened(start)
	d.heard(at(10))
	d.media = at(2_000)
	ping, dead := d.look(at(2_900))
	require.False(t, ping || dead)
	ping, dead = d.look(at(3_000))
	require.True(t, ping)
	require.False(t, dead)
	ping, dead = d.look(at(3_100))
	require.False(t, ping || dead, "one question at a time")
	_, dead = d.look(at(4_601))
	require.True(t, dead, "2.6 s after the last packet")

	d.heard(at(3_010))
	ping, _ = d.look(at(3_020))
	require.False(t, ping, "two questions a second at most")
	ping, _ = d.look(at(3_500))
	require.True(t, ping)
	d.heard(at(4_000))
	ping, dead = d.look(at(13_000))
	require.True(t, ping, "every five seconds, whatever comes")
	require.False(t, dead)
	_, dead = d.look(at(14_001))
	require.True(t, dead)
}

func TestDoorsAreTriedOneAfterTheOther(t *testing.T) {
	d := doors{addresses: []string{"a", "b"}}
	for round, most := range []time.Duration{500, 500, 1000, 1000, 2000, 2000, 3000, 3000} {
		pause := d.pause()
		require.LessOrEqual(t, pause, most*time.Millisecond, round)
		require.GreaterOrEqual(t, pause, most*time.Millisecond/2, round)
	}
	require.Equal(t, "a", d.now())
	d.next()
	require.Equal(t, "b", d.now())
	d.next()
	require.Equal(t, "a", d.now())
	require.Empty(t, (&doors{}).now())
}
