package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

func start(t *testing.T) (*house, *client) {
	h := newHouse(t, DefaultConfig())
	return h, h.enters("host", protocol.RoleHost)
}

func TestConsultation(t *testing.T) {
	h := newHouse(t, DefaultConfig())
	guest := h.join("roux", protocol.RoleGuest, "tablet", "")
	require.Equal(t, protocol.PlaceLobby, guest.place)
	require.Equal(
		t,
		protocol.Welcome{
			Participant: "p1",
			Resume:      "r1",
			Place:       protocol.PlaceLobby,
			Role:        protocol.RoleGuest,
			Name:        "name of roux",
			Room:        protocol.RoomInfo{ID: "cozes", Kind: protocol.KindConsultation},
		},
		guest.inbox[0],
	)

	h.send(guest, protocol.Enter{Name: "Mme Roux"})
	require.Equal(t, protocol.Waiting{}, last[protocol.Waiting](t, guest), "nobody is there yet")
	require.Empty(t, h.gates)

	host := h.enters("Dr Vidal", protocol.RoleHost)
	require.Equal(t, "Dr Vidal", last[protocol.Waiting](t, guest).Host)
	require.Equal(t, []string{host.id}, keys(h.gates))
	full := last[protocol.Roster](t, host)
	require.True(t, full.Full)
	require.Equal(t, "Mme Roux", full.Waiting[0].Name)
	require.Equal(t, map[protocol.Source]uint32{protocol.SourceCamera: 1}, full.Waiting[0].CSRCs)

	h.send(host, protocol.Note{Text: "Dix minutes de retard"})
	require.Equal(t, "Dix minutes de retard", last[protocol.Waiting](t, guest).Note)
	require.Equal(t, "Dix minutes de retard", host.note)

	h.send(host, protocol.Say{Text: "seul"})
	h.send(host, protocol.Admit{Participant: guest.id})
	require.Equal(t, Gate{guest.id}, h.last[0], "the gate opens before anything is said")
	require.Empty(t, of[protocol.History](guest), "what was said before is not for a guest")
	require.Equal(t, []string{"Dr Vidal", "Mme Roux"}, h.names(guest))
	require.Equal(t, []string{"Dr Vidal", "Mme Roux"}, h.names(host))
	require.Empty(t, host.waiting)
	require.Empty(t, guest.note, "the staff's sentence is not for the room")

	h.send(guest, protocol.Leave{})
	require.Equal(t, protocol.ByeLeft, guest.bye)
	require.Equal(t, []string{"Dr Vidal"}, h.names(host))
	h.send(host, protocol.Leave{})
	require.Equal(t, &Dissolve{}, h.over)
}

func TestRefused(t *testing.T) {
	h, host := start(t)
	guest := h.enters("roux", protocol.RoleGuest)
	h.send(host, protocol.Refuse{Participant: guest.id})
	require.Equal(t, protocol.ByeRefused, guest.bye)
	require.Empty(t, host.waiting)
}

func TestLostWaitingGuestKeepsHisPlaceInTheOrder(t *testing.T) {
	h, host := start(t)
	first := h.enters("first", protocol.RoleGuest)
	h.pass(time.Second)
	h.enters("second", protocol.RoleGuest)
	h.cut(first)
	require.False(t, host.waiting[0].Connected)
	h.pass(59 * time.Second)
	back := h.join("first", protocol.RoleGuest, "device-of-first", first.resume)
	require.True(t, back.resumed)
	require.Equal(t, first.id, back.id)
	require.Equal(t, "host", last[protocol.Waiting](t, back).Host)
	require.Equal(t, []string{"first", "second"},
		[]string{host.waiting[0].Name, host.waiting[1].Name})
	require.True(t, host.waiting[0].Connected)
}

