package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"draille/signaling/homes/cluster"
	"draille/signaling/homes/register/memory"
	"draille/signaling/peers/wire"
	"draille/signaling/protocol"
	"draille/signaling/rules"
	"draille/signaling/token"
)

// talker is a page that comes again when it is sent on, and says again what was not said there.
type talker struct {
	t     *testing.T
	doors []*node
	join  protocol.Join
	ended chan struct{}

	mu       sync.Mutex
	news     *sync.Cond
	ws       *websocket.Conn // nil: between two doors
	last     *websocket.Conn
	welcomes []protocol.Welcome
	in       bool // the room
	told     protocol.Roster
	names    map[string]string
	lines    map[int]string
	saying   []string
	wrong    error
}

// talks opens a page with an invitation of its own, which proposes no name.
func talks(t *testing.T, id string, role protocol.Role, doors ...*node) *talker {
	t.Helper()
	tokens, err := token.NewSigner(secret, "draille.example")
	require.NoError(t, err)
	signed, err := tokens.Sign(token.Invitation{Room: "cozes", Kind: protocol.KindConsultation,
		Role: role, Name: "invited", ID: id, NotBefore: time.Now().Add(-time.Hour),
		Expires: time.Now().Add(time.Hour)})
	require.NoError(t, err)
	p := &talker{t: t, doors: doors, join: protocol.Join{Token: signed, Device: "device-" + id},
		ended: make(chan struct{}), names: map[string]string{}, lines: map[int]string{}}
	p.news = sync.NewCond(&p.mu)
	go p.run()
	t.Cleanup(func() {
		p.mu.Lock()
		p.ws = nil
		if p.last != nil {
			p.last.Close()
		}
		p.mu.Unlock()
		<-p.ended
	})
	p.until("welcome", func() bool { return len(p.welcomes) > 0 })
	return p
}

// run reads until the test closes the websocket.
func (p *talker) run() {
	defer close(p.ended)
	defer p.news.Broadcast()
	for turn := 0; ; turn++ {
		again, err := p.visit(p.doors[turn%len(p.doors)])
		if !again {
			p.mu.Lock()
			p.wrong = err
			p.mu.Unlock()
			return
		}
	}
}

// visit goes in by one door, and reports whether another is to be tried.
func (p *talker) visit(door *node) (again bool, err error) {
	dialer := websocket.Dialer{Subprotocols: []string{protocol.Subprotocol}}
	ws, response, err := dialer.Dial("ws"+strings.TrimPrefix(door.web.URL, "http"), nil)
	if err != nil {
		return false, err
	}
	response.Body.Close()
	defer ws.Close()
	p.mu.Lock()
	p.last = ws
	data, err := protocol.Marshal(p.join)
	if err == nil {
		err = ws.WriteMessage(websocket.TextMessage, data)
	}
	p.mu.Unlock()
	for err == nil {
		if _, data, err = ws.ReadMessage(); err != nil {
			break
		}
		var message protocol.ServerMessage
		if message, err = protocol.UnmarshalServer(data); err != nil {
			break
		}
		if bye, ok := message.(protocol.Bye); ok {
			p.mu.Lock()
			p.ws, p.in = nil, false
			p.mu.Unlock()
			return bye.Retry, fmt.Errorf("goodbye: %s", bye.Reason)
		}
		err = p.hear(ws, message)
	}
	return false, err
}

// hear does what a page does.
func (p *talker) hear(ws *websocket.Conn, message protocol.ServerMessage) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.news.Broadcast()
	switch m := message.(type) {
	case protocol.Welcome:
		p.ws, p.join.Resume = ws, m.Resume
		p.welcomes = append(p.welcomes, m)
		if m.Place == protocol.PlaceRoom {
			for _, line := range p.saying {
				p.write(protocol.Say{Text: line})
			}
		}
	case protocol.Admitted:
		p.in = true
	case protocol.Roster:
		p.told = m
		for _, person := range append(m.Present, m.Waiting...) {
			p.names[person.ID] = person.Name
		}
	case protocol.Chat:
		return p.reads(m.Line)
	case protocol.History:
		for _, line := range m.Lines {
			if err := p.reads(line); err != nil {
				return err
			}
		}
	case protocol.Error:
		return errors.New(m.Message)
	}
	return nil
}

// reads takes a line; it may come twice under its number, and the number is never another's.
func (p *talker) reads(line protocol.ChatLine) error {
	if text, ok := p.lines[line.N]; ok && text != line.Text {
		return fmt.Errorf("line %d is %q and %q", line.N, text, line.Text)
	}
	p.lines[line.N] = line.Text
	if len(p.saying) > 0 && p.saying[0] == line.Text {
		p.saying = p.saying[1:]
	}
	return nil
}

// write is heard or not: whether it was shows in what comes back. p.mu is held.
func (p *talker) write(message any) {
	data, err := protocol.Marshal(message)
	if err == nil && p.ws != nil {
		_ = p.ws.WriteMessage(websocket.TextMessage, data)
	}
}

func (p *talker) send(message any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.write(message)
}

func (p *talker) say(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.saying = append(p.saying, text)
	p.write(protocol.Say{Text: text})
}

