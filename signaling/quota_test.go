package signaling

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
	"draille/signaling/quota"
)

// bounded is a server whose account allows little of one cost.
func bounded(t *testing.T, cost quota.Cost, rates quota.Rates) (*house, *quota.Account) {
	t.Helper()
	account := quota.New(quota.Config{Rates: map[quota.Cost]quota.Rates{cost: rates}}, nil)
	return open(t, func(c *Config) { c.Quota = account }), account
}

// slowly lets through so many at once, and then none for the length of a test.
func slowly(burst int) quota.Rate { return quota.Rate{PerSecond: 1e-6, Burst: burst} }

func TestChatIsBounded(t *testing.T) {
	h, account := bounded(t, quota.Chat, quota.Rates{Participant: slowly(3)})
	host := h.enters("host", protocol.RoleHost)
	for i := range 20 {
		host.send(protocol.Say{Text: fmt.Sprint(i)})
	}
	host.send(protocol.Ping{N: 1})
	lines, refused := 0, 0
	for {
		switch m := host.read().(type) {
		case protocol.Chat:
			lines++
		case protocol.Error:
			require.Equal(t, protocol.ErrorTooFast, m.Code)
			require.Equal(t, "say", m.Of)
			refused++
		}
		if lines+refused == 20 {
			break
		}
	}
	require.Equal(t, 3, lines)
	require.EqualValues(t, 17,
		account.Refused()[quota.Reason{Cost: quota.Chat, Scope: quota.ByParticipant}])
	host.send(protocol.Leave{})
	host.byeFor(protocol.ByeLeft) // and is not thrown out for it
}

// Every kind of message that costs somebody something is put down to what it costs.
func TestMessagesAreBoundedByTheirKind(t *testing.T) {
	for cost, messages := range map[quota.Cost][]protocol.ClientMessage{
		quota.Chat:   {protocol.Say{Text: "x"}},
		quota.Typing: {protocol.Typing{Text: "x"}},
		quota.Messages: {protocol.Subscribe{}, protocol.Candidate{Connection: "c", Candidate: "x",
			MID: "0"}, protocol.Transfer{Wanted: true}},
		quota.Changes: {protocol.Mode{Mode: protocol.ModeSaver}, protocol.Media{Microphone: true},
			protocol.Hand{Raised: true}, protocol.Note{Text: "x"}, protocol.Lock{Locked: true},
			protocol.Spotlight{}, protocol.Handover{Participant: "nobody"},
			protocol.Invite{Role: protocol.RoleGuest}},
		quota.Offers: {protocol.Offer{Connection: "c", SDP: "v=0"}},
	} {
		for _, message := range messages {
			t.Run(protocol.TypeOf(message), func(t *testing.T) {
				h, account := bounded(t, cost, quota.Rates{Participant: slowly(3)})
				host := h.enters("host", protocol.RoleHost)
				for range 5 {
					host.send(message)
				}
				for refused := 0; refused < 2; {
					m, ok := host.read().(protocol.Error)
					if ok && m.Code == protocol.ErrorTooFast && m.Of == protocol.TypeOf(message) {
						refused++
					}
				}
				require.EqualValues(t, 2,
					account.Refused()[quota.Reason{Cost: cost, Scope: quota.ByParticipant}])
			})
		}
	}
}

func TestOffersAreBoundedAlsoForWhoComesAgain(t *testing.T) {
	h, _ := bounded(t, quota.Offers, quota.Rates{Invitation: slowly(2)})
	for n := range 3 {
		c := h.welcomed(protocol.Join{Token: link(t, "host", protocol.RoleHost, nil)})
		c.send(protocol.Offer{Connection: "c", SDP: "v=0"})
		if n < 2 {
			expect[protocol.Answer](c)
		} else {
			require.Equal(t, protocol.ErrorTooFast, expect[protocol.Error](c).Code)
		}
		c.send(protocol.Leave{})
		c.byeFor(protocol.ByeLeft)
	}
}

func TestJoinsAreBounded(t *testing.T) {
	h, _ := bounded(t, quota.Joins, quota.Rates{Invitation: slowly(1)})
	for range 2 {
		h.welcomed(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil)}).ws.Close()
	}
	third := h.dial()
	third.send(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil), Device: "d"})
	require.True(t, third.byeFor(protocol.ByeBusy).Retry)
	h.welcomed(protocol.Join{Token: link(t, "other", protocol.RoleGuest, nil)})
}

func TestOpensAreBounded(t *testing.T) {
	h, account := bounded(t, quota.Opens, quota.Rates{Address: slowly(1)})
	h.dial()
	require.Equal(t, http.StatusTooManyRequests, handshakeStatus(t, h, nil, protocol.Subprotocol))
	require.NotEmpty(t, account.Refused())
}

