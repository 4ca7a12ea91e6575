package report

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/store"
)

func TestTheFolderHoldsADocumentOnceInItsNewestVersion(t *testing.T) {
	s := seeded(t)
	claire := By{practice.Person{ID: "D1"}, at(700).Time()}
	step := func(f func(tx *store.Tx, newest practice.Report) (practice.Report, error)) {
		require.NoError(t, s.Write(t.Context(), func(tx *store.Tx) error {
			all, err := Versions(tx, "E1", "A1")
			require.NoError(t, err)
			r, err := f(tx, all[0])
			require.NoError(t, err)
			require.NoError(t, Post(tx, r, at(700)))
			return Post(tx, r, at(700)) // again changes nothing
		}))
	}
	sign := func(conclusion string) {
		step(func(tx *store.Tx, r practice.Report) (practice.Report, error) {
			return Sign(tx, r, r.Version, Text{Conclusion: conclusion}, claire)
		})
	}
	messages := func() (all []practice.Message) {
		require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) (err error) {
			all, err = store.Find[practice.Message](tx,
				"WHERE establishment = $1 ORDER BY ordinal", "E1")
			return err
		}))
		return all
	}
	folder := Folder{s, t.TempDir()}
	there := func() string {
		files, err := filepath.Glob(filepath.Join(folder.Path, "010000001", "*"))
		require.NoError(t, err)
		require.Len(t, files, 1)
		pdf, err := os.ReadFile(files[0])
		require.NoError(t, err)
		return textOfPDF(t, pdf)
	}
	require.NoError(t, s.Write(t.Context(), func(tx *store.Tx) error {
		return draft(tx, met(), at(601))
	}))
	sign("Repos.")
	require.Len(t, messages(), 1)
	require.NoError(t, folder.Deliver(t.Context(), messages()[0]))
	require.Contains(t, there(), "Repos.")
	require.NoError(t, s.Write(t.Context(), func(tx *store.Tx) error {
		all, err := Versions(tx, "E1", "A1")
		require.NoError(t, err)
		_, err = Correct(tx, all[0], claire)
		return err
	}))
	sign("Radiographie.")
	for _, m := range []practice.Message{messages()[1], messages()[1], messages()[0]} {
		require.NoError(t, folder.Deliver(t.Context(), m), "again, and late")
		require.Contains(t, there(), "Radiographie.")
	}
	step(func(tx *store.Tx, r practice.Report) (practice.Report, error) {
		return Withdraw(tx, r, "mauvais patient", claire)
	})
	require.Len(t, messages(), 3)
	require.NoError(t, folder.Deliver(t.Context(), messages()[2]))
	require.Contains(t, there(), "RETIRÉ")
}

// noLinks is for a courier that sends no letters.
type noLinks struct{}

func (noLinks) Address(string) string { return "" }
func (noLinks) Page() string          { return "" }

// awayOnce is a record that does not take what it is given first.
type awayOnce struct {
	Folder
	tries int
}

func (a *awayOnce) Deliver(ctx context.Context, m practice.Message) error {
	if a.tries++; a.tries == 1 {
		return errors.New("the disk is full")
	}
	return a.Folder.Deliver(ctx, m)
}

func TestAReportThatIsRefusedIsSentAgain(t *testing.T) {
	s := seeded(t)
	claire := By{practice.Person{ID: "D1"}, time.Now()}
	require.NoError(t, s.Write(t.Context(), func(tx *store.Tx) error {
		require.NoError(t, draft(tx, met(), at(601)))
		all, err := Versions(tx, "E1", "A1")
		require.NoError(t, err)
		r, err := Sign(tx, all[0], 1, Text{Motive: "Chute"}, claire)
		require.NoError(t, err)
		return Post(tx, r, practice.InstantOf(claire.At))
	}))
	folder := &awayOnce{Folder: Folder{s, t.TempDir()}}
	post, err := courier.New(courier.Config{Store: s, Links: noLinks{}, Record: folder,
		Public: &url.URL{Scheme: "https", Host: "draille.example"}})
	require.NoError(t, err)
	changes, stopWatching := s.Watch()
	defer stopWatching()
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan struct{})
	go func() { defer close(ran); post.Run(ctx) }()
	defer func() { stop(); <-ran }()
	await := func(ready func(practice.Message) bool) (m practice.Message) {
		late := time.After(30 * time.Second)
		for {
			require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) (err error) {
				m, err = store.Get[practice.Message](tx, "WHERE establishment = $1", "E1")
				return err
			}))
			if ready(m) {
				return m
			}
			select {
			case <-changes:
			case <-late:
				t.Fatalf("expected another state, got %+v", m)
			}
		}
	}
	failed := await(func(m practice.Message) bool { return m.Attempts == 1 })
	require.Equal(t, practice.OutboxWaiting, failed.State)
	require.Contains(t, failed.Error, "the disk is full")
	require.NoError(t, s.Write(t.Context(), func(tx *store.Tx) error {
		_, err := post.Resend(tx, failed)
		return err
	}))
	await(func(m practice.Message) bool { return m.State == practice.OutboxSent })
	files, err := filepath.Glob(filepath.Join(folder.Path, "*", "*.pdf"))
	require.NoError(t, err)
	require.Len(t, files, 1)
}
