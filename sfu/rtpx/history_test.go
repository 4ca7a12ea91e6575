package rtpx

import (
	"bytes"
	"encoding/binary"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var epoch = time.Date(2030, 1, 1, 9, 0, 0, 0, time.UTC)

// numbered returns a packet whose payload of that size can be told from all others.
func numbered(number uint16, size int, arrival time.Time) *Packet {
	payload := bytes.Repeat([]byte{byte(number), byte(number >> 8), 0x5a}, size/3+1)[:size]
	return &Packet{
		SSRC:           7,
		SequenceNumber: number,
		Timestamp:      uint32(number) * 3000,
		PayloadType:    96,
		Marker:         number%2 == 0,
		Codec:          VP8,
		Frame: Frame{
			Start:      true,
			TemporalID: uint8(number % 3),
		},
		Arrival: arrival,
		Payload: payload,
	}
}

func TestHistoryReturnsWhatWasPut(t *testing.T) {
	h := NewHistory(VideoHistory)
	_, ok := h.Newest()
	require.False(t, ok)
	_, ok = h.Get(1, make([]byte, 1500))
	require.False(t, ok)

	put := numbered(65535, 1200, epoch)
	put.Extensions = Extensions{profileOneByte, []byte{0x10, 1, 0, 0}}
	require.Equal(t, Stored, h.Put(put))
	require.Equal(t, Stored, h.Put(numbered(1, 0, epoch)))
	newest, ok := h.Newest()
	require.True(t, ok)
	require.EqualValues(t, 1, newest)

	want := *put
	want.Extensions = Extensions{}
	buffer := make([]byte, 1500)
	got, ok := h.Get(65535, buffer)
	require.True(t, ok)
	require.Equal(t, want, got)
	require.Same(t, &buffer[0], &got.Payload[0], "the payload is a copy in the caller's buffer")
	got, ok = h.Get(1, buffer)
	require.True(t, ok)
	require.Empty(t, got.Payload)

	_, ok = h.Get(0, buffer)
	require.False(t, ok, "never came")
	_, ok = h.Get(2, buffer)
	require.False(t, ok, "not yet")
	_, ok = h.Get(65535, buffer[:1199])
	require.False(t, ok, "does not fit")
}

func TestHistoryDuplicatesAndLatePackets(t *testing.T) {
	h := NewHistory(HistoryConfig{Packets: 8, Bytes: 1 << 12, Span: time.Second})
	require.Equal(t, Stored, h.Put(numbered(100, 10, epoch)))
	require.Equal(t, Stored, h.Put(numbered(103, 10, epoch)))
	require.Equal(t, Duplicate, h.Put(numbered(103, 10, epoch)))
	require.Equal(t, Stored, h.Put(numbered(101, 10, epoch)), "late is not too late")
	require.Equal(t, Duplicate, h.Put(numbered(101, 10, epoch)))
	require.Equal(t, Stored, h.Put(numbered(96, 10, epoch)), "earlier than the first one")
	require.Equal(t, TooLate, h.Put(numbered(95, 10, epoch)))
	require.Equal(t, Stored, h.Put(numbered(111, 10, epoch)))
	require.Equal(t, TooLate, h.Put(numbered(103, 10, epoch)))
	_, ok := h.Get(103, make([]byte, 100))
	require.False(t, ok, "its place is another one's now")
}

func TestHistoryFollowsAStreamThatStartsAnew(t *testing.T) {
	h := NewHistory(AudioHistory)
	h.Put(numbered(30000, 10, epoch))
	require.Equal(
		t, TooLate, h.Put(numbered(5000, 10, epoch)), "one packet from far behind proves nothing",
	)
	require.Equal(t, Stored, h.Put(numbered(30001, 10, epoch)))
	require.Equal(t, TooLate, h.Put(numbered(5001, 11, epoch)))
	require.Equal(t, TooLate, h.Put(numbered(9000, 10, epoch)))
	require.Equal(t, Stored, h.Put(numbered(9001, 10, epoch)), "two in sequence do")
	_, ok := h.Get(30001, make([]byte, 100))
	require.False(t, ok)
	newest, _ := h.Newest()
	require.EqualValues(t, 9001, newest)
}

// TestHistoryHoldsTheSpan fills histories at several rates: each must keep one second, and grow no
// larger than that takes.
func TestHistoryHoldsTheSpan(t *testing.T) {
	for _, test := range []struct {
		name            string
		size, perSecond int
		atLeast, atMost int // bytes of arena
		kept            int // packets that must be there
	}{
		{"audio 50/s of 80 B", 80, 50, 8 << 10, 8 << 10, 50},
		{"thumbnail 100 kbit/s", 500, 25, 16 << 10, 32 << 10, 25},
		{"1 Mbit/s", 1100, 114, 128 << 10, 256 << 10, 114},
		{"packets that fill the ring exactly", 1024, 100, 128 << 10, 256 << 10, 100},
		{"as much as it may hold", 1100, 2000, 512 << 10, 512 << 10, 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := NewHistory(VideoHistory)
			now := epoch
			var number uint16
			buffer := make([]byte, 1500)
			for range 5 * test.perSecond {
				number++
				now = now.Add(time.Second / time.Duration(test.perSecond))
				require.Equal(t, Stored, h.Put(numbered(number, test.size, now)))
				for back := range min(int(number)-1, 5) {
					old := number - uint16(back)
					got, ok := h.Get(old, buffer)
					require.True(t, ok)
					require.Equal(t, numbered(old, test.size, got.Arrival), &got)
				}
			}
			require.GreaterOrEqual(t, len(h.arena), test.atLeast)
			require.LessOrEqual(t, len(h.arena), test.atMost)
			for back := range test.kept {
				_, ok := h.Get(number-uint16(back), buffer)
				require.True(t, ok, "%d packets back", back)
			}
		})
	}
}

