package forwarding

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCases(t *testing.T) {
	all, err := Find(nil)
	require.NoError(t, err)
	require.Len(t, all, 4)
	offered := map[string]int{"1-50": 7500, "4-50": 27_500, "12-12": 8400, "40x2": 8000,
		"1-200": 16_000, "1-250": 20_000, "1-300": 24_000}
	for name, packets := range offered {
		found, err := Find([]string{name})
		require.NoError(t, err)
		require.Equal(t, packets, found[0].Offered(), name)
	}
	_, err = Find([]string{"2-2"})
	require.ErrorContains(t, err, "expected some of")
}

func TestHistogram(t *testing.T) {
	h, other := &histogram{}, &histogram{}
	for i := range 1000 {
		h.add(time.Duration(i) * time.Millisecond / 10)
	}
	other.add(-time.Second)
	other.add(time.Hour)
	h.merge(other)
	require.InDelta(t, 50, millis(h.quantile(0.5)), 0.5)
	require.InDelta(t, 99, millis(h.quantile(0.99)), 0.5)
	require.Equal(t, delayStep, h.quantile(0))
	require.Equal(t, delaySteps*delayStep, h.quantile(1))
}

func TestSlotCountsEachPacketOnce(t *testing.T) {
	s := &slot{media: true}
	for _, number := range []uint16{65534, 65535, 1, 0, 2} {
		require.True(t, s.take(number))
		require.False(t, s.take(number))
	}
	require.EqualValues(t, 5, s.count)
	require.EqualValues(t, 4, s.highest-s.first)
}

func TestStamp(t *testing.T) {
	payload := make([]byte, AudioBytes)
	stamp(payload, clock.Add(time.Second))
	at, ok := stamped(payload)
	require.True(t, ok)
	require.Equal(t, time.Second, at)
	_, ok = stamped(payload[:stampAt])
	require.False(t, ok)
}

func TestMedianAndTable(t *testing.T) {
	runs := []*Result{{CPU: 5 * time.Microsecond, PerSecond: 10, Delivered: 10, Sent: 10},
		{CPU: 1 * time.Microsecond, PerSecond: 30, Delivered: 10, Sent: 10},
		{CPU: 3 * time.Microsecond, PerSecond: 20, Delivered: 10, Sent: 10}}
	middle := Median(runs)
	require.Equal(t, 3*time.Microsecond, middle.CPU)
	require.InDelta(t, 20, middle.PerSecond, 0)
	require.EqualValues(t, 30, middle.Delivered)
	var out bytes.Buffer
	require.NoError(t, WriteTable(&out, []Row{{Case: cases[0], Result: middle}}))
	require.Contains(t, out.String(), "3.00")
	require.Contains(t, out.String(), "100.000 %")
}

func TestProcessOfThis(t *testing.T) {
	used, err := Process{ID: processID()}.usage()
	require.NoError(t, err)
	require.Positive(t, used.resident)
	_, err = Process{ID: 1 << 30}.usage()
	require.ErrorContains(t, err, "/proc")
}
