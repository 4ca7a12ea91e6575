// Package throttle bounds what one address may ask of the server: websockets opened a second, and
// connections held at once. An address is an IPv4 address or an IPv6 /64, which is what one
// household or one attacker has without effort. Its memory is bounded whatever comes: the address
// that was quiet longest is forgotten first.
package throttle

import (
	"net/netip"
)

// key is what counts as one address.
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