func TestHistoryPayloadLargerThanItself(t *testing.T) {
	h := NewHistory(HistoryConfig{Packets: 8, Bytes: 16 << 10, Span: time.Second})
	require.Equal(t, Stored, h.Put(numbered(1, 12<<10, epoch)), "it grows for one packet")
	require.Equal(t, Stored, h.Put(numbered(2, 17<<10, epoch)), "new, but too large to keep")
	require.Equal(t, Duplicate, h.Put(numbered(2, 17<<10, epoch)))
	_, ok := h.Get(2, make([]byte, 1<<16))
	require.False(t, ok)
	require.Equal(t, Stored, h.Put(numbered(3, 100, epoch)))
	got, ok := h.Get(3, make([]byte, 1<<16))
	require.True(t, ok)
	require.Equal(t, numbered(3, 100, epoch).Payload, got.Payload)
}

// TestHistoryNeverLies puts packets of any size in any order: whatever Get returns is what was put,
// and the newest is there.
func TestHistoryNeverLies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := NewHistory(
			HistoryConfig{
				Packets: 32,
				Bytes:   32 << 10,
				Span:    time.Duration(rapid.IntRange(0, 2000).Draw(t, "span")) * time.Millisecond,
			},
		)
		newest := rapid.Int64Range(0, 65535).Draw(t, "first")
		put := map[int64][]byte{}
		now, buffer := epoch, make([]byte, 2048)
		for step := range rapid.IntRange(1, 150).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "ms")) * time.Millisecond)
			number := newest + rapid.Int64Range(-40, 3).Draw(t, "ahead")
			if step == 0 {
				number = newest
			}
			payload := binary.BigEndian.AppendUint32(
				make([]byte, rapid.IntRange(0, 1500).Draw(t, "size")), uint32(step),
			)
			_, known := put[number]
			result := h.Put(&Packet{SequenceNumber: uint16(number), Arrival: now, Payload: payload})
			switch {
			case number <= newest-32:
				require.Equal(t, TooLate, result)
			case known:
				require.Equal(t, Duplicate, result)
			default:
				require.Equal(t, Stored, result)
				put[number] = payload
				newest = max(newest, number)
			}
			for back := newest - 35; back <= newest+2; back++ {
				got, ok := h.Get(uint16(back), buffer)
				if ok {
					require.Equal(t, put[back], got.Payload, "number %d", back)
				}
				if back == newest {
					require.True(
						t, ok || result != Stored || number != newest, "the newest is always there",
					)
				}
			}
		}
	})
}

func TestHistoryConcurrentReaders(t *testing.T) {
	h := NewHistory(HistoryConfig{Packets: 64, Bytes: 64 << 10, Span: time.Second})
	h.Put(numbered(0, 500, epoch))
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			buffer := make([]byte, 1500)
			for {
				select {
				case <-done:
					return
				default:
				}
				newest, _ := h.Newest()
				for back := range uint16(80) {
					got, ok := h.Get(newest-back, buffer)
					if !ok {
						continue
					}
					want := numbered(newest-back, len(got.Payload), got.Arrival)
					if !bytes.Equal(want.Payload, got.Payload) || want.Timestamp != got.Timestamp {
						t.Errorf("packet %d holds another one's bytes", newest-back)
						return
					}
				}
			}
		})
	}
	for i := range 5000 {
		h.Put(numbered(uint16(i+1), 300+i%900, epoch.Add(time.Duration(i)*time.Millisecond)))
	}
	close(done)
	readers.Wait()
}
