// Package throttle bounds what one address may ask of the server: websockets opened a second, and
// connections held at once. An address is an IPv4 address or an IPv6 /64, which is what one
// household or one attacker has without effort. Its memory is bounded whatever comes: the address
// that was quiet longest is forgotten first.
package throttle

import (
	"container/list"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxAddresses is how many addresses are remembered; about 200 bytes each.
const maxAddresses = 50_000

// key is what counts as one address.
func key(address netip.Addr) netip.Addr {
	address = address.Unmap().WithZone("")
	if address.Is4() {
		return address
	}
	prefix, err := address.Prefix(64)
	if err != nil { // not an address at all
		return address
	}
	return prefix.Addr()
}

// Rate is a token bucket for each address. Its methods may be called concurrently.
type Rate struct {
	limit rate.Limit
	burst int
	most  int

	mu      sync.Mutex
	buckets map[netip.Addr]*list.Element
	order   *list.List // of *bucket, the one used last first
}

type bucket struct {
	address netip.Addr
	*rate.Limiter
}

// NewRate allows each address so many events a second, and burst at once.
func NewRate(perSecond float64, burst int) *Rate {
	return &Rate{
		limit:   rate.Limit(perSecond),
		burst:   burst,
		most:    maxAddresses,
		buckets: map[netip.Addr]*list.Element{},
		order:   list.New(),
	}
}

// Allow counts one event of an address and reports whether it may happen.
func (r *Rate) Allow(address netip.Addr, now time.Time) bool {
	address = key(address)
	r.mu.Lock()
	defer r.mu.Unlock()
	found, known := r.buckets[address]
	if known {
		r.order.MoveToFront(found)
	} else {
		if len(r.buckets) >= r.most {
			oldest := r.order.Back()
			delete(r.buckets, oldest.Value.(*bucket).address)
			r.order.Remove(oldest)
		}
		found = r.order.PushFront(&bucket{address, rate.NewLimiter(r.limit, r.burst)})
		r.buckets[address] = found
	}
	return found.Value.(*bucket).AllowN(now, 1)
}

// Opens decides which requests may open a websocket. It sees through the reverse proxies that it is
// told to trust.
type Opens struct {
	rate    *Rate
	proxies []netip.Prefix
}

// NewOpens allows each address so many websockets a second, and burst at once.
func NewOpens(perSecond float64, burst int, proxies []netip.Prefix) *Opens {
	return &Opens{rate: NewRate(perSecond, burst), proxies: proxies}
}

// Allow reports whether the request may open a websocket now.
func (o *Opens) Allow(request *http.Request, now time.Time) bool {
	return o.rate.Allow(o.client(request), now)
}

// client is the address that a request came from: that of the connection, or when that is a trusted
// proxy's, the last one in X-Forwarded-For that is not. What stands before it was written by
// somebody whom nobody trusts.
func (o *Opens) client(request *http.Request) netip.Addr {
	var address netip.Addr
	if peer, err := netip.ParseAddrPort(request.RemoteAddr); err == nil {
		address = peer.Addr().Unmap()
	}
	hops := strings.Split(strings.Join(request.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && Contains(o.proxies, address); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		address = hop.Unmap()
	}
	return address
}

// Contains reports whether one of the prefixes holds the address.
func Contains(prefixes []netip.Prefix, address netip.Addr) bool {
	for _, prefix := range prefixes {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}
