package scenario

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"draille/loadtest/report"
)

// said is a server that says what it is told to; nil: it does not answer.
type said struct{ now *Reading }

func (s *said) Read(context.Context) (Reading, error) {
	if s.now == nil {
		return Reading{}, errors.New("nobody is there")
	}
	return *s.now, nil
}

func TestSeveralServersAreReadAsOne(t *testing.T) {
	a, b := &said{}, &said{}
	all := NewDoorMetrics()
	all.Add("a", a)
	all.Add("b", b)
	all.Add("silent", nil)
	read := func() Reading {
		r, err := all.Read(t.Context())
		require.NoError(t, err)
		return r
	}
	_, err := all.Read(t.Context())
	require.ErrorIs(t, err, errNoDoor)

	a.now = &Reading{CPUSeconds: 10, PacketsOut: 100, Owned: 3, MemoryBytes: 5,
		Claims: map[string]float64{"opened": 40}}
	b.now = &Reading{CPUSeconds: 20, PacketsOut: 200, Owned: 1, MemoryBytes: 7,
		Claims: map[string]float64{"opened": 1}}
	r := read()
	require.Equal(t, []float64{30, 300, 4, 12},
		[]float64{r.CPUSeconds, r.PacketsOut, r.Owned, r.MemoryBytes})

	// One dies: what it has done is not undone, what it held is gone. The other takes its rooms.
	a.now = nil
	b.now = &Reading{CPUSeconds: 21, PacketsOut: 260, Owned: 4, MemoryBytes: 8,
		Claims: map[string]float64{"opened": 2, "dead": 3}}
	r = read()
	require.Equal(t, []float64{31, 360, 4, 8},
		[]float64{r.CPUSeconds, r.PacketsOut, r.Owned, r.MemoryBytes})

	require.Equal(t, report.Door{Address: "a", Measured: true, RoomsMost: 3,
		Came: map[string]int{}, Died: 1, Away: true}, all.Doors()[0])

	// It is started again: its counters begin again.
	a.now = &Reading{CPUSeconds: 1, PacketsOut: 5, Claims: map[string]float64{"opened": 1}}
	r = read()
	require.Equal(t, []float64{32, 365}, []float64{r.CPUSeconds, r.PacketsOut})
	require.Equal(t, []report.Door{
		{Address: "a", Measured: true, RoomsMost: 3, Came: map[string]int{"opened": 1}, Died: 1},
		{Address: "b", Measured: true, Rooms: 4, RoomsMost: 4,
			Came: map[string]int{"opened": 1, "dead": 3}},
		{Address: "silent"},
	}, all.Doors())

	// The other is silent for a moment, and lives.
	alive := b.now
	b.now = nil
	read()
	require.Equal(t, 1, all.Doors()[1].Died, "nobody knows better yet")
	b.now = alive
	read()
	require.Equal(t, []int{0, 1}, []int{all.Doors()[1].Died, all.Doors()[1].Silent})

	// And again: what came to the processes of before counts on.
	a.now = &Reading{CPUSeconds: 0.5, Claims: map[string]float64{"opened": 2, "given": 1}}
	read()
	require.Equal(t, map[string]int{"opened": 3, "given": 1}, all.Doors()[0].Came)
	require.Equal(t, 2, all.Doors()[0].Died, "it was away while nobody asked")

	// One that took more time than that of before.
	a.now = &Reading{CPUSeconds: 3, Started: 17}
	read()
	require.Equal(t, 3, all.Doors()[0].Died)

	// Another run: nothing of the one of before is told.
	all.Begin()
	read()
	require.Equal(t, []report.Door{
		{Address: "a", Measured: true, Came: map[string]int{}},
		{Address: "b", Measured: true, Rooms: 4, RoomsMost: 4, Came: map[string]int{}},
		{Address: "silent"},
	}, all.Doors())
}

func TestHowBusyTheServerOfRoomsIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &said{}
		all := NewDoorMetrics()
		all.Add("a", a)
		for _, now := range []Reading{
			{CPUSeconds: 10}, {CPUSeconds: 11}, // nobody is there
			{CPUSeconds: 15, Owned: 2}, {CPUSeconds: 20, Owned: 2},
		} {
			time.Sleep(5 * time.Second)
			now.Cores, now.At = 2, time.Now()
			a.now = &now
			_, err := all.Read(t.Context())
			require.NoError(t, err)
		}
		require.InDelta(t, 9/10./2, all.Doors()[0].CPURatio.Or(-1), 1e-9)
	})
}
