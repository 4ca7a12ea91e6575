package desk

import (
	"database/sql"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/people"
	"draille/signaling/practice/store"
)

// Of two servers on one database each shows what the other wrote; of two on one file the second is
// refused.
func TestASecondServerShowsWhatTheFirstWroteOrIsRefused(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	if !strings.HasPrefix(w.url, "postgres://") {
		_, err := store.Open(t.Context(), store.Config{URL: w.url})
		require.ErrorIs(t, err, store.ErrInUse)
		require.ErrorContains(t, err, "two servers need PostgreSQL")
		return
	}
	there := w.second(w.url).known(w.clinician)

	require.Empty(t, there.day().Appointments) // and is remembered
	next := there.listen()
	begun := time.Now()
	view := w.appointment()
	made := view.Row.Appointment
	var row Row
	next("appointment", &row)
	require.Equal(t, made.ID, row.Appointment.ID)
	require.Len(t, there.day().Appointments, 1)

	// Who waits in a room of the first one is seen on the second.
	guest := view.Links[0].Participant
	w.agenda.Hear(agenda.Presence{Room: made.Room, Guests: []agenda.Guest{
		{ID: "p-" + guest + "-" + view.Links[0].ID, Waiting: true}}})
	next("appointment", &row)
	require.Equal(t, LiveWaiting, row.Live)
	require.Equal(t, []string{guest}, row.Present)
	w.agenda.Hear(agenda.Presence{Room: made.Room})
	next("appointment", &row)
	require.Empty(t, row.Present)
	w.secretary.ask("POST", "/api/appointments/"+made.ID+"/cancel", Cancel{},
		row.Appointment.Version).is(200)
	next("appointment", &row)
	require.Equal(t, practice.StatusCancelled, row.Appointment.Status)
	require.Equal(t, practice.StatusCancelled, there.day().Appointments[0].Appointment.Status)
	t.Logf("two changes shown after %s", time.Since(begun).Round(time.Millisecond))

	// Who is out on one of them is out on the other.
	w.clinician.ask("POST", "/api/sign-out", nil).is(204)
	there.ask("GET", "/api/day", nil).refused(CodeSignedOut)
}

// second is another server on the store of the first.
func (w *ward) second(url string) *house {
	w.t.Helper()
	second := &house{t: w.t, url: url}
	second.clock.Store(w.clock.Load())
	second.open()
	return second
}

// known is somebody who has signed in at the first server, at this one.
func (h *house) known(b *browser) *browser {
	h.t.Helper()
	there := h.browser()
	there.client.Jar.SetCookies(h.desk.config.Public, b.client.Jar.Cookies(b.desk.config.Public))
	return there
}

// recorder takes a stream's words, however long that takes.
type recorder struct{ *httptest.ResponseRecorder }

func (recorder) SetWriteDeadline(time.Time) error { return nil }

// keepAlive is what a quiet stream of somebody does from time to time, and what it says then.
func (h *house) keepAlive(me Me) (said string, err error) {
	writer := recorder{httptest.NewRecorder()}
	c := &call{Desk: h.desk, r: httptest.NewRequestWithContext(h.t.Context(), "GET", "/", nil),
		caller: people.Signed{Session: me.Session}}
	err = h.desk.events.keepAlive(c, sender{writer, http.NewResponseController(writer)})
	return writer.Body.String(), err
}

// onFile is a ward whose store is a file, in which faults are made. The doctor has looked at their
// day, as the log says: what is logged already needs no writing.
func onFile(t *testing.T) *ward {
	t.Helper()
	w := newWard(t)
	if strings.HasPrefix(w.url, "postgres://") {
		t.Skip("the fault is one of a file; what a database does is tested below")
	}
	w.clinician.day()
	return w
}