func TestLostParticipantIsHeldForAMinute(t *testing.T) {
	h, host := start(t)
	guest := h.admitted(host, "roux")
	h.send(guest, protocol.Media{Microphone: true})
	h.cut(guest)
	require.False(t, host.people[guest.id].Connected)
	require.True(t, h.gates[guest.id], "media runs on")
	next, ok := h.room.Next()
	require.True(t, ok)
	require.Equal(t, h.now.Add(time.Minute), next)

	h.send(host, protocol.Say{Text: "êtes-vous là ?"})
	h.send(host, protocol.Mute{Participant: guest.id, Source: protocol.SourceMicrophone})
	back := h.join("roux", protocol.RoleGuest, "device-of-roux", guest.resume)
	require.Equal(t, protocol.PlaceRoom, back.place)
	require.Equal(t, "êtes-vous là ?", last[protocol.History](t, back).Lines[0].Text)
	require.Equal(t, "host", last[protocol.Muted](t, back).By, "told of what was done meanwhile")
	require.False(t, back.people[guest.id].Media.Microphone)
	require.True(t, host.people[guest.id].Connected)

	h.cut(back)
	h.pass(time.Minute - time.Millisecond)
	require.Contains(t, host.people, guest.id)
	h.pass(time.Millisecond)
	require.NotContains(t, host.people, guest.id)
	require.False(t, h.seated[guest.id])
	again := h.join("roux", protocol.RoleGuest, "device-of-roux", back.resume)
	require.False(t, again.resumed)
	require.Equal(t, protocol.PlaceLobby, again.place)
}

func TestLateTickDoesNotLengthenTheHold(t *testing.T) {
	h, host := start(t)
	guest := h.admitted(host, "roux")
	h.cut(guest)
	h.now = h.now.Add(time.Minute)
	back := h.join("roux", protocol.RoleGuest, "device-of-roux", guest.resume)
	require.Equal(t, protocol.PlaceLobby, back.place)
}

func TestResumeReplacesAWebsocketThatLooksAlive(t *testing.T) {
	h, host := start(t)
	guest := h.admitted(host, "roux")
	before := len(host.inbox)
	back := h.join("roux", protocol.RoleGuest, "another", guest.resume)
	require.Equal(t, protocol.ByeReplaced, guest.bye)
	require.Equal(t, protocol.PlaceRoom, back.place)
	require.Equal(t, guest.resume, back.resume)
	require.Len(t, host.inbox, before, "nobody notices")
}

func TestSecondTabTakesTheSeat(t *testing.T) {
	h, host := start(t)
	guest := h.admitted(host, "roux")
	second := h.join("roux", protocol.RoleGuest, "device-of-roux", "")
	require.Equal(t, protocol.ByeReplaced, guest.bye)
	require.Equal(t, guest.id, second.id)
	require.Equal(t, protocol.PlaceRoom, second.place)
	require.NotEqual(t, guest.resume, second.resume)
	require.Equal(t, []string{"host", "roux"}, h.names(host))

	elsewhere := h.join("roux", protocol.RoleGuest, "other-device", "")
	require.NotEqual(t, guest.id, elsewhere.id)
	require.Equal(t, protocol.PlaceLobby, elsewhere.place)
}

func TestResumeWantsTheSameInvitation(t *testing.T) {
	h, host := start(t)
	guest := h.admitted(host, "roux")
	thief := h.join("other", protocol.RoleGuest, "other", guest.resume)
	require.False(t, thief.resumed)
	require.Empty(t, guest.bye)
}

func TestExpiredInvitationOnlyResumes(t *testing.T) {
	h, host := start(t)
	guest := h.admitted(host, "roux")
	a := guest.arrival
	a.Connection, a.Expired, a.Resume, a.NewParticipant = 100, true, guest.resume, "p100"
	require.True(t, h.arrive(a).resumed)
	a.Connection, a.Resume = 101, ""
	require.Equal(t, protocol.ByeExpired, h.arrive(a).bye)
}

func TestLock(t *testing.T) {
	h, host := start(t)
	waiting := h.enters("early", protocol.RoleGuest)
	inLobby := h.join("slow", protocol.RoleClinician, "d", "")
	inside := h.admitted(host, "inside")
	h.send(host, protocol.Lock{Locked: true})
	require.True(t, inside.locked)
	require.Equal(t, protocol.ByeLocked, h.join("late", protocol.RoleGuest, "d", "").bye)
	h.send(inLobby, protocol.Enter{Name: "slow"})
	require.Equal(t, protocol.ByeLocked, inLobby.bye)
	require.Equal(t, protocol.PlaceRoom, h.enters("second host", protocol.RoleHost).place)
	h.cut(inside)
	require.Equal(t, protocol.PlaceRoom,
		h.join("inside", protocol.RoleGuest, "device-of-inside", inside.resume).place)
	h.admit(host, waiting.id)
	require.Equal(t, protocol.PlaceRoom, waiting.place)
	before := len(host.inbox)
	h.send(host, protocol.Lock{Locked: true})
	require.Len(t, host.inbox, before)
	h.send(host, protocol.Lock{Locked: false})
	require.Equal(t, protocol.PlaceWaiting, h.enters("late", protocol.RoleGuest).place)
}

