package participant

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"time"

	"github.com/pion/transport/v4"
	"go.uber.org/zap"

	"draille/loadtest/link/userspace"
	"draille/loadtest/media"
	"draille/sfu/rtpx"
	"draille/signaling/protocol"
)

// Options say who joins, from where, and what they do.
type Options struct {
	URL  string // invitation link
	Name string // display name; empty: the invitation's, or "Virtual"
	Seed uint64 // of all that is random in them

	Link     *userspace.Link // their access link, for media; nil: none is emulated
	LinkName string          // its profile, for the figures

	// Net puts something of one's own between the participant and the network, or the Link; nil:
	// nothing.
	Net func(transport.Net) transport.Net
	// Doors are servers that lead to the same rooms (host[:port]), that of the link among them.
	// With them a participant notices that a server is gone as a page does, and goes on by the
	// next; the first is tried first. Empty: the link's own alone, for as long as its socket
	// stands.
	Doors []string
	// Dial opens the connection of the websocket; nil: over the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	Microphone, Camera bool // live from the beginning
	Screen             bool
	Codec              rtpx.Codec // of the camera: rtpx.VP8 (default), VP9 or AV1
	Single             bool       // one encoding of the camera instead of simulcast
	Small              bool       // a camera of 320×180, with one encoding
	Steady             bool       // of the camera's pictures every second fits the rate
	// Browser makes their congestion control a model of Chromium's, which knows of a fall later
	// than the server's own does.
	Browser bool
	Hum     bool // whoever speaks makes no pauses: each packet that is missing is a gap
	// Speech says whether they speak, given the time since Join; nil: as Speak says, silent at
	// first.
	Speech func(time.Duration) bool

	View      View // nil: Everybody
	AutoAdmit bool // a host or clinician lets in whoever waits

	Media  *media.Library // nil: media.Load
	Logger *zap.Logger    // nil: none
	// Insecure accepts any certificate of the server.
	Insecure bool
}

func (o *Options) complete() (address, origin, token string, err error) {
	link, err := url.Parse(o.URL)
	if err != nil || link.Host == "" || link.Fragment == "" || link.Scheme != "http" &&
		link.Scheme != "https" {
		return "", "", "", errors.New("participant: expected an invitation link " +
			"(https://host/#token), got something else: make one with draille invite")
	}
	switch o.Codec {
	case rtpx.UnknownCodec:
		o.Codec = rtpx.VP8
	case rtpx.VP8, rtpx.VP9, rtpx.AV1:
	default:
		return "", "", "",
			fmt.Errorf("participant: expected VP8, VP9 or AV1 as codec, got %s: there are no "+
				"clips of it", o.Codec)
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	if o.View == nil {
		o.View = Everybody
	}
	if o.Media == nil {
		if o.Media, err = media.Load(); err != nil {
			return "", "", "", err
		}
	}
	origin = (&url.URL{Scheme: link.Scheme, Host: link.Host}).String()
	socket := url.URL{Scheme: map[string]string{"http": "ws", "https": "wss"}[link.Scheme],
		Host: link.Host, Path: "/ws"}
	return socket.String(), origin, link.Fragment, nil
}

// View decides what a participant looks at: who is there besides themselves, and who of all has
// spoken, the latest first.
type View func(others []protocol.Person, spoke []string) []protocol.Subscription

// Priorities of pictures, as in protocol.Subscription.
const (
	thumbnail = iota
	grid
	lookedAt
	document
)

// Everybody is the page of a consultation: all faces large, and the document before them when there
// is one.
func Everybody(others []protocol.Person, _ []string) []protocol.Subscription {
	wants := documents(others)
	for _, p := range others {
		if p.Media.Camera {
			wants = append(wants,
				protocol.Subscription{Participant: p.ID, Source: protocol.SourceCamera, Width: 960,
					Height: 544, Priority: lookedAt})
		}
	}
	return wants
}

// Speaker is the page of a telestaff: of the others, who speaks or spoke last is large, or else who
// came first; the rest are thumbnails.
func Speaker(others []protocol.Person, spoke []string) []protocol.Subscription {
	wants := documents(others)
	main, latest := "", len(spoke)
	for _, p := range others {
		at := slices.Index(spoke, p.ID)
		if at < 0 {
			at = len(spoke)
		}
		if p.Media.Camera && (main == "" || at < latest) {
			main, latest = p.ID, at
		}
	}
	for _, p := range others {
		switch {
		case !p.Media.Camera:
		case p.ID == main:
			wants = append(wants,
				protocol.Subscription{Participant: p.ID, Source: protocol.SourceCamera, Width: 960,
					Height: 544, Priority: lookedAt})
		default:
			wants = append(wants,
				protocol.Subscription{Participant: p.ID, Source: protocol.SourceCamera, Width: 192,
					Height: 128, Priority: thumbnail})
		}
	}
	return wants
}

func documents(others []protocol.Person) []protocol.Subscription {
	var wants []protocol.Subscription
	for _, p := range others {
		if p.Media.Screen {
			wants = append(wants,
				protocol.Subscription{Participant: p.ID, Source: protocol.SourceScreen, Width: 960,
					Height: 544, Priority: document})
		}
	}
	return wants
}

// Event is something that happened to a participant. Kind is one of the constants.
type Event struct {
	Kind   EventKind
	Person protocol.Person    // of Arrived
	Bye    protocol.ByeReason // of Ended; empty: the network
}

// EventKind says what happened.
type EventKind uint8

// Events.
const (
	Arrived  EventKind = iota // somebody waits to be let in
	Admitted                  // the gate is open
	Resumed                   // a lost websocket was replaced
	Returned                  // a restarted server gave the place back, or a new one
	Ended                     // the server said goodbye, or cannot be reached any more
)
