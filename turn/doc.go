// Package turn is the built-in STUN and TURN server (RFC 8489, RFC 8656): the way into the SFU for
// those whose network lets no plain UDP through. It is not a general relay. It reaches the SFU of
// the same process: what a client sends to one of its media addresses is handed over in memory, as
// if it came from a peer at the relayed address. Where several servers serve one name it reaches
// their media addresses, too, through a socket for each allocation that does (outlet.go).
// Everything else is refused.
//
// Three things decide who may do what. A credential (TURN REST form) is valid for hours and names
// its participant (credentials.go); a quota bounds the allocations of one credential and of all
// together (ledger.go); the relay compares address and port of each packet with the list of media
// addresses (relay.go, relay_conn.go). The listeners for TCP and TLS check the framing before the
// protocol code sees a byte (stream_listener.go, stream_conn.go).
package turn
