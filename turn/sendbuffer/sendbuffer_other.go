//go:build !linux

package sendbuffer

import "net"

// setNotSentLowWater bounds the whole send buffer where the kernel has no finer knob.
func setNotSentLowWater(conn *net.TCPConn, _ int) { _ = conn.SetWriteBuffer(16 << 10) }
