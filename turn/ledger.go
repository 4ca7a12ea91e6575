package turn

import (
	"net"
	"sync"
)

// ledger counts the allocations of each credential and of all together. An allocation is entered
// before it is made, because clients on several TCP connections are served at the same time.
type ledger struct {
	perCredential, total int

	mu      sync.Mutex
	entries map[string]*entry // by client transport address
	held    map[string]int    // allocations by username
}

type entry struct {
	username string
	created  bool
}

func newLedger(perCredential, total int) *ledger {
	return &ledger{
		perCredential: perCredential,
		total:         total,
		entries:       map[string]*entry{},
		held:          map[string]int{},
	}
}

// A client's transport address stands for its allocation: there is one allocation a 5-tuple (RFC
// 8656 §2.2), and one listener a protocol.
func ledgerKey(client net.Addr) string { return client.Network() + " " + client.String() }

// reserve enters an allocation that is about to be made, or refuses it.
func (l *ledger) reserve(username string, client net.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := ledgerKey(client)
	if l.entries[key] != nil || len(l.entries) >= l.total || l.held[username] >= l.perCredential {
		return false
	}
	l.entries[key] = &entry{username: username}
	l.held[username]++
	return true
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
	username := l.entries[key].username
	delete(l.entries, key)
	if l.held[username]--; l.held[username] == 0 {
		delete(l.held, username)
	}
}

// count is the number of allocations that stand or are being made.
func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}
