package signaling

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
	"draille/signaling/rules"
	"draille/signaling/token"
)

func TestConsultation(t *testing.T) {
	h := open(t, nil)
	host := h.enters("Dr Vidal", protocol.RoleHost)
	h.seatOf(host, func(s *recordedSeat) bool { return s.admitted })
	require.Equal(t, uint32(12), host.people[host.welcome.Participant].CSRCs[protocol.SourceCamera])

	guest := h.welcomed(
		protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil), Room: "cozes"})
	require.Equal(t, "roux", guest.welcome.Name)
	require.Equal(t, "test", guest.welcome.Server)
	require.Equal(t, guest.welcome.Participant, guest.welcome.ICEServers[0].Username)
	guest.send(protocol.Offer{Connection: "c1", SDP: "v=0"})
	guest.send(protocol.Candidate{Connection: "c1", Candidate: "candidate:1", MID: "0"})
	require.Equal(t, protocol.Answer{Type: "answer", Connection: "c1", SDP: "answer to v=0"},
		expect[protocol.Answer](guest))
	seat := h.seatOf(guest, func(s *recordedSeat) bool { return len(s.candidates) == 1 })
	require.Equal(t, []string{"c1 candidate:1 0"}, seat.candidates)

	guest.send(protocol.Estimate{Bitrate: 52_000})
	h.seatOf(guest, func(s *recordedSeat) bool { return s.expected == 52_000 })
	guest.send(protocol.Enter{Name: "Mme Roux"})
	require.Equal(t, "Dr Vidal", expect[protocol.Waiting](guest).Host)
	host.known(func() bool { return len(host.waiting) == 1 })
	h.seatOf(guest, func(s *recordedSeat) bool { return !s.admitted })
	host.send(protocol.Admit{Participant: guest.welcome.Participant})
	expect[protocol.Admitted](guest)
	h.seatOf(guest, func(s *recordedSeat) bool { return s.admitted })

	guest.send(protocol.Media{Microphone: true})
	h.seatOf(guest, func(s *recordedSeat) bool { return s.live.Microphone })
	want := protocol.Subscription{
		Participant: host.welcome.Participant,
		Source:      protocol.SourceCamera,
		Width:       640,
		Height:      360,
		Priority:    2,
	}
	guest.send(protocol.Subscribe{Subscriptions: []protocol.Subscription{want}})
	h.seatOf(guest, func(s *recordedSeat) bool { return len(s.wants) == 1 && s.wants[0] == want })
	host.send(protocol.Say{Text: "Bonjour"})
	require.Equal(t, "Bonjour", expect[protocol.Chat](guest).Line.Text)
	guest.send(protocol.Ping{N: 7})
	require.Equal(t, 7, expect[protocol.Pong](guest).N)

	stats := h.server.Stats()
	require.Equal(t, 1, stats.Rooms)
	require.Equal(t, 2, stats.Connections)
	require.Equal(
		t,
		map[protocol.Place]int{
			protocol.PlaceLobby:   0,
			protocol.PlaceWaiting: 0,
			protocol.PlaceRoom:    2,
		},
		stats.Participants,
	)
	require.EqualValues(t, 1, stats.Received["subscribe"])
	require.EqualValues(t, 2, stats.Sent["welcome"])

	guest.send(protocol.Leave{})
	guest.byeFor(protocol.ByeLeft)
	host.known(func() bool { return len(host.people) == 1 })
	host.send(protocol.End{})
	host.byeFor(protocol.ByeEnded)
	h.until(func() bool { return h.media.rooms[0].closed })
}

