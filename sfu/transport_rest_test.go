package sfu

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/sfu/congestion/send"
)

// A transport over which nothing goes is looked after once a second, and as soon as something goes
// ten times a second again.
func TestATransportRestsWhileNothingGoes(t *testing.T) {
	p := newWholePath(t, 1, nil)
	to := p.to[0]
	p.room.schedulers.looks.Remove(p.room.entry.Load()) // time is the test's
	p.from.scheduler.Remove(p.from.entry.Load())
	to.scheduler.Remove(to.entry.Load())
	to.protected.Store(true)
	run := func(times int) (length time.Duration) {
		t.Helper()
		for range times {
			length = to.Run(p.now, p.out).Sub(p.now)
			p.now = p.now.Add(length)
		}
		return length
	}
	camera := participantOf(p.from).publications[Camera]
	require.LessOrEqual(t, run(50), tickInterval, "a picture is watched")
	camera.live.Store(false)
	p.room.update(p.now)
	require.Equal(t, restInterval, run(50))
	require.True(t, to.resting.Load())
	moment := p.now.Truncate(tickInterval)
	require.Equal(t, moment.Add(tickInterval), to.readAt(moment.Add(1)))

	// what leaves is answered, or fails to be
	camera.live.Store(true)
	p.step()
	require.False(t, to.resting.Load())
	require.LessOrEqual(t, to.Run(p.now, p.out).Sub(p.now), tickInterval)
	require.Equal(t, p.now, to.readAt(p.now))
	to.resting.Store(true)
	to.down.count(100)
	require.False(t, to.resting.Load(), "whatever it was that left")
	camera.live.Store(false)
	p.room.update(p.now)
	require.Equal(t, restInterval, run(50))
	to.down.estimator.OnSent(send.Sent{Seq: to.down.next, Size: 100, At: p.now})
	require.LessOrEqual(t, run(1), tickInterval, "nothing has been told of what left")

	// what comes is told of
	p.from.protected.Store(true)
	p.from.path.connected.Store(true)
	home := to.path.destination.Load().Address()
	p.from.path.choose(p.now, home)
	p.from.path.prove(p.now, home)
	for range 50 {
		p.now = p.from.Run(p.now, p.out)
	}
	require.True(t, p.from.resting.Load())
	p.comesIn(p.out)
	require.False(t, p.from.resting.Load())
	require.LessOrEqual(t, p.from.Run(p.now, p.out).Sub(p.now), tickInterval)
}

// A room in which nobody sends anything is looked at once a second, at a moment of all rooms.
func TestASilentRoomIsLookedAtSeldom(t *testing.T) {
	p := newWholePath(t, 1, nil)
	p.room.schedulers.looks.Remove(p.room.entry.Load()) // time is the test's
	require.False(t, p.room.silent())
	participantOf(p.from).publications[Camera].live.Store(false)
	require.True(t, p.room.silent())
	p.room.rested = time.Time{} // the scheduler may have looked before
	next := p.room.Run(p.now, p.out).Add(-lookAfter)
	require.Equal(t, next.Truncate(restInterval).UnixNano(), next.UnixNano())
}
