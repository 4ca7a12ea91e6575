package turn

import (
	"encoding/binary"
	"net"
	"sync"
)

// checkMemory remembers which media address each of the last connectivity checks went to.
type checkMemory struct {
	mu   sync.Mutex
	next int
	ring [64]struct {
		id   transactionID
		peer *net.UDPAddr
	}
}

func (m *checkMemory) remember(id transactionID, peer *net.UDPAddr) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ring[m.next].id, m.ring[m.next].peer = id, peer
	m.next = (m.next + 1) % len(m.ring)
}

func (m *checkMemory) recall(id transactionID) *net.UDPAddr {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.ring {
		if m.ring[i].peer != nil && m.ring[i].id == id {
			return m.ring[i].peer
		}
	}
	return nil
}

type transactionID [12]byte

type bindingClass int

// bindingMessage reads the first 20 bytes of a packet: is it a STUN Binding message (RFC 8489 §5),
// and which?
func bindingMessage(p []byte) (bindingClass, transactionID) {
	const headerSize, magicCookie = 20, 0x2112A442
	if len(p) < headerSize || binary.BigEndian.Uint32(p[4:]) != magicCookie {
		return notBinding, transactionID{}
	}
	id := transactionID(p[8:headerSize])
	switch binary.BigEndian.Uint16(p) {
	case 0x0001:
		return bindingRequest, id
	case 0x0101, 0x0111:
		return bindingResponse, id
	case 0x0011:
		return bindingOther, id
	default:
		return notBinding, transactionID{}
	}
}