func TestWhatTheMediaPlaneSays(t *testing.T) {
	h := open(t, nil)
	host := h.enters("host", protocol.RoleHost)
	guest := h.enters("roux", protocol.RoleGuest)
	seat := h.seatOf(guest, func(*recordedSeat) bool { return true })

	seat.listener.Transport("connected")
	seat.listener.Speakers([]string{"not for one who waits"})
	seat.listener.Slots([]protocol.Slot{{Participant: "nor this"}})
	seat.listener.UplinkLoss([]string{"nor that"}, nil)
	encode := protocol.Encode{
		Type:      "encode",
		Source:    protocol.SourceCamera,
		Encodings: []protocol.Encoding{{Active: true, MaxBitrate: 150_000}},
	}
	seat.listener.Encode(encode.Source, encode.Encodings)
	require.Equal(t, encode, guest.read(), "and the rest was kept back")

	host.send(protocol.Admit{Participant: guest.welcome.Participant})
	expect[protocol.Roster](guest)
	slots := protocol.Slots{
		Type: "slots",
		Slots: []protocol.Slot{
			{
				MID:         "4",
				Participant: host.welcome.Participant,
				Source:      protocol.SourceCamera,
				CSRC:        12,
				Paused:      true,
				Reason:      protocol.ReasonDownlink,
			},
		},
	}
	seat.listener.Slots(slots.Slots)
	require.Equal(t, slots, expect[protocol.Slots](guest))
	seat.listener.Speakers([]string{host.welcome.Participant})
	require.Equal(t, []string{host.welcome.Participant},
		expect[protocol.Speakers](guest).Participants)
	loss := protocol.UplinkLoss{
		Type:         "uplinkloss",
		Participants: []string{host.welcome.Participant},
		Far:          []string{host.welcome.Participant},
	}
	seat.listener.UplinkLoss(loss.Participants, loss.Far)
	require.Equal(t, loss, expect[protocol.UplinkLoss](guest))
	h.media.change(func() { seat.channel = true })
	seat.listener.Speakers(nil)
	h.seatOf(guest, func(s *recordedSeat) bool { return len(s.sent) == 1 })
	require.Equal(t, `{"type":"speakers","participants":[]}`, seat.sent[0])

	// A websocket that comes back is told what it missed, and its media plane is the same.
	guest.ws.Close()
	host.known(func() bool { return !host.people[guest.welcome.Participant].Connected })
	slots.Slots[0].Paused = false
	seat.listener.Slots([]protocol.Slot{slots.Slots[0]})
	back := h.welcomed(
		protocol.Join{
			Token:  link(t, "roux", protocol.RoleGuest, nil),
			Resume: guest.welcome.Resume,
		},
	)
	require.True(t, back.welcome.Resumed)
	require.Equal(t, protocol.PlaceRoom, back.welcome.Place)
	expect[protocol.Admitted](back)
	require.True(t, expect[protocol.Roster](back).Full)
	require.Equal(t, slots, expect[protocol.Slots](back))
	require.Equal(t, loss, expect[protocol.UplinkLoss](back))
	require.Equal(t, encode, expect[protocol.Encode](back))
	h.media.mu.Lock()
	require.False(t, seat.closed)
	require.Len(t, h.media.seats, 2)
	h.media.mu.Unlock()
}

func TestSDPThatIsNotOurs(t *testing.T) {
	h := open(t, nil)
	c := h.welcomed(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil)})
	c.send(protocol.Offer{Connection: "c", SDP: "not ours"})
	failed := expect[protocol.Error](c)
	require.Equal(t, protocol.ErrorSDP, failed.Code)
	require.Equal(t, "offer", failed.Of)
	require.Contains(t, failed.Message, "expected an offer")
	c.send(protocol.Candidate{Connection: "c", Candidate: "bad"})
	require.Equal(t, "candidate", expect[protocol.Error](c).Of)
}

func TestSlowAnswerHoldsUpNobodyAndIsCancelled(t *testing.T) {
	h := open(t, nil)
	host := h.enters("host", protocol.RoleHost)
	seat := h.seatOf(host, func(*recordedSeat) bool { return true })
	h.media.change(func() { seat.hold = make(chan struct{}) })
	for range maxJobs + 2 {
		host.send(protocol.Offer{Connection: "c", SDP: "v=0"})
	}
	require.Equal(t, protocol.ErrorTooFast, expect[protocol.Error](host).Code)
	host.send(protocol.Say{Text: "still here"})
	require.Equal(t, "still here", expect[protocol.Chat](host).Line.Text)
	host.send(protocol.Leave{})
	host.byeFor(protocol.ByeLeft)
	h.seatOf(host, func(s *recordedSeat) bool { return s.closed && len(s.offers) == 0 })
}

