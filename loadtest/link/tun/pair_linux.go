package tun

import "net/netip"

// Pair joins two namespaces by a pair of Ethernet interfaces (veth(4)), both of the name given, the
// first address being a's. Every packet crosses by itself: segments that were sent as one are cut
// on the sender's account, as where a network card cannot.
func Pair(name string, a, b *Namespace, addresses [2]netip.Prefix) error {
	err := a.Do(func() error {
		const far = "far" // until it is in its namespace
		if err := ip("link", "add", name, "type", "veth", "peer", "name", far); err != nil {
			return err
		}
		return ip("link", "set", far, "netns", b.Path(), "name", name)
	})
	for i, n := range []*Namespace{a, b} {
		if err == nil {
			err = n.Do(func() error { return bringUp(name, addresses[i]) })
		}
	}
	return err
}

// bringUp sets up one end of a pair.
func bringUp(name string, address netip.Prefix) error {
	if err := ip("address", "add", address.String(), "dev", name); err != nil {
		return err
	}
	return ip("link", "set", name, "gso_max_segs", "1", "up")
}
