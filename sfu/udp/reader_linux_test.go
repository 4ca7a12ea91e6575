package udp

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A machine that is out of breath reads late: what waited for it meanwhile did not wait on its way.
func TestADatagramCameWhenTheKernelTookIt(t *testing.T) {
	k, err := openKernel("127.0.0.1:0")
	require.NoError(t, err)
	client, err := openKernel("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, k.conn.Close())
		require.NoError(t, client.conn.Close())
	})
	before := time.Now()
	to := k.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	_, err = client.write([]byte("x"), to, netip.Addr{})
	require.NoError(t, err)
	var there time.Time
	require.NoError(t, k.raw.Control(func(descriptor uintptr) {
		poll := []unix.PollFd{{Fd: int32(descriptor), Events: unix.POLLIN}}
		for n := 0; n == 0; {
			n, err = unix.Poll(poll, -1)
		}
		there = time.Now()
	}))
	require.NoError(t, err)
	var came []time.Time
	r := newReader(k)
	require.NoError(t, k.raw.Read(func(descriptor uintptr) bool {
		r.read(descriptor)
		r.deliver(func(_ []byte, _ netip.AddrPort, _ netip.Addr, at time.Time) {
			came = append(came, at)
		})
		return len(came) > 0
	}))
	require.Len(t, came, 1)
	require.False(t, came[0].After(there), "%v after it was there", came[0].Sub(there))
}

func TestArrivalIsNotBelievedOfAClockThatWasSet(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		came time.Time
		want time.Time
	}{
		{time.Time{}, now},
		{now.Add(-30 * time.Millisecond), now.Add(-30 * time.Millisecond)},
		{now.Add(-longestWait - 1), now},
		{now.Add(1), now},
	} {
		require.Equal(t, c.want, control{came: c.came.Round(0)}.arrival(now))
	}
}
