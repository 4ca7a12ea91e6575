package rules

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"draille/signaling/protocol"
)

func (h *house) named(invitation string, role protocol.Role, name string) *client {
	c := h.join(invitation, role, "device-of-"+invitation, "")
	h.send(c, protocol.Enter{Name: name})
	return c
}

func TestAGuestDoesNotBearTheNameOfStaff(t *testing.T) {
	for _, name := range []string{"Dr Vidal", "dr. vidal", "DOCTEUR VIDAL", "Dr Vіdаl", "Dr Vidål",
		"Dr-Vidal", "ᴅʀ ᴠɪᴅᴀʟ", "Dг Vidal", "Dr Víдal", "Dr Vidal (2)", "le Dr Vidal, médecin"} {
		h := newHouse(t, DefaultConfig())
		host := h.named("vidal", protocol.RoleHost, "Dr Vidal")
		h.named("roux", protocol.RoleGuest, name)
		require.Equal(t, "name of roux", host.waiting[0].Name, name)
		h.named("bonnet", protocol.RoleHost, "Dr Vidal")
		require.Contains(t, h.names(host), "Dr Vidal (2)", "staff may")
	}
}

// Letters that are joined otherwise, where that shows little or nothing, make no other name.
func TestAJoinerMakesNoOtherName(t *testing.T) {
	h := newHouse(t, DefaultConfig())
	host := h.named("reza", protocol.RoleHost, "Dr محمد رضا")
	h.named("roux", protocol.RoleGuest, "Dr محمد\u200cرضا")
	require.Equal(t, "name of roux", host.waiting[0].Name)
	long := strings.Repeat("م\u200c", protocol.MaxNameCharacters)
	require.Equal(t, "م\u200cم", firstRunes(long, 4))
}

// A patient may have the doctor's family name, and a name in another alphabet.
func TestAGuestBearsTheirOwnName(t *testing.T) {
	for _, name := range []string{"Mme Vidal", "Vidal", "Иван Vidal", "Zoé Drouet", "山田 Taro"} {
		h := newHouse(t, DefaultConfig())
		host := h.named("vidal", protocol.RoleHost, "Dr Vidal")
		h.named("roux", protocol.RoleGuest, name)
		require.Equal(t, name, host.waiting[0].Name)
	}
	h := newHouse(t, DefaultConfig())
	host := h.named("vidal", protocol.RoleHost, "Vidal")
	h.named("roux", protocol.RoleGuest, "Mme Vidal")
	require.Equal(t, "Mme Vidal", host.waiting[0].Name)
}

func TestAGuestWhoWasFirstGivesTheNameUp(t *testing.T) {
	for _, name := range []string{"Dr Vidal", "Dr Vidal (2)"} {
		h, host := start(t)
		guest := h.named("roux", protocol.RoleGuest, name)
		h.send(host, protocol.Admit{Participant: guest.id})
		require.Equal(t, name, host.people[guest.id].Name)
		h.named("vidal", protocol.RoleClinician, "Dr Vidal")
		require.Equal(t, "name of roux", host.people[guest.id].Name)
	}
}

func TestNamesOfNobody(t *testing.T) {
	h, host := start(t)
	a := h.arrival("anonyme", protocol.RoleGuest, 2, "d1")
	a.Name = ""
	h.send(h.arrive(a), protocol.Enter{})
	b := h.arrival("anonyme", protocol.RoleGuest, 2, "d2")
	b.Name = ""
	h.send(h.arrive(b), protocol.Enter{})
	require.Equal(t, []string{"Invité", "Invité (2)"},
		[]string{host.waiting[0].Name, host.waiting[1].Name})
}

// Whatever people call themselves, no two are taken for one another, no guest for staff, and no
// name is too long.
func TestNamesHold(t *testing.T) {
	alphabet := []rune("aAоo0àl1IiÉеdDrR. -")
	rapid.Check(t, func(rt *rapid.T) {
		h := newHouse(rt, DefaultConfig())
		roles := []protocol.Role{protocol.RoleHost, protocol.RoleClinician, protocol.RoleGuest}
		for i := range rapid.IntRange(1, 12).Draw(rt, "people") {
			name := string(rapid.SliceOfN(rapid.SampledFrom(alphabet), 0, 4).Draw(rt, "name"))
			if rapid.IntRange(0, 5).Draw(rt, "long") == 0 {
				name = strings.Repeat("é", protocol.MaxNameCharacters)
			}
			role := rapid.SampledFrom(roles).Draw(rt, "role")
			h.named(string(rune('a'+i)), role, protocol.CleanName(name))
			seen := map[string]bool{}
			for _, p := range h.room.people {
				if p.place == protocol.PlaceLobby {
					continue
				}
				if utf8.RuneCountInString(p.name) > protocol.MaxNameCharacters || p.name == "" {
					rt.Fatalf("%q", p.name)
				}
				if seen[skeleton(p.name)] {
					rt.Fatalf("two are called %q", p.name)
				}
				seen[skeleton(p.name)] = true
			}
		}
	})
}

// After a restart the page alone knows a name: another one than that which was admitted is not
// taken.
func TestANameIsNotChangedByARestart(t *testing.T) {
	h, host := start(t)
	guest := h.admitted(host, "roux")
	other := h.admitted(host, "autre")
	state := h.room.State(h.now)
	require.NotContains(t, state.Seats[1].Name, "roux")
	after := newHouse(t, DefaultConfig())
	after.room.Restore(h.now, state)
	back := after.arrival("roux", protocol.RoleGuest, 2, "device-of-roux")
	back.Resume, back.Known = guest.resume, guest.people[guest.id].Name
	first := after.arrive(back)
	require.Equal(t, guest.people[guest.id].Name, first.people[first.id].Name)
	changed := after.arrival("autre", protocol.RoleGuest, 2, "device-of-autre")
	changed.Resume, changed.Known = other.resume, "Dr Vidal"
	second := after.arrive(changed)
	require.Equal(t, "name of autre", second.people[second.id].Name)
}
