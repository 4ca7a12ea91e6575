package rules

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

// handedOver makes the room as another server has it that was told all of it.
func (h *house) handedOver() *house {
	var told Volatile
	data, err := json.Marshal(h.room.Volatile())
	require.NoError(h.t, err)
	require.NoError(h.t, json.Unmarshal(data, &told))
	after := h.restart()
	after.room.Adopt(told)
	return after
}

func texts(c *client) (all []string) {
	for _, history := range of[protocol.History](c) {
		for _, line := range history.Lines {
			all = append(all, line.Text)
		}
	}
	return all
}

func TestAHandOverKeepsNamesChatAndNote(t *testing.T) {
	h, host := start(t)
	guest := h.enters("roux", protocol.RoleGuest)
	h.send(host, protocol.Say{Text: "seul"})
	h.send(host, protocol.Admit{Participant: guest.id})
	h.send(guest, protocol.Say{Text: "bonjour"})
	h.send(host, protocol.Note{Text: "Un instant."})
	h.send(guest, protocol.Hand{Raised: true})
	h.send(host, protocol.Spotlight{Participant: guest.id})
	h.room.Announce(h.now, 10)

	after := h.handedOver()
	guestBack := after.rejoins(guest, "another name")
	welcome := last[protocol.Welcome](t, guestBack)
	require.True(t, welcome.Kept)
	require.False(t, welcome.Resumed, "its media are new")
	require.Equal(t, []string{"bonjour"}, texts(guestBack), "what came before them is not theirs")
	hostBack := after.rejoins(host, "")
	require.Equal(t, protocol.RoleHost, last[protocol.Welcome](t, hostBack).Role)
	require.Equal(t, []string{"seul", "bonjour"}, texts(hostBack))
	require.Equal(t, []string{"host", "roux"}, after.names(hostBack))
	require.NotZero(t, hostBack.people[guest.id].HandRaised)
	roster := last[protocol.Roster](t, hostBack)
	require.Equal(t, "Un instant.", roster.Note)
	require.Equal(t, 10, roster.Delay)
	require.Equal(t, guest.id, roster.Spotlight)
	after.send(hostBack, protocol.Say{Text: "nous voilà"})
	require.Equal(t, 3, last[protocol.Chat](t, guestBack).Line.N, "behind those of before")
	require.True(t, after.room.Changed())
}

// Whoever is not back yet keeps the name.
func TestNobodyTakesANameDuringAHandOver(t *testing.T) {
	h, host := start(t)
	after := h.handedOver()
	guest := after.join("other", protocol.RoleGuest, "tablet", "")
	after.send(guest, protocol.Enter{Name: "host"})
	hostBack := after.rejoins(host, "")
	require.Equal(t, "name of other", hostBack.waiting[0].Name)
}

func TestAHandOverTellsWhatWasMissed(t *testing.T) {
	h, host := start(t)
	guest := h.admitted(host, "roux")
	h.send(guest, protocol.Media{Microphone: true})
	h.cut(guest)
	h.send(host, protocol.Mute{Participant: guest.id, Source: protocol.SourceMicrophone})
	back := h.handedOver().rejoins(guest, "")
	require.Equal(t, protocol.SourceMicrophone, last[protocol.Muted](t, back).Source)
}

func TestAHandOverKeepsRefusalsAndHowLongNobodyWasThere(t *testing.T) {
	h, host := start(t)
	guest, refused := h.admitted(host, "roux"), h.enters("faure", protocol.RoleGuest)
	h.send(host, protocol.Refuse{Participant: refused.id})
	h.send(host, protocol.Leave{})
	began := h.now
	h.pass(5 * time.Second)
	after := h.handedOver() // ten seconds later
	again := after.join("faure", protocol.RoleGuest, "d", "")
	require.Equal(t, protocol.ByeRefused, again.bye)
	back := after.rejoins(guest, "")
	left := last[protocol.Unattended](t, back).MediaLeft
	require.Equal(t, began.Add(DefaultConfig().UnattendedMedia).Sub(after.now).Milliseconds(), left)
}

// What another version says is not guessed at: the room goes on without.
func TestAnotherFormatIsNotAdopted(t *testing.T) {
	h, host := start(t)
	h.send(host, protocol.Say{Text: "seul"})
	after := h.restart()
	told := h.room.Volatile()
	told.Format++
	after.room.Adopt(told)
	back := after.rejoins(host, "host")
	require.False(t, last[protocol.Welcome](t, back).Kept)
	require.Empty(t, texts(back))
	require.Equal(t, []string{"host"}, after.names(back))
}
