package rtcpx

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/require"

	"draille/sfu/rtpx"
)

var epoch = time.Unix(1_700_000_000, 0)

func TestReceiverStats(t *testing.T) {
	t.Parallel()
	var r ReceiverStats
	_, ok := r.Block(epoch, 7, SenderReport{})
	require.False(t, ok)
	for i := range 100 {
		if i%10 == 9 {
			continue
		}
		r.Arrived(
			&rtpx.Packet{
				SequenceNumber: uint16(65500 + i),
				Timestamp:      uint32(i * 960),
				Arrival:        epoch.Add(time.Duration(i) * 20 * time.Millisecond),
			},
			48_000,
		)
	}
	r.Arrived(
		&rtpx.Packet{
			SequenceNumber: uint16(65500 + 100 - 65536),
			Timestamp:      96_000,
			Arrival:        epoch.Add(2010 * time.Millisecond),
		},
		48_000,
	)
	block, ok := r.Block(
		epoch.Add(time.Second), 7, SenderReport{NTP: 0x1234_5678_9abc_def0, Arrived: epoch},
	)
	require.True(t, ok)
	require.EqualValues(t, 7, block.SSRC)
	require.EqualValues(t, 10, block.TotalLost)
	require.EqualValues(t, 10*256/101, block.FractionLost)
	require.EqualValues(t, 65600, block.LastSequenceNumber)
	require.EqualValues(t, 0x5678_9abc, block.LastSenderReport)
	require.EqualValues(t, 65536, block.Delay)
	require.InDelta(t, 480.0/16, block.Jitter, 2, "one packet was 10 ms late")
}

func TestParticipantClock(t *testing.T) {
	t.Parallel()
	var c Clock
	behind := func(ms int64) uint64 {
		return NtpTime(epoch.Add(-time.Duration(ms) * time.Millisecond))
	}
	c.Observe(behind(500), epoch)
	c.Observe(behind(400), epoch)
	require.Equal(t, NtpTime(epoch), c.ToServer(behind(400)))
	c.Observe(behind(900), epoch)
	moved := float64(int64(c.ToServer(behind(400))-NtpTime(epoch))) / (1 << 32)
	require.InDelta(t, 0.001, moved, 1e-6, "a slow report moves the clock by a millisecond at most")
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	var r RoundTrip
	ntp := NtpTime(epoch)
	r.Sent(ntp, epoch.Add(3*time.Second))
	rtt, ok := r.Measure(
		rtcp.ReceptionReport{LastSenderReport: uint32(ntp >> 16), Delay: 65536 / 2},
		epoch.Add(3600*time.Millisecond),
	)
	require.True(t, ok)
	require.Equal(t, 100*time.Millisecond, rtt)
	_, ok = r.Measure(rtcp.ReceptionReport{LastSenderReport: 5}, epoch)
	require.False(t, ok)
}
