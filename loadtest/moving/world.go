package moving

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/pion/transport/v4"

	"draille/loadtest/link"
	"draille/loadtest/link/userspace"
	"draille/loadtest/media"
	"draille/loadtest/participant"
	"draille/sfu"
	"draille/sfu/udp"
	"draille/signaling"
	"draille/signaling/bridge"
	"draille/signaling/protocol"
	"draille/signaling/token"
)

const (
	audience   = "moving"
	host       = "moving.invalid"
	joinWithin = 30 * time.Second
)

// World is a server and the links of its participants, in a bubble of testing/synctest.
type World struct {
	library   *media.Library
	socket    *udp.Socket
	engine    *sfu.Engine
	signaling *signaling.Server
	signer    *token.Signer
	web       *http.Server
	pipes     *pipes
	scheduler *userspace.Scheduler
	seats     []*Seat
}

// Seat is somebody who takes part.
type Seat struct {
	*participant.Participant
	Link *userspace.Link
}

// OpenSocket opens the socket of a server, outside of the bubble that the server runs in: or its
// reader, which waits for the network, would keep the clock from moving.
func OpenSocket() (*udp.Socket, error) { return udp.Listen("127.0.0.1:0") }

// NewWorld starts a server on a socket of OpenSocket.
func NewWorld(socket *udp.Socket, library *media.Library) (*World, error) {
	w := &World{library: library, socket: socket, pipes: newPipes()}
	var err error
	if w.engine, err = sfu.New(sfu.Config{Socket: socket.Media()}); err != nil {
		return nil, err
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	if w.signer, err = token.NewSigner(secret, audience); err != nil {
		return nil, errors.Join(err, w.engine.Close())
	}
	w.signaling, err = signaling.New(signaling.Config{
		Media: bridge.Media(w.engine), Tokens: w.signer, Origins: []string{"http://" + host},
	})
	if err != nil {
		return nil, errors.Join(err, w.engine.Close())
	}
	mux := http.NewServeMux()
	mux.Handle("/ws", w.signaling)
	w.web = &http.Server{Handler: mux, ReadHeaderTimeout: joinWithin}
	w.scheduler = userspace.NewScheduler()
	go func() { _ = w.web.Serve(w.pipes) }() // ends with Close
	return w, nil
}

// Join lets somebody into the one room, behind a link that begins to move now.
func (w *World) Join(ctx context.Context, profile link.Profile, kind protocol.Kind,
	options participant.Options) (*Seat, error) {
	access, err := userspace.NewLink(w.scheduler, profile, options.Seed)
	if err != nil {
		return nil, err
	}
	role := protocol.RoleClinician
	if len(w.seats) == 0 {
		role = protocol.RoleHost
	}
	signed, err := w.signer.Sign(token.Invitation{Room: "moving", Kind: kind, Role: role,
		Name: options.Name, NotBefore: time.Now(), Expires: time.Now().Add(time.Hour)})
	if err != nil {
		return nil, err
	}
	invitation := url.URL{Scheme: "http", Host: host, Path: "/", Fragment: signed}
	own := netip.AddrFrom4([4]byte{10, 0, 0, byte(len(w.seats) + 1)})
	options.URL, options.Media, options.Dial = invitation.String(), w.library, w.pipes.dial
	options.Net = func(base transport.Net) transport.Net {
		return access.Net(&memoryNet{Net: base, server: w.socket, own: own})
	}
	ctx, cancel := context.WithTimeout(ctx, joinWithin)
	defer cancel()
	p, err := participant.Join(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("moving: %s does not get in: %w", options.Name, err)
	}
	seat := &Seat{p, access}
	w.seats = append(w.seats, seat)
	return seat, nil
}

// Close ends the call and the server.
func (w *World) Close(ctx context.Context) error {
	var err error
	for _, s := range w.seats {
		err = errors.Join(err, s.Vanish())
	}
	err = errors.Join(err, w.signaling.Shutdown(ctx), w.web.Close(), w.engine.Close())
	w.scheduler.Close()
	return err
}
