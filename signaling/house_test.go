package signaling

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"draille/signaling/protocol"
	"draille/signaling/rules"
	"draille/signaling/token"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must come at once; it only runs out when something is
// broken.
const patience = 30 * time.Second

var tokens = func() *token.Signer {
	s, err := token.NewSigner(bytes.Repeat([]byte("s"), 32), "draille.example")
	if err != nil {
		panic(err)
	}
	return s
}()

// house is a server with real websockets and a recording media plane.
type house struct {
	t      *testing.T
	server *Server
	web    *httptest.Server
	door   *door // that pages come through; nil: none
	media  *recorder
}

// url is where pages open their websockets.
func (h *house) url() string {
	if h.door != nil {
		return h.door.web.URL
	}
	return h.web.URL
}

func open(t *testing.T, change func(*Config)) *house {
	t.Helper()
	h := &house{t: t, media: newRecorder()}
	config := Config{Media: h.media, Tokens: tokens, Relay: relay{time.Hour}, Version: "test"}
	if change != nil {
		change(&config)
	}
	var err error
	h.server, err = New(config)
	require.NoError(t, err)
	h.web = httptest.NewServer(h.server)
	if throughADoor(t) {
		h.door = openDoor(t, h)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, h.server.Shutdown(ctx))
		h.web.Close()
		h.media.mu.Lock()
		defer h.media.mu.Unlock()
		for _, room := range h.media.rooms {
			require.True(t, room.closed, "media room left open")
		}
		for id, seat := range h.media.seats {
			require.True(t, seat.closed, "media plane of %s left open", id)
		}
	})
	return h
}

// client is a browser's websocket.
type client struct {
	t       *testing.T
	ws      *websocket.Conn
	welcome protocol.Welcome
	people  map[string]protocol.Person
	waiting []protocol.Person
}

func (h *house) dial() *client {
	h.t.Helper()
	return h.dialWith(
		websocket.Dialer{Subprotocols: []string{protocol.Subprotocol}, EnableCompression: true})
}

// settled returns when the room has done everything that was put to it before.
func (h *house) settled(room string) {
	h.t.Helper()
	h.server.mu.Lock()
	r := h.server.rooms[room]
	h.server.mu.Unlock()
	done := make(chan struct{})
	require.True(h.t, r.inbox.put(event{do: func() { close(done) }}))
	<-done
}

func (h *house) dialWith(dialer websocket.Dialer) *client {
	h.t.Helper()
	ws, response, err := dialer.Dial("ws"+strings.TrimPrefix(h.url(), "http"), nil)
	require.NoError(h.t, err)
	response.Body.Close()
	h.t.Cleanup(func() { ws.Close() })
	return &client{t: h.t, ws: ws, people: map[string]protocol.Person{}}
}

func (c *client) send(message any) {
	c.t.Helper()
	data, err := protocol.Marshal(message)
	require.NoError(c.t, err)
	c.sendText(string(data))
}

func (c *client) sendText(text string) {
	c.t.Helper()
	require.NoError(c.t, c.ws.WriteMessage(websocket.TextMessage, []byte(text)))
}

func (c *client) read() protocol.ServerMessage {
	c.t.Helper()
	require.NoError(c.t, c.ws.SetReadDeadline(time.Now().Add(patience)))
	_, data, err := c.ws.ReadMessage()
	require.NoError(c.t, err)
	message, err := protocol.UnmarshalServer(data)
	require.NoError(c.t, err)
	if roster, ok := message.(protocol.Roster); ok {
		if roster.Full {
			clear(c.people)
		}
		for _, person := range roster.Present {
			c.people[person.ID] = person
		}
		for _, id := range roster.Left {
			delete(c.people, id)
		}
		c.waiting = roster.Waiting
	}
	return message
}

// expect reads until a message of type M comes.
func expect[M protocol.ServerMessage](c *client) M {
	c.t.Helper()
	for {
		message := c.read()
		if m, ok := message.(M); ok {
			return m
		}
		if failed, ok := message.(protocol.Error); ok && failed.Of == "join" &&
			failed.Code == protocol.ErrorMalformed {
			require.Failf(c.t, "error", "expected %T, got %+v", *new(M), failed)
		}
		if bye, ok := message.(protocol.Bye); ok {
			require.Failf(c.t, "goodbye", "expected %T, got %+v", *new(M), bye)
		}
	}
}

