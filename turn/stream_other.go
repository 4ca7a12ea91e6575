//go:build !linux

package turn

import "net"

// setNotSentLowWater bounds the whole send buffer where the kernel has no finer knob.
func setNotSentLowWater(conn *net.TCPConn, limit int) { _ = conn.SetWriteBuffer(2 * limit) }
