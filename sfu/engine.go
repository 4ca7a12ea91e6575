package sfu

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"
	"go.uber.org/zap"

	"draille/sfu/bwe"
	"draille/sfu/icemux"
	"draille/sfu/ingress"
	"draille/sfu/negotiate"
	"draille/sfu/pacing"
	"draille/sfu/srtp"
	"draille/sfu/udp"
)

// Config configures an Engine. Socket is required; every other zero value means its default.
type Config struct {
	Logger *zap.Logger // default: none

	// Socket carries all media: Media() of a udp.Socket. The engine owns it from now on and closes it.
	Socket *udp.Conn
	// Addresses are the host candidates of every answer, the preferred first. Default: the socket's own address, which
	// must then be a specific one.
	Addresses []netip.AddrPort
	// TCPAddresses are told to browsers as passive TCP candidates (RFC 6544), after the others. Who comes there must be brought
	// to the socket as a peer of its own, one for each connection. Default: none.
	TCPAddresses []netip.AddrPort

	DisconnectedTimeout time.Duration // silence after which a transport counts as disconnected. Default: 3 s
	FailedTimeout       time.Duration // further silence after which it counts as failed. Default: 25 s

	Estimator bwe.Config     // of every participant's downlink. Default: bwe.DefaultConfig
	Ingress   ingress.Config // of every participant's uplink. Default: ingress.DefaultConfig
	Pacing    pacing.Config  // Default: pacing.DefaultConfig
}

// handshakeRepeat is how soon the server repeats what it has said of a handshake, twice as late each time: where a fifth is lost a
// first second (RFC 6347 section 4.2.4.1) costs up to 15 s. An answer over 60 kbit/s takes a little less than that.
const handshakeRepeat = 200 * time.Millisecond

// Engine is the media plane of one server: one socket, any number of rooms.
type Engine struct {
	config   Config
	log      *zap.Logger
	mux      *icemux.Mux
	media    *webrtc.MediaEngine
	settings webrtc.SettingEngine
	counters counters

	mu              sync.Mutex
	rooms           map[*Room]struct{}
	closed          bool
	certificate     *webrtc.Certificate
	certificateMade time.Time

	sources atomic.Uint32 // last rtpx.SourceID given out
}

// New starts an engine. It fails when the configuration is incomplete.
func New(config Config) (*Engine, error) {
	if config.Socket == nil {
		return nil, errors.New("sfu: expected Config.Socket, got none: give it Media() of a udp.Socket")
	}
	if len(config.Addresses) == 0 {
		local := config.Socket.LocalAddr()
		if local.Addr().IsUnspecified() {
			return nil, fmt.Errorf("sfu: expected Config.Addresses, since the socket listens on %v, which no browser can send to: "+
				"name the addresses under which browsers reach it", config.Socket.LocalAddr())
		}
		config.Addresses = []netip.AddrPort{local}
	}
	if config.Logger == nil {
		config.Logger = zap.NewNop()
	}
	if config.DisconnectedTimeout == 0 {
		config.DisconnectedTimeout = 3 * time.Second
	}
	if config.FailedTimeout == 0 {
		config.FailedTimeout = 25 * time.Second
	}
	config.Estimator = withDefaults(config.Estimator, bwe.DefaultConfig())
	media, err := negotiate.NewMediaEngine()
	if err != nil {
		return nil, err
	}
	e := &Engine{config: config, log: config.Logger, media: media, rooms: map[*Room]struct{}{}}
	e.mux = icemux.New(config.Socket, config.Addresses)
	e.settings.LoggerFactory = quietLoggers{}
	e.settings.SetICEUDPMux(e.mux)
	e.settings.SetLite(true)
	e.settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	e.settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.settings.SetICETimeouts(config.DisconnectedTimeout, config.FailedTimeout, 2*time.Second)
	e.settings.SetSRTPProtectionProfiles(srtp.OfferedProfiles()...)
	// The one that all must have (RFC 8827 section 6.5), and those with the same hash.
	e.settings.SetDTLSCipherSuites(dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, dtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)
	// ICE has verified the address already; the cookie exchange would cost one more round trip.
	e.settings.SetDTLSInsecureSkipHelloVerify(true)
	e.settings.SetDTLSRetransmissionInterval(handshakeRepeat)
	return e, nil
}

// withDefaults fills in the bitrates that are left open; the other thresholds are filled in by their package.
func withDefaults(config, defaults bwe.Config) bwe.Config {
	if config.StartBitrate == 0 {
		config.StartBitrate = defaults.StartBitrate
	}
	if config.MinBitrate == 0 {
		config.MinBitrate = defaults.MinBitrate
	}
	if config.MaxBitrate == 0 {
		config.MaxBitrate = defaults.MaxBitrate
	}
	return config
}

// NewRoom opens a room. id is used in logs and statistics only.
func (e *Engine) NewRoom(id string) *Room {
	r := newRoom(e, id)
	e.mu.Lock()
	closed := e.closed
	if !closed {
		e.rooms[r] = struct{}{}
	}
	e.mu.Unlock()
	if closed {
		r.Close()
	}
	return r
}

func (e *Engine) forget(r *Room) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.rooms, r)
}

// Close closes all rooms and the socket.
func (e *Engine) Close() error {
	e.mu.Lock()
	e.closed = true
	rooms := e.openRooms()
	e.mu.Unlock()
	var all sync.WaitGroup
	for _, r := range rooms {
		all.Go(r.Close)
	}
	all.Wait()
	return e.mux.Close()
}

// openRooms lists the rooms; e.mu is held.
func (e *Engine) openRooms() []*Room {
	rooms := make([]*Room, 0, len(e.rooms))
	for r := range e.rooms {
		rooms = append(rooms, r)
	}
	return rooms
}
