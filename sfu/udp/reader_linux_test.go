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
	// The kernel notes the time a little after it has been asked to.
	for range 10_000 {
		if there, came := pass(t, client, k); !came.After(there) {
			return
		}
	}
	require.Fail(t, "every datagram came when it was read")
}

// pass sends a datagram from one port to another, and returns when it was there at the latest, and
// when the reader, which reads it after that, says that it came.
func pass(t *testing.T, from, to *kernel) (there, came time.Time) {
	t.Helper()
	address := to.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	_, err := from.write([]byte("x"), address, netip.Addr{})
	require.NoError(t, err)
	var failed error
	require.NoError(t, to.raw.Control(func(descriptor uintptr) {
		poll := []unix.PollFd{{Fd: int32(descriptor), Events: unix.POLLIN}}
		for n := 0; n == 0; {
			if n, failed = unix.Poll(poll, -1); failed == unix.EINTR {
				n = 0
			}
		}
		there = time.Now()
	}))
	require.NoError(t, failed)
	r := newReader(to)
	require.NoError(t, to.raw.Read(func(descriptor uintptr) bool {
		r.read(descriptor)
		r.deliver(func(_ []byte, _ netip.AddrPort, _ netip.Addr, at time.Time) { came = at })
		return !came.IsZero()
	}))
	return there, came
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
		require.Equal(t, c.want, ancillary{came: c.came.Round(0)}.arrival(now))
	}
}
