package throttle

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestRateOfOneAddressIsNotAnothers(t *testing.T) {
	r := NewRate(2, 3)
	one, two := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for range 3 {
		require.True(t, r.Allow(one, start))
	}
	require.False(t, r.Allow(one, start))
	require.True(t, r.Allow(two, start))
	require.True(t, r.Allow(one, start.Add(time.Second/2)))
	require.False(t, r.Allow(one, start.Add(time.Second/2)))
	require.False(t, r.Allow(netip.MustParseAddr("::ffff:192.0.2.1"), start.Add(time.Second/2)),
		"the same address")
	// A household of IPv6 is one.
	for i := range 3 {
		require.True(t, r.Allow(netip.MustParseAddr(fmt.Sprintf("2001:db8::%d", i+1)), start))
	}
	require.False(t, r.Allow(netip.MustParseAddr("2001:db8::ffff:1"), start))
	require.True(t, r.Allow(netip.MustParseAddr("2001:db8:0:1::1"), start))
	require.True(t, r.Allow(netip.Addr{}, start))
}

// Over any time, no address gets more than its burst and its rate, and memory stays bounded.
func TestRateHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := NewRate(5, 10)
		r.most = 8
		now, allowed := start, 0
		mine := netip.MustParseAddr("198.51.100.1")
		for range rapid.IntRange(1, 200).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "ms")) * time.Millisecond)
			if r.Allow(mine, now) {
				allowed++
			}
			// Fewer others than are remembered come between, so that this one is not forgotten.
			for range rapid.IntRange(0, 5).Draw(t, "others") {
				r.Allow(
					netip.AddrFrom4([4]byte{203, 0, byte(rapid.IntRange(0, 255).Draw(t, "c")), 1}),
					now)
			}
			if len(r.buckets) > 8 || r.order.Len() != len(r.buckets) {
				t.Fatalf("%d addresses remembered", len(r.buckets))
			}
		}
		if most := 10 + 5*now.Sub(start).Seconds(); float64(allowed) > most+1e-6 {
			t.Fatalf("%d allowed, at most %.1f", allowed, most)
		}
	})
}

func TestTheClientBehindAProxy(t *testing.T) {
	o := NewOpens(1, 1,
		[]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.0/8")})
	for _, c := range []struct {
		remote, forwarded, want string
	}{
		{"192.0.2.1:5", "", "192.0.2.1"},
		{"192.0.2.1:5", "198.51.100.9", "192.0.2.1"}, // nobody trusts it
		{"10.0.0.1:5", "198.51.100.9", "198.51.100.9"},
		{"10.0.0.1:5", "1.2.3.4, 198.51.100.9", "198.51.100.9"}, // the client wrote 1.2.3.4
		{"10.0.0.1:5", "198.51.100.9, 10.0.0.2", "198.51.100.9"},
		{"10.0.0.1:5", "", "10.0.0.1"},
		{"10.0.0.1:5", "nonsense", "10.0.0.1"},
		{"[::ffff:127.0.0.1]:5", "2001:db8::1", "2001:db8::1"},
		{"", "", "invalid IP"},
	} {
		request := &http.Request{RemoteAddr: c.remote, Header: http.Header{}}
		if c.forwarded != "" {
			request.Header.Set("X-Forwarded-For", c.forwarded)
		}
		require.Equal(t, c.want, o.client(request).String(), "%+v", c)
	}
	request := &http.Request{RemoteAddr: "192.0.2.1:5"}
	require.True(t, o.Allow(request, start))
	require.False(t, o.Allow(request, start))
}

func FuzzForwardedFor(f *testing.F) {
	f.Add("10.0.0.1:5", "1.2.3.4, 198.51.100.9")
	f.Add("10.0.0.1:5", ",,,")
	o := NewOpens(1e9, 1<<30, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		request := &http.Request{
			RemoteAddr: remote,
			Header:     http.Header{"X-Forwarded-For": {forwarded}},
		}
		peer, err := netip.ParseAddrPort(remote)
		if err == nil && !Contains(o.proxies, peer.Addr().Unmap()) {
			require.Equal(t, peer.Addr().Unmap(), o.client(request),
				"what a stranger writes is not believed")
		}
		require.True(t, o.Allow(request, start))
	})
}

func TestCrowd(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	crowd := NewCrowd(listener, 2, 3, nil)
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			c, err := crowd.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	dial := func(from string) net.Conn {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
		c, err := dialer.Dial("tcp", listener.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		return c
	}
	refused := func(c net.Conn) {
		require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
		_, err := c.Read(make([]byte, 1))
		require.Error(t, err)
		require.NotErrorIs(t, err, net.ErrClosed)
	}
	dial("127.0.0.1")
	first := <-accepted
	require.IsType(t, &net.TCPConn{}, first.(interface{ NetConn() net.Conn }).NetConn())
	dial("127.0.0.1")
	<-accepted
	refused(dial("127.0.0.1"))
	dial("127.0.0.2")
	<-accepted
	refused(dial("127.0.0.3")) // full
	require.EqualValues(t, 2, crowd.Refused())
	require.Equal(t, 3, crowd.Open())
	require.NoError(t, first.Close())
	require.Error(t, first.Close(), "closing twice frees one place")
	require.Equal(t, 2, crowd.Open())
	dial("127.0.0.1")
	<-accepted
	require.NoError(t, crowd.Close())
	<-accepted
}

func TestProxiesAreExemptFromTheLimitOfOneAddress(t *testing.T) {
	crowd := NewCrowd(nil, 1, 3, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
	proxy := netip.MustParseAddr("10.1.1.1")
	for range 3 {
		require.True(t, crowd.enter(proxy))
	}
	require.False(t, crowd.enter(proxy))
	for range 3 {
		crowd.leave(proxy)
	}
	require.Empty(t, crowd.from)
	require.False(t, addressOf(&net.UnixConn{}).IsValid())
}