func TestFull(t *testing.T) {
	config := DefaultConfig()
	config.MaxRoom, config.MaxWaiting, config.HostReserve = 3, 2, 1
	h := newHouse(t, config)
	clinician := h.enters("clinician", protocol.RoleClinician)
	guest := h.enters("guest", protocol.RoleGuest)
	third := h.join("third", protocol.RoleClinician, "d3", "")
	h.send(clinician, protocol.Admit{Participant: guest.id})
	h.send(third, protocol.Enter{Name: "third"})
	require.Equal(t, protocol.ByeFull, third.bye, "the last place is the host's")
	require.Equal(t, protocol.ByeFull, h.join("newcomer", protocol.RoleGuest, "d4", "").bye)
	host := h.enters("host", protocol.RoleHost)
	require.Equal(t, protocol.PlaceRoom, host.place)
	require.Equal(t, protocol.ByeFull, h.join("host 2", protocol.RoleHost, "d5", "").bye)

	h.send(guest, protocol.Leave{})
	one, two := h.enters("one", protocol.RoleGuest), h.enters("two", protocol.RoleGuest)
	require.Equal(t, protocol.ByeFull, h.join("newcomer", protocol.RoleGuest, "d6", "").bye,
		"the waiting room is full")
	h.send(host, protocol.Admit{Participant: one.id})
	h.send(host, protocol.Admit{Participant: two.id})
	require.Equal(t, protocol.ErrorFull, last[protocol.Error](t, host).Code)
	require.Equal(t, protocol.PlaceWaiting, two.place)
}

func TestFullLobby(t *testing.T) {
	config := DefaultConfig()
	config.MaxWaiting, config.HostReserve = 2, 1
	h := newHouse(t, config)
	gone := h.join("gone", protocol.RoleGuest, "d1", "")
	h.join("waits", protocol.RoleGuest, "d2", "")
	require.Equal(t, protocol.ByeFull, h.join("third", protocol.RoleGuest, "d3", "").bye)
	h.cut(gone)
	require.Empty(t, h.join("third", protocol.RoleGuest, "d3", "").bye,
		"takes the place of one who is not there")
	require.False(t, h.seated[gone.id])
	require.Empty(t, h.join("host", protocol.RoleHost, "d4", "").bye, "a host still gets in")
	require.Equal(t, protocol.ByeFull, h.join("host 2", protocol.RoleHost, "d5", "").bye)
}

func TestRemovedComesBackThroughTheWaitingRoomOnly(t *testing.T) {
	for _, role := range []protocol.Role{protocol.RoleGuest, protocol.RoleClinician,
		protocol.RoleHost} {
		t.Run(string(role), func(t *testing.T) {
			h, host := start(t)
			clinician := h.enters("clinician", protocol.RoleClinician)
			target := h.enters("target", role)
			if role == protocol.RoleGuest {
				h.send(host, protocol.Admit{Participant: target.id})
			}
			h.send(host, protocol.Remove{Participant: target.id})
			require.Equal(t, protocol.ByeRemoved, target.bye)
			require.NotContains(t, host.people, target.id)

			back := h.join("target", role, "another-device", target.resume)
			require.False(t, back.resumed)
			h.send(back, protocol.Enter{Name: "target"})
			require.Equal(t, protocol.PlaceWaiting, back.place)
			require.True(t, host.waiting[0].RemovedOnce)
			h.send(back, protocol.Admit{Participant: back.id})
			require.Equal(t, protocol.ErrorOutOfPlace, last[protocol.Error](t, back).Code)
			h.send(clinician, protocol.Admit{Participant: back.id})
			require.Equal(t, protocol.ErrorForbidden, last[protocol.Error](t, clinician).Code)
			h.send(host, protocol.Admit{Participant: back.id})
			require.Equal(t, protocol.PlaceRoom, back.place)
		})
	}
}

func TestRemovalMarksTheSameLinkThatWaitsElsewhere(t *testing.T) {
	h, host := start(t)
	guest := h.admitted(host, "roux")
	elsewhere := h.join("roux", protocol.RoleGuest, "phone", "")
	h.send(elsewhere, protocol.Enter{Name: "roux again"})
	require.False(t, host.waiting[0].RemovedOnce)
	h.send(host, protocol.Remove{Participant: guest.id})
	require.True(t, host.waiting[0].RemovedOnce)
}

