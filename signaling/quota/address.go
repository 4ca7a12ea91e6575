package quota

import (
	"net"
	"net/netip"
)

// key is what counts as one address: an IPv4 address, or an IPv6 /64, which one household or one
// attacker has without effort.
func key(address netip.Addr) netip.Addr {
	address = address.Unmap().WithZone("")
	if address.Is4() {
		return address
	}
	prefix, err := address.Prefix(64)
	if err != nil { // not an address at all
		return address
	}
	return prefix.Addr()
}

// Contains reports whether one of the prefixes holds the address.
func Contains(prefixes []netip.Prefix, address netip.Addr) bool {
	for _, prefix := range prefixes {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}

// AddressOf is the IP address of a network address; the zero Addr if it has none.
func AddressOf(address net.Addr) netip.Addr {
	switch a := address.(type) {
	case *net.TCPAddr:
		return a.AddrPort().Addr().Unmap()
	case *net.UDPAddr:
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
