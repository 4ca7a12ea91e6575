package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	expirySoon   = 14 * 24 * time.Hour
	wantedBuffer = 4 << 20 // bytes: what the media socket asks for
)

// checkPorts tries to open each port; one that is taken is well if the server that runs there is
// ours.
func checkPorts(config Config) []finding {
	ours := sync.OnceValue(func() bool { return webAnswers(config) })
	tcp := func(key, address string) finding {
		listener, err := net.Listen("tcp", address)
		if err == nil {
			listener.Close()
		}
		return portFinding(key+" (TCP)", key, address, err, ours)
	}
	found := []finding{tcp("listen", config.Listen), checkUDPPort(config)}
	if config.TURN.Enabled && config.TURN.TCPListen != "" {
		found = append(found, tcp("turn.tcp-listen", config.TURN.TCPListen))
	}
	if config.Metrics.Listen != "" {
		found = append(found, tcp("metrics.listen", config.Metrics.Listen))
	}
	return found
}

func checkUDPPort(config Config) finding {
	socket, err := net.ListenPacket("udp", config.UDPListen)
	if err == nil {
		socket.Close()
	}
	return portFinding("udp-listen (UDP)", "udp-listen", config.UDPListen, err, func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_, err := askSTUN(ctx, dialable(config.UDPListen))
		return err == nil
	})
}

func portFinding(check, key, address string, err error, running func() bool) finding {
	switch {
	case err == nil:
		return ok(check, "%s can be opened", address)
	case errors.Is(err, syscall.EADDRINUSE) && running():
		return ok(check, "%s is open, by a running draille", address)
	default:
		return fail(check, listenError(key, address, err).Error(), "%s cannot be opened", address)
	}
}