func TestMute(t *testing.T) {
	h, host := start(t)
	guest := h.admitted(host, "roux")
	all := protocol.Live{Microphone: true, Camera: true, Screen: true}
	for source, want := range map[protocol.Source]protocol.Live{
		protocol.SourceMicrophone: {Camera: true, Screen: true},
		protocol.SourceCamera:     {Microphone: true, Screen: true},
		protocol.SourceScreen:     {Microphone: true, Camera: true},
	} {
		h.send(guest, protocol.Media{Microphone: true, Camera: true, Screen: true})
		require.Equal(t, all, h.live[guest.id], "they may switch it on again")
		h.send(host, protocol.Mute{Participant: guest.id, Source: source})
		require.Equal(t, want, h.live[guest.id])
		require.Equal(t, want, host.people[guest.id].Media)
		require.Equal(t, protocol.Muted{Source: source, By: "host"}, last[protocol.Muted](t, guest))
		h.send(host, protocol.Mute{Participant: guest.id, Source: source})
		require.Empty(t, h.last, "already off")
	}
}

func TestModeIsOnesOwnInAnyPlace(t *testing.T) {
	h, host := start(t)
	guest := h.join("roux", protocol.RoleGuest, "tablet", "")
	h.send(guest, protocol.Media{Microphone: true, Camera: true})
	h.send(guest, protocol.Mode{Mode: protocol.ModeVoice})
	require.Contains(t, h.last, Effect(SetPictures{guest.id, false}),
		"nothing is sent to them from the start")
	require.Equal(t, protocol.Live{Microphone: true}, h.live[guest.id])
	require.Empty(t, guest.inbox[1:], "nobody in the lobby is told")

	h.send(guest, protocol.Enter{Name: "Mme Roux"})
	h.send(host, protocol.Admit{Participant: guest.id})
	require.Equal(t, protocol.ModeVoice, host.people[guest.id].Mode)
	require.Equal(t, protocol.ModeAutomatic, guest.people[host.id].Mode)
	h.send(guest, protocol.Media{Microphone: true, Camera: true, Screen: true})
	require.Equal(t, protocol.Live{Microphone: true}, h.live[guest.id],
		"a page that sends pictures all the same")
	h.send(host, protocol.Mute{Participant: guest.id, Source: protocol.SourceScreen})
	require.Equal(t, protocol.SourceScreen, last[protocol.Muted](t, guest).Source)

	h.cut(guest)
	back := h.join("roux", protocol.RoleGuest, "tablet", guest.resume)
	require.Equal(t, protocol.ModeVoice, back.people[guest.id].Mode, "the seat keeps it")
	h.send(back, protocol.Mode{Mode: protocol.ModeSaver, Participant: back.id})
	require.Contains(t, h.last, Effect(SetPictures{guest.id, true}))
	require.Equal(t, protocol.Live{Microphone: true, Camera: true}, h.live[guest.id],
		"what they said before, but what was muted")
	require.Equal(t, protocol.ModeSaver, host.people[guest.id].Mode)
	require.Empty(t, host.people[guest.id].ModeBy)
	h.send(back, protocol.Media{Microphone: true, Camera: true})
	require.True(t, h.live[guest.id].Camera)
	h.send(back, protocol.Mode{Mode: protocol.ModeSaver})
	require.Equal(t, protocol.ModeSaver, last[protocol.Roster](t, back).Present[0].Mode,
		"whoever chooses hears it, also what was so before")
	require.NotContains(t, h.last, Effect(SetPictures{guest.id, true}))
}

