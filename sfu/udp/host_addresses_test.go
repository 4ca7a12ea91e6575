package udp

import (
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAddressesAreRankedAndBounded(t *testing.T) {
	const running = net.FlagUp | net.FlagRunning
	host := func(index int, address string, flags net.Flags) hostAddress {
		return hostAddress{address: netip.MustParseAddr(address), flags: flags, index: index}
	}
	all := []hostAddress{
		host(1, "127.0.0.1", running|net.FlagLoopback), host(1, "127.0.0.53", running),
		host(1, "::1", running|net.FlagLoopback),
		host(9, "10.88.0.1", running), host(4, "172.17.0.1", net.FlagUp), // no carrier
		host(5, "192.168.7.1", 0), host(2, "fe80::1", running),
		host(8, "172.18.0.1", running), host(7, "172.19.0.1", running),
		host(2, "192.168.1.20", running), host(3, "10.1.2.3", running),
		host(6, "198.51.100.4", running), host(2, "2001:db8::7", running),
		host(9, "2001:db8::7", running),
	}
	var got []string
	for _, a := range rankAddresses(all, netip.MustParseAddr("10.1.2.3"), netip.Addr{}) {
		got = append(got, a.String())
	}
	require.Equal(t, []string{"10.1.2.3", "2001:db8::7", "198.51.100.4", "192.168.1.20",
		"127.0.0.1", "::1"}, got)
	require.Empty(t, rankAddresses(nil))
}
