package tun

import (
	"net/netip"

	"draille/loadtest/link"
)

// Config describes one access link between two namespaces.
type Config struct {
	// Profile of the link. Up is from Client to Server.
	Profile link.Profile
	Seed    uint64
	// Client is where the participant lives. Its default route leads over the link.
	Client *Namespace
	// Server is where the server lives; nil: where this process does.
	Server *Namespace
	// Index tells apart the links of one Server, 0 to 16383: it decides their addresses.
	Index int
}

// addresses of both ends, from a block that is for benchmarks (RFC 2544, 198.18.0.0/15) and one
// that is private (RFC 4193).
func (c *Config) addresses() (client, server [2]netip.Prefix) {
	high, low := byte(c.Index>>6), byte(c.Index<<2)
	v4 := func(host byte) netip.Prefix {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 18, high, low | host}), 30)
	}
	v6 := func(host byte) netip.Prefix {
		a := [16]byte{0: 0xfd, 1: 0xd7, 6: byte(c.Index >> 8), 7: byte(c.Index), 15: host}
		return netip.PrefixFrom(netip.AddrFrom16(a), 64)
	}
	return [2]netip.Prefix{v4(2), v6(2)}, [2]netip.Prefix{v4(1), v6(1)}
}