func TestHostSetsAModeAndItsOwnerTakesItBack(t *testing.T) {
	h, host := start(t)
	guest := h.admitted(host, "roux")
	h.send(guest, protocol.Media{Microphone: true, Camera: true})
	h.send(host, protocol.Mode{Participant: guest.id, Mode: protocol.ModeVoice})
	require.Equal(t, "host", guest.people[guest.id].ModeBy)
	require.Equal(t, protocol.Live{Microphone: true}, guest.people[guest.id].Media)
	require.Contains(t, h.last, Effect(SetPictures{guest.id, false}))

	h.cut(guest)
	h.send(host, protocol.Mode{Participant: guest.id, Mode: protocol.ModeSaver})
	back := h.join("roux", protocol.RoleGuest, "device-of-roux", guest.resume)
	require.Equal(t, protocol.ModeSaver, back.people[back.id].Mode, "done while they were away")

	h.send(back, protocol.Mode{Mode: protocol.ModeSaver})
	require.Empty(t, back.people[back.id].ModeBy, "kept, and now their own choice")
	h.send(back, protocol.Mode{Mode: protocol.ModeAutomatic})
	require.Equal(t, protocol.ModeAutomatic, host.people[back.id].Mode)

	h.send(host, protocol.Mode{Participant: "p99", Mode: protocol.ModeVoice})
	require.Equal(t, protocol.ErrorNotFound, last[protocol.Error](t, host).Code)
	waiting := h.enters("pons", protocol.RoleGuest)
	h.send(waiting, protocol.Mode{Participant: host.id, Mode: protocol.ModeVoice})
	require.Equal(t, protocol.ErrorOutOfPlace, last[protocol.Error](t, waiting).Code)
}

func TestHands(t *testing.T) {
	h, host := start(t)
	one, two := h.admitted(host, "one"), h.admitted(host, "two")
	h.send(one, protocol.Hand{Raised: true})
	raised := h.now.UnixMilli()
	require.Equal(t, raised, two.people[one.id].HandRaised)
	h.pass(time.Second)
	h.send(one, protocol.Hand{Raised: true})
	require.Equal(t, raised, two.people[one.id].HandRaised, "raising twice does not lose the turn")
	h.send(two, protocol.Hand{Participant: one.id})
	require.Equal(t, protocol.ErrorForbidden, last[protocol.Error](t, two).Code)
	h.send(host, protocol.Hand{Participant: "nobody"})
	require.Equal(t, protocol.ErrorNotFound, last[protocol.Error](t, host).Code)
	h.send(host, protocol.Hand{Participant: one.id})
	require.Zero(t, one.people[one.id].HandRaised)
	h.send(one, protocol.Hand{Raised: true, Participant: one.id})
	require.NotZero(t, host.people[one.id].HandRaised)
}

func TestChatHistoryIsBounded(t *testing.T) {
	config := DefaultConfig()
	config.ChatHistory = 3
	h := newHouse(t, config)
	host := h.enters("host", protocol.RoleHost)
	for i := range 5 {
		h.send(host, protocol.Say{Text: fmt.Sprint(i)})
	}
	require.Len(t, of[protocol.Chat](host), 5)
	late := h.enters("bonnet", protocol.RoleClinician)
	chat := last[protocol.History](t, late).Lines
	require.Len(t, chat, 3)
	require.Equal(t, protocol.ChatLine{N: 3, Participant: host.id, Name: "host",
		Role: protocol.RoleHost, InvitedAs: "name of host", Text: "2", At: h.now.UnixMilli()},
		chat[0])
	h.send(late, protocol.Say{Text: "bonjour"})
	require.Equal(t, "bonjour", last[protocol.Chat](t, host).Line.Text)
	require.Len(t, last[protocol.History](t, late).Lines, 3, "what was handed out does not change")
	require.Equal(t, "2", chat[0].Text)
}

// The history is bounded in bytes and comes in pieces that a thin link carries in a second each.
func TestChatHistoryComesInPieces(t *testing.T) {
	h, host := start(t)
	for range 100 {
		h.send(host, protocol.Say{Text: strings.Repeat("é", 2000)})
	}
	h.send(host, protocol.Say{Text: strings.Repeat("é", 2001)})
	require.Equal(t, protocol.ErrorTooLarge, last[protocol.Error](t, host).Code)
	late := h.enters("bonnet", protocol.RoleClinician)
	pieces, size, next := of[protocol.History](late), 0, 0
	for _, piece := range pieces {
		length := 0
		for _, line := range piece.Lines {
			length += len(line.Text)
			require.True(t, next == 0 || line.N == next)
			next = line.N + 1
		}
		require.LessOrEqual(t, length, historyBytes)
		size += length
	}
	require.Equal(t, 101, next)
	require.LessOrEqual(t, size, protocol.MaxChatBytes)
	require.Greater(t, size, protocol.MaxChatBytes-4001)
}

