package sendbuffer

import (
	"net"

	"golang.org/x/sys/unix"
)

// setNotSentLowWater makes the socket writable only while less than limit bytes wait unsent
// (TCP_NOTSENT_LOWAT).
func setNotSentLowWater(conn *net.TCPConn, limit int) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, limit)
	})
}
