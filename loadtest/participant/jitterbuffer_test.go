package participant

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAVoiceWithGapsIsWaitedFor(t *testing.T) {
	began := time.Date(2030, 1, 1, 9, 0, 0, 0, time.UTC)
	const fibre = 10 * time.Millisecond
	var g gaps
	assert.Equal(t, firstWords, g.wait(began, time.Time{}, fibre, false), "nothing was heard yet")
	assert.Equal(t, firstWords, g.wait(began.Add(2*time.Second), began, fibre, false))
	now := began.Add(lesson)
	assert.Zero(t, g.wait(now, began, fibre, false), "the jitter buffer knows better by now")
	assert.Equal(t, lossyLink, g.wait(now, began, fibre, true), "what is repaired comes late")
	g.take(0.05)
	assert.Zero(t, g.wait(now, began, fibre, false), "a single gap of 50 ms in ten seconds")
	g.take(0.08)
	assert.Equal(t, lossyLink, g.wait(now, began, fibre, false))
	for range 10 {
		g.take(0)
	}
	assert.Equal(t, lossyLink, g.wait(now, began, fibre, false),
		"a lossy link has good seconds between")
	for range 10 {
		g.take(0)
	}
	assert.Zero(t, g.wait(now, began, fibre, false))
	assert.Equal(t, longLine, g.wait(now, began, 50*time.Millisecond, false),
		"a long line may fall at any time")
	assert.Zero(t, g.wait(now, began, 0, false), "not known")
}
