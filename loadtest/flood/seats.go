package flood

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/webrtc/v4"

	"draille/loadtest/participant"
	"draille/sfu/linktest"
	"draille/signaling/protocol"
)

const (
	devices = 51 // of one link
	testers = 50 // in one lobby
)

// seats are the attacks of those who hold a link to a room of their own, on what a seat is given.
func seats() []Attack {
	return []Attack{
		{Name: "one-link", Summary: fmt.Sprintf("%d devices of one link, each from an address of "+
			"its own, again and again, with an offer each", devices), Run: oneLink},
		{Name: "link-tests", Summary: fmt.Sprintf("%d connection tests at once from one lobby, "+
			"each with a link and an address of its own, again and again", testers),
			Run: linkTests},
		{Name: "credentials", Summary: "relay credentials renewed every second by leaving and " +
			"coming back, and relayed addresses with each", Run: renewals},
		{Name: "changes", Summary: "changes of what is kept on disk, 45 a second from each of " +
			"four lobbies", Run: changes},
		{Name: "chat", Summary: "chat at full rate, 2,000 characters a line, to somebody at " +
			"60 kbit/s who then reloads", Run: chat},
		{Name: "ice-ports", Summary: fmt.Sprintf("valid ICE checks of one seat from %d ports",
			icePorts), Run: portStorm},
		{Name: "false-hellos", Summary: "false DTLS handshakes from a seat's own address",
			Run: falseHellos},
	}
}

// own is a dialer that comes from an address of its own for each of several.
func own(i int) *net.Dialer { return from(i, addresses) }

// oneLink lets many devices insist on the same invitation.
func oneLink(ctx context.Context, t *Target, tally *Tally) error {
	link, err := t.Link("flood-one-link", "guest")
	if err != nil {
		return err
	}
	offer := manySlots(3)
	return crowd(ctx, t, tally, 4*devices, devices,
		func(device int) (*websocket.Conn, error) { return enterBy(ctx, own(device), t, link) },
		func(ws *websocket.Conn) error {
			return ws.WriteJSON(protocol.Offer{Type: "offer", Connection: "connection", SDP: offer})
		})
}

// changes are what costs the disk most, slowly enough not to be put out for it.
func changes(ctx context.Context, t *Target, tally *Tally) error {
	const perGuest, guests = 45, 4
	var mu sync.Mutex
	saves := false
	return insist(ctx, t, tally, perGuest*guests, func(ws *websocket.Conn) error {
		mu.Lock()
		saves = !saves
		mode := protocol.ModeAutomatic
		if saves {
			mode = protocol.ModeSaver
		}
		mu.Unlock()
		return ws.WriteJSON(protocol.Mode{Type: "mode", Mode: mode})
	})
}