func TestTokensThatOpenNothing(t *testing.T) {
	h := open(t, nil)
	foreign, err := token.NewSigner([]byte(strings.Repeat("f", 32)), "draille.example")
	require.NoError(t, err)
	forged, err := foreign.Sign(
		token.Invitation{Room: "cozes", Kind: protocol.KindTelestaff, Role: protocol.RoleHost,
			NotBefore: time.Now(), Expires: time.Now().Add(time.Hour)},
	)
	require.NoError(t, err)
	past := func(i *token.Invitation) { i.Expires = time.Now().Add(-10 * time.Minute) }
	for name, c := range map[string]struct {
		join protocol.Join
		want protocol.ByeReason
	}{
		"forged":  {protocol.Join{Token: forged}, protocol.ByeInvalid},
		"damaged": {protocol.Join{Token: "x.y.z"}, protocol.ByeInvalid},
		"expired": {protocol.Join{Token: link(t, "a", protocol.RoleHost, past)},
			protocol.ByeExpired},
		"expired, nothing to resume": {protocol.Join{Token: link(t, "a", protocol.RoleHost, past),
			Resume: "r"}, protocol.ByeExpired},
		"not yet": {protocol.Join{Token: link(t, "a", protocol.RoleHost, func(i *token.Invitation) {
			i.NotBefore = time.Now().Add(10 * time.Minute)
		})}, protocol.ByeNotYet},
		"another room": {protocol.Join{Token: link(t, "a", protocol.RoleHost, nil),
			Room: "other"}, protocol.ByeInvalid},
		"another room, expired": {protocol.Join{Token: link(t, "a", protocol.RoleHost, past),
			Room: "other", Resume: "r"}, protocol.ByeInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			bye := h.join(c.join).byeFor(c.want)
			require.NotEmpty(t, bye.Message)
			require.False(t, bye.Retry)
		})
	}
	stats := h.server.Stats()
	require.Equal(
		t,
		map[protocol.ByeReason]uint64{
			protocol.ByeInvalid: 4,
			protocol.ByeExpired: 2,
			protocol.ByeNotYet:  1,
		},
		stats.Refused,
	)
	require.Zero(t, stats.Rooms)
}

func TestInvitationThatExpiresDuringTheCall(t *testing.T) {
	now := time.Now()
	clock := make(chan time.Time, 1)
	clock <- now
	h := open(t, func(c *Config) {
		c.Now = func() time.Time { at := <-clock; clock <- at; return at }
	})
	join := protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil)}
	first := h.welcomed(join)
	<-clock
	clock <- now.Add(2 * time.Hour)
	join.Resume = first.welcome.Resume
	require.True(t, h.welcomed(join).welcome.Resumed)
	join.Resume = ""
	h.join(join).byeFor(protocol.ByeExpired)
}

func TestFullLockedRemoved(t *testing.T) {
	h := open(t, func(c *Config) {
		c.Rules = rules.DefaultConfig()
		c.Rules.MaxRoom = 2
	})
	host := h.enters("host", protocol.RoleHost)
	guest := h.admitted(host, "roux")
	h.join(protocol.Join{Token: link(t, "third", protocol.RoleGuest, nil)}).byeFor(protocol.ByeFull)

	host.send(protocol.Remove{Participant: guest.welcome.Participant})
	guest.byeFor(protocol.ByeRemoved)
	host.known(func() bool { return len(host.people) == 1 })
	again := h.enters("roux", protocol.RoleGuest)
	host.known(func() bool { return len(host.waiting) == 1 && host.waiting[0].RemovedOnce })
	host.send(protocol.Refuse{Participant: again.welcome.Participant})
	again.byeFor(protocol.ByeRefused)

	host.send(protocol.Lock{Locked: true})
	for !expect[protocol.Roster](host).Locked {
	}
	h.join(protocol.Join{Token: link(t, "late", protocol.RoleGuest, nil)}).byeFor(
		protocol.ByeLocked)
	require.Equal(t, map[protocol.ByeReason]uint64{protocol.ByeFull: 1, protocol.ByeLocked: 1},
		h.server.Stats().Refused)
}