// webAnswers reports whether a server of ours runs with this configuration.
func webAnswers(config Config) bool {
	scheme := "http"
	if config.TLS.Mode != tlsOff {
		scheme = "https"
	}
	client := http.Client{Timeout: 2 * time.Second,
		Transport: &http.Transport{DisableKeepAlives: true,
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true,
				ServerName: config.publicURL(
					config.Listen).Hostname()}}} //nolint:gosec // only asked whether it is there
	response, err := client.Get(scheme + "://" + dialable(config.Listen) + "/healthz")
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// dialable makes an address that is listened on into one that can be dialled from here.
func dialable(address string) string {
	host, port := splitListen(address)
	if host == "" || isUnspecified(host) {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// checkCertificate looks at the certificate as a browser would.
func checkCertificate(ctx context.Context, config Config, now time.Time) []finding {
	const check = "certificate"
	host := config.publicURL(config.Listen).Hostname()
	switch config.TLS.Mode {
	case tlsFiles:
		pair, err := tls.LoadX509KeyPair(config.TLS.Cert, config.TLS.Key)
		if err != nil {
			return []finding{fail(check, "give tls.cert the chain and tls.key the key that "+
				"belongs to it, both in PEM and readable by this user", "%v", err)}
		}
		chain, err := parseChain(pair)
		if err != nil {
			return []finding{
				fail(check, "give tls.cert a chain in PEM, the server's certificate first", "%v",
					err)}
		}
		return certificateFindings(chain, host, now)
	case tlsACME:
		found := []finding{
			ok(check, "from Let's Encrypt, for %s", strings.Join(config.TLS.ACMEDomains, ", "))}
		if _, port := splitListen(config.Listen); port != "443" {
			found = append(found, warn(check, "set listen to :443, or forward port 443 to it",
				"Let's Encrypt asks on port 443, the server listens on %s", port))
		}
		for _, domain := range config.TLS.ACMEDomains {
			if _, err := net.DefaultResolver.LookupNetIP(ctx, "ip", domain); err != nil {
				found = append(found,
					fail(check, "add an A or AAAA record for it", "%s has no address: %v", domain,
						err))
			}
		}
		return found
	}
	listens, _ := splitListen(config.Listen)
	if isLocal(listens) || strings.HasPrefix(config.PublicURL, "https://") {
		return []finding{ok(check, "none needed: the page is %s", config.publicURL(config.Listen))}
	}
	return []finding{
		fail(check, "set tls.mode to acme or files, or public-url to the https:// address of a "+
			"proxy in front",
			"none, and browsers on other machines refuse camera and microphone without")}
}

func parseChain(pair tls.Certificate) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for _, der := range pair.Certificate {
		one, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		chain = append(chain, one)
	}
	return chain, nil
}

// datesFinding says whether a certificate is valid now, and how long.
func datesFinding(check string, leaf *x509.Certificate, now time.Time) finding {
	const renew = "renew it; a running server reads the new files within a minute"
	until := leaf.NotAfter.Format("2 January 2006")
	switch {
	case now.After(leaf.NotAfter):
		return fail(check, renew, "the certificate expired on %s", until)
	case now.Before(leaf.NotBefore):
		return fail(check, "set the clock, or wait", "the certificate is not valid before %s",
			leaf.NotBefore.Format(time.RFC3339))
	case leaf.NotAfter.Sub(now) < expirySoon:
		return warn(check, renew, "the certificate expires on %s", until)
	}
	return ok(check, "the certificate is valid until %s", until)
}

func certificateFindings(chain []*x509.Certificate, host string, now time.Time) []finding {
	const check = "certificate"
	leaf := chain[0]
	names := slices.Clone(leaf.DNSNames)
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	found := []finding{datesFinding(check, leaf, now)}
	if err := leaf.VerifyHostname(host); err != nil {
		found = append(found, fail(check, "set public-url to the https:// address of one of "+
			"these names, or get a certificate for "+host,
			"for %s, but links begin with https://%s", strings.Join(names, ", "), host))
	} else {
		found = append(found, ok(check, "for %s", strings.Join(names, ", ")))
	}
	rest := x509.NewCertPool()
	for _, one := range chain[1:] {
		rest.AddCert(one)
	}
	if _, err :=
		leaf.Verify(x509.VerifyOptions{Intermediates: rest,
			CurrentTime: leaf.NotBefore.Add(time.Second)}); err != nil {
		found = append(found,
			warn(check, "give tls.cert the whole chain, or make sure that every browser knows "+
				"this authority",
				"signed by nobody whom this machine knows (%s)", leaf.Issuer.CommonName))
	}
	return found
}

// checkAddress compares what browsers are told with what this machine has.
func checkAddress(ctx context.Context, config Config) finding {
	const check = "address"
	own, err := mediaAddresses(nil, netip.AddrPortFrom(netip.IPv6Unspecified(), 0))
	if err != nil {
		return fail(check, "set public-address", "%v", err)
	}
	mine := map[netip.Addr]bool{}
	reachable := false // from outside
	for _, address := range own {
		mine[address.Addr()] = true
		reachable = reachable || !address.Addr().IsPrivate() && !address.Addr().IsLoopback()
	}
	told, err := resolvePublic(ctx, config.PublicAddress)
	if err != nil {
		return fail(check, "let UDP out to that server, or give the address itself", "%v", err)
	}
	var foreign []string
	for _, address := range told {
		if !mine[address] {
			foreign = append(foreign, address.String())
		}
	}
	listens, _ := splitListen(config.Listen)
	switch {
	case len(foreign) > 0:
		ports := "udp-listen"
		if config.TURN.Enabled && config.TURN.TCPListen != "" {
			ports += " and turn.tcp-listen"
		}
		return warn(check, fmt.Sprintf("make sure that the translation sends the same ports of "+
			"it here: %s; or correct public-address", ports),
			"%s is told to browsers, but is not of this machine", strings.Join(foreign, ", "))
	case len(told) > 0:
		return ok(check, "%v, which this machine has", told)
	case !reachable && !isLocal(listens):
		return warn(check, "set public-address to the address that browsers reach, or to "+
			"stun:host:port to ask for it",
			"only private addresses of this machine are told to browsers: %v", addressesOf(own))
	default:
		return ok(check, "those of this machine: %v", addressesOf(own))
	}
}

func addressesOf(all []netip.AddrPort) []netip.Addr {
	addresses := make([]netip.Addr, 0, len(all))
	for _, one := range all {
		addresses = append(addresses, one.Addr())
	}
	return addresses
}

// checkClock looks whether the time can be right: invitations and certificates live by it.
func checkClock(now time.Time) finding {
	const check = "clock"
	const do = "set the clock, best by a time service: timedatectl set-ntp true"
	if program, err := os.Executable(); err == nil {
		if info, err := os.Stat(program); err == nil &&
			now.Before(info.ModTime().Add(-time.Minute)) {
			return fail(check, do, "%s is before this program was made (%s)",
				now.Format(time.RFC3339), info.ModTime().Format(time.RFC3339))
		}
	}
	switch synchronised, known := clockSynchronised(); {
	case known && !synchronised:
		return warn(check, do, "%s, and nothing keeps it right", now.Format(time.RFC3339))
	default:
		return ok(check, "%s", now.Format(time.RFC3339))
	}
}
