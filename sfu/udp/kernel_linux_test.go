package udp

import (
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBatchWithoutSegmentation(t *testing.T) {
	s, client := listen(t)
	s.kernel.segments.Store(false) // as an older kernel
	to := s.Media().Destination(client.LocalAddr().(*net.UDPAddr).AddrPort(), netip.Addr{})
	b := s.Media().Batch()
	for i := range 5 {
		b.Send(copy(b.Buffer(), fmt.Sprint(i)), to)
	}
	b.Flush()
	for i := range 5 {
		require.Equal(t, fmt.Sprint(i), read(t, client))
	}
	require.Zero(t, s.Counters().Segmented)
}