func TestMutedGuest(t *testing.T) {
	h := open(t, nil)
	host := h.enters("host", protocol.RoleHost)
	guest := h.admitted(host, "roux")
	guest.send(protocol.Capture{Lines: 720})
	h.seatOf(guest, func(s *recordedSeat) bool { return s.lines == 720 })
	guest.send(protocol.Media{Microphone: true, Camera: true})
	host.known(func() bool { return host.people[guest.welcome.Participant].Media.Microphone })
	host.send(
		protocol.Mute{Participant: guest.welcome.Participant, Source: protocol.SourceMicrophone})
	require.Equal(t, protocol.Muted{Type: "muted", Source: protocol.SourceMicrophone, By: "host"},
		expect[protocol.Muted](guest))
	h.seatOf(guest, func(s *recordedSeat) bool { return s.live == protocol.Live{Camera: true} })
	guest.send(
		protocol.Mute{Participant: host.welcome.Participant, Source: protocol.SourceMicrophone})
	require.Equal(t, protocol.ErrorForbidden, expect[protocol.Error](guest).Code)
	require.EqualValues(t, 1, h.server.Stats().Errors[protocol.ErrorForbidden])
}

func TestByVoiceAloneNothingIsForwardedWhateverThePageShows(t *testing.T) {
	h := open(t, nil)
	host := h.enters("Dr Vidal", protocol.RoleHost)
	id := host.welcome.Participant
	want := protocol.Subscription{
		Participant: "P2",
		Source:      protocol.SourceCamera,
		Width:       640,
		Height:      360,
	}
	host.send(protocol.Subscribe{Subscriptions: []protocol.Subscription{want}})
	h.seatOf(host, func(s *recordedSeat) bool { return len(s.wants) == 1 })
	host.send(protocol.Mode{Mode: protocol.ModeVoice})
	h.seatOf(host, func(s *recordedSeat) bool { return len(s.wants) == 0 })
	host.send(protocol.Subscribe{Subscriptions: []protocol.Subscription{want, want}})
	host.known(func() bool { return host.people[id].Mode == protocol.ModeVoice })
	h.settled("cozes")
	h.seatOf(host, func(s *recordedSeat) bool { return len(s.wants) == 0 })
	host.send(protocol.Mode{Mode: protocol.ModeSaver})
	h.seatOf(host, func(s *recordedSeat) bool { return len(s.wants) == 2 })
}

func TestTwoTabs(t *testing.T) {
	h := open(t, nil)
	join := protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil), Device: "tablet"}
	first := h.welcomed(join)
	second := h.welcomed(join)
	require.False(t, first.byeFor(protocol.ByeReplaced).Retry)
	require.Equal(t, first.welcome.Participant, second.welcome.Participant)
	require.NotEqual(t, first.welcome.Resume, second.welcome.Resume)
	join.Device = "phone"
	require.NotEqual(t, first.welcome.Participant, h.welcomed(join).welcome.Participant)
}

func TestPlaceIsLostAfterTheHold(t *testing.T) {
	h := open(t, shortHold)
	host := h.enters("host", protocol.RoleHost)
	guest := h.admitted(host, "roux")
	guest.ws.Close()
	host.known(func() bool { return len(host.people) == 1 })
	h.seatOf(guest, func(s *recordedSeat) bool { return s.closed })
	host.ws.Close()
	h.until(func() bool { return h.media.rooms[0].closed })
}

func TestEndedWhileAway(t *testing.T) {
	other := open(t, nil) // on which the room would be opened anew
	told := make(chan struct{}, 16)
	h := open(t, func(c *Config) {
		c.Ended = func(digest string, until time.Time) {
			other.server.HearEnded(digest, until)
			told <- struct{}{}
		}
	})
	host := h.enters("host", protocol.RoleHost)
	guest := h.admitted(host, "roux")
	guest.ws.Close()
	host.known(func() bool { return !host.people[guest.welcome.Participant].Connected })
	host.send(protocol.End{})
	host.byeFor(protocol.ByeEnded)
	h.until(func() bool { return h.media.rooms[0].closed })
	h.join(
		protocol.Join{
			Token:  link(t, "roux", protocol.RoleGuest, nil),
			Resume: guest.welcome.Resume,
		},
	).byeFor(protocol.ByeEnded)
	<-told
	other.join(
		protocol.Join{
			Token:  link(t, "roux", protocol.RoleGuest, nil),
			Resume: guest.welcome.Resume,
		},
	).byeFor(protocol.ByeEnded)
	require.Equal(t, protocol.PlaceLobby,
		h.welcomed(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil)}).welcome.Place,
		"the link still opens a new call")
}

