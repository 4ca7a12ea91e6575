package quota

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// fakeConn notes that it was closed.
type fakeConn struct {
	net.Conn
	closed bool
}

func (f *fakeConn) Close() error { f.closed = true; return nil }

// Any number of strangers come, go, and say who they are or not. Never are there more connections
// than all caps allow, never does a stranger take the reserve, a seat always gets in while it holds
// little, and nobody who is authenticated is closed to make room.
func TestConnectionsHold(t *testing.T) {
	limits := ConnectionLimits{Address: 6, All: 16, Reserve: 4, SeatReserve: 2}
	rapid.Check(t, func(t *rapid.T) {
		account := New(Config{}, nil)
		patient := netip.MustParseAddr("198.51.100.7")
		account.Seat(Payer{Participant: "patient", Address: patient})
		c := NewConnections(limits, account)
		type held struct {
			*connection
			fake          *fakeConn
			address       netip.Addr
			authenticated bool
			ended         bool // by itself
		}
		var all []*held
		alive := func() (live []*held) {
			for _, h := range all {
				if !h.gone {
					live = append(live, h)
				}
			}
			return live
		}
		for range rapid.IntRange(1, 150).Draw(t, "events") {
			live := alive()
			switch action := rapid.IntRange(0, 9).Draw(t, "action"); {
			case action == 0 && len(live) > 0:
				h := live[rapid.IntRange(0, len(live)-1).Draw(t, "closed")]
				h.ended = true
				h.Close()
				h.Close()
			case action == 1 && len(live) > 0:
				h := live[rapid.IntRange(0, len(live)-1).Draw(t, "authenticated")]
				h.Authenticated()
				h.authenticated = true
			default:
				// Half of the attackers have addresses of one /64 alone.
				n := rapid.IntRange(0, 40).Draw(t, "address")
				address := netip.MustParseAddr(fmt.Sprintf("203.0.113.%d", n))
				if n > 20 {
					address = netip.MustParseAddr(fmt.Sprintf("2001:db8::%d", n))
				}
				if n == 0 {
					address = patient
				}
				fake := &fakeConn{}
				own := 0
				for _, h := range live {
					if h.address == address {
						own++
					}
				}
				counted := c.enter(fake, address)
				if counted != nil {
					all = append(all, &held{connection: counted, fake: fake, address: address})
				} else if n == 0 && own < limits.SeatReserve {
					t.Fatalf("a seat was refused with %d open", c.Open())
				}
			}
			live = alive()
			from, strangers := map[netip.Addr]int{}, 0
			for _, h := range live {
				from[household(h.address)]++
				if !h.reserved {
					strangers++
				}
			}
			for address, n := range from {
				if n > limits.Address {
					t.Fatalf("%d of %s", n, address)
				}
			}
			if len(live) != c.Open() || len(live) > limits.All ||
				strangers > limits.All-limits.Reserve {
				t.Fatalf("%d live, %d of strangers, %d counted", len(live), strangers, c.Open())
			}
			for _, h := range all {
				if h.authenticated && h.gone && !h.ended {
					t.Fatal("closed although authenticated")
				}
			}
			unknown := 0
			for _, o := range c.queue {
				unknown += o.unknown.Len()
			}
			if want := count(live, func(h *held) bool {
				return !h.authenticated && !h.reserved
			}); unknown != want {
				t.Fatalf("%d may make room, expected %d", unknown, want)
			}
		}
		for _, h := range alive() {
			h.Close()
		}
		require.Empty(t, c.from)
		require.Empty(t, c.queue)
	})
}

// household is what the test counts as one address, whatever the account does.
func household(address netip.Addr) netip.Addr {
	if address.Is4() {
		return address
	}
	return netip.PrefixFrom(address, 64).Masked().Addr()
}

func count[T any](all []T, match func(T) bool) (n int) {
	for _, one := range all {
		if match(one) {
			n++
		}
	}
	return n
}

func TestAuthenticatedConnectionsNeverMakeRoom(t *testing.T) {
	c := NewConnections(ConnectionLimits{Address: 10, All: 4}, New(Config{}, nil))
	known, fakes := []*connection{}, []*fakeConn{}
	for i := range 2 {
		fakes = append(fakes, &fakeConn{})
		known = append(known, c.enter(fakes[i], netip.MustParseAddr("192.0.2.1")))
		known[i].Authenticated()
	}
	idle := &fakeConn{}
	c.enter(idle, netip.MustParseAddr("192.0.2.2"))
	c.enter(&fakeConn{}, netip.MustParseAddr("192.0.2.2"))
	require.NotNil(t, c.enter(&fakeConn{}, netip.MustParseAddr("192.0.2.3")))
	require.True(t, idle.closed, "the oldest of the address that has the most")
	require.Nil(t, c.enter(&fakeConn{}, netip.MustParseAddr("192.0.2.2")),
		"one each: nobody has more")
	require.False(t, fakes[0].closed || fakes[1].closed)
	require.Equal(t, 4, c.Open())
	require.EqualValues(t, 2, c.account.Refused()[Reason{TCP, ByAll}])
}

// Of several addresses the one that holds most gives one up, whoever came first.
func TestWhoHoldsMostMakesRoom(t *testing.T) {
	c := NewConnections(ConnectionLimits{Address: 10, All: 9}, New(Config{}, nil))
	held := map[int][]*fakeConn{}
	for address, n := range []int{2, 4, 1, 2} {
		for range n {
			fake := &fakeConn{}
			held[address] = append(held[address], fake)
			c.enter(fake, netip.AddrFrom4([4]byte{192, 0, 2, byte(address)}))
		}
	}
	require.NotNil(t, c.enter(&fakeConn{}, netip.MustParseAddr("192.0.2.9")))
	for address, fakes := range held {
		for i, fake := range fakes {
			require.Equal(t, address == 1 && i == 0, fake.closed, "%d of %d", i, address)
		}
	}
}

