package demo

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// Whenever a demonstration begins, there is a consultation on the very day, soon.
func TestTheFirstConsultationIsToday(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	require.NoError(t, err)
	for minute := range 24 * 60 {
		now := time.Date(2026, 12, 1, 0, minute, 30, 0, paris)
		start := firstStart(now)
		assert.Equal(t, now.Day(), start.Day(), now)
		assert.Less(t, start.Sub(now).Abs(), 20*time.Minute, now)
	}
}

// rooms opens no room.
type rooms struct{}

func (rooms) Invite(agenda.Invitation) (string, error) { return "http://localhost/room", nil }

// Whoever tries the program out as an expert finds questions that are not late yet.
func TestQuestionsWaitForTheExperts(t *testing.T) {
	s := storetest.Open(t, storetest.Address(t))
	now := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	a, err := agenda.New(agenda.Config{Store: s, Invitations: rooms{},
		Public: &url.URL{Scheme: "http", Host: "localhost"}, LinkKey: make([]byte, 32),
		Now: func() time.Time { return now }})
	require.NoError(t, err)
	require.NoError(t, Seed(t.Context(), s, a, now))
	require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) error {
		found, err := store.Find[practice.Opinion](tx.Across("a test"), "ORDER BY due_at")
		require.NoError(t, err)
		require.Len(t, found, 2)
		for _, o := range found {
			require.NotEqual(t, o.Establishment, o.AskedEstablishment)
			require.Greater(t, o.DueAt, practice.InstantOf(now))
		}
		return nil
	}))
}
