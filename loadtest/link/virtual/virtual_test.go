package virtual_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"draille/loadtest/link"
	"draille/loadtest/link/virtual"
)

const ms = time.Millisecond

func TestEventsRunInOrderOfTimeThenOfAsking(t *testing.T) {
	var loop virtual.Loop
	var got []string
	note := func(s string) func() { return func() { got = append(got, s+"@"+loop.Now().String()) } }
	loop.At(20*ms, note("c"))
	loop.At(10*ms, note("a"))
	loop.At(10*ms, note("b"))
	loop.After(10*ms, func() {
		loop.At(time.Millisecond, note("late")) // its time has passed: now, after what is due
		loop.After(0, note("zero"))
	})
	loop.Run(15 * ms)
	assert.Equal(t, []string{"a@10ms", "b@10ms", "late@10ms", "zero@10ms"}, got)
	assert.Equal(t, 15*ms, loop.Now())
	loop.Run(time.Second)
	assert.Equal(t, "c@20ms", got[4])
	assert.Equal(t, time.Second, loop.Now())
}

func TestEveryStopsWhenToldTo(t *testing.T) {
	var loop virtual.Loop
	n := 0
	loop.Every(10*ms, func() bool { n++; return n < 3 })
	loop.Run(time.Second)
	assert.Equal(t, 3, n)
}

func TestAdvanceSeesEachStepOfTheClockOnce(t *testing.T) {
	var loop virtual.Loop
	var steps []time.Duration
	loop.Advance = func(to time.Duration) { steps = append(steps, to) }
	loop.At(5*ms, func() {})
	loop.At(5*ms, func() {})
	loop.At(8*ms, func() {})
	loop.Run(10 * ms)
	loop.Run(10 * ms)
	assert.Equal(t, []time.Duration{5 * ms, 8 * ms, 10 * ms}, steps)
}

func TestPipeCountsEveryFate(t *testing.T) {
	conditions := link.Conditions{Rate: 80 * link.Kbps, Delay: 10 * ms, Loss: 1}
	clean := conditions
	clean.Loss = 0
	d, err := link.NewDirection(link.Config{
		Conditions: conditions, Queue: 200 * ms,
		Schedule: []link.Step{{At: 150 * ms, Conditions: clean},
			{At: time.Second, Conditions: link.Conditions{Stopped: true}}},
	}, 1)
	require.NoError(t, err)
	var loop virtual.Loop
	var got []string
	pipe := virtual.NewPipe(&loop, d, func(s string) { got = append(got, s) })
	assert.Equal(t, link.Lost, pipe.Send("lost", 1000).Fate)
	assert.Equal(t, link.Delivered, pipe.Send("kept", 1000).Fate)
	assert.Equal(t, link.QueueFull, pipe.Send("too much", 1000).Fate)
	assert.Equal(t, virtual.Counts{Sent: 3, Queue: 1, Lost: 1, InFlight: 1, SentBytes: 3000},
		pipe.Counts())
	loop.Run(2 * time.Second)
	assert.Equal(t, link.Stuck, pipe.Send("never", 1000).Fate)
	assert.Equal(t, virtual.Counts{Sent: 4, Queue: 1, Lost: 1, Stuck: 1, Delivered: 1,
		SentBytes: 4000, DeliveredBytes: 1000}, pipe.Counts())
	assert.Equal(t, []string{"kept"}, got)
}

func BenchmarkPipe(b *testing.B) {
	d, err := link.NewDirection(
		link.Config{Conditions: link.Conditions{Rate: link.Mbps, Delay: 25 * ms}, Queue: 300 * ms},
		1)
	if err != nil {
		b.Fatal(err)
	}
	var loop virtual.Loop
	pipe := virtual.NewPipe(&loop, d, func(int) {})
	b.ReportAllocs()
	for b.Loop() {
		loop.Run(loop.Now() + 10*ms)
		pipe.Send(1, 1200)
	}
}
