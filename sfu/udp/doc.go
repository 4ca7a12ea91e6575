// Package udp is the one UDP socket of the server. Everything arrives on a single port: ICE checks,
// DTLS and RTP for the media plane, STUN and TURN for the relay. Listen opens the port; Socket
// sorts each datagram by its first bytes (RFC 7983): Media hands what is the media plane's to its
// handler, TURN is a net.PacketConn for the relay.
//
// Attach adds a virtual peer: a remote address that exists in memory only. What is written to the
// far end arrives on Media as if it had come from that address, and what Media sends to that
// address can be read from the far end. It is how the built-in TURN relay reaches the media plane
// without a second kernel socket.
//
// # Few system calls
//
// A plain write costs several microseconds, more than all that the server does with a packet
// besides. So everything is read and written in batches (batch.go): one goroutine reads whatever
// has come in one call, gives it to the handler packet by packet, and sends what the handler has
// put into the Batch in one call when it is done. Nothing waits: a batch is what is there anyway.
// Datagrams of equal size for one destination leave as one long datagram that the kernel, or the
// network card, cuts (UDP_SEGMENT); likewise the kernel may deliver several in one piece (UDP_GRO).
// Whether it can is found out when the port is opened. Elsewhere than on Linux (kernel_other.go) it
// is one call a datagram behind the same types.
//
// A datagram came when the kernel took it (SO_TIMESTAMPNS), not when it was read: a server that
// gets the processor late must not take its own lateness for a queue on somebody's link.
//
// An answer leaves from the address to which the question came (sources.go), which matters on
// machines with several.
//
// # What was tried and did not help
//
//   - One queue and one goroutine for each side, as net.PacketConn wants it: every datagram woke
//     two goroutines before the media plane saw it, which cost more than forwarding it.
//   - Telling the Go runtime of every call, as package syscall does by default: it woke the
//     runtime's monitor thread each time.
//   - Letting the reader rest for 0.5 ms after a batch, where many datagrams come, so that those
//     that come meanwhile are read together: 40 consultations took 0.43 calls a packet instead of
//     0.62, and as much CPU; a rest of 1 ms took 0.29, and as much CPU. It delayed each packet by
//     0.2 ms.
//   - The same with the port in an epoll(7) set of its own, so that nothing that comes meanwhile
//     wakes the thread either: 1 ms took 0.25 calls a packet and 1,785 wake-ups a second instead of
//     0.52 and 2,764, and within what runs differ by as much CPU (45.0 µs for 47.8; a rest of 0.5
//     ms 48.6 for 40.3). What a packet costs does not depend on how many come together.
//   - Large pages (madvise(2)) for the heap: no gain (46.7 µs for 45.3).
//   - Waiting in ppoll(2), without the runtime's poller and its change of threads: the monitor
//     thread, which then watches over the processor that the waiting thread holds, cost twice what
//     was saved (1 → 50: 20 µs a packet instead of 11).
package udp
