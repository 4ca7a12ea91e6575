package sfu

import (
	"cmp"
	"errors"
	"net/netip"
	"time"

	"go.uber.org/zap"

	"draille/sfu/allocation"
	"draille/sfu/congestion/receive"
	"draille/sfu/congestion/send"
	"draille/sfu/demand"
	"draille/sfu/media"
	"draille/sfu/pacing"
	"draille/sfu/udp"
)

// Source is one of the three things that a participant can publish.
type Source = media.Source

// Sources of a participant.
const (
	Microphone = media.Microphone
	Camera     = media.Camera
	Screen     = media.Screen
)

// Live tells which sources of a participant are live.
type Live struct{ Microphone, Camera, Screen bool }

// Want is one picture that a participant's page shows.
type Want struct {
	Participant   string
	Source        Source // Camera or Screen
	Width, Height int    // device pixels on the page
	Priority      Priority
}

// Priority ranks the pictures of a page; a higher one is served first.
type Priority = allocation.Priority

// Priorities of pictures.
const (
	Thumbnail = allocation.Thumbnail
	Grid      = allocation.Grid     // one of several equal pictures
	LookedAt  = allocation.LookedAt // the person looked at
	Document  = allocation.Document // a shared screen
)

// Slot is one receive-only video section of a participant's offer and the source it carries now.
type Slot struct {
	MID         string
	Participant string
	Source      Source
	Number      uint32 // CSRC of every packet of that source
	Paused      bool
	// Still says that there is a picture every few seconds: the link that Reason tells carries no
	// more.
	Still  bool
	Reason Reason
}

// Reason says why a picture is missing or smaller than asked for.
type Reason = media.Reason

// Reasons for a missing or smaller picture.
const (
	NoReason        = media.NoReason
	ReasonDownlink  = media.ReasonDownlink
	ReasonUplink    = media.ReasonUplink
	ReasonUnproven  = media.ReasonUnproven
	ReasonPublisher = media.ReasonPublisher
	ReasonSlots     = media.ReasonSlots
	ReasonCodec     = media.ReasonCodec
)

// Encoding is the demand for one encoding of a published source.
type Encoding = demand.Encoding

// TransportState is the state of a participant's media transport.
type TransportState string

// Transport states.
const (
	TransportConnecting TransportState = "connecting"
	TransportConnected  TransportState = "connected"
	// TransportDisconnected: no packet for a while; it may come back by itself.
	TransportDisconnected TransportState = "disconnected"
	// TransportFailed: it needs an ICE restart or a new connection.
	TransportFailed TransportState = "failed"
)

// Listener hears what a participant must be told. Its methods are called one at a time, in order,
// from a goroutine of the participant, and must not block.
type Listener interface {
	Slots([]Slot)              // complete list of the slots that carry something
	Encode(Source, []Encoding) // what to encode from now on
	Speakers(ids []string)     // who speaks in the room, the loudest first
	// UplinkLoss is told the complete list of those in the room whose voices are repaired on their
	// way to the server, and come late for it, and of those whose way to the server is long.
	UplinkLoss(lossy, far []string)
	Transport(TransportState)
}

var errClosed = errors.New("sfu: the participant has left")

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

	// AdmitTest is asked before a connection test of a participant is served, and done is called at
	// its end. Default: each is served.
	AdmitTest func(participant string) (done func(), ok bool)

	// DisconnectedTimeout is the silence after which a transport counts as disconnected. Default: 3
	// s.
	DisconnectedTimeout time.Duration
	// FailedTimeout is the further silence after which it counts as failed. Default: 25 s.
	FailedTimeout time.Duration

	Downlink send.Config    // of every participant's downlink. Default: send.DefaultConfig
	Uplink   receive.Config // of every participant's uplink. Default: receive.DefaultConfig
	Pacing   pacing.Config  // Default: pacing.DefaultConfig
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
	estimator := send.DefaultConfig()
	c.Downlink.StartBitrate = cmp.Or(c.Downlink.StartBitrate, estimator.StartBitrate)
	c.Downlink.MinBitrate = cmp.Or(c.Downlink.MinBitrate, estimator.MinBitrate)
	c.Downlink.MaxBitrate = cmp.Or(c.Downlink.MaxBitrate, estimator.MaxBitrate)
	return c
}