func TestProxiesAreExemptFromTheLimitOfOneAddress(t *testing.T) {
	c := NewConnections(ConnectionLimits{
		Address: 1, All: 3, Exempt: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
	}, New(Config{}, nil))
	for range 3 {
		require.NotNil(t, c.enter(&fakeConn{}, netip.MustParseAddr("10.1.1.1")))
	}
	require.Equal(t, 3, c.Open())
}

func TestListen(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := NewConnections(ConnectionLimits{Address: 1, All: 9}, New(Config{}, nil))
	l := c.Listen(inner)
	first, err := net.Dial("tcp", inner.Addr().String())
	require.NoError(t, err)
	defer first.Close()
	accepted, err := l.Accept()
	require.NoError(t, err)
	require.IsType(t, &net.TCPConn{}, accepted.(interface{ NetConn() net.Conn }).NetConn())
	accepted.(interface{ Authenticated() }).Authenticated()
	second, err := net.Dial("tcp", inner.Addr().String())
	require.NoError(t, err)
	defer second.Close()
	ended := make(chan error, 1)
	go func() {
		_, err := l.Accept()
		ended <- err
	}()
	_, err = second.Read(make([]byte, 1))
	require.Error(t, err, "one address has one")
	require.NoError(t, accepted.Close())
	require.Zero(t, c.Open())
	require.NoError(t, l.Close())
	require.ErrorIs(t, <-ended, net.ErrClosed)
}

// What an address begins is bounded before anything is spent on it, but for a reverse proxy's.
func TestConnectsAreBounded(t *testing.T) {
	account := New(Config{Rates: map[Cost]Rates{Connects: {Address: Rate{1, 3}}}}, nil)
	c := NewConnections(ConnectionLimits{Address: 100, All: 100,
		Exempt: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, account)
	now := start
	c.now = func() time.Time { return now }
	enter := func(address string) bool {
		counted := c.enter(&fakeConn{}, netip.MustParseAddr(address))
		if counted != nil {
			counted.Close()
		}
		return counted != nil
	}
	for range 3 {
		require.True(t, enter("192.0.2.1"))
	}
	require.False(t, enter("192.0.2.1"))
	require.True(t, enter("192.0.2.2"))
	for range 10 {
		require.True(t, enter("10.0.0.1"))
	}
	now = now.Add(time.Second)
	require.True(t, enter("192.0.2.1"))
	require.Equal(t, map[Reason]uint64{{Connects, ByAddress}: 1}, account.Refused())
}

// streamConn gives as many bytes as are asked for.
type streamConn struct{ fakeConn }

func (*streamConn) Read(b []byte) (int, error) { return len(b), nil }

// All unknown connections of an address are read at one rate together; one that is known, and each
// of a proxy, at a rate of its own.
func TestReadingIsPaced(t *testing.T) {
	c := NewConnections(ConnectionLimits{Address: 100, All: 100,
		Exempt: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, New(Config{}, nil))
	now := start
	c.now = func() time.Time { return now }
	c.pause = func(d time.Duration) { now = now.Add(d) }
	enter := func(address string) *connection {
		return c.enter(&streamConn{}, netip.MustParseAddr(address))
	}
	rate := func(connections ...*connection) float64 { // bytes/s, beyond the burst
		began, read := now, 0
		for now.Sub(began) < 20*time.Second {
			for _, one := range connections {
				n, err := one.Read(make([]byte, 16<<10))
				require.NoError(t, err)
				read += n
			}
		}
		return float64(read-len(connections)*readBurst) / now.Sub(began).Seconds()
	}
	first, second := enter("192.0.2.1"), enter("192.0.2.1")
	require.LessOrEqual(t, rate(first, second), 1.01*readRate)
	second.Authenticated()
	require.InEpsilon(t, readRate, rate(second), 0.05)
	require.InEpsilon(t, 2*readRate, rate(enter("10.0.0.1"), enter("10.0.0.1")), 0.6)
}

// Where everybody has shown who they are nobody makes room: an address with a seat gets in all the
// same, and a stranger does not.
func TestASeatGetsInOutOfTheReserve(t *testing.T) {
	account := New(Config{}, nil)
	patient := netip.MustParseAddr("198.51.100.7")
	account.Seat(Payer{Participant: "patient", Address: patient})
	c := NewConnections(ConnectionLimits{Address: 6, All: 16, Reserve: 4, SeatReserve: 2}, account)
	for i := range 12 {
		one := c.enter(&fakeConn{}, netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}))
		require.NotNil(t, one)
		one.Authenticated()
	}
	require.Nil(t, c.enter(&fakeConn{}, netip.MustParseAddr("192.0.2.99")))
	for range 2 {
		require.NotNil(t, c.enter(&fakeConn{}, patient))
	}
	require.Nil(t, c.enter(&fakeConn{}, patient), "no more than its part of it")
}

func TestACrowdIsTold(t *testing.T) {
	var told []bool
	c := NewConnections(ConnectionLimits{Address: 100, All: 100, Crowd: 4,
		Crowded: func(crowded bool) { told = append(told, crowded) }}, New(Config{}, nil))
	var open []*connection
	for range 6 {
		open = append(open, c.enter(&fakeConn{}, netip.MustParseAddr("192.0.2.1")))
	}
	require.Equal(t, []bool{true}, told)
	for _, one := range open[:4] {
		one.Close()
	}
	require.Equal(t, []bool{true}, told, "not yet half")
	open[4].Close()
	require.Equal(t, []bool{true, false}, told)
}
