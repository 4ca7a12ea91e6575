package rules

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

// restart makes a new room from what the old one must remember, as a server does that was killed.
func (h *house) restart() *house {
	state := h.room.State(h.now)
	data, err := json.Marshal(state)
	require.NoError(h.t, err)
	var restored State
	require.NoError(h.t, json.Unmarshal(data, &restored))
	after := newHouse(h.t, DefaultConfig())
	after.now, after.serial = h.now.Add(10*time.Second), h.serial
	after.room.Restore(after.now, restored)
	return after
}

// rejoins is somebody's page after the restart.
func (h *house) rejoins(before *client, known string) *client {
	h.serial++
	a := before.arrival
	a.Connection, a.Resume, a.Known, a.Name = Connection(h.serial), before.resume, known, ""
	a.NewParticipant, a.NewResume = "new-id", "new-resume-"+before.arrival.Invitation
	return h.arrive(a)
}

func TestRestartKeepsPlacesAndRoles(t *testing.T) {
	h := newHouse(t, DefaultConfig())
	host := h.join("host", protocol.RoleHost, "d", "")
	h.send(host, protocol.Enter{Name: "Dr Vidal"})
	inside := h.join("inside", protocol.RoleGuest, "d", "")
	h.send(inside, protocol.Enter{Name: "Mme Roux"})
	h.send(host, protocol.Admit{Participant: inside.id})
	waits := h.join("waits", protocol.RoleGuest, "d", "")
	h.send(waits, protocol.Enter{Name: "M. Faure"})
	out := h.join("out", protocol.RoleClinician, "d", "")
	h.send(out, protocol.Enter{Name: "Dr Bonnet"})
	h.send(host, protocol.Remove{Participant: out.id})
	h.join("lobby", protocol.RoleGuest, "d", "")
	h.send(host, protocol.Lock{Locked: true})
	h.send(inside, protocol.Mode{Mode: protocol.ModeVoice})

	after := h.restart()
	require.Equal(t, 2, after.room.Count(protocol.PlaceRoom))
	require.Equal(t, 1, after.room.Count(protocol.PlaceWaiting))
	_, known := after.room.Place(inside.id)
	require.False(t, known, "nobody sees whoever is not back yet")

	back := after.rejoins(waits, "M. Faure")
	require.Equal(t, protocol.PlaceWaiting, back.place)
	require.False(t, back.resumed, "the page has to make its media connection again")
	require.Equal(t, waits.id, back.id)
	require.False(t, after.gates[back.id])
	require.True(t, after.seated[back.id])

	hostBack := after.rejoins(host, "Dr Vidal")
	require.Equal(t, protocol.PlaceRoom, hostBack.place)
	require.True(t, after.gates[hostBack.id])
	require.True(t, hostBack.locked)
	require.Len(t, hostBack.people, 1, "the one who is not back yet is not shown")
	require.Len(t, hostBack.waiting, 1)
	require.Equal(t, "M. Faure", hostBack.waiting[0].Name)
	after.send(hostBack, protocol.Remove{Participant: inside.id})
	require.Equal(t, protocol.ErrorNotFound, last[protocol.Error](t, hostBack).Code)

	// Without the resume token, on the same device: a page that was closed and opened again.
	inside.resume = ""
	insideBack := after.rejoins(inside, "Mme Roux")
	require.Equal(t, protocol.PlaceRoom, insideBack.place)
	require.Len(t, hostBack.people, 2)
	require.Equal(t, "Mme Roux", hostBack.people[insideBack.id].Name)
	require.Equal(t, protocol.ModeVoice, hostBack.people[insideBack.id].Mode)
	require.Contains(t, after.last, SetPictures{insideBack.id, false})

	after.send(hostBack, protocol.Lock{Locked: false})
	outBack := after.rejoins(out, "Dr Bonnet")
	require.Equal(t, protocol.PlaceLobby, outBack.place)
	after.send(outBack, protocol.Enter{Name: "Dr Bonnet"})
	require.Equal(t, protocol.PlaceWaiting, outBack.place,
		"though a clinician does not wait otherwise")
	require.True(t, hostBack.waiting[1].RemovedOnce)
}

func TestRestartRemembersTheInvitationsName(t *testing.T) {
	h := newHouse(t, DefaultConfig())
	host := h.join("host", protocol.RoleHost, "d", "")
	h.send(host, protocol.Enter{Name: "Dr Vidal"})
	after := h.restart()
	a := host.arrival
	a.Connection, a.Resume, a.NewResume = 99, host.resume, "new"
	back := after.arrive(a)
	require.Equal(t, "name of host", back.people[host.id].Name)
	require.Equal(t, "new", back.resume)
}

