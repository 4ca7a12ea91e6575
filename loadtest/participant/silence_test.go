package participant

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestASilenceThatHasNotEndedCounts(t *testing.T) {
	began := time.Now()
	var v voices
	require.Zero(t, v.mostUntil(began.Add(time.Hour)), "nobody has spoken yet")
	v.heard(began)
	v.heard(began.Add(2 * time.Second))
	require.Equal(t, 2*time.Second, v.mostUntil(began.Add(3*time.Second)))
	require.Equal(t, 9*time.Second, v.mostUntil(began.Add(11*time.Second)),
		"their voice has not come back")
}