func TestAFileThatIsHeldFullOrDamagedIsToldSo(t *testing.T) {
	t.Parallel()
	t.Run("held by somebody curious", func(t *testing.T) {
		w := onFile(t)
		curious, err := sql.Open("sqlite", w.url)
		require.NoError(t, err)
		defer curious.Close()
		_, err = curious.Exec("BEGIN IMMEDIATE")
		require.NoError(t, err)
		w.secretary.ask("POST", "/api/appointments", w.wanted()).refused(CodeStoreBusy)
		w.clinician.day() // reading waits for nobody
		_, err = curious.Exec("ROLLBACK")
		require.NoError(t, err)
		w.appointment()
	})
	t.Run("full", func(t *testing.T) {
		w := onFile(t)
		limit := func(pages string) {
			w.write(func(tx *store.Tx) error {
				_, err := tx.Exec("PRAGMA max_page_count = " + pages)
				return err
			})
		}
		limit("1") // SQLite takes what there is already
		var last answered
		for i := 0; i < 1000; i++ {
			last = w.secretary.ask("POST", "/api/appointments",
				w.wanted(func(n *NewAppointment) { n.Anyway = true }))
			if last.status != 201 {
				break
			}
		}
		last.refused(CodeStoreFull)
		rows := w.clinician.day().Appointments // reading goes on
		limit("1000000")
		w.appointment(func(n *NewAppointment) { n.Anyway = true })
		require.Len(t, w.clinician.day().Appointments, len(rows)+1, "nothing was saved by halves")
	})
	t.Run("damaged", func(t *testing.T) {
		w := onFile(t)
		w.appointment()
		// No bytes of the file are changed while it is open: what SQLite then says is what counts.
		w.write(func(tx *store.Tx) error {
			for _, statement := range []string{"PRAGMA writable_schema = ON",
				"UPDATE sqlite_schema SET rootpage = 1 WHERE name = 'appointments'",
				"PRAGMA writable_schema = RESET"} {
				if _, err := tx.Exec(statement); err != nil {
					return err
				}
			}
			return nil
		})
		w.secretary.ask("POST", "/api/appointments", w.wanted()).refused(CodeStoreDamaged)
	})
}

func TestADatabaseThatGoesAwayIsToldSoAndComesBack(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	folder, there := "", false
	if _, folder, there = strings.Cut(w.url, "?host="); !there {
		t.Skip("a file does not go away")
	}
	// The second server reaches the database by a path that can be taken away.
	path := filepath.Join(t.TempDir(), "db")
	require.NoError(t, os.Symlink(folder, path))
	second := w.second(strings.Replace(w.url, folder, path, 1) + "&application_name=second")
	doctor := second.known(w.clinician)
	require.Empty(t, doctor.day().Appointments)
	next := doctor.listen()
	var me Me
	doctor.ask("GET", "/api/me", nil).is(200, &me)

	require.NoError(t, os.Remove(path))
	direct, err := pgx.Connect(t.Context(), w.url)
	require.NoError(t, err)
	defer direct.Close(t.Context()) //nolint:errcheck // the test is over
	_, err = direct.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "+
		"WHERE application_name = 'second'")
	require.NoError(t, err)
	doctor.ask("GET", "/api/day", nil).refused(CodeStoreAway)
	said, err := second.keepAlive(me)
	require.ErrorIs(t, err, store.ErrAway)
	require.NotContains(t, said, "ended", "a database that is away signs nobody out")
	made := w.appointment().Row.Appointment // on the first server

	require.NoError(t, os.Symlink(folder, path))
	var ended Ended
	next("ended", &ended) // the page comes back, and reads what it missed
	require.Equal(t, EndStopping, ended.Reason)
	require.Equal(t, made.ID, doctor.day().Appointments[0].Appointment.ID)
}

func TestAQuietStreamEndsWithItsSession(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	var me Me
	w.clinician.ask("GET", "/api/me", nil).is(200, &me)
	said, err := w.keepAlive(me)
	require.NoError(t, err)
	require.NotContains(t, said, "event:")
	w.wait(61 * time.Minute)
	said, err = w.keepAlive(me)
	require.Error(t, err)
	require.Contains(t, said, string(EndExpired))
}