// A guest is given what was said since they were admitted, also when they come back.
func TestAGuestReadsNothingFromBeforeTheirAdmission(t *testing.T) {
	h, host := start(t)
	h.send(host, protocol.Say{Text: "of the patient before"})
	guest := h.admitted(host, "roux")
	h.send(host, protocol.Say{Text: "bonjour"})
	h.cut(guest)
	back := h.join("roux", protocol.RoleGuest, "device-of-roux", guest.resume)
	lines := last[protocol.History](t, back).Lines
	require.Len(t, lines, 1)
	require.Equal(t, "bonjour", lines[0].Text)
}

func TestEndTellsEverybody(t *testing.T) {
	h, host := start(t)
	guest := h.admitted(host, "roux")
	waiting, lobby := h.enters("waits", protocol.RoleGuest), h.join("lobby", protocol.RoleGuest,
		"d", "")
	away := h.admitted(host, "away")
	h.cut(away)
	h.send(host, protocol.End{})
	for _, c := range []*client{host, guest, waiting, lobby} {
		require.Equal(t, protocol.ByeEnded, c.bye)
	}
	require.Equal(t, &Dissolve{Ended: []string{away.resume}}, h.over)
	require.Empty(t, h.seated)
}

func TestShutdown(t *testing.T) {
	h, host := start(t)
	guest := h.enters("roux", protocol.RoleGuest)
	h.apply(h.room.Shutdown(h.now))
	require.Equal(t, []protocol.ByeReason{protocol.ByeShutdown, protocol.ByeShutdown},
		[]protocol.ByeReason{host.bye, guest.bye})
	require.NotNil(t, h.over)
}

func TestEvict(t *testing.T) {
	h, host := start(t)
	guest := h.admitted(host, "roux")
	h.apply(h.room.Evict(h.now, guest.connection, protocol.ByeProtocol))
	require.Equal(t, protocol.ByeProtocol, guest.bye)
	require.Equal(t, []string{"host"}, h.names(host))
	require.Empty(t, h.room.Evict(h.now, guest.connection, protocol.ByeProtocol))
}

func TestWhoMayWhat(t *testing.T) {
	h, host := start(t)
	clinician, guest := h.enters("clinician", protocol.RoleClinician), h.admitted(host, "guest")
	waiting := h.enters("waits", protocol.RoleGuest)
	everybody := []*client{host, clinician, guest}
	for _, c := range []struct {
		message protocol.ClientMessage
		allowed []*client
	}{
		{protocol.Mute{Participant: guest.id, Source: protocol.SourceCamera}, []*client{host}},
		{protocol.Mode{Participant: guest.id, Mode: protocol.ModeSaver}, []*client{host, guest}},
		{protocol.Lock{}, []*client{host}},
		{protocol.Note{Text: "n"}, []*client{host, clinician}},
		{protocol.Say{Text: "s"}, everybody},
		{protocol.Hand{Raised: true}, everybody},
		{protocol.Remove{Participant: "nobody"}, nil},
		{protocol.End{}, nil},
		{protocol.Refuse{Participant: host.id}, nil},
	} {
		for _, sender := range []*client{waiting, guest, clinician, host} {
			if _, ends := c.message.(protocol.End); ends && sender == host {
				continue
			}
			before := len(of[protocol.Error](sender))
			h.send(sender, c.message)
			errors := of[protocol.Error](sender)
			if contains(c.allowed, sender) {
				require.Len(t, errors, before, "%T of %s", c.message, sender.arrival.Invitation)
				continue
			}
			require.Len(t, errors, before+1, "%T of %s", c.message, sender.arrival.Invitation)
			got := errors[before]
			require.Equal(t, protocol.TypeOf(c.message), got.Of)
			if sender == waiting {
				require.Equal(t, protocol.ErrorOutOfPlace, got.Code)
			}
		}
	}
	h.send(host, protocol.Remove{Participant: host.id})
	require.Equal(t, protocol.ErrorForbidden, last[protocol.Error](t, host).Code)
	h.send(host, protocol.Enter{Name: "again"})
	require.Equal(t, protocol.ErrorOutOfPlace, last[protocol.Error](t, host).Code)
	h.send(host, protocol.Join{})
	require.Equal(t, "join", last[protocol.Error](t, host).Of)
	require.Empty(t, h.room.Receive(h.now, 999, protocol.End{}), "a websocket of nobody")
}

