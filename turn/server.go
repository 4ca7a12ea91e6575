package turn

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	pion "github.com/pion/turn/v4"
	"go.uber.org/zap"
)

// Defaults of Config.
const (
	DefaultRealm    = "draille"
	DefaultLifetime = 12 * time.Hour
	// DefaultAllocations keeps well below the number of relayed ports, so that a free one is found
	// at once.
	DefaultAllocations = 8000
)

// minSecret is the fewest bytes of secret accepted.
const minSecret = 32

// Config says what a Server serves and whom. Zero values of the last group stand for the defaults.
type Config struct {
	Secret        []byte           // key of the credentials, at least 32 bytes
	PublicAddress netip.Addr       // in relayed addresses; of the family of Media
	Media         []netip.AddrPort // media addresses of the SFU: peers that may be reached
	Peers         Peers            // the way to them

	// STUN and TURN over UDP; nil: not served. A read error other than that of closing ends it.
	UDP       net.PacketConn
	Listeners []net.Listener // TURN over TCP, or TLS if the listener does TLS

	Realm       string
	Lifetime    time.Duration // of credentials
	Allocations int           // of all participants together
	Quota       Quota         // nil: none but Allocations
	// Called with a connection over which a request came with a valid credential; nil: nobody is
	// told.
	Authenticated func(net.Conn)
	Logger        *zap.Logger
}

// Server is a running STUN and TURN server.
type Server struct {
	config  Config
	pion    *pion.Server
	relay   *relay
	ledger  *ledger
	streams []*streamListener

	overQuota, unauthorized atomic.Uint64
}

// New checks the configuration and starts to serve. The server closes the sockets that it was
// given.
func New(config Config) (*Server, error) {
	config = withDefaults(config)
	if err := check(config); err != nil {
		return nil, err
	}
	s := &Server{
		config: config,
		relay:  newRelay(config.PublicAddress.Unmap(), config.Media, config.Peers),
		ledger: newLedger(config.Quota, config.Allocations),
	}
	pionConfig := pion.ServerConfig{
		Realm:         config.Realm,
		AuthHandler:   s.authenticate,
		QuotaHandler:  s.admit,
		LoggerFactory: pionLog{logger: config.Logger},
		EventHandler: pion.EventHandler{
			OnAllocationCreated: func(client, _ net.Addr, _, _, _ string, _ net.Addr, _ int) {
				s.ledger.created(client)
			},
			OnAllocationDeleted: func(client, _ net.Addr, _, _, _ string) {
				s.ledger.deleted(client)
			},
			OnAllocationError: func(client, _ net.Addr, _, _ string) { s.ledger.failed(client) },
			OnAuth: func(client, _ net.Addr, _, _, _, _ string, verdict bool) {
				if verdict {
					s.authenticated(client)
				} else {
					s.unauthorized.Add(1)
				}
			},
		},
	}
	if config.UDP != nil {
		pionConfig.PacketConnConfigs = []pion.PacketConnConfig{
			{
				PacketConn:            config.UDP,
				RelayAddressGenerator: s.relay,
				PermissionHandler:     s.relay.permit,
			},
		}
	}
	for _, l := range config.Listeners {
		stream := newStreamListener(l, config.Logger)
		s.streams = append(s.streams, stream)
		pionConfig.ListenerConfigs = append(pionConfig.ListenerConfigs, pion.ListenerConfig{
			Listener: stream, RelayAddressGenerator: s.relay, PermissionHandler: s.relay.permit,
		})
	}
	server, err := pion.NewServer(pionConfig)
	if err != nil {
		return nil, fmt.Errorf("turn: %w", err)
	}
	s.pion = server
	return s, nil
}

func withDefaults(config Config) Config {
	if config.Realm == "" {
		config.Realm = DefaultRealm
	}
	if config.Lifetime == 0 {
		config.Lifetime = DefaultLifetime
	}
	if config.Allocations == 0 {
		config.Allocations = DefaultAllocations
	}
	if config.Authenticated == nil {
		config.Authenticated = func(net.Conn) {}
	}
	if config.Logger == nil {
		config.Logger = zap.NewNop()
	}
	return config
}