// known reads until the roster shows what is awaited.
func (c *client) known(ready func() bool) {
	c.t.Helper()
	for !ready() {
		expect[protocol.Roster](c)
	}
}

// byeFor expects a goodbye, then the end of the websocket.
func (c *client) byeFor(reason protocol.ByeReason) protocol.Bye {
	c.t.Helper()
	bye := expect[protocol.Bye](c)
	require.Equal(c.t, reason, bye.Reason, bye.Message)
	_, _, err := c.ws.ReadMessage()
	require.True(c.t, websocket.IsCloseError(err, websocket.CloseNormalClosure), "%v", err)
	c.ws.Close()
	return bye
}

func link(t *testing.T, name string, role protocol.Role, change func(*token.Invitation)) string {
	t.Helper()
	invitation := token.Invitation{
		Room:      "cozes",
		Kind:      protocol.KindConsultation,
		Role:      role,
		Name:      name,
		ID:        "inv-" + strings.ReplaceAll(name, " ", "-"),
		NotBefore: time.Now().Add(-time.Hour),
		Expires:   time.Now().Add(time.Hour),
	}
	if change != nil {
		change(&invitation)
	}
	signed, err := tokens.Sign(invitation)
	require.NoError(t, err)
	return signed
}

// join opens a websocket and sends a Join.
func (h *house) join(join protocol.Join) *client {
	h.t.Helper()
	c := h.dial()
	if join.Device == "" {
		join.Device = "device"
	}
	c.send(join)
	return c
}

func (h *house) welcomed(join protocol.Join) *client {
	h.t.Helper()
	c := h.join(join)
	c.welcome = expect[protocol.Welcome](c)
	return c
}

// enters joins and enters.
func (h *house) enters(name string, role protocol.Role) *client {
	h.t.Helper()
	c := h.welcomed(
		protocol.Join{
			Token:  link(h.t, name, role, nil),
			Device: "device-" + strings.ReplaceAll(name, " ", "-"),
		},
	)
	c.send(protocol.Enter{Name: name})
	if role == protocol.RoleGuest {
		expect[protocol.Waiting](c)
	} else {
		expect[protocol.Admitted](c)
		c.known(func() bool { return len(c.people) > 0 })
	}
	return c
}

func (h *house) admitted(host *client, name string) *client {
	h.t.Helper()
	guest := h.enters(name, protocol.RoleGuest)
	host.send(protocol.Admit{Participant: guest.welcome.Participant,
		Beside: slices.Sorted(maps.Keys(host.people))})
	expect[protocol.Admitted](guest)
	guest.known(func() bool { return len(guest.people) > 1 })
	host.known(func() bool { _, ok := host.people[guest.welcome.Participant]; return ok })
	return guest
}

// seatOf waits until the media plane of a participant is as awaited.
func (h *house) seatOf(c *client, ready func(*recordedSeat) bool) *recordedSeat {
	h.t.Helper()
	seat := func() *recordedSeat { return h.media.seats[c.welcome.Participant] }
	h.until(func() bool { return seat() != nil && ready(seat()) })
	return seat()
}

// until waits for something of which the media plane has news. It looks by itself, too: what else
// is awaited may come after the news.
func (h *house) until(ready func() bool) {
	h.t.Helper()
	timeout, look := time.NewTimer(patience), time.NewTicker(5*time.Millisecond)
	defer timeout.Stop()
	defer look.Stop()
	for {
		h.media.mu.Lock()
		done := ready()
		h.media.mu.Unlock()
		if done {
			return
		}
		select {
		case <-h.media.news:
		case <-look.C:
		case <-timeout.C:
			require.FailNow(h.t, "it did not come to that")
		}
	}
}

func shortHold(c *Config) {
	c.Rules = rules.DefaultConfig()
	c.Rules.Hold = 50 * time.Millisecond
}

func handshakeStatus(t *testing.T, h *house, header http.Header, subprotocols ...string) int {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: subprotocols}
	ws, response, err := dialer.Dial("ws"+strings.TrimPrefix(h.url(), "http"), header)
	if err == nil {
		ws.Close()
	}
	require.NotNil(t, response)
	response.Body.Close()
	return response.StatusCode
}
