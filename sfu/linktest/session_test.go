package linktest

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var start = time.Unix(1_790_000_000, 0)

func number(message []byte, at int) uint32 { return binary.BigEndian.Uint32(message[at:]) }

func echo(n uint32, size int) []byte {
	message := make([]byte, size)
	message[0] = kindEcho
	binary.BigEndian.PutUint32(message[1:], n)
	return message
}

func down(length time.Duration, kbps uint16, roundTrip time.Duration) []byte {
	message := []byte{kindDown}
	message = binary.BigEndian.AppendUint16(message, uint16(length.Milliseconds()))
	message = binary.BigEndian.AppendUint16(message, kbps)
	return binary.BigEndian.AppendUint16(message, uint16(roundTrip.Milliseconds()))
}

func up(n uint32) []byte {
	message := make([]byte, 1000)
	message[0] = kindUp
	binary.BigEndian.PutUint32(message[1:], n)
	return message
}

func TestAnEchoTellsHowManyHaveCome(t *testing.T) {
	s := New(start)
	for i, n := range []uint32{0, 1, 4} { // 2 and 3 are lost
		answer := s.Receive(start, echo(n, 60))
		require.Len(t, answer, 60)
		require.Equal(t, kindEcho, answer[0])
		require.Equal(t, n, number(answer, 1))
		require.Equal(t, uint32(i+1), number(answer, 5))
	}
}

// flow plays a bottleneck with a queue without end, and returns what arrived and the most that
// waited.
func flow(s *Session, length time.Duration, kbps float64, delay time.Duration) (arrived, most int) {
	type packet struct {
		bytes int
		at    time.Time
	}
	var inFlight []packet
	free := start
	for now := start; now.Before(start.Add(length)); now = now.Add(10 * time.Millisecond) {
		for len(inFlight) > 0 && !inFlight[0].at.After(now) {
			arrived += inFlight[0].bytes
			inFlight = inFlight[1:]
		}
		buffered := 0
		for _, p := range inFlight {
			buffered += p.bytes
		}
		most = max(most, buffered)
		for _, bytes := range s.Send(now, buffered) {
			if free.Before(now) {
				free = now
			}
			free = free.Add(time.Duration(float64(len(bytes)*8) / kbps * float64(time.Millisecond)))
			inFlight = append(inFlight, packet{len(bytes), free.Add(delay)})
		}
	}
	return arrived, most
}

func TestTheFlowDownFillsALinkAndLittleMore(t *testing.T) {
	for _, link := range []struct {
		name    string
		kbps    float64
		delay   time.Duration // of a round trip
		atLeast float64       // of the link's or the asked rate
		waiting time.Duration // at the end, behind what was asked for
	}{
		{"thin", 150, 50 * time.Millisecond, 0.9, time.Second},
		{"village", 1000, 60 * time.Millisecond, 0.9, 500 * time.Millisecond},
		{"fibre", 100_000, 10 * time.Millisecond, 0.9, 50 * time.Millisecond},
		{"satellite", 2000, 600 * time.Millisecond, 0.3, 1500 * time.Millisecond},
	} {
		t.Run(link.name, func(t *testing.T) {
			s := New(start)
			length := 2*time.Second + 2*link.delay
			require.Nil(t, s.Receive(start, down(length, 2000, link.delay)))
			arrived, most := flow(s, length, link.kbps, link.delay)
			capacity := min(link.kbps, 2000) * 1000 / 8
			require.GreaterOrEqual(
				t, float64(arrived), link.atLeast*capacity*(length-2*link.delay).Seconds(),
			)
			require.LessOrEqual(t, float64(arrived), capacity*length.Seconds()*1.03)
			require.LessOrEqual(
				t, float64(most), float64(link.kbps)*1000/8*link.waiting.Seconds()+firstInFlight,
			)
		})
	}
}

func TestTheFlowDownIsBounded(t *testing.T) {
	s := New(start)
	s.Receive(start, down(time.Minute, 65535, 0))
	arrived, _ := flow(s, 10*time.Second, 1e6, time.Millisecond)
	require.LessOrEqual(t, arrived, maxDownKbps*1000/8*int(maxDownLength.Seconds()))
	s.Receive(start.Add(6*time.Second), down(time.Second, 1000, 0))
	require.Empty(t, s.Send(start.Add(7*time.Second), 0), "one a session")
}

func TestWhatComesUpIsCountedAndReported(t *testing.T) {
	s := New(start)
	require.Empty(t, s.Send(start, 0), "nothing has come yet")
	for i := range 50 {
		s.Receive(start.Add(time.Duration(i)*10*time.Millisecond), up(uint32(i)))
	}
	end := start.Add(490 * time.Millisecond)
	for i := range 3 {
		gaps := 49 // told once
		if i > 0 {
			gaps = 0
		}
		reports := s.Send(end.Add(time.Duration(i)*reportInterval), 0)
		require.Len(t, reports, 1)
		require.Equal(
			t, []uint32{50, 50_000, 490_000},
			[]uint32{number(reports[0], 1), number(reports[0], 5), number(reports[0], 9)},
		)
		require.Equal(t, bytes.Repeat([]byte{0, 100}, gaps), reports[0][13:])
		require.Empty(
			t, s.Send(end.Add(time.Duration(i)*reportInterval+time.Millisecond), 0),
			"not too often",
		)
	}
	require.Empty(t, s.Send(end.Add(time.Second), 0), "nothing new")
}

func TestGapsAreBounded(t *testing.T) {
	s := New(start)
	for range 1000 {
		s.Receive(start, up(0))
	}
	s.Receive(start.Add(-time.Second), up(0))
	require.Len(t, s.Send(start.Add(time.Second), 0)[0], 13+maxGapBytes)
	s.Receive(start.Add(20*time.Second), up(0))
	require.Equal(
		t, []byte{0xff, 0xff}, s.Send(start.Add(20*time.Second), 0)[0][13:],
		"as long as can be said",
	)
}

func TestLimits(t *testing.T) {
	s := New(start)
	for range maxEchoes {
		require.NotNil(t, s.Receive(start, echo(1, 60)))
	}
	require.Nil(t, s.Receive(start, echo(1, 60)))
	require.Nil(t, New(start).Receive(start, echo(1, maxMessageBytes+1)))
	require.Nil(t, New(start).Receive(start, nil))

	old := New(start)
	old.Receive(start, up(0))
	require.False(t, old.Over(start.Add(Life-1)))
	require.True(t, old.Over(start.Add(Life)))
	require.Nil(t, old.Receive(start.Add(Life), echo(1, 60)))
	require.Empty(t, old.Send(start.Add(Life), 0))
}

func FuzzReceive(f *testing.F) {
	f.Add(echo(7, 60))
	f.Add(down(time.Second, 2000, 50*time.Millisecond))
	f.Add(up(3))
	f.Add([]byte{kindDown, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, message []byte) {
		s := New(start)
		answer := s.Receive(start, message)
		require.True(
			t, answer == nil || len(answer) == len(message) && len(answer) <= maxMessageBytes,
		)
		bytes := 0
		for now := start; !s.Over(now); now = now.Add(50 * time.Millisecond) {
			for _, packet := range s.Send(now, 0) {
				bytes += len(packet)
			}
		}
		require.LessOrEqual(t, bytes, maxDownKbps*1000/8*int(maxDownLength.Seconds())+64)
	})
}
