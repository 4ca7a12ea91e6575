package turn

import (
	"net"
	"net/netip"
	"sync"
)

// Quota is asked before a relayed address is made.
type Quota interface {
	// Hold puts one relayed address down to the participant of a credential and to their address,
	// until release is called, and reports whether that may be.
	Hold(participant string, client netip.Addr) (release func(), ok bool)
}

// ledger knows which allocations there are. An allocation is entered before it is made, because
// clients on several TCP connections are served at the same time. No call leaves it while mu is
// held but to the quota.
type ledger struct {
	quota Quota
	total int

	mu      sync.Mutex
	entries map[string]*entry // by client transport address
}

type entry struct {
	username string
	created  bool
	release  func()
}

func newLedger(quota Quota, total int) *ledger {
	return &ledger{quota: quota, total: total, entries: map[string]*entry{}}
}

// A client's transport address stands for its allocation: there is one allocation a 5-tuple (RFC
// 8656 §2.2), and one listener a protocol.
func ledgerKey(client net.Addr) string { return client.Network() + " " + client.String() }

// reserve enters an allocation that is about to be made, or refuses it.
func (l *ledger) reserve(username, participant string, client net.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := ledgerKey(client)
	if l.entries[key] != nil || len(l.entries) >= l.total {
		return false
	}
	release, ok := func() {}, true
	if l.quota != nil {
		release, ok = l.quota.Hold(participant, addressOf(client))
	}
	if ok {
		l.entries[key] = &entry{username: username, release: release}
	}
	return ok
}

func addressOf(client net.Addr) netip.Addr {
	switch a := client.(type) {
	case *net.TCPAddr:
		return a.AddrPort().Addr().Unmap()
	case *net.UDPAddr:
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// stands reports whether the client has an allocation that was made with that username.
func (l *ledger) stands(username string, client net.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entries[ledgerKey(client)]
	return e != nil && e.created && e.username == username
}

// created notes that the reserved allocation stands.
func (l *ledger) created(client net.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.entries[ledgerKey(client)]; e != nil {
		e.created = true
	}
}

// failed takes back a reservation whose allocation could not be made. Of an allocation that stands,
// it is an error in some later request and changes nothing.
func (l *ledger) failed(client net.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if key := ledgerKey(client); l.entries[key] != nil && !l.entries[key].created {
		l.remove(key)
	}
}

// deleted takes back an allocation that ended.
func (l *ledger) deleted(client net.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if key := ledgerKey(client); l.entries[key] != nil {
		l.remove(key)
	}
}

func (l *ledger) remove(key string) {
	l.entries[key].release()
	delete(l.entries, key)
}

// count is the number of allocations that stand or are being made.
func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}