func check(config Config) error {
	switch {
	case len(config.Secret) < minSecret:
		return fmt.Errorf("turn: the secret has %d bytes, expected at least %d", len(config.Secret),
			minSecret)
	case !config.PublicAddress.IsValid() || config.PublicAddress.IsUnspecified():
		return fmt.Errorf("turn: relayed addresses need a public address of this machine, got %v",
			config.PublicAddress)
	case len(config.Media) == 0:
		return errors.New("turn: no media address given, so that no peer could be reached")
	case config.Peers == nil:
		return errors.New("turn: no way to the media plane given (Peers)")
	case config.UDP == nil && len(config.Listeners) == 0:
		return errors.New("turn: neither a UDP socket nor a listener given")
	case config.Lifetime < 0 || config.Allocations < 0:
		return errors.New("turn: lifetime and quotas must be positive")
	case config.Allocations > relayPorts/2:
		return fmt.Errorf("turn: %d allocations asked for, at most %d can be had",
			config.Allocations, relayPorts/2)
	}
	return nil
}

// Credentials makes credentials for a participant (1 to 128 visible ASCII characters), valid from
// now for the configured lifetime.
func (s *Server) Credentials(participant string, now time.Time) (Credentials, error) {
	if !validParticipant(participant) {
		return Credentials{}, fmt.Errorf(
			"turn: participant id must be 1 to %d visible ASCII characters, got %q",
			maxParticipantBytes, participant)
	}
	return NewCredentials(s.config.Secret, participant, now.Add(s.config.Lifetime)), nil
}

// SetAddresses changes Config.PublicAddress and Config.Media for the allocations from now on. Those
// that stand go on.
func (s *Server) SetAddresses(public netip.Addr, media []netip.AddrPort) {
	s.relay.setReach(public.Unmap(), media)
}

// SetElsewhere changes which media addresses of other servers may be reached besides Config.Media,
// through a socket for each allocation that does. Those that are closing are still reached by whom
// they are spoken to already.
func (s *Server) SetElsewhere(open, closing []netip.AddrPort) {
	s.relay.setElsewhere(open, closing)
}

// authenticate gives the key of a username that is ours and not expired (RFC 8489 §9.2.2). An
// allocation that stands lives on after the credential has expired, as long as it is refreshed: a
// call does not end because it is long.
func (s *Server) authenticate(username, realm string, client net.Addr) ([]byte, bool) {
	expires, _, err := parseUsername(username)
	if err != nil || realm != s.config.Realm ||
		!time.Now().Before(expires) && !s.ledger.stands(username, client) {
		s.unauthorized.Add(1)
		return nil, false
	}
	return pion.GenerateAuthKey(username, realm, password(s.config.Secret, username)), true
}

// authenticated tells whoever counts connections that this one is a participant's.
func (s *Server) authenticated(client net.Addr) {
	for _, l := range s.streams {
		if conn := l.from(client); conn != nil {
			s.config.Authenticated(conn)
		}
	}
}

// admit keeps the quota.
func (s *Server) admit(username, _ string, client net.Addr) bool {
	_, participant, err := parseUsername(username)
	if err == nil && s.ledger.reserve(username, participant, client) {
		return true
	}
	s.overQuota.Add(1)
	return false
}

// Stats are counts since the start, but for Allocations and Connections, which are of now.
type Stats struct {
	Allocations        int    // allocations that stand
	Connections        int    // open TCP and TLS connections
	OverQuota          uint64 // allocations refused by the quota
	Outlets            int    // sockets towards other servers, each of an allocation
	Unopened           uint64 // packets to other servers for which no socket could be had
	Unauthorized       uint64 // requests with a wrong, expired or malformed credential
	PermissionsRefused uint64 // permissions and channels asked for towards forbidden addresses
	PacketsRefused     uint64 // packets to a forbidden address or port
	PacketsIn, BytesIn uint64 // relayed from clients to the SFU
	PacketsOut         uint64 // relayed from the SFU to clients
	BytesOut           uint64
}

// Stats returns what happened until now.
func (s *Server) Stats() Stats {
	stats := Stats{
		Allocations:        s.ledger.count(),
		Outlets:            int(s.relay.outlets.Load()),
		Unopened:           s.relay.unopened.Load(),
		OverQuota:          s.overQuota.Load(),
		Unauthorized:       s.unauthorized.Load(),
		PermissionsRefused: s.relay.permissionsRefusedCount.Load(),
		PacketsRefused:     s.relay.refused.Load(),
		PacketsIn:          s.relay.packetsIn.Load(),
		BytesIn:            s.relay.bytesIn.Load(),
		PacketsOut:         s.relay.packetsOut.Load(),
		BytesOut:           s.relay.bytesOut.Load(),
	}
	for _, l := range s.streams {
		stats.Connections += l.count()
	}
	return stats
}

// Close ends every allocation and connection, and closes the sockets.
func (s *Server) Close() error { return s.pion.Close() }
