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

// MaxIndex is the highest Config.Index.
const MaxIndex = 1<<14 - 1

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
