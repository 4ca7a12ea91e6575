package sfu

import (
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	pionsrtp "github.com/pion/srtp/v3"
	"github.com/pion/webrtc/v4"
	"go.uber.org/zap"

	"draille/sfu/srtp"
	"draille/sfu/udp"
)

const (
	// maxStreams bounds the SSRCs of one transport: microphone, screen and three encodings of a
	// camera, each with retransmissions, make 9; a page that switches codecs may use new ones.
	maxStreams = 64
	// maxProtectAttempts is how often keys are looked for, tickInterval apart. None of a
	// handshake's ServerHellos is right where somebody sends more false ones than are remembered.
	maxProtectAttempts = 20
	// earlyDatagrams is how much media is kept that comes before the keys are known.
	earlyDatagrams = 32
)

// ReceiveMedia implements icemux.Receiver.
func (t *transport) ReceiveMedia(
	data []byte, from netip.AddrPort, local netip.Addr, at time.Time, out *udp.Batch,
) {
	defer t.survive("a datagram")
	if local.IsValid() {
		if to := t.path.destination.Load(); to != nil && to.Source() != local &&
			to.Address() == from {
			t.path.destination.Store(t.env.socket.Destination(from, local))
		}
	}
	m := &t.incoming
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
	case m.context != nil:
		t.take(data, from, at, out)
	case len(m.early) < earlyDatagrams:
		m.early = append(m.early, earlyDatagram{append([]byte(nil), data...), from, at})
	}
}

// take forwards RTP and keeps RTCP until the room has time for it; incoming.mu is held.
func (t *transport) take(data []byte, from netip.AddrPort, at time.Time, out *udp.Batch) {
	switch {
	case !isRTCP(data):
		t.openRTP(data, from, at, out)
	case t.rtcp.push(data, from, at):
		t.wakeAt(t.readAt(at))
	default:
		t.env.counters.drop(dropEffort)
	}
}

// receiveWaiting handles the RTCP that has come since. It is called by Run, which alone handles
// RTCP. What it asks for is done without incoming.mu: who reads the socket waits for that.
func (t *transport) receiveWaiting(out *udp.Batch) {
	for _, w := range t.rtcp.take() {
		if plain, ok := t.openRTCP(w); ok {
			t.receiveRTCP(w.at, plain, out)
		}
	}
}

// openRTCP opens a datagram of RTCP in place.
func (t *transport) openRTCP(w waitingRTCP) (plain []byte, ok bool) {
	m := &t.incoming
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, false
	}
	plain, err := m.context.DecryptRTCP(w.data, w.data, &m.rtcp)
	if err != nil {
		t.env.counters.drop(dropProtection)
		return nil, false
	}
	t.heard(w.from, w.at)
	return plain, true
}

// heardInterval is how often the mux hears that a path is alive.
const heardInterval = 500 * time.Millisecond

// heard notes that something authentic has come from an address; incoming.mu is held.
func (t *transport) heard(from netip.AddrPort, at time.Time) {
	m := &t.incoming
	if from == m.from && at.Sub(m.heard) < heardInterval {
		return
	}
	m.from, m.heard = from, at
	t.path.prove(at, from)
	t.connector.Heard(at, from, t)
}

// openRTP opens a datagram of RTP in place and forwards it; incoming.mu is held.
func (t *transport) openRTP(data []byte, from netip.AddrPort, at time.Time, out *udp.Batch) {
	m := &t.incoming
	c := t.env.counters
	plain, err := m.context.DecryptRTP(data, data, &m.rtp)
	if err != nil {
		c.drop(dropProtection)
		return
	}
	t.heard(from, at)
	in := m.streams[m.rtp.SSRC]
	if in == nil {
		if len(m.streams) >= maxStreams {
			c.drop(dropUnknown)
			return
		}
		in = &incoming{ssrc: m.rtp.SSRC}
		m.streams[in.ssrc] = in
	}
	t.up.receive(in, plain, at, out)
}

// isRTCP tells RTCP from RTP (RFC 5761 section 4).
func isRTCP(data []byte) bool { return len(data) >= 2 && data[1] >= 192 && data[1] <= 223 }

// DivertMedia implements icemux.Receiver.
func (t *transport) DivertMedia(data []byte) {
	select {
	case t.report <- append([]byte(nil), data...):
	default:
	}
}

// ReceiveDTLS implements icemux.Receiver. Anybody may send what looks like a handshake: once there
// are keys, media alone prove a path.
func (t *transport) ReceiveDTLS(datagram []byte, from netip.AddrPort) {
	t.handshake.Received(datagram)
	if !t.protected.Load() {
		t.path.prove(time.Now(), from)
	}
}

