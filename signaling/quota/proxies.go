package quota

import (
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks of reverse proxies whose X-Forwarded-For is believed.
type Proxies []netip.Prefix

// Client is the address that a request came from: that of the connection, or when that is a
// proxy's, the last one in X-Forwarded-For that is not. What stands before it was written by
// somebody whom nobody trusts.
func (p Proxies) Client(request *http.Request) netip.Addr {
	var address netip.Addr
	if peer, err := netip.ParseAddrPort(request.RemoteAddr); err == nil {
		address = peer.Addr().Unmap()
	}
	hops := strings.Split(strings.Join(request.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && Contains(p, address); i-- {
		hop, ok := parseHop(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		address = hop
	}
	return address
}

// parseHop reads one entry of X-Forwarded-For. Some proxies write the port, too, and IPv6 in
// brackets (as RFC 7239 §6 does for Forwarded).
func parseHop(text string) (netip.Addr, bool) {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap(), true
	}
	if inside, found := strings.CutPrefix(text, "["); found {
		text = strings.TrimSuffix(inside, "]")
	}
	address, err := netip.ParseAddr(text)
	return address.Unmap(), err == nil
}
