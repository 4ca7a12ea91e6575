//go:build !linux

package udp

import (
	"errors"
	"net"
	"net/netip"
	"time"
)

// kernelState is nothing here: one call a datagram, and the system chooses where it leaves from.
type kernelState struct{}

func (k *kernel) open() error { return nil }

// write sends one datagram at once.
func (k *kernel) write(data []byte, to netip.AddrPort, _ netip.Addr) (int, error) {
	k.calls.Add(1)
	k.sent.Add(1)
	return k.conn.WriteToUDPAddrPort(data, to)
}

type kernelDestination struct{}

func (d *kernelDestination) prepare(*kernel, *Destination) {}

// sender sends a Batch.
type sender struct{}

func (s *sender) init(*Batch) {}

func (s *sender) send(b *Batch) {
	k := b.socket.kernel
	for i := range b.count {
		if _, err := k.write(b.datagram(i, b.sizes[i]), b.to[i].address, netip.Addr{}); err != nil {
			k.refused.Add(1)
		}
	}
}

// reader reads datagrams.
type reader struct {
	kernel *kernel
	data   [maxDatagram]byte
}

func newReader(k *kernel) *reader { return &reader{kernel: k} }

// receive gives each datagram to take, and calls done after it. It returns when the port is closed.
func (r *reader) receive(
	take func(data []byte, from netip.AddrPort, local netip.Addr, at time.Time), done func(),
) error {
	for {
		r.kernel.calls.Add(1)
		n, from, err := r.kernel.conn.ReadFromUDPAddrPort(r.data[:])
		switch {
		case errors.Is(err, net.ErrClosed):
			return err
		case err == nil:
			r.kernel.received.Add(1)
			take(r.data[:n], canonical(from), netip.Addr{}, time.Now())
			done()
		}
	}
}
