package sfu

import (
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	pionsrtp "github.com/pion/srtp/v3"
)

// incomingMedia is the way in of a transport's media: what is protected is opened, and given to
// whom it concerns.
type incomingMedia struct {
	mu      sync.Mutex // held while a datagram is handled: it may come over two paths at once
	closed  bool
	context *pionsrtp.Context // nil: no keys yet
	early   []earlyDatagram
	streams map[uint32]*incoming
	rtp     rtp.Header // reused
	rtcp    rtcp.Header
}

type earlyDatagram struct {
	data []byte
	from netip.AddrPort
	at   time.Time
}

// close makes sure that nothing is received any more.
func (m *incomingMedia) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.early = true, nil
}
