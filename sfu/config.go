package sfu

import (
	"cmp"
	"net/netip"
	"time"

	"go.uber.org/zap"

	"draille/sfu/bwe"
	"draille/sfu/ingress"
	"draille/sfu/pacing"
	"draille/sfu/udp"
)

// Config configures an Engine. Socket is required; every other zero value means its default.
type Config struct {
	Logger *zap.Logger // default: none

	// Socket carries all media: Media() of a udp.Socket. The engine owns it from now on and closes
	// it.
	Socket *udp.Conn
	// Addresses are the host candidates of every answer, the preferred first. Default: the socket's
	// own address, which must then be a specific one.
	Addresses []netip.AddrPort
	// TCPAddresses are told to browsers as passive TCP candidates (RFC 6544), after the others. Who
	// comes there must be brought to the socket as a peer of its own, one for each connection.
	// Default: none.
	TCPAddresses []netip.AddrPort

	// AdmitTest is asked before a connection test of a participant is served, and done is called at its
	// end. Default: each is served.
	AdmitTest func(participant string) (done func(), ok bool)

	// silence after which a transport counts as disconnected. Default: 3 s
	DisconnectedTimeout time.Duration
	// further silence after which it counts as failed. Default: 25 s
	FailedTimeout time.Duration

	Estimator bwe.Config     // of every participant's downlink. Default: bwe.DefaultConfig
	Ingress   ingress.Config // of every participant's uplink. Default: ingress.DefaultConfig
	Pacing    pacing.Config  // Default: pacing.DefaultConfig
}

// withDefaults fills in what is left open. The packages below fill in their own thresholds.
func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = zap.NewNop()
	}
	if c.AdmitTest == nil {
		c.AdmitTest = func(string) (func(), bool) { return func() {}, true }
	}
	c.DisconnectedTimeout = cmp.Or(c.DisconnectedTimeout, 3*time.Second)
	c.FailedTimeout = cmp.Or(c.FailedTimeout, 25*time.Second)
	estimator := bwe.DefaultConfig()
	c.Estimator.StartBitrate = cmp.Or(c.Estimator.StartBitrate, estimator.StartBitrate)
	c.Estimator.MinBitrate = cmp.Or(c.Estimator.MinBitrate, estimator.MinBitrate)
	c.Estimator.MaxBitrate = cmp.Or(c.Estimator.MaxBitrate, estimator.MaxBitrate)
	return c
}