// Pings and pongs make work outside the count of messages. They come at once here: what the server
// would leave unread after the goodbye would become a TCP reset.
func TestPingsAndPongsAreBounded(t *testing.T) {
	for _, kind := range []byte{websocket.PingMessage, websocket.PongMessage} {
		h := open(t, nil)
		c := h.dial()
		_, err := c.ws.NetConn().Write(bytes.Repeat(controlFrame(kind), 50*controlBurst))
		require.NoError(t, err)
		c.byeFor(protocol.ByeProtocol)
	}
}

// controlFrame is the longest one of a kind, masked with zeros (RFC 6455, section 5.2).
func controlFrame(kind byte) []byte {
	const final, masked, most = 0x80, 0x80, 125
	return append([]byte{final | kind, masked | most, 0, 0, 0, 0}, make([]byte, most)...)
}

// answers is the websocket of a page that says nothing, and answers each ping at once, until it has
// answered enough.
type answers struct {
	closing
	mu      sync.Mutex
	pong    func(string) error
	pings   int
	answers int // to each
	enough  chan struct{}
}

func (a *answers) HearControls(_, ponged func(string) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pong = ponged
}

func (a *answers) WriteControl(kind int, _ []byte, _ time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if kind != websocket.PingMessage {
		return nil
	}
	for range a.answers {
		if err := a.pong(""); err != nil {
			return err
		}
	}
	if a.pings++; a.pings == 3*controlBurst {
		close(a.enough)
	}
	return nil
}

func (a *answers) ReadMessage() ([]byte, bool, error) {
	<-a.enough
	return nil, false, io.EOF
}

func (*answers) WriteText([]byte, time.Time) error { return nil }
func (*answers) SetReadDeadline(time.Time) error   { return nil }
func (*answers) Door() string                      { return "" }

// Whoever answers each ping owes no more, however often the server pings. Time is virtual: a page
// that is held up answers many at once.
func TestAnAnswerToEachPingIsNotTooMuch(t *testing.T) {
	for often, want := range map[int]map[protocol.ByeReason]uint64{
		1:                   {},
		2 * controlsPerPing: {protocol.ByeProtocol: 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, err := New(Config{Media: newRecorder(), Tokens: tokens})
			require.NoError(t, err)
			page := &answers{answers: often, enough: make(chan struct{})}
			time.AfterFunc(time.Hour, sync.OnceFunc(func() {
				if len(want) > 0 { // it is pinged no more
					close(page.enough)
				}
			}))
			s.ServeWebsocket(page, person)
			require.Equal(t, want, s.Stats().Goodbyes)
		})
	}
}

// The history of a long conversation is no reason to put out whoever is given it.
func TestTheHistoryFillsNoQueue(t *testing.T) {
	h := open(t, func(c *Config) { c.QueueLength = 8 })
	host := h.enters("host", protocol.RoleHost)
	const lines = protocol.MaxChatBytes / (2 * protocol.MaxChatCharacters)
	for range lines {
		host.send(protocol.Say{Text: strings.Repeat("é", protocol.MaxChatCharacters)})
		expect[protocol.Chat](host)
	}
	late := h.welcomed(protocol.Join{Token: link(t, "ide", protocol.RoleClinician, nil)})
	late.send(protocol.Enter{Name: "Ide"})
	for got := 0; got < lines; {
		got += len(expect[protocol.History](late).Lines)
	}
}

// A seat is put down to its address from the welcome to its end.
func TestSeatsAreToldToTheAccount(t *testing.T) {
	account := quota.New(quota.Config{}, nil)
	h := open(t, func(c *Config) { c.Quota = account })
	c := h.welcomed(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil)})
	payer, ok := account.Seated(c.welcome.Participant)
	require.True(t, ok)
	require.True(t, payer.Address.IsLoopback())
	require.Equal(t, 2, payer.Seats)
	c.send(protocol.Leave{})
	c.byeFor(protocol.ByeLeft)
	h.until(func() bool {
		_, still := account.Seated(c.welcome.Participant)
		return !still
	})
}

// The history waits behind whatever comes meanwhile.
func TestTheHistoryGivesWay(t *testing.T) {
	o, counted := newOutbox(2), 0
	count := func() { counted++ }
	require.True(t, o.putLater([]byte("old 1"), count))
	require.True(t, o.putLater([]byte("old 2"), count))
	require.True(t, o.put([]byte("roster"), count))
	require.True(t, o.put([]byte("slots"), count))
	require.False(t, o.put([]byte("too many"), count))
	var taken []string
	for _, late := range []string{"", "", "", "answer", "", ""} {
		if late != "" {
			require.True(t, o.put([]byte(late), count))
		}
		message, _, last := o.take()
		require.False(t, last)
		taken = append(taken, string(message))
	}
	require.Equal(t, []string{"roster", "slots", "old 1", "answer", "old 2", ""}, taken)
	require.True(t, o.putLater([]byte("never"), count))
	require.True(t, o.finish([]byte("bye"), false, count))
	message, _, last := o.take()
	require.Equal(t, "bye", string(message))
	require.True(t, last)
	require.False(t, o.putLater(nil, count))
	require.Equal(t, 7, counted, "what was taken, and nothing else")
}
