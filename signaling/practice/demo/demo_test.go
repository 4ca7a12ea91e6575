package demo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whenever a demonstration begins, there is a consultation on the very day, soon.
func TestTheFirstConsultationIsToday(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	require.NoError(t, err)
	for minute := range 24 * 60 {
		now := time.Date(2026, 12, 1, 0, minute, 30, 0, paris)
		start := firstStart(now)
		assert.Equal(t, now.Day(), start.Day(), now)
		assert.Less(t, start.Sub(now).Abs(), 20*time.Minute, now)
	}
}
