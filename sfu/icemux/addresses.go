package icemux

import (
	"net/netip"
	"sync/atomic"
	"time"
)

const (
	// maxRouteAddresses is how many addresses one connection has at a time: a machine's interfaces,
	// both families, and what a relay adds.
	maxRouteAddresses = 16
	// maxRouteCandidates is how many one connection may have had, since Pion forgets none before it
	// restarts ICE: a network that changes every few minutes for a day.
	maxRouteCandidates = 256
	// maxAddresses bounds all of them: a thousand seats, each with as many as it may have.
	maxAddresses = 1 << 14
	// consentLife is how long an address stays a connection's own of which nothing is heard (RFC
	// 7675 section 5.1).
	consentLife = 30 * time.Second
)

// addresses tells to which connection an address belongs. Source addresses can be made up, also by
// somebody who may send valid checks for a connection of their own: so none is taken from a
// connection that is alive. It is guarded by Mux.mu, but for what is atomic.
type addresses map[netip.AddrPort]*address

// address is one that belongs to a connection.
type address struct {
	route *route
	heard atomic.Int64 // when something authentic last came from there, in ns since 1970
}

func (a *address) live(now time.Time) bool {
	return now.UnixNano()-a.heard.Load() < int64(consentLife)
}

// mayClaim reports whether an address may become a connection's own.
func (all addresses) mayClaim(now time.Time, from netip.AddrPort, r *route) bool {
	if known := all[from]; known != nil {
		return known.route == r || known.route.receiver() == r.receiver() && r.receiver() != nil ||
			!known.live(now)
	}
	return r.candidates < maxRouteCandidates && len(all) < maxAddresses &&
		(r.addresses < maxRouteAddresses || all.oldest(now, r).IsValid())
}

// claim makes an address a connection's own, if it may become that. Pion has just answered a check
// that came from there, which names the connection and proves its password.
func (all addresses) claim(now time.Time, from netip.AddrPort, r *route) bool {
	if !all.mayClaim(now, from, r) {
		return false
	}
	known := all[from]
	switch {
	case known == nil && r.addresses >= maxRouteAddresses:
		all.forget(all.oldest(now, r))
	case known != nil && known.route != r:
		all.forget(from)
		known = nil
	}
	if known == nil {
		known = &address{route: r}
		all[from] = known
		r.addresses++
		r.candidates++
	}
	known.heard.Store(now.UnixNano())
	return true
}

func (all addresses) forget(from netip.AddrPort) {
	if known := all[from]; known != nil {
		known.route.addresses--
		delete(all, from)
	}
}

// oldest returns the address of a connection of which nothing has been heard for longest; invalid
// where all are alive.
func (all addresses) oldest(now time.Time, r *route) (oldest netip.AddrPort) {
	var heard int64
	for from, known := range all {
		if known.route == r && !known.live(now) &&
			(!oldest.IsValid() || known.heard.Load() < heard) {
			oldest, heard = from, known.heard.Load()
		}
	}
	return oldest
}