func TestBadMessages(t *testing.T) {
	h := open(t, nil)
	c := h.dial()
	c.send(protocol.End{})
	require.Equal(t, protocol.ErrorOutOfPlace, expect[protocol.Error](c).Code)
	c.sendText("not JSON")
	require.Equal(t, protocol.ErrorMalformed, expect[protocol.Error](c).Code)
	c.send(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil), Device: "d"})
	expect[protocol.Welcome](c)
	c.send(protocol.Join{Token: "again", Device: "d"})
	require.Equal(t, protocol.ErrorOutOfPlace, expect[protocol.Error](c).Code)
	c.sendText(`{"type":"dance"}`)
	require.Contains(t, expect[protocol.Error](c).Message, `got "dance"`)
	c.sendText(`{"type":"ping","n":-1}`)
	require.Equal(t, "ping", expect[protocol.Error](c).Of)
	c.sendText(`{"type":"say","text":"` + strings.Repeat("a", protocol.MaxMessageBytes) + `"}`)
	require.Equal(t, protocol.ErrorTooLarge, expect[protocol.Error](c).Code)
	require.NoError(t, c.ws.WriteMessage(websocket.BinaryMessage, []byte("{}")))
	require.Equal(t, protocol.ErrorMalformed, expect[protocol.Error](c).Code)
	for range 5 {
		c.sendText("{")
	}
	c.byeFor(protocol.ByeProtocol)
	require.GreaterOrEqual(t, h.server.Stats().Received[""], uint64(7))
	h.until(func() bool { return h.media.rooms[0].closed })
}

func TestBadMessagesBeforeJoining(t *testing.T) {
	h := open(t, func(c *Config) { c.BadMessages = 1 })
	c := h.dial()
	c.sendText("{")
	c.sendText("{")
	c.byeFor(protocol.ByeProtocol)
}

func TestCompressionBombCostsNothing(t *testing.T) {
	h := open(t, nil)
	c := h.dial()
	c.sendText(strings.Repeat(" ", 8<<20)) // some 40 KiB on the wire
	require.Equal(t, protocol.ErrorTooLarge, expect[protocol.Error](c).Code)
	c.send(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil), Device: "d"})
	expect[protocol.Welcome](c)
}

func TestHugeOnTheWireIsCut(t *testing.T) {
	h := open(t, nil)
	c := h.dialWith(websocket.Dialer{Subprotocols: []string{protocol.Subprotocol}})
	_ = c.ws.WriteMessage(
		websocket.TextMessage,
		make([]byte, 3*wireLimit),
	) // may fail: the server cuts in the middle
	var err error
	for err == nil { // perhaps told first that it is too large
		_, _, err = c.ws.ReadMessage()
	}
	require.Error(t, c.ws.WriteMessage(websocket.TextMessage, make([]byte, 3*wireLimit)))
}

func TestTooFast(t *testing.T) {
	h := open(t, func(c *Config) { c.MessageRate, c.MessageBurst, c.BadMessages = 0.001, 3, 2 })
	c := h.welcomed(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil)})
	for range 5 {
		c.send(protocol.Ping{})
	}
	expect[protocol.Pong](c)
	expect[protocol.Pong](c)
	require.Equal(t, protocol.ErrorTooFast, expect[protocol.Error](c).Code)
	c.byeFor(protocol.ByeProtocol)
}

