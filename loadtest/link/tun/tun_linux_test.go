package tun

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"draille/loadtest/link"
)

const ms = time.Millisecond

// holdIndex makes the test binary open a link of that index and wait to be killed.
const holdIndex = 4242

// inside is set in the environment of the process in which the tests run.
const inside = "TUN_TEST_INSIDE"

// TestMain runs the tests in a network namespace of their own: their devices come and go, and
// whoever looks for ways to connect meanwhile, as other packages' tests do, would take one of them.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv("TUN_TEST_HOLD") != "":
		hold()
	case os.Getenv(inside) == "" && Supported() == nil:
		os.Exit(runInside())
	case os.Getenv(inside) != "":
		if err := ip("link", "set", "lo", "up"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		goleak.VerifyTestMain(m)
	default:
		goleak.VerifyTestMain(m)
	}
}

func runInside() (status int) {
	runtime.LockOSThread() // the thread whose end kills the process
	tests := exec.Command("/proc/self/exe", os.Args[1:]...)
	tests.Env = append(os.Environ(), inside+"=1")
	tests.Stdout, tests.Stderr = os.Stdout, os.Stderr
	tests.SysProcAttr = &syscall.SysProcAttr{
		Unshareflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if err := tests.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "the tests in a namespace of their own:", err)
		return 1
	}
	return 0
}

func hold() {
	client, err := NewNamespace()
	if err == nil {
		_, err = Open(Config{Client: client, Index: holdIndex})
	}
	fmt.Println("open:", err)
	select {}
}

func needRoot(t testing.TB) {
	t.Helper()
	if err := Supported(); err != nil {
		t.Skip(err)
	}
}

func namespace(t testing.TB) *Namespace {
	t.Helper()
	n, err := NewNamespace()
	require.NoError(t, err)
	t.Cleanup(func() { _ = n.Close() })
	return n
}

func open(t testing.TB, c Config) *Link {
	t.Helper()
	l, err := Open(c)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, l.Close()) })
	return l
}

func thin(rate link.Bitrate, delay time.Duration) link.Profile {
	c := link.Config{Conditions: link.Conditions{Rate: rate, Delay: delay}, Queue: 300 * ms}
	return link.Profile{Name: "thin", Up: c, Down: c}
}

// socket opens a UDP socket in a namespace (nil: ours).
func socket(t testing.TB, n *Namespace, addr netip.Addr) *net.UDPConn {
	t.Helper()
	var conn *net.UDPConn
	listen := func() (err error) {
		conn, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)))
		return err
	}
	if n == nil {
		require.NoError(t, listen())
	} else {
		require.NoError(t, n.Do(listen))
	}
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(20*time.Second)))
	return conn
}

// echo answers every datagram until the test ends.
func echo(t testing.TB, n *Namespace, addr netip.Addr) *net.UDPAddr {
	conn := socket(t, n, addr)
	done := make(chan struct{})
	t.Cleanup(func() { _ = conn.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, 2000)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			if _, err := conn.WriteToUDPAddrPort(buf[:n], from); err != nil {
				return
			}
		}
	}()
	return conn.LocalAddr().(*net.UDPAddr)
}

const roundTrips = 10

// roundTrip makes some round trips, each of which must take least.
func roundTrip(t testing.TB, conn *net.UDPConn, to *net.UDPAddr, size int, least time.Duration) {
	t.Helper()
	buf := make([]byte, 2000)
	for range roundTrips {
		start := time.Now()
		_, err := conn.WriteToUDP(make([]byte, size), to)
		require.NoError(t, err)
		_, _, err = conn.ReadFromUDP(buf)
		require.NoError(t, err)
		require.GreaterOrEqual(t, time.Since(start), least)
	}
}

// How late the link is by itself: ms of the round trip that its delays and its rate do not explain.
func BenchmarkRoundTrip(b *testing.B) {
	needRoot(b)
	client := namespace(b)
	l := open(b, Config{Profile: thin(link.Mbps, 15*ms), Client: client, Index: 7})
	conn := socket(b, client, l.ClientAddr())
	server := echo(b, nil, l.ServerAddr())
	for b.Loop() {
		roundTrip(b, conn, server, 972, 46*ms)
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/roundTrips/float64(ms)-46, "ms-late/roundtrip")
}

