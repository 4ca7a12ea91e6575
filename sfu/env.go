package sfu

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"draille/sfu/consent"
	"draille/sfu/rtpx"
	"draille/sfu/udp"
)

// env is what the parts of one transport need of the engine, of the room and of the participant, in
// place of a way up to them.
type env struct {
	counters *counters
	traffic  *traffic
	socket   *udp.Conn
	log      *zap.Logger // with the room's and the participant's id
	// admitted says that the participant is: until then nothing is forwarded to or from them.
	admitted *atomic.Bool
	transfer *atomic.Int64        // bit/s that could go to the participant beside the media
	wake     func(at time.Time)   // calls the transport's Run at that time, at the latest
	kick     func()               // makes the room look at its participants soon
	source   func() rtpx.SourceID // names another layer, uniquely on this server
	resting  *atomic.Bool         // Run is called seldom, since nothing goes either way
}

// stir ends the rest of a transport: something goes.
func (e *env) stir() {
	if e.resting.Load() && e.resting.CompareAndSwap(true, false) {
		e.wake(time.Now())
	}
}

// traffic counts the RTP packets of one participant.
type traffic struct {
	in, out atomic.Uint64
	// blocked came from the participant and were not forwarded, because they are not admitted.
	blocked atomic.Uint64
}

// dropReason says why a packet was not forwarded.
type dropReason int

const (
	dropMalformed dropReason = iota
	dropUnknown
	dropGate
	dropMuted
	dropCodec
	dropDuplicate
	dropPacer
	dropForgotten
	dropProtection
	dropWrite
	dropEffort
	dropFault
	dropReasons
)

var dropNames = [dropReasons]string{
	"malformed",  // not RTP or RTCP
	"unknown",    // of no section of the offer
	"gate",       // from somebody who is not admitted
	"muted",      // of a source that is not live
	"codec",      // in a codec that the receiver, or this server, does not know
	"duplicate",  // came before
	"pacer",      // waited too long for a thin link
	"forgotten",  // left the history while it waited
	"protection", // SRTP that its keys do not open, or that came before
	"write",      // the transport refused it
	"effort",     // RTCP of somebody who asks for more work than a browser does
	"fault",      // handling it ended in a fault of this program
}

// counters count what the engine did. They are bumped for every packet, hence atomics.
type counters struct {
	packetsIn, bytesIn, packetsOut, bytesOut           atomic.Uint64
	forwarded, retransmitted, keyframeRequests, probes atomic.Uint64
	dropped                                            [dropReasons]atomic.Uint64
}

func (c *counters) drop(reason dropReason) { c.dropped[reason].Add(1) }

// path is where the media of one transport leaves to.
type path struct {
	destination atomic.Pointer[udp.Destination] // nil: nowhere yet, or nowhere any more
	connected   atomic.Bool                     // media may leave

	mu      sync.Mutex // no other is taken under it
	consent consent.Path
}

// choose notes that ICE has chosen an address.
func (p *path) choose(now time.Time, to netip.AddrPort) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.consent.Choose(now, to)
}

// prove notes that something authentic has come from an address.
func (p *path) prove(now time.Time, from netip.AddrPort) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.consent.Prove(now, from)
}

// decide returns where media is to leave to, and how much of it.
func (p *path) decide(now time.Time) (netip.AddrPort, consent.Grant) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.consent.Decide(now)
}

// isProven reports whether more than voices may leave.
func (p *path) isProven(now time.Time) bool {
	_, grant := p.decide(now)
	return grant == consent.Everything
}
