package participant

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAVoiceWithGapsIsWaitedFor(t *testing.T) {
	began := time.Date(2030, 1, 1, 9, 0, 0, 0, time.UTC)
	var g gaps
	assert.Equal(t, firstWords, g.wait(began, time.Time{}), "nothing was heard yet")
	assert.Equal(t, firstWords, g.wait(began.Add(2*time.Second), began))
	now := began.Add(lesson)
	assert.Zero(t, g.wait(now, began), "the jitter buffer knows better by now")
	g.take(0.05)
	assert.Zero(t, g.wait(now, began), "a single gap of 50 ms in ten seconds")
	g.take(0.08)
	assert.Equal(t, lossyLink, g.wait(now, began))
	for range 10 {
		g.take(0)
	}
	assert.Equal(t, lossyLink, g.wait(now, began), "a lossy link has good seconds between")
	for range 10 {
		g.take(0)
	}
	assert.Zero(t, g.wait(now, began))
}
