package agenda

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"draille/signaling/practice"
)

var nine = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

func consultation() practice.Appointment {
	return practice.Appointment{ID: "A", Kind: practice.KindConsultation,
		Status:   practice.StatusBooked,
		StartsAt: practice.InstantOf(nine), EndsAt: practice.InstantOf(nine.Add(30 * time.Minute))}
}

var (
	waits = Guest{ID: "p-g", Waiting: true}
	guest = Guest{ID: "p-g"}
	host  = Guest{ID: "p-h", Host: true}
)

func TestAConsultationFromWaitingToOver(t *testing.T) {
	a := consultation()
	step := func(minutes int, guests ...Guest) {
		a = Progress(a, Presence{Room: "r", Guests: guests},
			nine.Add(time.Duration(minutes)*time.Minute))
	}
	at := func(minutes int) practice.Instant {
		return practice.InstantOf(nine.Add(time.Duration(minutes) * time.Minute))
	}
	step(-5, waits)
	require.Equal(t, at(-5), a.ArrivedAt)
	step(-4) // gave up
	require.Zero(t, a.ArrivedAt)
	step(-3, waits)
	step(-2, waits, host)
	require.Equal(t, at(-3), a.ArrivedAt)
	require.Zero(t, a.BeganAt)
	step(0, host, guest)
	require.Equal(t, at(0), a.BeganAt)
	step(10, host) // the link of the guest was cut for longer than their seat is held
	require.Zero(t, a.EndedAt)
	step(11, host, guest)
	step(20)
	require.Equal(t, practice.StatusFulfilled, a.Status)
	require.Equal(t, at(20), a.EndedAt)
	step(22, host, guest) // they had forgotten something
	require.Equal(t, practice.StatusBooked, a.Status)
	require.Zero(t, a.EndedAt)
	require.Equal(t, at(0), a.BeganAt)
}

func TestATelestaffNeedsTwo(t *testing.T) {
	a := consultation()
	a.Kind = practice.KindTelestaff
	a = Progress(a, Presence{Guests: []Guest{host}}, nine)
	require.Zero(t, a.BeganAt)
	a = Progress(a, Presence{Guests: []Guest{host, {ID: "p-2", Host: true}}}, nine)
	require.NotZero(t, a.BeganAt)
}

func TestNobodyCame(t *testing.T) {
	a := consultation()
	require.Equal(t, practice.StatusBooked, Missed(a, nine.Add(29*time.Minute)).Status)
	a = Missed(a, nine.Add(30*time.Minute))
	require.Equal(t, practice.StatusNoShow, a.Status)
	// The link still works: late is better than never.
	a = Progress(a, Presence{Guests: []Guest{waits}}, nine.Add(40*time.Minute))
	require.Equal(t, practice.StatusBooked, a.Status)
}

// Whatever rooms tell, and however late: what a person said stays.
func TestWhatAPersonSaidStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := consultation()
		a.Status = rapid.SampledFrom([]practice.AppointmentStatus{practice.StatusFulfilled,
			practice.StatusNoShow}).Draw(t, "said")
		a.OutcomeBy = "P1"
		said := a.Status
		now := nine
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "minutes")) * time.Minute)
			if rapid.Bool().Draw(t, "missed") {
				a = Missed(a, now)
				continue
			}
			some := rapid.SliceOfN(rapid.SampledFrom([]Guest{waits, guest, host}), 0, 3).Draw(t,
				"present")
			a = Progress(a, Presence{Guests: some, Ended: rapid.Bool().Draw(t, "ended")}, now)
		}
		require.Equal(t, said, a.Status)
	})
}

func TestTheWindowOfALink(t *testing.T) {
	a := consultation()
	for minutes, want := range map[int]error{-31: ErrTooEarly, -30: nil, 0: nil, 149: nil,
		150: ErrTooLate} {
		require.ErrorIs(t, DefaultPolicy.Within(a, nine.Add(time.Duration(minutes)*time.Minute)),
			want, minutes)
	}
	a.Status = practice.StatusCancelled
	require.ErrorIs(t, DefaultPolicy.Within(a, nine), ErrCancelled)
}

func TestNumbersAndAddressesHaveOneForm(t *testing.T) {
	for text, want := range map[string]string{"06 12 34 56 78": "+33612345678",
		"+33 6.12.34.56.78": "+33612345678",
		"0033612345678":     "+33612345678", "+41 79 123 45 67": "+41791234567"} {
		got, ok := Phone(text)
		require.True(t, ok, text)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"demain", "12", "+0 12 34 56 78", "06123456789012345"} {
		_, ok := Phone(text)
		require.False(t, ok, text)
	}
	address, ok := Mail(" Nom@Exemple.FR ")
	require.True(t, ok)
	require.Equal(t, "nom@exemple.fr", address)
	_, ok = Mail("a@b\r\nBcc: c@d")
	require.False(t, ok)
}

func TestNamesAreFoundWithoutAccents(t *testing.T) {
	require.Equal(t, "demo trois noelle", Fold("DÉMO-Trois  Noëlle"))
	require.Equal(t, "d aubigne", Fold("d'Aubigné"))
}
