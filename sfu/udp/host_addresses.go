package udp

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// hostAddressesMost bounds the addresses of one family, without loopback. A page sends checks to
// each (RFC 8445 §5.1.1.1 asks for no more than are useful), and a machine that runs containers has
// dozens that lead to no page.
const hostAddressesMost = 3

// HostAddresses lists the addresses of this machine, with the given port, under which a client may
// reach it: those of its interfaces, the best first, and, last, loopback, so that a browser on the
// same machine connects without any network. It leaves out interfaces that are down or have no
// carrier, and link-local addresses, since browsers do not pair them.
func HostAddresses(port uint16) ([]netip.AddrPort, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("udp: cannot list the interfaces of this machine: %w", err)
	}
	var all []hostAddress
	for _, i := range interfaces {
		addresses, err := i.Addrs()
		if err != nil {
			continue // the interface has gone meanwhile
		}
		for _, one := range addresses {
			network, ok := one.(*net.IPNet)
			if !ok {
				continue
			}
			if ip, ok := netip.AddrFromSlice(network.IP); ok {
				all = append(all, hostAddress{address: ip.Unmap(), flags: i.Flags, index: i.Index})
			}
		}
	}
	ranked := rankAddresses(all, routed("udp4", "192.0.2.1:9"), routed("udp6", "[2001:db8::1]:9"))
	addresses := make([]netip.AddrPort, 0, len(ranked))
	for _, address := range ranked {
		addresses = append(addresses, netip.AddrPortFrom(address, port))
	}
	return addresses, nil
}

// routed returns the address with which packets to the world leave; the zero value: none. Nothing
// is sent: the destination is one of documentation (RFC 5737, RFC 3849).
func routed(network, destination string) netip.Addr {
	conn, err := net.Dial(network, destination)
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	local, _ := conn.LocalAddr().(*net.UDPAddr)
	if local == nil {
		return netip.Addr{}
	}
	return local.AddrPort().Addr().Unmap()
}

// hostAddress is one of an interface.
type hostAddress struct {
	address netip.Addr
	flags   net.Flags
	index   int // of the interface: those that came later are made by programs
}

// rankAddresses orders addresses by how likely a page reaches them: those by which this machine
// reaches the world, then public ones, then those of the interfaces that were there first. Of each
// family hostAddressesMost stay, and one of loopback.
func rankAddresses(all []hostAddress, world ...netip.Addr) []netip.Addr {
	rank := func(h hostAddress) int {
		switch {
		case h.address.IsLoopback():
			return 3
		case slices.Contains(world, h.address):
			return 0
		case !h.address.IsPrivate():
			return 1
		default:
			return 2
		}
	}
	all = slices.DeleteFunc(slices.Clone(all), func(h hostAddress) bool {
		return h.address.IsLinkLocalUnicast() || h.flags&net.FlagUp == 0 ||
			h.flags&net.FlagRunning == 0
	})
	slices.SortStableFunc(all, func(x, y hostAddress) int {
		return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(x.index, y.index))
	})
	type kind struct{ four, loopback bool }
	taken := map[kind]int{}
	var best []netip.Addr
	for _, h := range all {
		k := kind{h.address.Is4(), h.address.IsLoopback()}
		most := hostAddressesMost
		if k.loopback {
			most = 1
		}
		if taken[k] < most && !slices.Contains(best, h.address) {
			taken[k]++
			best = append(best, h.address)
		}
	}
	return best
}
