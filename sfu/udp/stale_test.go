package udp

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatWaitedTooLongIsDropped(t *testing.T) {
	rtp := func(length int) []byte {
		p := make([]byte, length)
		p[0], p[1] = 0x80, 111
		return p
	}
	rtcp := append([]byte{0x81, 201}, make([]byte, 1000)...)
	check := binding(t)
	for name, c := range map[string]struct {
		data   []byte
		waited time.Duration
		stale  bool
	}{
		"video in time":    {rtp(1200), staleVideo - 1, false},
		"video too late":   {rtp(1200), staleVideo, true},
		"sound in time":    {rtp(200), staleAudio - 1, false},
		"sound too late":   {rtp(200), staleAudio, true},
		"reports":          {rtcp, time.Minute, false},
		"checks":           {check, time.Minute, false},
		"DTLS":             {make([]byte, 900), time.Minute, false},
		"almost a header":  {rtp(11), time.Minute, false},
		"marker and sound": {append([]byte{0x80, 0xEF}, make([]byte, 20)...), staleAudio, true},
	} {
		require.Equal(t, c.stale, stale(c.data, c.waited), name)
	}
}

// Towards a peer in memory the queue drops what waited; what comes from it, or from the kernel, is
// never too old.
func TestVirtualPeersGetNothingStale(t *testing.T) {
	s, err := Listen("127.0.0.1:0")
	require.NoError(t, err)
	defer s.Close()
	address := netip.MustParseAddrPort("192.0.2.1:7")
	end, err := s.Attach(address)
	require.NoError(t, err)
	old := append([]byte{0x80, 96}, make([]byte, 1198)...)
	for range 3 {
		_, err = s.media.WriteToAddrPort(old, address)
		require.NoError(t, err)
	}
	queue := end.(*far).queue
	for range 3 {
		d := <-queue.waiting
		d.at = d.at.Add(-staleVideo)
		queue.push(d)
	}
	_, err = s.media.WriteToAddrPort([]byte{0x80, 111, 42, 0, 0, 0, 0, 0, 0, 0, 0, 0}, address)
	require.NoError(t, err)
	buffer := make([]byte, maxDatagram)
	n, _, err := end.ReadFrom(buffer)
	require.NoError(t, err)
	require.Equal(t, 12, n)
	require.EqualValues(t, 42, buffer[2])
}
