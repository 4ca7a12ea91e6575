// Package udp is the one UDP socket of the server. Everything arrives on a single port: ICE checks, DTLS and RTP for
// the media plane, STUN and TURN for the relay. Listen opens the port; Socket sorts each datagram by its first bytes
// (RFC 7983) and offers two net.PacketConns, Media and TURN, that know nothing of each other.
//
// Attach adds a virtual peer: a remote address that exists in memory only. What is written to the far end arrives on
// Media as if it had come from that address, and what Media writes to that address can be read from the far end. It is
// how the built-in TURN relay reaches the media plane without a second kernel socket.
//
// The package reads and writes one datagram a system call. Batching belongs here, behind the same types: pump fills the
// queues and conn.WriteToAddrPort empties them, nothing outside needs to know.
package udp