func TestSlowReaderIsDropped(t *testing.T) {
	h := open(t, func(c *Config) { c.QueueLength = 8 })
	host := h.enters("host", protocol.RoleHost)
	slow := h.dialWith(websocket.Dialer{Subprotocols: []string{protocol.Subprotocol}})
	slow.send(protocol.Join{Token: link(t, "slow", protocol.RoleClinician, nil), Device: "d"})
	slow.welcome = expect[protocol.Welcome](slow)
	slow.send(protocol.Enter{Name: "slow"})
	host.known(func() bool { return len(host.people) == 2 })
	seat := h.seatOf(slow, func(s *recordedSeat) bool { return s.admitted })
	// Nothing is read on the slow side from here on: the kernel's buffers fill, then the queue.
	slots := make([]protocol.Slot, 5000)
	for i := range slots {
		slots[i] = protocol.Slot{
			MID:         "1",
			Participant: strings.Repeat("x", 50),
			Source:      protocol.SourceCamera,
		}
	}
	timeout := time.After(patience)
	for h.server.Stats().Goodbyes[protocol.ByeSlow] == 0 {
		select {
		case <-timeout:
			require.FailNow(t, "the slow reader was kept")
		default:
			seat.listener.Slots(slots)
			h.settled("cozes")
		}
	}
	host.known(func() bool { return !host.people[slow.welcome.Participant].Connected })
}

func TestSlowReaderHearsWhyWhenItReadsAgain(t *testing.T) {
	h := open(t, func(c *Config) { c.QueueLength, c.CloseTimeout = 1, patience })
	c := h.welcomed(protocol.Join{Token: link(t, "slow", protocol.RoleClinician, nil)})
	connection := h.only()
	data := []byte(`{"type":"pong","n":` + strings.Repeat(" ", 256<<10) + `1}`)
	for !connection.out.finished() {
		connection.sendRaw("pong", data)
	}
	require.True(t, c.byeFor(protocol.ByeSlow).Retry)
}

// only returns the one connection there is.
func (h *house) only() *connection {
	h.server.mu.Lock()
	defer h.server.mu.Unlock()
	for c := range h.server.connections {
		return c
	}
	return nil
}

func TestSilenceBeforeJoin(t *testing.T) {
	h := open(t, func(c *Config) { c.JoinTimeout = 20 * time.Millisecond })
	bye := expect[protocol.Bye](h.dial())
	require.Equal(t, protocol.ByeProtocol, bye.Reason)
	require.Contains(t, bye.Message, "join first")
}

func TestDeadWebsocketIsNoticed(t *testing.T) {
	h := open(t, func(c *Config) {
		shortHold(c)
		// The host must not be held up for longer, whatever else the machine does.
		c.PingInterval, c.ReadTimeout = 50*time.Millisecond, 5*time.Second
	})
	host := h.enters("host", protocol.RoleHost)
	guest := h.admitted(host, "roux")
	guest.ws.SetPingHandler(func(string) error { return nil }) // reads, but never answers
	gone := make(chan error, 1)
	go func() {
		_, _, err := guest.ws.ReadMessage()
		for err == nil {
			_, _, err = guest.ws.ReadMessage()
		}
		gone <- err
	}()
	host.known(func() bool { return len(host.people) == 1 }) // the host's pongs keep them
	require.Error(t, <-gone)
}

func TestOrigins(t *testing.T) {
	h := open(t, func(c *Config) { c.Origins = []string{"https://hopital.example"} })
	own := strings.TrimPrefix(h.web.URL, "http://")
	for origin, want := range map[string]int{
		"":                        http.StatusSwitchingProtocols,
		"https://hopital.example": http.StatusSwitchingProtocols,
		"http://" + own:           http.StatusSwitchingProtocols,
		"https://evil.example":    http.StatusForbidden,
		"null":                    http.StatusForbidden,
		"http://[":                http.StatusForbidden,
	} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		require.Equal(t, want, handshakeStatus(t, h, header, protocol.Subprotocol), origin)
	}
	require.Equal(t, http.StatusBadRequest, handshakeStatus(t, h, nil, "other"))
	require.Equal(t, http.StatusBadRequest, handshakeStatus(t, h, nil))
}

