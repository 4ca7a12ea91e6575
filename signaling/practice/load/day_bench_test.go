package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/desk"
	"draille/signaling/practice/people"
	"draille/signaling/practice/picture"
	"draille/signaling/practice/store"
)

// nobody makes no ways into rooms.
type nobody struct{}

func (nobody) Invite(agenda.Invitation) (string, error) { return "", nil }

// BenchmarkDayList is what one list costs the server: as it is asked for again, and right after
// something has changed.
func BenchmarkDayList(b *testing.B) {
	path := filepath.Join(b.TempDir(), "practice.db")
	tokens, err := fill(path, size{establishments: 12, people: 400, patients: 5_000,
		appointments: 100_000}, 100)
	require.NoError(b, err)
	opened, err := store.Open(b.Context(), store.Config{URL: path})
	require.NoError(b, err)
	defer opened.Close()
	public := &url.URL{Scheme: "http", Host: "localhost:8080"}
	key := make([]byte, 32)
	who, err := people.New(people.Config{Store: opened, Key: key, Public: public, Local: true})
	require.NoError(b, err)
	days, err := agenda.New(agenda.Config{Store: opened, Invitations: nobody{}, Public: public,
		LinkKey: key})
	require.NoError(b, err)
	post, err := courier.New(courier.Config{Store: opened, Links: days, Public: public})
	require.NoError(b, err)
	pictures, err := picture.New(key)
	require.NoError(b, err)
	served, err := desk.New(desk.Config{Store: opened, People: who, Agenda: days, Courier: post,
		Pictures: pictures, Key: key, Public: public})
	require.NoError(b, err)
	defer served.Close()
	list := func(token string) {
		request := httptest.NewRequest(http.MethodGet, "/api/day", nil)
		request.AddCookie(&http.Cookie{Name: "draille", Value: token})
		answer := httptest.NewRecorder()
		served.ServeHTTP(answer, request)
		require.Equal(b, http.StatusOK, answer.Code, "%s", answer.Body)
	}
	for _, token := range tokens {
		list(token) // the ledger notes that they look
	}
	b.Run("again", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			list(tokens[i%len(tokens)])
		}
	})
	b.Run("changed", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			require.NoError(b, opened.Write(b.Context(), func(tx *store.Tx) error {
				tx.Changed(practice.TopicSettings, "", "benchmark")
				return nil
			}))
			list(tokens[i%len(tokens)])
		}
	})
}
