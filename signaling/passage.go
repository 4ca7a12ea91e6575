package signaling

import (
	"sync"

	"draille/signaling/peers"
)

// maxAhead bounds what a page sends, in bytes, before it is known where its room lives: more is not
// carried there. A join and an offer have some 10 KiB.
const maxAhead = 256 << 10

// passage is a websocket's way to another server. Until it is known where its room lives, what the
// page sends is kept, too; then it is carried there, or forgotten. Locks: Server.mu before mu, only
// while nothing is carried; mu before connection.deadlineMu.
type passage struct {
	mu    sync.Mutex
	raw   [][]byte // as it came, the join first; nil: nothing is kept
	bytes int
	to    *peers.Carriage // nil: served here
	gone  bool            // the page is

	// cutMu guards cutting alone: mu may be held as long as the other server does not read.
	cutMu  sync.Mutex
	cutter func() // ends the stream; nil: there is none
	isCut  bool
}

// keep keeps a join, and what follows it.
func (p *passage) keep(join []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.raw, p.bytes = [][]byte{join}, len(join)
}

// kept reports whether what the page has sent can be carried.
func (p *passage) kept() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.raw != nil && !p.gone
}

// forget gives up what is kept: the room lives here.
func (p *passage) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.raw = nil
}

// first returns the join.
func (p *passage) first() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.raw[0]
}

// take carries a message, if the websocket is carried. Else it may keep it, too.
func (p *passage) take(data []byte, text bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.to != nil {
		p.to.Message(data, text)
		return true
	}
	if p.raw == nil || !text {
		return false
	}
	if p.bytes += len(data); p.bytes > maxAhead {
		p.raw = nil
		return false
	}
	p.raw = append(p.raw, data)
	return false
}

// control carries a ping or a pong, if the websocket is carried.
func (p *passage) control(kind int, data string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.to == nil {
		return false
	}
	p.to.Control(kind, data)
	return true
}

// begin carries what was kept, and what comes from here on. It reports whether there is still a
// page.
func (p *passage) begin(carry func() *peers.Carriage) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone || p.raw == nil {
		return false
	}
	p.to = carry()
	for _, data := range p.raw[1:] {
		p.to.Message(data, true)
	}
	p.raw = nil
	return true
}

// end notes that nothing more can be read of the page, and reports whether it is carried.
func (p *passage) end(err error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.to != nil && !p.gone {
		p.to.PageGone(err)
	}
	p.gone = true
	return p.to != nil
}

// carriage is nil if the websocket is served here.
func (p *passage) carriage() *peers.Carriage {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.to
}

// cutBy sets what ends the stream. It reports whether that is not to be done already.
func (p *passage) cutBy(cutter func()) bool {
	p.cutMu.Lock()
	defer p.cutMu.Unlock()
	p.cutter = cutter
	return !p.isCut
}

// cut ends the stream to the other server: the page connects again.
func (p *passage) cut() {
	p.cutMu.Lock()
	defer p.cutMu.Unlock()
	p.isCut = true
	if p.cutter != nil {
		p.cutter()
	}
}
