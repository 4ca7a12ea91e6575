package icetcp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"draille/turn/turntest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, change func(*Config)) (*Server, *turntest.Plane, func() net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	plane := &turntest.Plane{}
	config := Config{Listener: listener, Peers: plane}
	if change != nil {
		change(&config)
	}
	s := New(config)
	t.Cleanup(func() { s.Close() })
	return s, plane, func() net.Conn {
		conn, err := net.Dial("tcp", listener.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { conn.Close() })
		require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
		return conn
	}
}

func framed(data []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(data))), data...)
}

func requireEcho(t *testing.T, conn net.Conn, data []byte) {
	t.Helper()
	_, err := conn.Write(framed(data))
	require.NoError(t, err)
	answer := make([]byte, 2+len(data))
	_, err = io.ReadFull(conn, answer)
	require.NoError(t, err)
	require.Equal(t, framed(data), answer)
}

func TestEachConnectionIsAPeerOfItsOwn(t *testing.T) {
	s, plane, dial := start(t, nil)
	one, two := dial(), dial()
	requireEcho(t, one, []byte("check"))
	requireEcho(t, two, bytes.Repeat([]byte("x"), 1200))
	requireEcho(t, one, []byte("media"))
	names, _ := plane.Names()
	require.Len(t, names, 2)
	for _, name := range names {
		require.Equal(t, "127.0.0.1", name.Addr().String())
		require.Less(t, name.Port(), uint16(1024), "a port that nobody sends UDP from")
	}
	require.Equal(t, 2, s.Connections())
	one.Close()
	require.Eventually(t, func() bool {
		names, _ := plane.Names()
		return len(names) == 1 && s.Connections() == 1
	}, 30*time.Second, time.Millisecond)
	require.NoError(t, s.Close())
	_, err := two.Read(make([]byte, 1))
	require.Error(t, err)
}

func TestNonsenseIsCutOff(t *testing.T) {
	_, plane, dial := start(t, nil)
	for name, sent := range map[string][]byte{
		"empty": {0, 0}, "too long": {0xFF, 0xFF, 1}, "cut": {0, 9, 1},
	} {
		conn := dial()
		_, err := conn.Write(sent)
		require.NoError(t, err)
		require.NoError(t, conn.(*net.TCPConn).CloseWrite())
		_, err = conn.Read(make([]byte, 1))
		require.Error(t, err, name)
	}
	names, _ := plane.Names()
	require.Empty(t, names)
	plane.Deny(errors.New("no"))
	conn := dial()
	_, err := conn.Write(framed([]byte("check")))
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 1))
	require.Error(t, err, "no name")
}

// A place is free before its client hears of the end, also where the client has been answered.
func TestAnEndedConnectionHoldsNoPlace(t *testing.T) {
	s, plane, dial := start(t, nil)
	for range 20 {
		conn := dial()
		requireEcho(t, conn, []byte("check"))
		_, err := conn.Write([]byte{0, 0})
		require.NoError(t, err)
		_, err = conn.Read(make([]byte, 1))
		require.Error(t, err)
		require.Zero(t, s.Connections())
		names, _ := plane.Names()
		require.Empty(t, names)
	}
}

// faulty is a media plane whose first peer is a fault of the program.
type faulty struct {
	Peers
	once sync.Once
}

func (f *faulty) Attach(address netip.AddrPort) (net.PacketConn, error) {
	f.once.Do(func() { panic("no such peer") })
	return f.Peers.Attach(address)
}

func TestAFaultEndsOneConnection(t *testing.T) {
	s, _, dial := start(t, func(c *Config) { c.Peers = &faulty{Peers: c.Peers} })
	conn := dial()
	_, err := conn.Write(framed([]byte("check")))
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	requireEcho(t, dial(), []byte("check"))
	require.Equal(t, 1, s.Connections())
}

// Whoever counts connections hears of those that the media plane has answered, and of no others.
func TestAnsweredConnectionsAreAuthenticated(t *testing.T) {
	answered := make(chan string, 2)
	_, _, dial := start(t, func(c *Config) {
		c.Authenticated = func(conn net.Conn) { answered <- conn.RemoteAddr().String() }
	})
	silent := dial()
	conn := dial()
	requireEcho(t, conn, []byte("check"))
	requireEcho(t, conn, []byte("again"))
	require.Equal(t, conn.LocalAddr().String(), <-answered)
	requireEcho(t, silent, []byte("check"))
	require.Equal(t, silent.LocalAddr().String(), <-answered, "once for each")
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte{0, 3, 1, 2, 3})
	f.Add([]byte{0xFF, 0xFF})
	f.Fuzz(func(t *testing.T, stream []byte) {
		var frame [maxFrame]byte
		n, err := readFrame(bytes.NewReader(stream), frame[:])
		if err == nil && !bytes.Equal(frame[:n], stream[2:2+n]) {
			t.Fatalf("frame of %d bytes out of %x", n, stream)
		}
	})
}
