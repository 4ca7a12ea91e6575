// Package sendbuffer keeps the kernel from hiding media in a TCP connection's send buffer: what
// waits must wait where it can still be dropped.
package sendbuffer

import "net"

// unsentBytes may wait in the kernel beyond what the network has room for: two packets, 0.1 s at
// 150 kbit/s. The kernel's own limit is megabytes.
const unsentBytes = 2 << 10

// Bound bounds the send buffer of a TCP connection, also of one under TLS. Where the system cannot,
// the connection works as it is. Go has switched off Nagle's algorithm already.
func Bound(conn net.Conn) {
	for {
		switch c := conn.(type) {
		case *net.TCPConn:
			setNotSentLowWater(c, unsentBytes)
			return
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return
		}
	}
}
