package udp

import (
	"net/netip"
	"sync/atomic"
)

const (
	// batchLength is how many datagrams leave in one call at most. More gain little, and fall out
	// of the processor's cache.
	batchLength = 64
	// slotBytes is the room for one of them: a datagram that came in, and what forwarding may add
	// to it.
	slotBytes = maxDatagram + 256
)

// Destination is where datagrams go, prepared for many of them. It does not change.
type Destination struct {
	address netip.AddrPort
	source  netip.Addr // invalid: whatever the kernel takes
	virtual *far       // nil: the network
	kernel  kernelDestination
}

// Address returns the address that datagrams go to.
func (d *Destination) Address() netip.AddrPort { return d.address }

// Source returns the address of this machine that they leave from; invalid when the kernel chooses
// it.
func (d *Destination) Source() netip.Addr { return d.source }

// Batch collects datagrams so that they leave together. It belongs to one goroutine at a time.
type Batch struct {
	socket *Socket
	count  int
	to     [batchLength]*Destination
	sizes  [batchLength]int
	// repeated: some destination may be there twice, so that it is worth looking for what can leave
	// in one piece.
	repeated bool
	data     []byte
	sender   sender
	flushed  atomic.Uint64 // how often it has been
}

func newBatch(s *Socket) *Batch {
	b := &Batch{socket: s, data: make([]byte, batchLength*slotBytes)}
	b.sender.init(b)
	return b
}

// Buffer returns the room for the next datagram. What it held is overwritten.
func (b *Batch) Buffer() []byte {
	if b.count == batchLength {
		b.Flush()
	}
	return b.datagram(b.count, slotBytes)
}

// Send adds the datagram that stands in the first bytes of Buffer.
func (b *Batch) Send(bytes int, to *Destination) {
	i := b.count
	if to.virtual != nil {
		to.virtual.queue.pushCopy(b.datagram(i, bytes), b.socket.LocalAddr())
		return
	}
	if i > 0 && (b.to[0] == to || b.to[i-1] == to) {
		b.repeated = true
	}
	b.to[i], b.sizes[i] = to, bytes
	b.count++
}

// Flush sends everything.
func (b *Batch) Flush() {
	if b.count > 0 {
		b.sender.send(b)
		b.count, b.repeated = 0, false
		b.flushed.Add(1)
	}
}

// Departure is the latest datagram that somebody has put into a batch. Several goroutines own a
// batch each: what one of them adds must not leave before what another still holds.
type Departure struct {
	batch   *Batch // nil: it has left
	flushed uint64
}

// Departure returns the datagram that was added last.
func (b *Batch) Departure() Departure {
	if b.count == 0 {
		return Departure{} // it went to a virtual peer, at once
	}
	return Departure{b, b.flushed.Load()}
}

// MayFollow reports whether what is added to that batch leaves after the datagram. It may be called
// by any goroutine.
func (d Departure) MayFollow(out *Batch) bool {
	return d.batch == nil || d.batch == out || d.batch.flushed.Load() != d.flushed
}

func (b *Batch) datagram(i, bytes int) []byte {
	return b.data[i*slotBytes : i*slotBytes+bytes : (i+1)*slotBytes]
}