func TestAfterARestartPlacesAreHeldForAMinute(t *testing.T) {
	h := newHouse(t, DefaultConfig())
	host := h.join("host", protocol.RoleHost, "d", "")
	h.send(host, protocol.Enter{Name: "Dr Vidal"})
	guest := h.join("guest", protocol.RoleGuest, "d", "")
	h.send(guest, protocol.Enter{Name: "Mme Roux"})
	after := h.restart()
	hostBack := after.rejoins(host, "")
	after.send(hostBack, protocol.Leave{})
	require.Nil(t, after.over, "the guest may still come")
	next, ok := after.room.Next()
	require.True(t, ok)
	require.Equal(t, after.now.Add(DefaultConfig().Hold), next)
	after.pass(DefaultConfig().Hold)
	require.NotNil(t, after.over)

	late := h.restart()
	late.now = late.now.Add(DefaultConfig().Hold)
	require.Equal(t, protocol.PlaceLobby, late.rejoins(host, "").place)
}

func TestStateHoldsNothingThatTells(t *testing.T) {
	h := newHouse(t, DefaultConfig())
	host := h.join("host", protocol.RoleHost, "device-of-host", "")
	h.send(host, protocol.Enter{Name: "Dr Vidal"})
	h.send(host, protocol.Say{Text: "le traitement"})
	h.send(host, protocol.Note{Text: "dix minutes"})
	data, err := json.Marshal(h.room.State(h.now))
	require.NoError(t, err)
	for _, secret := range []string{"Vidal", "name of", "traitement", "dix minutes",
		"device-of-host", `"` + host.resume + `"`} {
		require.NotContains(t, string(data), secret)
	}
}

func TestChangedTellsWhenToWrite(t *testing.T) {
	h := newHouse(t, DefaultConfig())
	changed := func(what string, want bool) {
		t.Helper()
		require.Equal(t, want, h.room.Changed(), what)
		require.False(t, h.room.Changed(), "told once")
	}
	host := h.join("host", protocol.RoleHost, "d", "")
	changed("somebody in the lobby", false)
	h.send(host, protocol.Enter{Name: "Dr Vidal"})
	changed("in the room", true)
	h.send(host, protocol.Say{Text: "bonjour"})
	h.send(host, protocol.Note{Text: "attendez"})
	h.send(host, protocol.Media{Camera: true})
	changed("what dies with the room", false)
	h.send(host, protocol.Lock{Locked: true})
	changed("the lock", true)
	h.send(host, protocol.Lock{Locked: true})
	changed("no news", false)
	h.join("host", protocol.RoleHost, "d", "")
	changed("a new resume token", true)
	guest := h.join("guest", protocol.RoleHost, "other", "")
	h.send(guest, protocol.Leave{})
	changed("left from the lobby", false)
}

func TestRemovalOutlivesTheRoomAndAMovedAppointment(t *testing.T) {
	h := newHouse(t, DefaultConfig())
	host := h.join("host", protocol.RoleHost, "d", "")
	h.send(host, protocol.Enter{Name: "Dr Vidal"})
	a := Arrival{
		Connection:     50,
		Invitation:     "out",
		Role:           protocol.RoleClinician,
		Device:         "d",
		NewParticipant: "p50",
		NewResume:      "r50",
		Expires:        h.now.Add(time.Hour),
	}
	out := h.arrive(a)
	h.send(out, protocol.Enter{Name: "Dr Bonnet"})
	h.send(host, protocol.Remove{Participant: out.id})
	h.send(host, protocol.Lock{Locked: true})
	h.send(host, protocol.End{})
	require.NotNil(t, h.over)

	state := h.room.State(h.now)
	require.False(t, state.Locked)
	require.Empty(t, state.Seats)
	require.Contains(t, state.Removed, "out")
	require.Empty(t, h.room.State(h.now.Add(time.Hour+keptAfter)).Removed)

	next := newHouse(t, DefaultConfig())
	next.room.Restore(next.now, state)
	again := next.arrive(a)
	next.send(again, protocol.Enter{Name: "Dr Bonnet"})
	require.Equal(t, protocol.PlaceWaiting, again.place)

	moved := newHouse(t, DefaultConfig())
	moved.now = moved.now.Add(30 * 24 * time.Hour)
	moved.room.Restore(moved.now, h.room.State(moved.now))
	a.Invitation, a.Family, a.Expires = "out-later", "out", moved.now.Add(time.Hour)
	later := moved.arrive(a)
	moved.send(later, protocol.Enter{Name: "Dr Bonnet"})
	require.Equal(t, protocol.PlaceWaiting, later.place)
}
