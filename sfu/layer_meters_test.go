package sfu

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var epoch = time.Unix(1_700_000_000, 0)

func TestMeter(t *testing.T) {
	t.Parallel()
	var m meter
	require.Zero(t, m.perSecond(epoch))
	for i := range 30 {
		m.add(epoch.Add(time.Duration(i)*100*time.Millisecond), 10)
	}
	require.Equal(t, 100.0, m.perSecond(epoch.Add(2900*time.Millisecond)))
	require.Equal(t, 50.0, m.perSecond(epoch.Add(3400*time.Millisecond)))
	require.Zero(t, m.perSecond(epoch.Add(time.Minute)))
}
