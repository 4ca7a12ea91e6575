package scenario

import (
	"context"
	"errors"
	"testing"

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
}
