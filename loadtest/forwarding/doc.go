// Package forwarding measures what forwarding costs: a generator sends evenly spaced voice and
// picture packets to a server in a process of its own, and counts what its receivers get, how much
// later, and what CPU the server used for it.
//
// The generator speaks the real signalling, and real ICE, DTLS and SRTP, with a socket for every
// client; but nobody plays anything, and there are no emulated links. A packet holds the time at
// which it left, so that delays are read on one clock, and what arrived is set against exactly what
// left in the same span. Receivers report as browsers do (transport-wide feedback, receiver
// reports), since a server that hears no feedback forwards nothing for long.
//
// What a packet costs is the CPU time of the server's process, user and system, over the media
// packets that arrived; probes and retransmissions cost, but do not count. On one machine the
// kernel charges the server with the delivery to the generator's sockets too, which on a real
// network is the other side's. In a sink (package sink) it counts packets and drops them instead,
// but for some, from whose numbers the clients report the others as arrived. Whoever was sent what
// is then told from the kernel's count, and from how many of those that arrived were media.
//
//   - cases.go: who sends what to whom;
//   - client.go, peer.go: one client, over the websocket and over WebRTC;
//   - outgoing.go, incoming.go: what it sends, what it counts;
//   - server.go: what the server's process used;
//   - run.go, table.go: one measurement, several, and how they are printed.
//
// Cases with the same people who send more or less tell what a participant costs and what a packet
// does. Feedback is a part of a packet's price, and takes a larger share of it where packets are
// few: 100 ms of one packet are reported like those of ten.
package forwarding
