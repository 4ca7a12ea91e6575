package udp

import (
	"encoding/binary"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// readLength is how many datagrams, or runs of them, are read in one call at most.
	readLength = 16
	// readBytes is the room for each: the longest run that the kernel puts together.
	readBytes = 64 << 10
	// readControlBytes is the room for what is said beside each: controlBytes and when it came.
	readControlBytes = controlBytes + 32
	// longestWait is how long a datagram waits in the kernel's queue at most, to be believed: a
	// clock that has been set says anything.
	longestWait = time.Second
)

// reader reads datagrams in batches.
type reader struct {
	kernel   *kernel
	headers  [readLength]mmsghdr
	pieces   [readLength]unix.Iovec
	names    [readLength][nameBytes]byte
	controls [readLength][readControlBytes]byte
	data     []byte
	messages int
}

func newReader(k *kernel) *reader {
	r := &reader{kernel: k, data: make([]byte, readLength*readBytes)}
	for i := range readLength {
		r.pieces[i].Base = &r.data[i*readBytes]
		r.pieces[i].SetLen(readBytes)
		h := &r.headers[i].header
		h.Name = &r.names[i][0]
		h.Iov = &r.pieces[i]
		h.SetIovlen(1)
		h.Control = &r.controls[i][0]
	}
	return r
}

// read reads what is there; more tells that there may be more.
func (r *reader) read(descriptor uintptr) (more bool) {
	for i := range readLength {
		h := &r.headers[i].header
		h.Namelen = nameBytes
		h.SetControllen(readControlBytes)
	}
	r.kernel.calls.Add(1)
	n, _, err := unix.RawSyscall6(
		unix.SYS_RECVMMSG, descriptor, uintptr(unsafe.Pointer(&r.headers[0])), readLength,
		unix.MSG_DONTWAIT, 0, 0,
	)
	switch err {
	case 0:
		r.messages = int(n)
		return r.messages == readLength
	case unix.EAGAIN:
		r.messages = 0
		return false
	default: // of an earlier write; it says nothing about the next datagram
		r.messages = 0
		return true
	}
}

// receive gives each datagram to take, and calls done after those that came together. It returns
// when the port is closed.
//
// The runtime tells of every datagram that comes after a call, so that a call that did not fill its
// room need not be followed by one that finds nothing. That holds while the runtime's Read is not
// left.
func (r *reader) receive(
	take func(data []byte, from netip.AddrPort, local netip.Addr, at time.Time), done func(),
) error {
	return r.kernel.raw.Read(func(descriptor uintptr) bool {
		for more := true; more; {
			if more = r.read(descriptor); r.messages > 0 {
				r.deliver(take)
				done()
			}
		}
		return false
	})
}

// deliver gives what was read to take.
func (r *reader) deliver(
	take func(data []byte, from netip.AddrPort, local netip.Addr, at time.Time),
) {
	now := time.Now()
	for i := range r.messages {
		m := &r.headers[i]
		from, ok := parseName(r.names[i][:m.header.Namelen])
		if !ok || m.header.Flags&unix.MSG_TRUNC != 0 {
			continue
		}
		said := parseAncillary(r.controls[i][:m.header.Controllen])
		size, at := said.segment, said.arrival(now)
		data := r.data[i*readBytes : i*readBytes+int(m.length)]
		if size == 0 {
			size = len(data)
		}
		// Counted first: whoever has got a datagram finds it counted.
		r.kernel.received.Add(uint64(segments(len(data), size)))
		for first := true; first || len(data) > 0; first = false {
			n := min(size, len(data))
			take(data[:n:n], from, said.local, at)
			data = data[n:]
		}
	}
}

// segments is how many datagrams of size bytes a run of so many bytes holds; an empty one is one.
func segments(bytes, size int) int {
	if bytes == 0 {
		return 1
	}
	return (bytes + size - 1) / size
}

func parseName(name []byte) (netip.AddrPort, bool) {
	if len(name) < unix.SizeofSockaddrInet4 {
		return netip.AddrPort{}, false
	}
	port := binary.BigEndian.Uint16(name[2:])
	switch family := binary.NativeEndian.Uint16(name); {
	case family == unix.AF_INET:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(name[4:8])), port), true
	case family == unix.AF_INET6 && len(name) >= unix.SizeofSockaddrInet6:
		address := netip.AddrFrom16([16]byte(name[8:24])).Unmap()
		return netip.AddrPortFrom(address, port), true
	}
	return netip.AddrPort{}, false
}

// ancillary is what the kernel says beside a datagram (cmsg(3)).
type ancillary struct {
	local   netip.Addr // of this machine, to which it came
	segment int        // bytes of each of several datagrams; 0: it is one
	came    time.Time  // by the wall clock; zero: not said
}

// arrival returns when the datagram reached this machine, which may be long before now, when it was
// read.
func (a ancillary) arrival(now time.Time) time.Time {
	if a.came.IsZero() {
		return now
	}
	// Round: by the wall clock, too
	wait := now.Round(0).Sub(a.came)
	if wait < 0 || wait > longestWait {
		return now
	}
	return now.Add(-wait)
}

func parseAncillary(data []byte) (a ancillary) {
	for len(data) >= unix.CmsgLen(0) {
		header, value, rest, err := unix.ParseOneSocketControlMessage(data)
		if err != nil {
			break
		}
		switch {
		case header.Level == unix.SOL_SOCKET && header.Type == unix.SO_TIMESTAMPNS &&
			len(value) >= int(unsafe.Sizeof(unix.Timespec{})):
			a.came = time.Unix((*unix.Timespec)(unsafe.Pointer(&value[0])).Unix())
		case header.Level == unix.SOL_UDP && header.Type == unix.UDP_GRO && len(value) >= 2:
			a.segment = int(binary.NativeEndian.Uint16(value))
		case header.Level == unix.IPPROTO_IP && header.Type == unix.IP_PKTINFO &&
			len(value) >= unix.SizeofInet4Pktinfo:
			a.local = netip.AddrFrom4([4]byte(value[4:8]))
		case header.Level == unix.IPPROTO_IPV6 && header.Type == unix.IPV6_PKTINFO &&
			len(value) >= unix.SizeofInet6Pktinfo:
			a.local = netip.AddrFrom16([16]byte(value[:16])).Unmap()
		}
		data = rest
	}
	return a
}
