package udp

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// controlBytes is the room for what is said beside a datagram: its local address, and the size
	// of its segments.
	controlBytes = 64
	// maxSegments is how many datagrams may leave in one piece (UDP_MAX_SEGMENTS of older kernels),
	// segmentedBytes how long that may be.
	maxSegments, segmentedBytes = 64, 65_000
	// nameBytes is the room for an address.
	nameBytes = unix.SizeofSockaddrInet6
)

// mmsghdr is what recvmmsg(2) and sendmmsg(2) take.
type mmsghdr struct {
	header unix.Msghdr
	length uint32
}

// kernelState is what the kernel can do.
type kernelState struct {
	raw      syscall.RawConn
	ipv6     bool        // the socket's family; it may carry IPv4 nevertheless
	segments atomic.Bool // UDP_SEGMENT
}

// open finds out what the kernel can do.
func (k *kernel) open() error {
	raw, err := k.conn.SyscallConn()
	if err != nil {
		return err
	}
	k.raw = raw
	var failed error
	err = raw.Control(func(descriptor uintptr) {
		fd := int(descriptor)
		domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
		if err != nil {
			failed = err
			return
		}
		k.ipv6 = domain == unix.AF_INET6
		if k.everywhere && k.ipv6 {
			failed = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1)
		} else if k.everywhere {
			failed = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_PKTINFO, 1)
		}
		_, err = unix.GetsockoptInt(fd, unix.SOL_UDP, unix.UDP_SEGMENT)
		k.segments.Store(err == nil)
		// where there is none, what waits for this machine's processor seems to wait on its way
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
		// where there is none, datagrams come one by one
		_ = unix.SetsockoptInt(fd, unix.SOL_UDP, unix.UDP_GRO, 1)
	})
	if err != nil {
		return err
	}
	return failed
}

// sourceControl appends the control message that makes a datagram leave from an address of this
// machine.
func (k *kernel) sourceControl(control []byte, local netip.Addr) []byte {
	if k.ipv6 {
		control, data := appendControl(
			control, unix.IPPROTO_IPV6, unix.IPV6_PKTINFO, unix.SizeofInet6Pktinfo,
		)
		address := local.As16()
		copy(data, address[:])
		return control
	}
	control, data := appendControl(
		control, unix.IPPROTO_IP, unix.IP_PKTINFO, unix.SizeofInet4Pktinfo,
	)
	address := local.Unmap().As4()
	copy(data[4:], address[:]) // ipi_spec_dst
	return control
}

// appendControl appends a control message of so many bytes, all zero, and returns them.
func appendControl(control []byte, level, kind int32, bytes int) (all, data []byte) {
	start := len(control)
	all = control[:start+unix.CmsgSpace(bytes)]
	clear(all[start:])
	header := (*unix.Cmsghdr)(unsafe.Pointer(&all[start]))
	header.Level, header.Type = level, kind
	header.SetLen(unix.CmsgLen(bytes))
	return all, all[start+unix.CmsgLen(0) : start+unix.CmsgLen(0)+bytes]
}

// kernelDestination is a Destination as the kernel wants it.
type kernelDestination struct {
	name          [nameBytes]byte
	nameLength    uint32
	control       [controlBytes]byte
	controlLength int
}

func (d *kernelDestination) prepare(k *kernel, to *Destination) {
	if k.ipv6 {
		name := (*unix.RawSockaddrInet6)(unsafe.Pointer(&d.name[0]))
		name.Family, name.Addr = unix.AF_INET6, to.address.Addr().As16()
		binary.BigEndian.PutUint16(d.name[2:], to.address.Port())
		d.nameLength = unix.SizeofSockaddrInet6
		if zone := to.address.Addr().Zone(); zone != "" {
			if face, err := net.InterfaceByName(zone); err == nil {
				name.Scope_id = uint32(face.Index)
			}
		}
	} else if to.address.Addr().Is4() {
		name := (*unix.RawSockaddrInet4)(unsafe.Pointer(&d.name[0]))
		name.Family, name.Addr = unix.AF_INET, to.address.Addr().As4()
		binary.BigEndian.PutUint16(d.name[2:], to.address.Port())
		d.nameLength = unix.SizeofSockaddrInet4
	}
	if to.source.IsValid() {
		d.controlLength = len(k.sourceControl(d.control[:0], to.source))
	}
}