// SentDTLS implements icemux.Receiver. Once our last flight has left, media may follow it: it waits
// neither for the other side's last nor, since nothing overtakes on one path, for this one to
// arrive.
func (t *transport) SentDTLS(datagram []byte) {
	if !t.protected.Load() && srtp.Finishes(datagram) {
		t.keyed.Store(true)
		t.wakeAt(time.Now())
	}
}

// startEarly lets media leave before Pion has connected, if there is no doubt about its keys.
func (t *transport) startEarly() {
	t.protecting.Lock()
	defer t.protecting.Unlock()
	secrets, profile := t.handshake.Early()
	if secrets == nil || t.protected.Load() {
		return
	}
	keys, err := secrets.Keys(profile)
	if err != nil {
		return // will be told when Pion has connected
	}
	p, err := srtp.FromKeys(keys, profile)
	if err != nil {
		return
	}
	t.install(p)
	t.path.connected.Store(true)
	t.down.reallocate(time.Now())
	t.env.kick()
}

// protect derives the keys of media once Pion has connected, and opens what came before.
func (t *transport) protect() {
	t.protecting.Lock()
	defer t.protecting.Unlock()
	candidates := t.handshake.Secrets()
	if len(candidates) == 0 || t.protected.Load() {
		return
	}
	// Pion protects this report, and the mux brings it back.
	probe := []rtcp.Packet{&rtcp.ReceiverReport{SSRC: t.control.ssrc}}
	if err := t.pc.WriteRTCP(probe); err != nil {
		return // closing
	}
	var report []byte
	select {
	case report = <-t.report:
	default:
		return
	}
	p, err := srtp.New(candidates, report)
	if err != nil {
		t.unprotected++
		if t.unprotected == 1 {
			t.env.log.Error("media cannot be protected", zap.Error(err))
		}
		if t.unprotected == maxProtectAttempts && t.faulty.CompareAndSwap(false, true) {
			go t.drop() // another handshake may be told the truth
		}
		return
	}
	t.install(p)
}

// install protects media from now on, and opens what came before.
func (t *transport) install(p *srtp.Protection) {
	t.down.protect(p.RTP)
	t.control.protect(p.RTCP)
	t.protected.Store(true)
	out := t.env.socket.Batch()
	defer t.env.socket.Release(out)
	m := &t.incoming
	m.mu.Lock()
	defer m.mu.Unlock()
	m.context = p.Incoming
	for _, d := range m.early {
		t.take(d.data, d.from, d.at, out)
	}
	m.early = nil
}

// selectPath hears where ICE has found the participant.
func (t *transport) selectPath(pair *webrtc.ICECandidatePair) {
	if pair == nil || pair.Remote == nil {
		return
	}
	address, err := netip.ParseAddr(pair.Remote.Address)
	if err != nil {
		return
	}
	remote := netip.AddrPortFrom(address.Unmap(), pair.Remote.Port)
	if t.connector.Foreign(remote, t) {
		return // somebody else's, as a check says that comes from an address that is made up
	}
	now := time.Now()
	t.down.hold(now)
	t.path.choose(now, remote)
	t.follow(now)
	t.env.stir()
}

// follow makes media leave to where they may. What was learnt of another path is forgotten.
func (t *transport) follow(now time.Time) {
	t.following.Lock()
	defer t.following.Unlock()
	to, _ := t.path.decide(now)
	before := t.path.destination.Load()
	switch {
	case !to.IsValid():
		if before != nil {
			t.path.destination.Store(nil)
		}
	case before == nil || before.Address() != to:
		t.path.destination.Store(t.env.socket.Destination(to, netip.Addr{}))
		if t.latestPath.IsValid() && t.latestPath != to {
			// Not before: until it is taken, media still take the old path, and would pass for the
			// least delay of the new one.
			t.up.pathChanged()
			t.down.pathChanged(now)
		}
		t.latestPath = to
	}
}

// incomingMedia is the way in of a transport's media: what is protected is opened, and given to
// whom it concerns.
type incomingMedia struct {
	mu      sync.Mutex // held while RTP is handled: it may come over two paths at once
	closed  bool
	context *pionsrtp.Context // nil: no keys yet
	early   []earlyDatagram
	streams map[uint32]*incoming
	from    netip.AddrPort // where the latest came from, and when the mux was told
	heard   time.Time
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
