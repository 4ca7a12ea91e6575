package cluster

import (
	"bytes"
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"draille/signaling"
	"draille/signaling/homes/register"
	"draille/signaling/homes/register/memory"
	"draille/signaling/protocol"
	"draille/signaling/token"
)

// noMedia is a media plane that carries nothing.
type noMedia struct{}

func (noMedia) NewRoom(string) signaling.MediaRoom { return noMedia{} }

func (noMedia) Join(string, signaling.Listener) (signaling.MediaParticipant, error) {
	return noMedia{}, nil
}

func (noMedia) Answer(context.Context, string, string) (string, error) { return "", nil }
func (noMedia) AddCandidate(string, string, string) error              { return nil }
func (noMedia) SetAdmitted(bool)                                       {}
func (noMedia) SetLive(protocol.Live)                                  {}
func (noMedia) SetCapture(int)                                         {}
func (noMedia) SetSubscriptions([]protocol.Subscription)               {}
func (noMedia) SetInitialEstimate(int)                                 {}
func (noMedia) SetTransfers(int, int)                                  {}
func (noMedia) TransferRates() (int, int)                              { return 0, 0 }
func (noMedia) TransferArrived(int)                                    {}
func (noMedia) CSRCs() map[protocol.Source]uint32                      { return nil }
func (noMedia) Send([]byte) bool                                       { return false }
func (noMedia) Close()                                                 {}

// patience only runs out when something is broken.
const patience = 30 * time.Second

// serve opens a node's server, and returns its address and its end.
func (n *nodes) serve(id string, signer *token.Signer) (address string, stop func()) {
	server, err := signaling.New(signaling.Config{Media: noMedia{}, Tokens: signer,
		Homes: n.start(id, 0)})
	require.NoError(n.t, err)
	web := httptest.NewServer(server)
	return "ws" + strings.TrimPrefix(web.URL, "http"), func() {
		n.kill(id)
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // as if it had died: nobody is waited for
		_ = server.Shutdown(ctx)
		web.Close()
		whole, ended := context.WithTimeout(context.Background(), patience)
		defer ended()
		require.NoError(n.t, server.Shutdown(whole))
	}
}

// page is a browser's websocket.
type page struct {
	t  *testing.T
	ws *websocket.Conn
}

func open(t *testing.T, address string, join protocol.Join) *page {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{protocol.Subprotocol}}
	ws, response, err := dialer.Dial(address, nil)
	require.NoError(t, err)
	response.Body.Close()
	t.Cleanup(func() { ws.Close() })
	p := &page{t, ws}
	p.send(join)
	return p
}

func (p *page) send(message any) {
	p.t.Helper()
	data, err := protocol.Marshal(message)
	require.NoError(p.t, err)
	require.NoError(p.t, p.ws.WriteMessage(websocket.TextMessage, data))
}

// expect reads until a message of type M comes; ok: and no goodbye.
func expect[M protocol.ServerMessage](p *page) (m M, ok bool) {
	p.t.Helper()
	require.NoError(p.t, p.ws.SetReadDeadline(time.Now().Add(patience)))
	for {
		_, data, err := p.ws.ReadMessage()
		require.NoError(p.t, err)
		message, err := protocol.UnmarshalServer(data)
		require.NoError(p.t, err)
		if m, ok := message.(M); ok {
			return m, true
		}
		if bye, ok := message.(protocol.Bye); ok {
			require.Equal(p.t, protocol.ByeMoved, bye.Reason)
			require.True(p.t, bye.Retry)
			return m, false
		}
	}
}

// welcomed comes again after a while, as a page does, until the room is found.
func welcomed(t *testing.T, address string, join protocol.Join) (*page, protocol.Welcome) {
	t.Helper()
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for {
		p := open(t, address, join)
		if welcome, ok := expect[protocol.Welcome](p); ok {
			return p, welcome
		}
		p.ws.Close()
		<-again.C
	}
}

// stored waits until the register has a room with so many seats.
func stored(t *testing.T, r register.Register, room string, seats int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	changes, err := r.Watch(ctx, "room."+room)
	require.NoError(t, err)
	for change := range changes {
		if bytes.Count(change.Value, []byte(`"participant"`)) == seats {
			cancel()
		}
	}
	require.ErrorIs(t, ctx.Err(), context.Canceled, "the places are not stored")
}

// The server on which a consultation is dies. Behind another server's door both are where they
// were, and nobody is admitted again.
func TestAConsultationGoesOnWhereItsServerHasDied(t *testing.T) {
	signer, err := token.NewSigner(bytes.Repeat([]byte("s"), 32), "draille.example")
	require.NoError(t, err)
	n := &nodes{t: t, register: memory.New(), began: time.Now(), byID: map[string]*Cluster{},
		doors: map[string]*door{}}
	a, stopA := n.serve("a", signer)
	join := func(name string, role protocol.Role) protocol.Join {
		signed, err := signer.Sign(token.Invitation{Room: "cozes",
			Kind: protocol.KindConsultation, Role: role, Name: name, ID: "inv-" + name,
			NotBefore: time.Now().Add(-time.Hour), Expires: time.Now().Add(time.Hour)})
		require.NoError(t, err)
		return protocol.Join{Token: signed, Device: "device-" + name, Name: name}
	}
	asHost, asGuest := join("host", protocol.RoleHost), join("roux", protocol.RoleGuest)

	host, hostWelcome := welcomed(t, a, asHost)
	host.send(protocol.Enter{Name: "host"})
	guest, guestWelcome := welcomed(t, a, asGuest)
	guest.send(protocol.Enter{Name: "roux"})
	_, ok := expect[protocol.Waiting](guest)
	require.True(t, ok)
	host.send(protocol.Admit{Participant: guestWelcome.Participant})
	_, ok = expect[protocol.Admitted](guest)
	require.True(t, ok)
	// Later: the room might have been placed there, where nobody comes to it for a minute.
	b, stopB := n.serve("b", signer)
	defer stopB()
	other := open(t, b, join("faure", protocol.RoleGuest))
	_, ok = expect[protocol.Welcome](other)
	require.False(t, ok, "the room lives on the other server")

	stored(t, n.register, "cozes", 2)
	stopA()
	asHost.Resume, asGuest.Resume = hostWelcome.Resume, guestWelcome.Resume
	guest, back := welcomed(t, b, asGuest)
	require.Equal(t, protocol.PlaceRoom, back.Place)
	require.Equal(t, guestWelcome.Participant, back.Participant)
	require.False(t, back.Resumed, "its media are new")
	_, ok = expect[protocol.Admitted](guest)
	require.True(t, ok)
	_, back = welcomed(t, b, asHost)
	require.Equal(t, protocol.PlaceRoom, back.Place)
	require.Equal(t, protocol.RoleHost, back.Role)
}