func TestRoundTripThroughTheLink(t *testing.T) {
	needRoot(t)
	client := namespace(t)
	l := open(t, Config{Profile: thin(link.Mbps, 15*ms), Client: client, Index: 1})
	conn := socket(t, client, l.ClientAddr())
	// 1,000 B at 1 Mbit/s take 8 ms each way, and 15 ms of delay.
	roundTrip(t, conn, echo(t, nil, l.ServerAddr()), 972, 46*ms)
	got := l.Counters()
	assert.GreaterOrEqual(t, got.Up.DeliveredPackets, roundTrips)
	assert.GreaterOrEqual(t, got.Up.DeliveredBytes, 1000*roundTrips)
	assert.GreaterOrEqual(t, got.Down.DeliveredPackets, roundTrips)
	t.Logf("real time %v, %+v", l.RealTime(), got)
}

func TestRateThroughTheLink(t *testing.T) {
	needRoot(t)
	client := namespace(t)
	l := open(t, Config{Profile: thin(4*link.Mbps, 5*ms), Client: client, Index: 2})
	server := socket(t, nil, l.ServerAddr())
	conn := socket(t, client, l.ClientAddr())
	to := server.LocalAddr().(*net.UDPAddr)

	stop := make(chan struct{})
	stopped := make(chan error, 1)
	start := time.Now()
	go func() { // twice the rate, until told to stop
		tick := time.NewTicker(5 * ms)
		defer tick.Stop()
		for {
			for range 5 {
				if _, err := conn.WriteToUDP(make([]byte, 972), to); err != nil {
					stopped <- err
					return
				}
			}
			select {
			case <-stop:
				stopped <- nil
				return
			case <-tick.C:
			}
		}
	}()
	const packets = 300 // 600 ms
	buf := make([]byte, 2000)
	for range packets {
		_, _, err := server.ReadFromUDP(buf)
		require.NoError(t, err)
	}
	require.GreaterOrEqual(t, time.Since(start), packets*2*ms+5*ms,
		"no packet leaves sooner than the rate allows")
	require.Eventually(t, func() bool { return l.Counters().Up.QueueFull > 0 }, 10*time.Second,
		5*ms)
	close(stop)
	require.NoError(t, <-stopped)
	got := l.Counters()
	assert.GreaterOrEqual(t, got.Up.Packets, got.Up.DeliveredPackets+got.Up.QueueFull)
	t.Logf("%+v", got)
}

func TestServerInItsOwnNamespaceServesSeveralClients(t *testing.T) {
	needRoot(t)
	server := namespace(t)
	for index := range 2 {
		client := namespace(t)
		l := open(t, Config{Profile: thin(10*link.Mbps, 2*ms), Client: client, Server: server,
			Index: index})
		conn := socket(t, client, l.ClientAddr())
		roundTrip(t, conn, echo(t, server, l.ServerAddr()), 10, 4*ms)

		if client6, server6, ok := l.IPv6(); ok {
			conn := socket(t, client, client6)
			roundTrip(t, conn, echo(t, server, server6), 10, 4*ms)
		} else {
			t.Log("this kernel has no IPv6")
		}
	}
}

func TestLossAndRestart(t *testing.T) {
	needRoot(t)
	client := namespace(t)
	c := link.Config{Schedule: []link.Step{{At: 50 * ms, Conditions: link.Conditions{Loss: 1}}}}
	l := open(t, Config{Profile: link.Profile{Up: c}, Client: client, Index: 3})
	server := echo(t, nil, l.ServerAddr())
	conn := socket(t, client, l.ClientAddr())
	buf := make([]byte, 10)
	arrives := func() bool {
		_, err := conn.WriteToUDP([]byte("hello"), server)
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*ms)))
		_, _, err = conn.ReadFromUDP(buf)
		return err == nil
	}
	require.Eventually(t, func() bool { arrives(); return l.Counters().Up.Lost > 0 },
		10*time.Second, 5*ms,
		"everything is lost in the end")
	// A busy machine may miss the 50 ms in which nothing is lost; there are more.
	require.Eventually(t, func() bool { l.Restart(); return arrives() }, 10*time.Second, 5*ms,
		"and nothing at the beginning")
}

