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

// Who sees a photo, and what is drawn on it, is as it was; its bytes come from whoever has sent it.
func TestAHandOverKeepsPhotos(t *testing.T) {
	h, host := start(t)
	nurse, beside := h.admitted(host, "nurse"), h.admitted(host, "beside")
	h.send(host, protocol.PhotoAsk{Participant: nurse.id})
	h.send(nurse, aPhoto)
	h.send(host, protocol.PhotoShow{Photo: 1, Shown: true})
	later := h.admitted(host, "later")
	mark := protocol.PhotoMark{Photo: 1, Kind: protocol.MarkStroke, Points: []int{1, 2, 3, 4}}
	h.send(nurse, mark)
	h.send(host, mark)
	h.send(host, protocol.PhotoAsk{Participant: later.id})

	after := h.handedOver()
	nurseBack, hostBack := after.rejoins(nurse, ""), after.rejoins(host, "")
	for _, c := range []*client{nurseBack, hostBack, after.rejoins(beside, "")} {
		require.Equal(t, []int{1}, seen(c))
		told := last[protocol.Photos](t, c)
		require.True(t, told.Anew)
		require.True(t, told.Photos[0].Shown)
		require.Len(t, last[protocol.PhotoMarks](t, c).Add, 2)
	}
	laterBack := after.rejoins(later, "")
	require.Empty(t, seen(laterBack), "it was shown to those who were there")
	require.Equal(t, "host", last[protocol.PhotoAsked](t, laterBack).By)
	after.send(nurseBack, protocol.PhotoUnmark{Photo: 1})
	require.Equal(t, []int{1}, last[protocol.PhotoMarks](t, hostBack).Drop, "of one's own")
	after.send(nurseBack, mark)
	require.Equal(t, 3, last[protocol.PhotoMarks](t, hostBack).Add[0].N)
	after.send(hostBack, aPhoto)
	require.Equal(t, []int{1, 2}, seen(hostBack))
}

// Of a photo that no server has any more, whoever asks for it or sends it is told that it is gone.
func TestAPhotoThatALostServerHadIsToldAsGone(t *testing.T) {
	h, host := start(t)
	nurse := h.admitted(host, "nurse")
	h.send(host, protocol.PhotoAsk{Participant: nurse.id})
	h.send(nurse, aPhoto)
	after := h.restart() // nothing was handed over
	hostBack, nurseBack := after.rejoins(host, "host"), after.rejoins(nurse, "nurse")
	require.Empty(t, of[protocol.Photos](hostBack), "whoever knows of none is told of none")
	after.send(hostBack, protocol.PhotoLook{Photo: 1, Have: []int{0, 0, 0}})
	require.Equal(t, protocol.Photos{Photos: []protocol.PhotoInfo{}, Anew: true},
		last[protocol.Photos](t, hostBack))
	refused(t, hostBack, protocol.ErrorNotFound)
	after.apply(after.room.PhotoStray(after.now, nurseBack.arrival.Connection))
	require.True(t, last[protocol.Photos](t, nurseBack).Anew)
}