// write sends one datagram at once, from a local address if that is valid. Like a Batch it does not
// wait, and does not tell the runtime of the call.
func (k *kernel) write(data []byte, to netip.AddrPort, local netip.Addr) (int, error) {
	k.calls.Add(1)
	d := Destination{address: to, source: local}
	d.kernel.prepare(k, &d)
	piece := unix.Iovec{Base: unsafe.SliceData(data)}
	piece.SetLen(len(data))
	header := unix.Msghdr{Name: &d.kernel.name[0], Namelen: d.kernel.nameLength, Iov: &piece}
	header.SetIovlen(1)
	if d.kernel.controlLength > 0 {
		header.Control = &d.kernel.control[0]
		header.SetControllen(d.kernel.controlLength)
	}
	failed := unix.EINTR
	err := k.raw.Write(func(descriptor uintptr) bool {
		for failed == unix.EINTR {
			_, _, failed = unix.RawSyscall(
				unix.SYS_SENDMSG, descriptor, uintptr(unsafe.Pointer(&header)), unix.MSG_DONTWAIT,
			)
		}
		return true
	})
	switch {
	case err != nil:
		return 0, err
	case failed != 0:
		k.refused.Add(1)
		return 0, fmt.Errorf("udp: cannot write to %s: %w", to, failed)
	}
	k.sent.Add(1)
	return len(data), nil
}

// sender sends a Batch. Its buffers are reused, so that nothing is allocated.
type sender struct {
	kernel   *kernel
	headers  [batchLength]mmsghdr
	pieces   [batchLength]unix.Iovec
	to       [batchLength]*Destination // of a message
	counts   [batchLength]int          // datagrams in a message
	controls [batchLength][controlBytes]byte
	taken    [batchLength]bool
	messages int
	first    int // message to send next
	write    func(descriptor uintptr) bool
}

func (s *sender) init(b *Batch) {
	s.kernel = b.socket.kernel
	s.write = s.writeTo
}

func (s *sender) send(b *Batch) {
	if b.repeated && s.kernel.segments.Load() {
		s.group(b)
	} else {
		s.line(b)
	}
	s.first = 0
	if s.kernel.raw.Write(s.write) != nil { // the port is closed
		s.refuse(s.messages - s.first)
	}
}

// line makes one message a datagram.
func (s *sender) line(b *Batch) {
	s.messages = b.count
	for i := range b.count {
		s.piece(i, b, i)
		s.message(i, b.to[i], i, 1)
	}
}

// group makes one message of every run of datagrams to one destination: all of one size but the
// last, which may be shorter.
func (s *sender) group(b *Batch) {
	s.messages = 0
	piece := 0
	clear(s.taken[:b.count])
	for i := range b.count {
		if s.taken[i] {
			continue
		}
		begin, size, bytes := piece, b.sizes[i], b.sizes[i]
		s.piece(piece, b, i)
		piece++
		for j := i + 1; j < b.count; j++ {
			if s.taken[j] || b.to[j] != b.to[i] {
				continue
			}
			if b.sizes[j] > size || piece-begin == maxSegments ||
				bytes+b.sizes[j] > segmentedBytes {
				break
			}
			s.piece(piece, b, j)
			piece++
			s.taken[j] = true
			bytes += b.sizes[j]
			if b.sizes[j] < size {
				break
			}
		}
		s.message(s.messages, b.to[i], begin, piece-begin)
		if piece-begin > 1 {
			s.segment(s.messages, size)
		}
		s.messages++
	}
}

