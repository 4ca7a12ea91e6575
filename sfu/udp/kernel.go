package udp

import (
	"fmt"
	"net"
	"sync/atomic"
)

// kernel is the port as the operating system has it.
type kernel struct {
	conn       *net.UDPConn
	everywhere bool // it listens on all addresses of the machine
	kernelState

	calls, received, sent, segmented, refused atomic.Uint64
}

// Counters count what the port did since it was opened.
type Counters struct {
	Calls     uint64 // system calls to read and write
	Received  uint64 // datagrams read
	Sent      uint64 // datagrams written, those to virtual peers not counted
	Segmented uint64 // of these, how many left together with others to the same destination
	Refused   uint64 // datagrams that the system would not take
}

func openKernel(address string) (*kernel, error) {
	resolved, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, fmt.Errorf(
			"udp: expected an address like \":3478\" or \"192.0.2.1:3478\", got %q: %w", address,
			err,
		)
	}
	conn, err := net.ListenUDP("udp", resolved)
	if err != nil {
		return nil, fmt.Errorf(
			"udp: cannot listen on %s (is another server running there?): %w", address, err,
		)
	}
	// A smaller buffer than asked for works too, so a refusal is not an error.
	_ = conn.SetReadBuffer(bufferBytes)
	_ = conn.SetWriteBuffer(bufferBytes)
	k := &kernel{conn: conn, everywhere: conn.LocalAddr().(*net.UDPAddr).IP.IsUnspecified()}
	if err := k.open(); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("udp: cannot prepare the socket on %s: %w", address, err)
	}
	return k, nil
}
