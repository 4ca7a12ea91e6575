// Package tun puts whole programs, real browsers above all, behind an emulated link: a network
// namespace whose only way out is a TUN device, on the other end of which the link model decides
// when each IP packet arrives. It works on Linux, as root; elsewhere [Supported] says what is
// missing.
//
//	client, err := tun.NewNamespace()
//	defer client.Close()
//	access, err := tun.Open(tun.Config{Profile: profile, Client: client})
//	defer access.Close()
//	browser := client.Command(ctx, "chromium", "http://"+access.ServerAddr().String()+":8080")
//
// Namespaces have no name and devices live in the process that opened them: when it ends, in
// whatever way, the kernel takes everything back.
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

// MaxIndex is the highest Config.Index.
const MaxIndex = 1<<14 - 1

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

// Way counts what one direction did. Bytes are those of IP packets.
type Way struct {
	Packets, Bytes                   int // offered
	DeliveredPackets, DeliveredBytes int // arrived
	QueueFull, Lost                  int // packets dropped on entry, and lost after the queue
	Refused                          int // packets that the receiving kernel did not take
}

// Counters of both directions, and of the emulator's own precision.
type Counters struct {
	Up, Down Way
	// Late counts packets that were handed over more than 1 ms after their time, because the
	// machine was too busy; WorstMicros is the longest of these delays, in µs. When they are many,
	// what was measured is the machine and not the link.
	Late        int
	WorstMicros int
}