func (s *sender) piece(i int, b *Batch, datagram int) {
	s.pieces[i].Base = &b.data[datagram*slotBytes]
	s.pieces[i].SetLen(b.sizes[datagram])
}

func (s *sender) message(i int, to *Destination, piece, pieces int) {
	h := &s.headers[i].header
	h.Name, h.Namelen = &to.kernel.name[0], to.kernel.nameLength
	h.Iov = &s.pieces[piece]
	h.SetIovlen(pieces)
	h.Control = nil
	h.SetControllen(0)
	if to.kernel.controlLength > 0 {
		h.Control = &to.kernel.control[0]
		h.SetControllen(to.kernel.controlLength)
	}
	s.to[i], s.counts[i] = to, pieces
}

// segment tells the kernel to cut a message into datagrams of a size.
func (s *sender) segment(i, size int) {
	h := &s.headers[i].header
	control := s.controls[i][:0]
	if h.Control != nil {
		control = append(control, unsafe.Slice(h.Control, int(h.Controllen))...)
	}
	control, data := appendControl(control, unix.SOL_UDP, unix.UDP_SEGMENT, 2)
	binary.NativeEndian.PutUint16(data, uint16(size))
	h.Control = &control[0]
	h.SetControllen(len(control))
}

// writeTo sends the messages that are left. It never waits: where the kernel has no room, nothing
// that comes later has.
//
// Since neither this nor reading waits, the runtime is not told of these calls (RawSyscall6): each
// would wake its monitor thread, which then looks around every 20 µs. That was a quarter of the
// server's CPU.
func (s *sender) writeTo(descriptor uintptr) bool {
	k := s.kernel
	for s.first < s.messages {
		k.calls.Add(1)
		n, _, err := unix.RawSyscall6(
			unix.SYS_SENDMMSG, descriptor, uintptr(unsafe.Pointer(&s.headers[s.first])),
			uintptr(s.messages-s.first), unix.MSG_DONTWAIT, 0, 0,
		)
		switch {
		case err == 0:
			s.count(int(n))
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			s.refuse(s.messages - s.first)
		case s.counts[s.first] > 1:
			s.separate(descriptor)
		default:
			s.refuse(1)
		}
	}
	return true
}

func (s *sender) count(messages int) {
	datagrams, segmented := 0, 0
	for _, n := range s.counts[s.first : s.first+messages] {
		datagrams += n
		if n > 1 {
			segmented += n
		}
	}
	s.kernel.sent.Add(uint64(datagrams))
	if segmented > 0 {
		s.kernel.segmented.Add(uint64(segmented))
	}
	s.first += messages
}

func (s *sender) refuse(messages int) {
	for _, n := range s.counts[s.first : s.first+messages] {
		s.kernel.refused.Add(uint64(n))
	}
	s.first += messages
}

// separate sends the datagrams of a message that the kernel would not cut one by one. Not every
// network card can: it is not asked to again.
func (s *sender) separate(descriptor uintptr) {
	k := s.kernel
	k.segments.Store(false)
	var one mmsghdr
	one.header = s.headers[s.first].header
	to := &s.to[s.first].kernel
	one.header.Control = &to.control[0]
	one.header.SetControllen(to.controlLength)
	pieces := unsafe.Slice(one.header.Iov, s.counts[s.first])
	for i := range pieces {
		one.header.Iov = &pieces[i]
		one.header.SetIovlen(1)
		k.calls.Add(1)
		_, _, err := unix.RawSyscall6(
			unix.SYS_SENDMMSG, descriptor, uintptr(unsafe.Pointer(&one)), 1,
			unix.MSG_DONTWAIT, 0, 0,
		)
		if err == 0 {
			k.sent.Add(1)
		} else {
			k.refused.Add(1)
		}
	}
	s.first++
}
