package sched

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/sfu/udp"
)

// counted is a task that tells when it is called.
type counted struct {
	called chan time.Time
	again  time.Duration
	busy   atomic.Bool
}

func (t *counted) Run(now time.Time, _ *udp.Batch) time.Time {
	if t.busy.Swap(true) {
		panic("called twice at once")
	}
	defer t.busy.Store(false)
	t.called <- now
	return now.Add(t.again)
}

func TestSchedulerRunsWhatIsDue(t *testing.T) {
	socket, err := udp.Listen("127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, socket.Close()) }()
	c := New(socket.Media())
	defer c.Stop()
	often := &counted{called: make(chan time.Time, 1000), again: 5 * time.Millisecond}
	seldom := &counted{called: make(chan time.Time, 1000), again: time.Hour}
	now := time.Now()
	first, second := c.Add(often, now), c.Add(seldom, now)
	begun := <-seldom.called
	for range 10 {
		<-often.called
	}
	require.Empty(t, seldom.called)
	c.RunBy(second, begun.Add(time.Minute))
	c.RunBy(second, begun.Add(30*time.Millisecond))
	require.GreaterOrEqual(t, (<-seldom.called).Sub(begun), 30*time.Millisecond)
	c.Remove(first)
	for len(often.called) > 0 {
		<-often.called
	}
	c.RunBy(first, time.Now()) // too late
	c.RunBy(second, time.Now())
	<-seldom.called
	require.Empty(t, often.called, "what was removed is not called")
	c.Remove(second)
}
