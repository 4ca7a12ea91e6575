package udp

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A server that runs containers: forty interfaces, half of them down, in a namespace of their own.
func TestManyInterfaces(t *testing.T) {
	const inside = "UDP_TEST_INSIDE"
	if os.Getenv(inside) == "" {
		if os.Getuid() != 0 {
			t.Skip("a network namespace needs root")
		}
		runtime.LockOSThread() // whose end kills the process
		defer runtime.UnlockOSThread()
		test := exec.Command("/proc/self/exe", "-test.run=^TestManyInterfaces$", "-test.v")
		test.Env = append(os.Environ(), inside+"=1")
		test.SysProcAttr = &syscall.SysProcAttr{
			Unshareflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL,
		}
		out, err := test.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "--- PASS: TestManyInterfaces")
		return
	}
	commands := []string{"link set lo up"}
	for i := 1; i <= 40; i++ {
		commands = append(commands, fmt.Sprintf("link add d%d type ifb", i),
			fmt.Sprintf("address add 172.20.%d.1/24 dev d%d", i, i),
			fmt.Sprintf("address add fd20:%d::1/64 dev d%d nodad", i, i))
		if i%2 == 0 {
			commands = append(commands, fmt.Sprintf("link set d%d up", i))
		}
	}
	commands = append(commands, "route add default via 172.20.30.2")
	batch := exec.Command("ip", "-batch", "-")
	batch.Stdin = strings.NewReader(strings.Join(commands, "\n"))
	out, err := batch.CombinedOutput()
	require.NoError(t, err, "%s", out)

	addresses, err := HostAddresses(3478)
	require.NoError(t, err)
	require.Len(t, addresses, 2*hostAddressesMost+2, "%v", addresses)
	require.Equal(t, netip.MustParseAddrPort("172.20.30.1:3478"), addresses[0],
		"the one with the way out comes first")
	for _, a := range addresses[:2*hostAddressesMost] {
		var net4, net6 int
		if a.Addr().Is4() {
			fmt.Sscanf(a.Addr().String(), "172.20.%d.1", &net4)
		} else {
			fmt.Sscanf(a.Addr().String(), "fd20:%d::1", &net6)
		}
		require.Zero(t, (net4+net6)%2, "%v is down", a)
	}
}