// until waits for something to become true.
func (p *talker) until(what string, holds func() bool) {
	p.t.Helper()
	late := time.AfterFunc(patience, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.wrong = errors.New("too late")
		p.news.Broadcast()
	})
	defer late.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for !holds() {
		require.NoError(p.t, p.wrong, what)
		p.news.Wait()
	}
}

func (p *talker) id() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.welcomes[0].Participant
}

// read returns what was said, in its order.
func (p *talker) read() (all []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range slices.Sorted(maps.Keys(p.lines)) {
		all = append(all, p.lines[n])
	}
	return all
}

// A server is drained in the middle of a call in which both write without pause.
func TestADrainKeepsNamesChatAndNote(t *testing.T) {
	register := memory.New()
	a, b := start(t, "a", register), start(t, "b", register)
	host := talks(t, "vidal", protocol.RoleHost, a, b)
	host.send(protocol.Enter{Name: "Dr Vidal"})
	host.until("admitted", func() bool { return host.in })
	host.say("seul")
	guest := talks(t, "roux", protocol.RoleGuest, b, a)
	guest.send(protocol.Enter{Name: "Mme Roux"})
	host.until("a guest waits", func() bool { return len(host.told.Waiting) == 1 })
	host.send(protocol.Admit{Participant: guest.id()})
	guest.until("admitted", func() bool { return guest.in })
	host.send(protocol.Note{Text: "Un instant."})
	host.until("the note is told", func() bool { return host.told.Note != "" })

	owner, heir := a, b
	if a.server.Stats().Rooms == 0 {
		owner, heir = b, a
	}
	drained := make(chan error, 1)
	said := []string{"seul"}
	for i := 0; len(host.read()) < 5 || i < 5; i++ { // a conversation, well on its way
		said = both(said, host, guest, i)
		host.until("heard", func() bool { return len(host.saying) == 0 })
	}
	go func() { drained <- owner.cluster.Drain(t.Context(), time.Minute) }()
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	for i := range 40 { // fewer lines than are kept, and than a page may send
		said = both(said, host, guest, 1000+i)
		<-pace.C
	}
	require.NoError(t, <-drained)
	for _, p := range []*talker{host, guest} {
		p.until("back", func() bool { return len(p.welcomes) == 2 && len(p.saying) == 0 })
		welcome := p.welcomes[1]
		require.True(t, welcome.Kept)
		require.Equal(t, p.welcomes[0].Participant, welcome.Participant)
		require.Equal(t, p.welcomes[0].Role, welcome.Role)
	}
	require.Equal(t, 1, heir.server.Stats().Rooms)
	host.until("all lines", func() bool { return len(host.lines) >= len(said) })
	guest.until("all lines", func() bool { return len(guest.lines) >= len(said)-1 })
	require.ElementsMatch(t, said, host.read(), "each once")
	require.Equal(t, host.read()[1:], guest.read(), "without that of before they came in")
	host.until("both are back", func() bool { return len(host.told.Present) > 0 })
	require.Equal(t, map[string]string{host.id(): "Dr Vidal", guest.id(): "Mme Roux"}, host.names)

	third := talks(t, "bonnet", protocol.RoleClinician, heir)
	third.send(protocol.Enter{Name: "Dr Bonnet"})
	third.until("all lines", func() bool { return len(third.lines) == len(said) })
	require.Equal(t, host.read(), third.read())
	third.until("the note", func() bool { return third.told.Note == "Un instant." })
	guestID := guest.id()
	third.until("their names", func() bool { return third.names[guestID] == "Mme Roux" })
}

// both say a line.
func both(said []string, host, guest *talker, i int) []string {
	for name, p := range map[string]*talker{"host": host, "guest": guest} {
		line := fmt.Sprintf("%s %d", name, i)
		said = append(said, line)
		p.say(line)
	}
	return said
}

// A room with as many people, names and lines as rooms may have fits into the message.
func TestAFullRoomIsHandedOver(t *testing.T) {
	name := strings.Repeat("<", protocol.MaxNameCharacters) // JSON writes six bytes for each
	full := rules.Volatile{Format: 1, Note: strings.Repeat("<", protocol.MaxNoteCharacters)}
	limits := rules.DefaultConfig()
	for range limits.MaxRoom + limits.MaxWaiting + limits.HostReserve {
		full.Seats = append(full.Seats, rules.VolatileSeat{Participant: strings.Repeat("p", 16),
			Name: name, ModeBy: name, From: 1000, Hand: time.Now(),
			Missed: []protocol.Muted{{Source: protocol.SourceMicrophone, By: name}}})
	}
	for range limits.ChatHistory {
		full.Chat = append(full.Chat, protocol.ChatLine{N: 1000, Participant: "0123456789abcdef",
			Name: name, InvitedAs: name, Role: protocol.RoleClinician, At: time.Now().UnixMilli(),
			Text: strings.Repeat("<", limits.ChatBytes/limits.ChatHistory)})
	}
	content, err := json.Marshal(full)
	require.NoError(t, err)
	told := toldOf(cluster.Message{Room: "cozes", Volatile: &cluster.Volatile{Epoch: 7,
		Content: content}})
	_, err = wire.Encode(told.In(1), wire.Most(told))
	require.NoError(t, err)
}
