// Package connect makes PeerConnections over one socket. Pion does ICE, DTLS and SCTP for them;
// media packets do not go through Pion.
package connect

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"

	"draille/sfu/icemux"
	"draille/sfu/negotiate"
	"draille/sfu/srtp"
	"draille/sfu/udp"
)

// certificateLife is how long one DTLS certificate serves new transports. Pion makes them valid for
// a month.
const certificateLife = 24 * time.Hour

// handshakeRepeat is how soon the server repeats what it has said of a handshake, twice as late
// each time: where a fifth is lost a first second (RFC 6347 section 4.2.4.1) costs up to 15 s. An
// answer over 60 kbit/s takes a little less than that.
const handshakeRepeat = 200 * time.Millisecond

// iceKeepalive is the time between two checks of a path that nothing else uses (RFC 8445 section
// 11).
const iceKeepalive = 2 * time.Second

// Connector makes PeerConnections over one socket.
type Connector struct {
	mux      *icemux.Mux
	media    *webrtc.MediaEngine
	settings webrtc.SettingEngine

	mu              sync.Mutex       // no other is taken under it
	tcpAddresses    []netip.AddrPort // candidates of every answer
	certificate     *webrtc.Certificate
	certificateMade time.Time
}

// Config configures a connector. All is required but TCPAddresses.
type Config struct {
	Socket       *udp.Conn
	Addresses    []netip.AddrPort // host candidates of every answer, the preferred first
	TCPAddresses []netip.AddrPort // passive TCP candidates (RFC 6544), after the others

	DisconnectedTimeout time.Duration // silence after which a connection counts as disconnected
	FailedTimeout       time.Duration // further silence after which it counts as failed
}

// New makes a connector. It takes over what the socket receives.
func New(config Config) (*Connector, error) {
	media, err := negotiate.NewMediaEngine()
	if err != nil {
		return nil, err
	}
	c := &Connector{
		media:        media,
		mux:          icemux.New(config.Socket, config.Addresses),
		tcpAddresses: config.TCPAddresses,
	}
	c.settings.LoggerFactory = QuietLoggers{}
	c.settings.SetICEUDPMux(c.mux)
	c.settings.SetLite(true)
	c.settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	c.settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	c.settings.SetICETimeouts(config.DisconnectedTimeout, config.FailedTimeout, iceKeepalive)
	c.settings.SetSRTPProtectionProfiles(srtp.OfferedProfiles()...)
	// The one that all must have (RFC 8827 section 6.5), and those with the same hash.
	c.settings.SetDTLSCipherSuites(dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		dtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)
	// ICE has verified the address already; the cookie exchange would cost one more round trip.
	c.settings.SetDTLSInsecureSkipHelloVerify(true)
	c.settings.SetDTLSRetransmissionInterval(handshakeRepeat)
	return c, nil
}

// NewPeerConnection makes a PeerConnection that carries no media itself. It tells the secrets of
// its DTLS handshake.
func (c *Connector) NewPeerConnection(handshake *srtp.Handshake) (*webrtc.PeerConnection, error) {
	certificate, err := c.currentCertificate()
	if err != nil {
		return nil, err
	}
	settings := c.settings
	settings.BufferFactory = newSink
	settings.SetDTLSKeyLogWriter(handshake)
	settings.SetDTLSServerHelloMessageHook(handshake.ServerHello)
	settings.SetICEBindingRequestHandler(firstCheck())
	api := webrtc.NewAPI(webrtc.WithMediaEngine(c.media), webrtc.WithSettingEngine(settings),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	return api.NewPeerConnection(webrtc.Configuration{
		BundlePolicy: webrtc.BundlePolicyMaxBundle,
		Certificates: []webrtc.Certificate{*certificate},
	})
}

// firstCheck reports whether a check is the first since ICE (re)started: its path is used until the
// browser nominates one (RFC 8445 section 12.1.1 lets media use any valid pair before). Chromium
// nominates up to 0.9 s after its first check has been answered; the handshake need not wait for
// that.
func firstCheck() func(
	check *stun.Message, local, remote ice.Candidate, pair *ice.CandidatePair,
) bool {
	var latest string
	return func(check *stun.Message, _, _ ice.Candidate, _ *ice.CandidatePair) bool {
		var username stun.Username // fresh with every restart
		if err := username.GetFrom(check); err != nil || username.String() == latest {
			return false
		}
		latest = username.String()
		return true
	}
}

// currentCertificate makes one certificate a day for all transports: making one takes longer than
// all the rest of an answer.
func (c *Connector) currentCertificate() (*webrtc.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.certificate != nil && time.Since(c.certificateMade) < certificateLife {
		return c.certificate, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("sfu: cannot make a DTLS key: %w", err)
	}
	certificate, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return nil, fmt.Errorf("sfu: cannot make a DTLS certificate: %w", err)
	}
	c.certificate, c.certificateMade = certificate, time.Now()
	return certificate, nil
}

// Close closes all connections and the media side of the socket.
func (c *Connector) Close() error { return c.mux.Close() }

// Attach brings the media of the connection that an answer describes to a receiver, and returns the
// answer with all candidates.
func (c *Connector) Attach(answer string, receiver icemux.Receiver) string {
	c.mux.Attach(negotiate.Fragment(answer), receiver)
	c.mu.Lock()
	overTCP := c.tcpAddresses
	c.mu.Unlock()
	return negotiate.WithTCPCandidates(answer, overTCP)
}

// SetAddresses changes the candidates of every answer from now on, as in Config: new connections
// are told them, and those that restart ICE.
func (c *Connector) SetAddresses(addresses, overTCP []netip.AddrPort) {
	c.mux.SetCandidates(addresses)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tcpAddresses = overTCP
}

// Foreign reports whether an address belongs to the connection of another receiver.
func (c *Connector) Foreign(from netip.AddrPort, receiver icemux.Receiver) bool {
	return c.mux.Foreign(from, receiver)
}

// Heard tells that something authentic has come from an address to a receiver.
func (c *Connector) Heard(now time.Time, from netip.AddrPort, receiver icemux.Receiver) {
	c.mux.Heard(now, from, receiver)
}
