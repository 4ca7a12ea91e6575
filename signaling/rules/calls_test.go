package rules

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

func TestTypingIsShownToTheOthersAndKeptNowhere(t *testing.T) {
	h, host := start(t)
	guest := h.admitted(host, "roux")
	outside := h.enters("other", protocol.RoleGuest)
	h.send(guest, protocol.Typing{Keep: 3, Text: "jour "})
	require.Equal(t, protocol.Typed{Participant: guest.id, Keep: 3, Text: "jour "},
		last[protocol.Typed](t, host))
	require.Empty(t, of[protocol.Typed](guest), "whoever types knows it")
	require.Empty(t, of[protocol.Typed](outside), "nobody reads it in the waiting room")
	h.admit(host, outside.id)
	require.Empty(t, of[protocol.Typed](outside))
	h.send(outside, protocol.Say{Text: "x"})
	require.Empty(t, h.room.chat[0].Text[1:], "no draft among the lines")
}

func TestSpotlight(t *testing.T) {
	h, host := start(t)
	doctor := h.enters("doctor", protocol.RoleClinician)
	guest := h.admitted(host, "roux")
	h.send(doctor, protocol.Spotlight{Participant: guest.id})
	require.Equal(t, protocol.ErrorForbidden, last[protocol.Error](t, doctor).Code)
	h.send(host, protocol.Spotlight{Participant: "nobody"})
	require.Equal(t, protocol.ErrorNotFound, last[protocol.Error](t, host).Code)
	h.send(host, protocol.Spotlight{Participant: guest.id})
	require.Equal(t, guest.id, doctor.spotlight)
	late := h.enters("late", protocol.RoleClinician)
	require.Equal(t, guest.id, late.spotlight, "who comes later is told")
	h.send(guest, protocol.Leave{})
	require.Empty(t, late.spotlight)
	h.send(host, protocol.Spotlight{Participant: doctor.id})
	h.send(host, protocol.Spotlight{})
	require.Empty(t, doctor.spotlight)
}

func TestHandover(t *testing.T) {
	h, host := start(t)
	doctor := h.enters("doctor", protocol.RoleClinician)
	guest := h.admitted(host, "roux")
	h.send(host, protocol.Handover{Participant: guest.id})
	require.Equal(t, protocol.ErrorForbidden, last[protocol.Error](t, host).Code,
		"a patient rules no room")
	h.send(doctor, protocol.Handover{Participant: doctor.id})
	require.Equal(t, protocol.ErrorForbidden, last[protocol.Error](t, doctor).Code)
	h.send(host, protocol.Handover{Participant: doctor.id})
	require.Equal(t, protocol.RoleHost, guest.people[doctor.id].Role)
	require.Equal(t, protocol.RoleClinician, guest.people[host.id].Role)
	h.send(host, protocol.Lock{Locked: true})
	require.False(t, guest.locked)
	h.send(doctor, protocol.Lock{Locked: true})
	require.True(t, guest.locked)

	h.cut(host)
	back := h.join("host", protocol.RoleHost, "device-of-host", host.resume)
	require.Equal(t, protocol.RoleClinician, last[protocol.Welcome](t, back).Role)
}

func TestInvitingSomebodyWhoIsMissing(t *testing.T) {
	h, host := start(t)
	doctor := h.enters("doctor", protocol.RoleClinician)
	guest := h.admitted(host, "roux")
	h.send(guest, protocol.Invite{Role: protocol.RoleGuest})
	require.Equal(t, protocol.ErrorForbidden, last[protocol.Error](t, guest).Code)
	h.send(doctor, protocol.Invite{Role: protocol.RoleClinician})
	require.Equal(t, protocol.ErrorForbidden, last[protocol.Error](t, doctor).Code)
	h.send(doctor, protocol.Invite{Role: protocol.RoleGuest, Name: "M. Roux"})
	require.Contains(t, h.last, Invite{To: doctor.connection, Role: protocol.RoleGuest,
		Name: "M. Roux", Expires: h.now.Add(time.Hour)})
	h.pass(59 * time.Minute)
	h.send(host, protocol.Invite{Role: protocol.RoleClinician})
	require.Contains(t, h.last, Invite{To: host.connection, Role: protocol.RoleClinician,
		Expires: h.now.Add(time.Hour)}, "the call may last longer than its own link")
}

// Two devices with one link stand in one room, as a rule: they howl.
func TestTheSecondDeviceOfALinkComesMuted(t *testing.T) {
	h, host := start(t)
	one := h.arrive(h.arrival("roux", protocol.RoleGuest, 2, "tablet"))
	two := h.arrive(h.arrival("roux", protocol.RoleGuest, 2, "phone"))
	for _, c := range []*client{one, two} {
		h.send(c, protocol.Media{Microphone: true, Camera: true})
		h.send(c, protocol.Enter{Name: "Mme Roux"})
	}
	h.send(host, protocol.Admit{Participant: one.id})
	require.True(t, h.live[one.id].Microphone)
	require.Empty(t, of[protocol.SameLink](one))
	h.send(host, protocol.Admit{Participant: two.id})
	require.Equal(t, protocol.Live{Camera: true}, h.live[two.id], "at the server, too")
	require.Equal(t, protocol.SameLink{Participants: []string{one.id}, Muted: true},
		last[protocol.SameLink](t, two))
	require.Equal(t, protocol.SameLink{Participants: []string{two.id}},
		last[protocol.SameLink](t, one))
	require.True(t, h.live[one.id].Microphone)
	h.send(two, protocol.Media{Microphone: true, Camera: true})
	require.True(t, h.live[two.id].Microphone, "and may speak if they want to")
}

func TestNobodyOfATeamWithOneLinkIsMuted(t *testing.T) {
	h, host := start(t)
	for _, device := range []string{"one", "two", "three"} {
		c := h.arrive(h.arrival("team", protocol.RoleGuest, 12, device))
		h.send(c, protocol.Media{Microphone: true})
		h.send(c, protocol.Enter{Name: device})
		h.admit(host, c.id)
		require.True(t, h.live[c.id].Microphone)
		require.Empty(t, of[protocol.SameLink](c))
	}
}

func TestTheSecondDeviceIsToldWhenItIsBack(t *testing.T) {
	h, host := start(t)
	one := h.arrive(h.arrival("roux", protocol.RoleGuest, 2, "tablet"))
	two := h.arrive(h.arrival("roux", protocol.RoleGuest, 2, "phone"))
	for _, c := range []*client{one, two} {
		h.send(c, protocol.Enter{Name: "Mme Roux"})
	}
	h.send(host, protocol.Admit{Participant: one.id})
	h.cut(two)
	h.send(host, protocol.Admit{Participant: two.id})
	back := h.join("roux", protocol.RoleGuest, "phone", two.resume)
	require.True(t, last[protocol.SameLink](t, back).Muted)
	h.cut(back)
	again := h.join("roux", protocol.RoleGuest, "phone", back.resume)
	require.Empty(t, of[protocol.SameLink](again), "once")
}
