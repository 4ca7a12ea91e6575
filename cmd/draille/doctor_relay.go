package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/pion/transport/v4/stdnet"
	pion "github.com/pion/turn/v4"
	"go.uber.org/zap"

	"draille/turn"
)

// relayTrial is what is needed to try the relay: where it is, and as whom.
type relayTrial struct {
	udp, tcp, tls string // addresses to dial; empty: not served
	media         netip.AddrPort
	public        []netip.Addr // told to browsers, as configured
	credentials   turn.Credentials
}

// checkRelay makes an allocation over each transport, and asks for permission to reach the media
// address through it: of the server that runs, or of one that is started for it when none does.
func checkRelay(ctx context.Context, config Config) []finding {
	const check = "relay"
	if !config.TURN.Enabled {
		return []finding{
			warn(check, "set turn.enabled, unless every network that people come from lets UDP out",
				"not served")}
	}
	trial, end, err := prepareTrial(ctx, config)
	if err != nil {
		return []finding{fail(check, "mend what is said above first", "cannot be tried: %v", err)}
	}
	defer end()
	var found []finding
	for _, way := range []struct{ name, key, address string }{
		{"UDP", "udp-listen", trial.udp}, {"TCP", "turn.tcp-listen", trial.tcp},
		{"TLS", "listen", trial.tls},
	} {
		name := check + " over " + way.name
		switch {
		case way.address == "" && way.name == "TLS":
			found = append(found,
				warn(name, "set tls.mode: hospitals often let out nothing but TCP 443",
					"not served without TLS"))
		case way.address == "":
			found = append(found, warn(name, "set "+way.key, "not served"))
		default:
			found = append(found, tryRelay(ctx, name, way.name, way.address, trial))
		}
	}
	return append(found, checkHairpin(ctx, config, trial)...)
}

// prepareTrial uses the running server, or starts one with secrets of its own on the configured
// ports.
func prepareTrial(ctx context.Context, config Config) (relayTrial, func(), error) {
	if webAnswers(config) {
		trial, err := trialOfRunning(ctx, config)
		return trial, func() {}, err
	}
	directory, err := os.MkdirTemp("", "draille-doctor-")
	if err != nil {
		return relayTrial{}, nil, err
	}
	remove := func() { _ = os.RemoveAll(directory) } // an empty folder in /tmp is no reason to fail
	config.DataDirectory, config.StateDirectory, config.SecretFile = directory, "", ""
	if config.TLS.Mode == tlsACME {
		config.TLS.Mode = tlsOff // asking for a certificate is not trying out
	}
	config.Practice.Enabled = false // its store may be in use by the server
	s, err := newServer(config, zap.NewNop())
	if err != nil {
		remove()
		return relayTrial{}, nil, err
	}
	end := func() {
		s.closeMedia()
		s.closeListeners()
		s.closeStore()
		remove()
	}
	trial := relayTrial{udp: dialable(s.socket.LocalAddr().String()), public: s.addresses}
	if s.tcpRelay != nil {
		trial.tcp = dialable(s.tcpRelay.Addr().String())
	}
	if s.secureRelay != nil {
		trial.tls = dialable(s.secureRelay.Addr().String())
	}
	media, err := mediaAddresses(s.addresses, s.socket.LocalAddr())
	if err == nil {
		trial.media = media[0]
		trial.credentials, err = s.relay.Credentials("doctor", time.Now())
	}
	if err != nil {
		end()
	}
	return trial, end, err
}

func trialOfRunning(ctx context.Context, config Config) (relayTrial, error) {
	keys, err := readSecrets(config)
	if err != nil {
		return relayTrial{}, err
	}
	told, err := resolvePublic(ctx, config.PublicAddress)
	if err != nil {
		return relayTrial{}, err
	}
	bound, err := net.ResolveUDPAddr("udp", config.UDPListen)
	if err != nil {
		return relayTrial{}, err
	}
	local := bound.AddrPort()
	if !local.Addr().IsValid() {
		local = netip.AddrPortFrom(netip.IPv6Unspecified(), local.Port())
	}
	media, err := mediaAddresses(told, local)
	if err != nil {
		return relayTrial{}, err
	}
	trial := relayTrial{udp: dialable(config.UDPListen), media: media[0], public: told,
		credentials: turn.NewCredentials(keys.relay, "doctor", time.Now().Add(time.Hour))}
	if config.TURN.TCPListen != "" {
		trial.tcp = dialable(config.TURN.TCPListen)
	}
	if config.TLS.Mode != tlsOff {
		trial.tls = dialable(config.Listen)
	}
	return trial, nil
}

func tryRelay(ctx context.Context, check, transport, address string, trial relayTrial) finding {
	started := time.Now()
	if err := allocate(ctx, transport, address, trial); err != nil {
		return fail(check, "look into the server's log, and let this machine's own firewall pass "+
			address, "%s: %v", address, err)
	}
	return ok(check, "an allocation on %s in %d ms, which may reach %s", address,
		time.Since(started).Milliseconds(), trial.media)
}

func allocate(ctx context.Context, transport, address string, trial relayTrial) error {
	conn, err := dialRelay(ctx, transport, address)
	if err != nil {
		return err
	}
	defer conn.Close()
	network, err := stdnet.NewNet()
	if err != nil {
		return err
	}
	client, err := pion.NewClient(&pion.ClientConfig{STUNServerAddr: address,
		TURNServerAddr: address, Conn: conn, Net: eitherFamily{network},
		Username: trial.credentials.Username, Password: trial.credentials.Password,
		Realm: turn.DefaultRealm})
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.Listen(); err != nil {
		return err
	}
	relayed, err := client.Allocate()
	if err != nil {
		return err
	}
	defer relayed.Close()
	return client.CreatePermission(net.UDPAddrFromAddrPort(trial.media))
}

// eitherFamily resolves addresses of IPv6, too, which Pion's TURN client does not ask for.
type eitherFamily struct{ *stdnet.Net }

func (eitherFamily) ResolveUDPAddr(_, address string) (*net.UDPAddr, error) {
	return net.ResolveUDPAddr("udp", address)
}

func dialRelay(ctx context.Context, transport, address string) (net.PacketConn, error) {
	if transport == "UDP" {
		return (&net.ListenConfig{}).ListenPacket(ctx, "udp", ":0")
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if transport == "TLS" {
		secure := tls.Client(conn,
			&tls.Config{
				InsecureSkipVerify: true}) //nolint:gosec // the certificate has a check of its own
		if err := secure.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, err
		}
		conn = secure
	}
	return pion.NewSTUNConn(conn), nil
}