func TestWaitingSeesOnlyWhoIsThere(t *testing.T) {
	h := newHouse(t, DefaultConfig())
	guest := h.enters("roux", protocol.RoleGuest)
	clinician := h.enters("clinician", protocol.RoleClinician)
	require.Equal(t, "clinician", last[protocol.Waiting](t, guest).Host)
	host := h.enters("host", protocol.RoleHost)
	require.Equal(t, "host", last[protocol.Waiting](t, guest).Host)
	h.cut(host)
	require.Equal(t, "clinician", last[protocol.Waiting](t, guest).Host)
	h.send(clinician, protocol.Leave{})
	require.Empty(t, last[protocol.Waiting](t, guest).Host)
}

func TestQuestionsOfTheServer(t *testing.T) {
	h, host := start(t)
	id, place, ok := h.room.Participant(host.connection)
	require.True(t, ok)
	require.Equal(t, host.id, id)
	require.Equal(t, protocol.PlaceRoom, place)
	place, ok = h.room.Place(host.id)
	require.True(t, ok)
	require.Equal(t, protocol.PlaceRoom, place)
	_, _, ok = h.room.Participant(0)
	require.False(t, ok)
	_, ok = h.room.Place("nobody")
	require.False(t, ok)
	require.Equal(t, 1, h.room.Count(protocol.PlaceRoom))
	_, ok = h.room.Next()
	require.False(t, ok)
	h.room.SetCSRCs("nobody", nil)
}

func contains(list []*client, c *client) bool {
	for _, other := range list {
		if other == c {
			return true
		}
	}
	return false
}

func TestTheNextPatientIsNotLetInBesideTheLastUnasked(t *testing.T) {
	h, host := start(t)
	first := h.admitted(host, "first")
	next := h.enters("next", protocol.RoleGuest)
	h.send(host, protocol.Admit{Participant: next.id})
	require.Equal(t, protocol.ErrorOccupied, last[protocol.Error](t, host).Code)
	require.Equal(t, protocol.PlaceWaiting, next.place)
	h.send(host, protocol.Admit{Participant: next.id, Beside: []string{next.id, host.id}})
	require.Equal(t, protocol.PlaceWaiting, next.place, "another was named")

	h.send(host, protocol.Admit{Participant: next.id, Beside: []string{first.id}})
	require.Equal(t, protocol.PlaceRoom, next.place)
}

func TestThoseOfOneLinkAndTeamsComeInUnasked(t *testing.T) {
	h, host := start(t)
	h.admitted(host, "roux")
	relative := h.join("roux", protocol.RoleGuest, "phone", "")
	h.send(relative, protocol.Enter{Name: "Paul Roux"})
	h.send(host, protocol.Admit{Participant: relative.id})
	require.Equal(t, protocol.PlaceRoom, relative.place)

	h = newHouse(t, DefaultConfig())
	h.room = New("team", protocol.KindTelestaff, DefaultConfig())
	host = h.enters("host", protocol.RoleHost)
	h.admitted(host, "a")
	b := h.enters("b", protocol.RoleGuest)
	h.send(host, protocol.Admit{Participant: b.id})
	require.Equal(t, protocol.PlaceRoom, b.place)
}

// A delay is announced from outside the room; what somebody in it has written stands beside it.
func TestADelayIsAnnouncedToWhoWaits(t *testing.T) {
	h := newHouse(t, DefaultConfig())
	guest := h.join("roux", protocol.RoleGuest, "tablet", "")
	h.send(guest, protocol.Enter{Name: "Mme Roux"})
	shown := func() protocol.Waiting { return last[protocol.Waiting](t, guest) }
	h.apply(h.room.Announce(h.now, 10))
	require.Equal(t, 10, shown().Delay)
	host := h.enters("Dr Vidal", protocol.RoleHost)
	require.Equal(t, 10, last[protocol.Roster](t, host).Delay)
	h.apply(h.room.Announce(h.now, 20))
	require.Equal(t, 20, shown().Delay)
	require.Equal(t, 20, last[protocol.Roster](t, host).Delay)
	h.send(host, protocol.Note{Text: "Dans un instant"})
	require.Equal(t, protocol.Waiting{Host: "Dr Vidal", Note: "Dans un instant", Delay: 20},
		shown())
	require.Nil(t, h.room.Announce(h.now, 20), "it is said already")
	h.apply(h.room.Announce(h.now, 0))
	require.Equal(t, protocol.Waiting{Host: "Dr Vidal", Note: "Dans un instant"}, shown())
	require.Zero(t, last[protocol.Roster](t, host).Delay)
}
