package throttle

import (
	"net/http"
	"net/netip"
	"strings"
	"time"
)

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