func TestShutdown(t *testing.T) {
	h := open(t, nil)
	host := h.enters("host", protocol.RoleHost)
	lobby := h.welcomed(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil)})
	silent := h.dial()
	h.until(func() bool { return len(h.media.seats) == 2 })
	for h.server.Stats().Connections < 3 { // the handler of the third is about to list it
		_ = handshakeStatus(t, h, nil, "other")
	}
	done := make(chan error, 1)
	go func() { done <- h.server.Shutdown(context.Background()) }()
	for _, c := range []*client{host, lobby, silent} {
		require.True(t, c.byeFor(protocol.ByeShutdown).Retry)
	}
	require.NoError(t, <-done)
	require.Equal(t, http.StatusServiceUnavailable,
		handshakeStatus(t, h, nil, protocol.Subprotocol))
	require.Zero(t, h.server.Stats().Rooms)
}

func TestShutdownDoesNotWaitForEver(t *testing.T) {
	h := open(t, func(c *Config) { c.CloseTimeout = patience })
	h.welcomed(
		protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil)},
	) // never reads its goodbye
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, h.server.Shutdown(ctx), context.Canceled)
}

func TestNoMediaPlane(t *testing.T) {
	h := open(t, nil)
	h.media.change(func() { h.media.fail = errors.New("no socket") })
	c := h.join(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil)})
	require.Equal(t, protocol.ErrorServer, expect[protocol.Error](c).Code)
	require.True(t, c.byeFor(protocol.ByeShutdown).Retry)
}

func TestArrivalWhileTheRoomEndsOpensANewOne(t *testing.T) {
	h := open(t, nil)
	for range 20 {
		host := h.enters("host", protocol.RoleHost)
		guest := h.dial()
		join := protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil), Device: "d"}
		host.send(protocol.End{})
		guest.send(join)
		guest.send(protocol.Enter{Name: "roux"})
		// Either they came before the end and are told, or they wait in the next room: never
		// silence.
		switch m := firstOf(guest).(type) {
		case protocol.Bye:
			require.Equal(t, protocol.ByeEnded, m.Reason)
		case protocol.Waiting:
			guest.send(protocol.Leave{})
			require.Contains(t, []protocol.ByeReason{protocol.ByeLeft, protocol.ByeEnded},
				expect[protocol.Bye](guest).Reason)
		}
		host.byeFor(protocol.ByeEnded)
	}
}

// firstOf reads until a goodbye or the waiting room.
func firstOf(c *client) protocol.ServerMessage {
	for {
		switch m := c.read().(type) {
		case protocol.Bye, protocol.Waiting:
			return m
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	_, err := New(Config{})
	require.ErrorContains(t, err, "Config.Media")
}

func TestRejectedUpgradeLeavesNothing(t *testing.T) {
	h := open(t, nil)
	request, err := http.NewRequest(http.MethodGet, h.web.URL, nil)
	require.NoError(t, err)
	request.Header.Set("Sec-WebSocket-Protocol", protocol.Subprotocol)
	response, err := h.web.Client().Do(request)
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	require.Zero(t, h.server.Stats().Connections)
}

func TestTCPCutInTheMiddleOfAFrame(t *testing.T) {
	h := open(t, shortHold)
	host := h.enters("host", protocol.RoleHost)
	guest := h.admitted(host, "roux")
	raw := guest.ws.UnderlyingConn().(*net.TCPConn)
	_, err := raw.Write([]byte{0x81, 0xfe, 0x10})
	require.NoError(t, err)
	require.NoError(t, raw.SetLinger(0))
	raw.Close()
	host.known(func() bool { return len(host.people) == 1 })
}

// An offer that is sent right after the join saves a round trip: it is answered, whether or not the
// welcome has been read.
func TestTheOfferTravelsBehindTheJoin(t *testing.T) {
	h := open(t, nil)
	c := h.dial()
	c.send(protocol.Join{Token: link(t, "roux", protocol.RoleGuest, nil), Device: "tablet"})
	c.send(protocol.Offer{Connection: "c1", SDP: "v=0"})
	expect[protocol.Welcome](c)
	require.Equal(t, "c1", expect[protocol.Answer](c).Connection)
}

// Whoever is turned away is told so, whatever they have sent behind their join.
func TestAnOfferBehindARefusedJoinIsNotAnswered(t *testing.T) {
	h := open(t, nil)
	c := h.dial()
	c.send(protocol.Join{Token: "forged", Device: "tablet"})
	c.send(protocol.Offer{Connection: "c1", SDP: "v=0"})
	c.byeFor(protocol.ByeInvalid)
}