// renewals come back for new credentials each second and hold what they can get with all of them.
func renewals(ctx context.Context, t *Target, tally *Tally) error {
	const wanted = 20 // relayed addresses with each
	link, err := t.Link("flood-credentials", "guest")
	if err != nil {
		return err
	}
	ctx, begin, stop := lasting(ctx, t.Length)
	defer stop()
	held := &relayed{to: t.UDP}
	defer held.end()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for ctx.Err() == nil {
		ws, err := enterBy(ctx, from(0, 1), t, link)
		if err == nil {
			err = renew(ctx, ws, held, wanted, tally)
		}
		if err != nil && ctx.Err() == nil {
			tally.Answer(words(err))
		}
		begin()
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
	return nil
}

// renew holds relayed addresses with the credentials of one visit, and leaves.
func renew(ctx context.Context, ws *websocket.Conn, held *relayed, wanted int,
	tally *Tally) error {
	defer ws.Close()
	server, err := relayOf(ws)
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	for range wanted {
		all.Go(func() {
			if ctx.Err() == nil {
				held.allocate(server, tally)
			}
		})
	}
	all.Wait()
	return ws.WriteJSON(protocol.Leave{Type: "leave"})
}

// relayOf reads the relay out of a welcome.
func relayOf(ws *websocket.Conn) (protocol.ICEServer, error) {
	var welcome struct {
		protocol.Welcome
		Reason string
	}
	if err := ws.ReadJSON(&welcome); err != nil {
		return protocol.ICEServer{}, err
	}
	switch {
	case welcome.Type == "bye":
		return protocol.ICEServer{}, errors.New("bye " + welcome.Reason)
	case len(welcome.ICEServers) == 0:
		return protocol.ICEServer{}, errors.New("the server has no relay")
	}
	return welcome.ICEServers[0], nil
}

// linkTests fills a lobby with people who test their connection at once.
func linkTests(ctx context.Context, t *Target, tally *Tally) error {
	var mu sync.Mutex
	var all []*participant.Participant
	var joining sync.WaitGroup
	patient, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	for i := range testers {
		joining.Go(func() {
			p, err := tester(patient, t, i)
			if err != nil {
				tally.Answer("not in the lobby in time")
				return
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, p)
		})
	}
	joining.Wait()
	defer func() {
		for _, p := range all {
			_ = p.Vanish()
		}
	}()
	if len(all) == 0 {
		return errors.New("nobody came into the lobby")
	}
	steadily(ctx, t.Length, testers, len(all), func(worker int) {
		tally.Try()
		test(all[worker], tally)
	})
	return nil
}

func tester(ctx context.Context, t *Target, i int) (*participant.Participant, error) {
	link, err := t.Link("flood-tests", "guest")
	if err != nil {
		return nil, err
	}
	p, err := participant.Join(ctx, participant.Options{URL: link, Name: "Tester",
		Seed: uint64(1000 + i), Insecure: true, Dial: own(i).DialContext})
	if err != nil {
		return nil, err
	}
	if err := p.AwaitConnection(ctx); err != nil {
		return nil, errors.Join(err, p.Vanish())
	}
	return p, nil
}

// test asks for as much as a connection test gives, and counts it if anything comes.
func test(p *participant.Participant, tally *Tally) {
	channel, err := p.Channel(linktest.Label)
	if err != nil {
		tally.Answer("no channel")
		return
	}
	// 2 | length 5,000 ms | rate 2,500 kbit/s | round trip 100 ms
	ask := []byte{2, 5000 >> 8, 5000 & 0xff, 2500 >> 8, 2500 & 0xff, 0, 100}
	channel.OnOpen(func() { _ = channel.Send(ask) })
	var first, end sync.Once
	channel.OnMessage(func(webrtc.DataChannelMessage) {
		first.Do(func() { tally.Answer("served") })
	})
	channel.OnClose(func() { end.Do(func() { tally.Answer("closed") }) })
}

// chat lets somebody write as fast as they can to somebody whose link is thin, who reloads the page
// in the middle. They must not be put out for what others write.
func chat(ctx context.Context, t *Target, tally *Tally) error {
	const room = "flood-chat"
	ctx, begin, stop := lasting(ctx, t.Length)
	defer stop()
	host, err := t.Link(room, "host")
	if err != nil {
		return err
	}
	clinician, err := t.Link(room, "clinician")
	if err != nil {
		return err
	}
	listener := &thinListener{target: t, link: host, tally: tally}
	if err := listener.open(ctx); err != nil {
		return err
	}
	writer, err := enterBy(ctx, from(0, 1), t, clinician)
	if err != nil {
		return errors.Join(err, listener.close())
	}
	defer writer.Close()
	if err := writer.WriteJSON(protocol.Enter{Type: "enter", Name: "Writer"}); err != nil {
		return errors.Join(err, listener.close())
	}
	begin()
	var reading sync.WaitGroup
	reading.Go(func() { answers(writer, tally) })
	var reloaded error
	reading.Go(func() {
		select {
		case <-ctx.Done():
		case <-time.After(t.Length / 2):
			reloaded = listener.reload(ctx)
		}
	})
	const perSecond = 48 // below what is counted against a websocket
	line := unpackable(protocol.MaxChatCharacters)
	steadily(ctx, 0, perSecond, 1, func(int) {
		tally.Try()
		_ = writer.WriteJSON(protocol.Say{Type: "say", Text: line})
	})
	writer.Close()
	reading.Wait()
	return errors.Join(reloaded, listener.close())
}

// thinListener is a host whose websocket carries 60 kbit/s.
type thinListener struct {
	target *Target
	link   string
	tally  *Tally
	resume string
	ws     *websocket.Conn
	ended  chan error // of the reading
}

const thinBytes = 60_000 / 8 // a second

func (l *thinListener) open(ctx context.Context) error {
	dialer := from(0, 1)
	ws, err := dialThin(ctx, dialer, l.target)
	if err != nil {
		return err
	}
	l.ws = ws
	token, err := tokenOf(l.link)
	if err != nil {
		return err
	}
	if err := ws.WriteJSON(protocol.Join{Type: "join", Token: token, Device: "thin-listener",
		Resume: l.resume, Name: "Listener"}); err != nil {
		return err
	}
	var welcome protocol.Welcome
	if err := ws.ReadJSON(&welcome); err != nil {
		return err
	}
	l.resume = welcome.Resume
	if welcome.Place == protocol.PlaceLobby {
		if err := ws.WriteJSON(protocol.Enter{Type: "enter", Name: "Listener"}); err != nil {
			return err
		}
	}
	l.ended = make(chan error, 1)
	go func() { l.ended <- l.read(ws) }()
	return nil
}

// read counts what comes; an error says that the server has put them out.
func (l *thinListener) read(ws *websocket.Conn) error {
	for {
		_, data, err := ws.ReadMessage()
		if err != nil {
			return nil // closed by close
		}
		var message struct{ Type, Reason string }
		if json.Unmarshal(data, &message) != nil {
			continue
		}
		switch message.Type {
		case "chat":
			l.tally.Answer("line heard")
		case "history":
			l.tally.Answer("history after the reload")
		case "bye":
			return errors.New("whoever only listens is put out: bye " + message.Reason)
		}
	}
}

// reload closes the page without a goodbye and opens it again.
func (l *thinListener) reload(ctx context.Context) error {
	if err := l.close(); err != nil {
		return err
	}
	return l.open(ctx)
}

func (l *thinListener) close() error {
	if l.ended == nil {
		return l.ws.Close()
	}
	_ = l.ws.Close()
	err := <-l.ended
	l.ended = nil
	return err
}
