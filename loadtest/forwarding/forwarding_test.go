package forwarding

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/require"
)

func TestCases(t *testing.T) {
	all, err := Find(nil)
	require.NoError(t, err)
	require.Len(t, all, 4)
	offered := map[string]int{"1-50": 7500, "4-50": 27_500, "12-12": 8400, "40x2": 8000,
		"1-200": 16_000, "1-250": 20_000, "1-300": 24_000, "40x2-voice": 1360, "40x2-idle": 0,
		"80-calls": 9120}
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

// What packets cost is told from what people cost by those who send more.
func TestPrices(t *testing.T) {
	row := func(build, name string, perSecond, cores float64) Row {
		found, err := Find([]string{name})
		require.NoError(t, err)
		return Row{Case: found[0], Build: build,
			Result: Result{PerSecond: perSecond, Cores: cores, Participants: 80}}
	}
	rows := []Row{row("", "40x2-voice", 1000, 0.036), row("other", "40x2-idle", 0, 0.008),
		row("", "40x2-idle", 0, 0.016), row("", "40x2", 8000, 0.176), row("", "1-50", 7500, 1),
		row("other", "40x2", 8000, 0.088)}
	all := prices(rows)
	require.Len(t, all, 2, "of 1-50 there is one rate only")
	require.Equal(t, 20*time.Microsecond, all[0].packet)
	require.InDelta(t, 0.0002, all[0].participant, 1e-9)
	require.Equal(t, 10*time.Microsecond, all[1].packet)
	var out bytes.Buffer
	require.NoError(t, WriteTable(&out, rows))
	require.Contains(t, out.String(), "40x2-idle to 40x2: 0.020 % of a core for each of 80 "+
		"participants, and 20.0 µs for each packet\n")
	require.Contains(t, out.String(), "40x2 (other)")
}

// A case in which nobody sends waits for nobody, and has the slots for those who might.
func TestSeats(t *testing.T) {
	seatOf := func(name string, sends bool) seat {
		found, err := Find([]string{name})
		require.NoError(t, err)
		return found[0].seat(sends)
	}
	require.Equal(t, seat{slots: 1}, seatOf("40x2-idle", true))
	require.Equal(t, seat{microphone: true, sees: 1, slots: 1}, seatOf("40x2-voice", true))
	require.Equal(t, seat{microphone: true, camera: true}, seatOf("1-50", true))
	require.Equal(t, seat{sees: 4, slots: 4}, seatOf("4-50", false))
}

func TestProcessOfThis(t *testing.T) {
	used, err := Process{ID: os.Getpid()}.usage()
	require.NoError(t, err)
	require.Positive(t, used.resident)
	require.Positive(t, used.waits)
	_, err = Process{ID: 1 << 30}.usage()
	require.ErrorContains(t, err, "/proc")
}

// Where a sink delivers a few packets only, those between them are reported as arrived, at even
// intervals, and none as lost; elsewhere what is missing is missing.
func TestSampledPacketsStandForTheOthers(t *testing.T) {
	for _, sampled := range []bool{true, false} {
		in := newIncoming(1, sampled)
		in.slots[5] = &slot{media: true}
		for i, number := range []uint16{65_530, 4} {
			in.record(5, number, int64(i)*100_000)
			require.True(t, in.slots[5].take(number))
		}
		var arrived []time.Duration
		at := time.Duration(0)
		for _, packet := range in.feedback() {
			feedback := packet.(*rtcp.TransportLayerCC)
			for _, delta := range feedback.RecvDeltas {
				at += time.Duration(delta.Delta) * time.Microsecond
				arrived = append(arrived, at-time.Duration(feedback.RecvDeltas[0].Delta)*
					time.Microsecond)
			}
		}
		lost := in.report(1)[0].(*rtcp.ReceiverReport).Reports[0].TotalLost
		if !sampled {
			require.Len(t, arrived, 2)
			require.EqualValues(t, 9, lost)
			continue
		}
		require.Zero(t, lost)
		require.Len(t, arrived, 11)
		for i, at := range arrived {
			require.InDelta(t, i*10, millis(at), 0.5)
		}
	}
}
