package mllp

import (
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// at is a connection with addresses.
type at struct {
	net.Conn
	from string
}

func (a at) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(a.from), 9))
}

func (at) LocalAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 2575} }

// hall is a server in virtual time, to which connections come from addresses.
type hall struct {
	*Server
	t        *testing.T
	listener *pipes
}

// newHall is called in the bubble of a test; end ends it.
func newHall(t *testing.T, config Config) (h *hall, end func()) {
	h = &hall{NewServer(config), t, &pipes{come: make(chan net.Conn), done: make(chan struct{})}}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(ctx, h.listener) }()
	return h, func() {
		stop()
		require.NoError(t, <-ended)
	}
}

func (h *hall) connect(from string) net.Conn {
	near, far := net.Pipe()
	h.listener.come <- at{far, from}
	synctest.Wait()
	return near
}

// sends reports whether a message is answered.
func (h *hall) sends(over net.Conn, text string) bool {
	write(h.t, over, "\x0b"+text+"\x1c\r")
	answer := make([]byte, len(text)+3)
	n, err := over.Read(answer)
	return err == nil && string(answer[:n]) == "\x0b"+strings.ToUpper(text)+"\x1c\r"
}

// closed reports whether the other end has closed.
func (h *hall) closed(one net.Conn) bool {
	_ = one.SetReadDeadline(time.Now().Add(time.Second)) // fails where it is closed
	_, err := one.Read(make([]byte, 1))
	return err == io.EOF
}

// TestSilentConnectionsShutNobodyOut has one address open as many connections as it pleases:
// whoever is known stays, and whoever comes finds room.
func TestSilentConnectionsShutNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, end := newHall(t, Config{Handle: known, MaxConnections: 8, MaxPerAddress: 6})
		defer end()
		engine := h.connect("10.0.0.2")
		require.True(t, h.sends(engine, "a"))
		slow := h.connect("10.0.0.3")
		var silent []net.Conn
		for range 20 {
			silent = append(silent, h.connect("10.0.0.66"))
		}
		require.Equal(t, 8, h.Connections(), "6 of the address, and the two before")
		require.True(t, h.closed(silent[13]))
		require.False(t, h.closed(silent[14]))
		require.True(t, h.sends(slow, "b"), "it goes before whoever has more of them")
		for _, from := range []string{"10.0.0.4", "10.0.0.5", "10.0.0.6"} {
			require.True(t, h.sends(h.connect(from), "c"), from)
		}
		require.True(t, h.sends(engine, "d"))
		require.Equal(t, 8, h.Connections())
	})
}

// TestKnownSendersMakeNoRoom has as many as there may be.
func TestKnownSendersMakeNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, end := newHall(t, Config{Handle: known, MaxConnections: 3, MaxPerAddress: 2})
		defer end()
		var all []net.Conn
		for _, from := range []string{"10.0.0.2", "10.0.0.2", "10.0.0.3"} {
			all = append(all, h.connect(from))
			require.True(t, h.sends(all[len(all)-1], "a"))
		}
		require.True(t, h.closed(h.connect("10.0.0.2")), "of an address that has some")
		require.True(t, h.closed(h.connect("10.0.0.4")), "of all")
		for _, one := range all {
			require.True(t, h.sends(one, "b"))
		}
	})
}

// TestFeedsBehindOneAddressAreAllServed has more known senders there than an address may have that
// are not: all stay, also while others come from there that say nothing.
func TestFeedsBehindOneAddressAreAllServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, end := newHall(t, Config{Handle: known})
		defer end()
		var feeds []net.Conn
		for range defaultMaxConnections - 1 {
			feeds = append(feeds, h.connect("10.0.0.2"))
			require.True(t, h.sends(feeds[len(feeds)-1], "a"))
		}
		for range 2 * defaultMaxConnections {
			h.connect("10.0.0.2")
		}
		require.Equal(t, defaultMaxConnections, h.Connections())
		for _, feed := range feeds {
			require.True(t, h.sends(feed, "b"))
		}
	})
}

// TestTheLogSaysWhyAConnectionWasClosed has two reasons within a minute.
func TestTheLogSaysWhyAConnectionWasClosed(t *testing.T) {
	core, lines := observer.New(zap.WarnLevel)
	network := netip.MustParsePrefix("10.0.0.0/24")
	synctest.Test(t, func(t *testing.T) {
		h, end := newHall(t, Config{Handle: known, Admits: network.Contains, MaxConnections: 1,
			Log: zap.New(core)})
		defer end()
		require.True(t, h.sends(h.connect("10.0.0.2"), "a"))
		for range 3 {
			require.True(t, h.closed(h.connect("10.0.1.1")))
			require.True(t, h.closed(h.connect("10.0.0.3")))
		}
		require.Equal(t, 2, lines.Len())
		require.Contains(t, lines.All()[0].Message, "nobody may send from its address")
		require.Contains(t, lines.All()[1].Message, "all of known senders")
	})
}

// TestWhoDoesNotSayWhoTheyAreIsClosed has messages that show nothing, and one that never ends.
func TestWhoDoesNotSayWhoTheyAreIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, end := newHall(t, Config{Handle: upper, Unknown: time.Minute})
		defer end()
		silent, refused := h.connect("10.0.0.2"), h.connect("10.0.0.3")
		for range 5 {
			time.Sleep(11 * time.Second)
			require.True(t, h.sends(refused, "a"))
		}
		write(t, refused, "\x0bb")
		time.Sleep(4 * time.Second)
		synctest.Wait()
		require.Equal(t, 2, h.Connections())
		time.Sleep(time.Second)
		synctest.Wait()
		require.Zero(t, h.Connections())
		require.True(t, h.closed(silent))
	})
}

// TestAddressesOfNobodyAreClosedAtOnce has the log tell of them once a minute.
func TestAddressesOfNobodyAreClosedAtOnce(t *testing.T) {
	core, lines := observer.New(zap.WarnLevel)
	network := netip.MustParsePrefix("10.0.0.0/24")
	synctest.Test(t, func(t *testing.T) {
		h, end := newHall(t, Config{Handle: known, Admits: network.Contains, Log: zap.New(core)})
		defer end()
		for range 100 {
			require.True(t, h.closed(h.connect("10.0.1.1")))
		}
		require.Equal(t, 1, lines.Len())
		time.Sleep(refusalsEvery)
		require.True(t, h.closed(h.connect("10.0.1.1")))
		require.Equal(t, 2, lines.Len())
		require.Equal(t, int64(100), lines.All()[1].ContextMap()["closed since the last line"])
		require.True(t, h.sends(h.connect("10.0.0.9"), "a"))
	})
}

// TestThisMachineMayLook is for draille doctor.
func TestThisMachineMayLook(t *testing.T) {
	address := served(t, Config{Handle: upper, Admits: func(netip.Addr) bool { return false }})
	answer, err := sender(t, SenderConfig{Address: address}).Send(t.Context(), []byte("a"))
	require.NoError(t, err)
	require.Equal(t, "A", string(answer))
}
