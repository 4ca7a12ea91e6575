package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"syscall"

	"draille/sfu/udp"
)

// listenTCP opens a listener for the address of a key.
func listenTCP(key, address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, listenError(key, address, err)
	}
	return listener, nil
}

// listenError says in words why a port cannot be had.
func listenError(key, address string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is %s, but another program uses that port: stop it, or choose "+
			"another port with --%s", key, address, key)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s is %s, but this user may not use that port: run as a service with "+
			"CAP_NET_BIND_SERVICE, or choose a port above 1023 with --%s", key, address, key)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s is %s, but this machine does not have that address: use one of its "+
			"own, or leave it out to listen on all", key, address)
	default:
		return fmt.Errorf("%s is %s, which cannot be listened on: %w", key, address, err)
	}
}

// mediaAddresses are the addresses told to browsers for media, the preferred first: those of the
// configuration; and, unless all of these are this machine's, the one that the socket is bound to,
// or the best of this machine: whoever is inside reaches no public address where the translation
// does not lead back in.
func mediaAddresses(configured []netip.Addr, bound netip.AddrPort) ([]netip.AddrPort, error) {
	own, err := []netip.AddrPort{bound}, error(nil)
	if bound.Addr().IsUnspecified() {
		own, err = udp.HostAddresses(bound.Port())
	}
	switch {
	case len(configured) == 0 && err == nil && len(own) == 0:
		return nil, errors.New("this machine has no IP address: set public-address")
	case len(configured) == 0:
		return own, err
	}
	addresses := make([]netip.AddrPort, 0, len(configured)+len(own))
	translated := false
	for _, address := range configured {
		public := netip.AddrPortFrom(address, bound.Port())
		addresses = append(addresses, public)
		translated = translated || !slices.Contains(own, public)
	}
	if !translated {
		return addresses, nil // those that were chosen among this machine's
	}
	for _, local := range own {
		if !local.Addr().IsLoopback() && !slices.Contains(addresses, local) {
			addresses = append(addresses, local)
		}
	}
	return addresses, nil
}

// relayedAddress is the address that relayed ports are given under: of IPv4 where there is one,
// since clients ask for that family unless they say otherwise (RFC 8656 section 7.2), and loopback
// only if there is nothing else.
func relayedAddress(media []netip.AddrPort) netip.Addr {
	better := func(a, b netip.Addr) bool {
		if a.IsLoopback() != b.IsLoopback() {
			return b.IsLoopback()
		}
		return a.Is4() && !b.Is4()
	}
	var found netip.Addr
	for _, m := range media {
		if address := m.Addr().Unmap(); !found.IsValid() || better(address, found) {
			found = address
		}
	}
	return found
}

// relayPorts are where the relay is reached; zero: not there.
type relayPorts struct {
	udp, tcp uint16
}

// relayURLs are the addresses of the relay in the form of RFC 7065, the way with the least delay
// first. Over UDP and TCP, public-address is used where it is set, since public-url may then lead
// to a proxy that carries HTTP only. For a server on localhost it is the relayed address: browsers
// send from the address of an interface, the answer of a port bound to all addresses comes from
// that same address, and they refuse answers that do not come from where they asked.
func relayURLs(public *url.URL, configured []netip.Addr, relayed netip.Addr,
	ports relayPorts) []string {
	hosts := oneOfEachFamily(configured)
	switch {
	case len(hosts) > 0:
	case public.Hostname() == "localhost":
		hosts = []string{relayed.String()}
	default:
		hosts = []string{public.Hostname()}
	}
	var urls []string
	add := func(form, host string, port any) {
		urls = append(urls, fmt.Sprintf(form, net.JoinHostPort(host, fmt.Sprint(port))))
	}
	for _, host := range hosts {
		add("turn:%s?transport=udp", host, ports.udp)
	}
	for _, host := range hosts {
		if ports.tcp != 0 {
			add("turn:%s?transport=tcp", host, ports.tcp)
		}
	}
	return urls
}

// secureRelayURL is where the relay is reached over TLS, on the port of the web server that has
// that host[:port].
func secureRelayURL(host string) string {
	if _, _, err := net.SplitHostPort(host); err != nil {
		host += ":443"
	}
	return "turns:" + host + "?transport=tcp"
}

// oneOfEachFamily returns the first IPv4 and the first IPv6 address: each further one would cost
// every browser another allocation.
func oneOfEachFamily(addresses []netip.Addr) []string {
	var found []string
	seen := map[bool]bool{}
	for _, address := range addresses {
		if !seen[address.Is4()] {
			seen[address.Is4()] = true
			found = append(found, address.String())
		}
	}
	return found
}

// withPort gives all addresses another port.
func withPort(addresses []netip.AddrPort, port uint16) []netip.AddrPort {
	changed := make([]netip.AddrPort, len(addresses))
	for i, address := range addresses {
		changed[i] = netip.AddrPortFrom(address.Addr(), port)
	}
	return changed
}
