package rtcpx

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/require"
)

// feedbackPacket writes transport-wide feedback.
func feedbackPacket(base, count uint16, reference uint32, chunks []uint16, deltas ...byte) []byte {
	b := make([]byte, feedbackChunks)
	b[0], b[1] = 0x80|formatTransportWide, packetTypeFeedback
	binary.BigEndian.PutUint16(b[feedbackBase:], base)
	binary.BigEndian.PutUint16(b[feedbackCount:], count)
	binary.BigEndian.PutUint32(b[feedbackReference:], reference<<8)
	for _, chunk := range chunks {
		b = binary.BigEndian.AppendUint16(b, chunk)
	}
	return append(b, deltas...)
}

func TestFeedbackReader(t *testing.T) {
	t.Parallel()
	var r FeedbackReader
	const (
		// of two bits each: 1, 0, 2, 1, 3, 0, 0
		vector = 0xc000 | 1<<12 | 0<<10 | 2<<8 | 1<<6 | 3<<4
		run    = 1<<13 | 100
	)
	deltas := []byte{4, 0xff, 0xfe, 1, 1, 1} // 1 ms, −0.5 ms, 0.25 ms
	packet := func(reference uint32) []byte {
		return feedbackPacket(65534, 9, reference, []uint16{vector, run}, deltas...)
	}
	acks := slices.Clone(r.Read(packet(1<<24-1), 65536+10))
	require.Len(t, acks, 9)
	base := (1<<24 - 1) * referenceUnit
	require.EqualValues(t, 65534, acks[0].Seq)
	require.Equal(t, base+time.Millisecond, acks[0].Arrival)
	require.False(t, acks[1].Received)
	require.EqualValues(t, 65536, acks[2].Seq)
	require.Equal(t, base+500*time.Microsecond, acks[2].Arrival)
	require.Equal(t, base+750*time.Microsecond, acks[3].Arrival)
	require.False(t, acks[4].Received, "a reserved symbol")
	require.Equal(t, base+1250*time.Microsecond, acks[8].Arrival)

	require.Equal(
		t, base+4*referenceUnit+time.Millisecond, r.Read(packet(3), 65536+10)[0].Arrival, "wrapped",
	)
	require.Equal(
		t, base-referenceUnit+time.Millisecond, r.Read(packet(1<<24-2), 65536+10)[0].Arrival,
		"one from before comes late",
	)
	bits := feedbackPacket(7, 14, 0, []uint16{0x8000 | 1<<13 | 1}, 4, 4)
	acks = r.Read(bits, 100)
	require.Len(t, acks, 14)
	require.True(t, acks[0].Received && acks[13].Received && !acks[1].Received)
	deltas = deltas[:1]
	require.Len(
		t, r.Read(packet(3), 65536+10), 2, "what lies about its length is read as far as it goes",
	)
	require.Empty(t, r.Read(packet(3)[:feedbackChunks-1], 100))
}

// bomb claims 65,535 packets in 40 bytes: nine runs of 8,191 that did not arrive.
func bomb() []byte {
	return feedbackPacket(
		0, 65535, 0, []uint16{8191, 8191, 8191, 8191, 8191, 8191, 8191, 8191, 8191, 0},
	)
}

func TestFeedbackSpeaksOfWhatWasSent(t *testing.T) {
	t.Parallel()
	require.Len(t, bomb(), 40)
	var r FeedbackReader
	acks := r.Read(bomb(), 300)
	require.Len(t, acks, 300, "no more than has left")
	require.EqualValues(t, 299, acks[len(acks)-1].Seq)
	require.Len(t, r.Read(bomb(), 300), 300, "each may be spoken of once more")
	require.Empty(t, r.Read(bomb(), 300), "and then no more")
	require.Len(t, r.Read(feedbackPacket(300, 10, 0, []uint16{10}), 310), 10, "what is new is read")

	r = FeedbackReader{}
	const sent = 65535
	acks = r.Read(bomb(), sent)
	require.EqualValues(t, maxReports, len(acks), "no more than an estimator remembers")
	require.EqualValues(t, sent-maxReports, acks[0].Seq, "the latest")
	total := 0
	for range 50 { // in a compound of 2 KB
		total += len(r.Read(bomb(), sent))
	}
	require.Zero(t, total, "a compound costs no more than one")
}

// FuzzFeedbackReader compares with what package rtcp reads.
func FuzzFeedbackReader(f *testing.F) {
	valid := &rtcp.TransportLayerCC{
		Header: rtcp.Header{
			Count:   rtcp.FormatTCC,
			Type:    rtcp.TypeTransportSpecificFeedback,
			Length:  5,
			Padding: true,
		},
		BaseSequenceNumber: 153, PacketStatusCount: 1, ReferenceTime: 4057090, FbPktCount: 23,
		PacketChunks: []rtcp.PacketStatusChunk{
			&rtcp.RunLengthChunk{
				Type:               rtcp.TypeTCCRunLengthChunk,
				PacketStatusSymbol: 1,
				RunLength:          1,
			},
		},
		RecvDeltas: []*rtcp.RecvDelta{{Type: rtcp.TypeTCCPacketReceivedSmallDelta, Delta: 37000}},
	}
	raw, err := valid.Marshal()
	require.NoError(f, err)
	f.Add(raw)
	f.Add(feedbackPacket(7, 14, 0, []uint16{0x8000 | 1<<13 | 1}, 4, 4))
	f.Add(feedbackPacket(7, 7, 0, []uint16{0xc000 | 1<<12 | 2<<8}, 4, 0xff, 0xfe, 0))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var r FeedbackReader
		sent := int64(100_000)
		acks := r.Read(raw, sent)
		for i, ack := range acks {
			require.Equal(t, acks[0].Seq+int64(i), ack.Seq)
		}
		var packet rtcp.TransportLayerCC
		if packet.Unmarshal(raw) != nil {
			return
		}
		require.LessOrEqual(t, len(acks), int(packet.PacketStatusCount))
		if len(acks) == 0 || acks[0].Seq != sent-1-int64(
			uint16(sent-1)-packet.BaseSequenceNumber) {
			return // it begins before what is remembered
		}
		arrival, deltas := time.Duration(packet.ReferenceTime)*referenceUnit, packet.RecvDeltas
		for _, ack := range acks {
			require.Less(t, ack.Seq, sent, "of the past")
			if ack.Received && len(deltas) > 0 {
				arrival += time.Duration(deltas[0].Delta) * time.Microsecond
				deltas = deltas[1:]
				require.Equal(t, arrival, ack.Arrival)
			}
		}
	})
}