func TestCommandRunsInsideTheNamespace(t *testing.T) {
	needRoot(t)
	client := namespace(t)
	l := open(t, Config{Client: client, Index: 5})
	out, err := client.Command(context.Background(), "ip", "-4", "route").CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Contains(t, string(out), "default dev access0")
	assert.Contains(t, string(out), l.ClientAddr().String())
	out, err = exec.Command("ip", "-4", "route").CombinedOutput()
	require.NoError(t, err)
	assert.NotContains(t, string(out), "access0")
}

func TestNothingIsLeftAfterClose(t *testing.T) {
	needRoot(t)
	before := descriptors(t)
	client, err := NewNamespace()
	require.NoError(t, err)
	l, err := Open(Config{Client: client, Index: 6})
	require.NoError(t, err)
	_, err = net.InterfaceByName("draille6")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	require.NoError(t, l.Close(), "twice is once")
	require.NoError(t, client.Close())
	gone(t, "draille6")
	assert.Equal(t, before, descriptors(t))
}

func TestNothingIsLeftAfterAKill(t *testing.T) {
	needRoot(t)
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGKILL} {
		holder := exec.Command(os.Args[0])
		holder.Env = append(os.Environ(), "TUN_TEST_HOLD=1")
		out, err := holder.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, holder.Start())
		line, err := bufio.NewReader(out).ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "open: <nil>\n", line)
		name := fmt.Sprintf("draille%d", holdIndex)
		_, err = net.InterfaceByName(name)
		require.NoError(t, err)
		require.NoError(t, holder.Process.Signal(signal))
		require.Error(t, holder.Wait())
		gone(t, name)
	}
}

// gone awaits the end of a device: the kernel takes a moment.
func gone(t *testing.T, name string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := net.InterfaceByName(name)
		return err != nil
	}, 10*time.Second, 5*ms)
}

func descriptors(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return len(files)
}

func TestWhatCannotBeOpened(t *testing.T) {
	needRoot(t)
	_, err := Open(Config{})
	assert.ErrorContains(t, err, "no client namespace")
	client := namespace(t)
	_, err = Open(Config{Client: client, Index: MaxIndex + 1})
	assert.ErrorContains(t, err, "expected 0 to 16383")
	_, err = Open(
		Config{Client: client,
			Profile: link.Profile{Up: link.Config{Conditions: link.Conditions{Loss: 2}}}})
	assert.ErrorContains(t, err, "loss 2")

	open(t, Config{Client: client, Index: 7})
	_, err = Open(Config{Client: client, Index: 8})
	assert.ErrorContains(t, err, "client side")
	_, err = Open(Config{Client: namespace(t), Index: 7})
	assert.ErrorContains(t, err, "is another link of that index open?")

	require.NoError(t, client.Close())
	assert.Error(t, client.Do(func() error { return nil }))
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	needRoot(t)
	t.Setenv("PATH", "")
	assert.ErrorContains(t, Supported(), "install iproute2")
	require.NoError(t, syscall.Seteuid(65534))
	err := Supported()
	_, made := NewNamespace()
	_, opened := Open(Config{})
	require.NoError(t, syscall.Seteuid(0))
	assert.ErrorContains(t, err, "run as root")
	assert.ErrorContains(t, made, "run as root")
	assert.ErrorContains(t, opened, "run as root")
}

func TestAddressesDiffer(t *testing.T) {
	seen := map[netip.Prefix]bool{}
	for index := range MaxIndex + 1 {
		c := Config{Index: index}
		client, server := c.addresses()
		for i := range client {
			require.False(t, seen[client[i]], "%v", client[i])
			seen[client[i]], seen[server[i]] = true, true
			require.Equal(t, client[i].Masked(), server[i].Masked())
		}
		require.True(t, strings.HasPrefix(client[0].String(), "198.18.") ||
			strings.HasPrefix(client[0].String(), "198.19."))
	}
}
