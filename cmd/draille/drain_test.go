//go:build unix

package main

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/tenure"
)

// drained runs draille drain beside a server that says one thing after the other of its rooms, and
// then stops.
func drained(t *testing.T, says ...drainReport) (string, error) {
	t.Helper()
	data := t.TempDir()
	out, err := drainBeside(t, data, func(held io.Closer) error {
		var err error
		for _, report := range says {
			err = errors.Join(err, report.write(data))
		}
		return errors.Join(err, held.Close())
	})
	entries, unread := os.ReadDir(data)
	require.NoError(t, unread)
	require.LessOrEqual(t, len(entries), 2, "drafts are left")
	return out, err
}

// drainBeside runs draille drain beside a server that does something once it is asked to stop.
func drainBeside(t *testing.T, data string, stop func(held io.Closer) error) (string, error) {
	t.Helper()
	held, _, err := holdPID(data, "this one")
	require.NoError(t, err)
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	defer signal.Stop(asked)
	stopped := make(chan error, 1)
	go func() {
		<-asked
		stopped <- stop(held)
	}()
	out, err := run(t, "drain", "--data-directory="+data)
	require.NoError(t, <-stopped)
	return out, err
}

func TestADrainSaysWhatBecameOfTheRooms(t *testing.T) {
	this := func(r drainReport) drainReport {
		r.Instance = "this one"
		return r
	}
	out, err := drained(t, this(drainReport{Rooms: 3, Moved: 3, Over: true}))
	require.NoError(t, err)
	require.Contains(t, out, "Handing 3 rooms over to the other servers, within 1m0s.\n")
	require.Regexp(t, `Stopped after .*s: 3 rooms moved, none left\.`, out)

	_, err = drained(t, this(drainReport{Rooms: 5, Moved: 1, Left: 4, Calls: 2, People: 5,
		Reason: tenure.NobodyElse, Over: true}))
	require.ErrorContains(t, err, "1 room moved, 4 left, with 2 calls and 5 people in them: no "+
		"other server could take them")
	require.ErrorContains(t, err, "Start a server now: draille cluster status")

	_, err = drained(t, this(drainReport{Rooms: 5, Moved: 1, Left: 4}))
	require.ErrorContains(t, err, "has ended before it had handed over its rooms: 1 room moved, 4")

	old := drainReport{Instance: "one before", Rooms: 5, Left: 5, Over: true}
	out, err = drained(t, old)
	require.NoError(t, err)
	require.Contains(t, out, "stands in its log alone")
	require.NotContains(t, out, "5")
}

// A service manager starts the server again before anybody sees that it had stopped.
func TestADrainedServerIsStartedAgainAtOnce(t *testing.T) {
	data := t.TempDir()
	var next io.Closer
	out, err := drainBeside(t, data, func(held io.Closer) error {
		err := drainReport{Instance: "this one", Rooms: 2, Moved: 2, Over: true}.write(data)
		if err = errors.Join(err, held.Close()); err == nil {
			next, _, err = holdPID(data, "the next")
		}
		return err
	})
	require.NoError(t, err)
	require.Contains(t, out, "2 rooms moved, none left")
	require.NoError(t, next.Close())
}

// What moves is told while it does, not more often than anybody reads.
func TestADrainTellsHowFarItIs(t *testing.T) {
	data := t.TempDir()
	var out strings.Builder
	began := time.Unix(1000, 0)
	teller := drainTeller{out: &out, directory: data, began: began}
	look := func(after time.Duration, moved, left int) {
		t.Helper()
		report := drainReport{Instance: "i", Rooms: 40, Moved: moved, Left: left,
			Away: []string{"n2"}}
		require.NoError(t, report.write(data))
		teller.look("i", began.Add(after))
	}
	look(100*time.Millisecond, 0, 40)
	require.Contains(t, out.String(), "→ keeper n2 of the register is not reached, and this ")
	out.Reset()
	look(200*time.Millisecond, 3, 37)
	look(900*time.Millisecond, 9, 31)
	require.Empty(t, out.String(), "it was told less than a second ago")
	look(1200*time.Millisecond, 11, 29)
	look(2300*time.Millisecond, 11, 29)
	require.Equal(t, "11 rooms moved, 29 left.\n", out.String())
	require.ErrorContains(t, teller.with(os.ErrDeadlineExceeded), "(11 rooms moved, 29 left)")
	require.ErrorContains(t, teller.end(began.Add(3*time.Second)), "11 rooms moved, 29 left")
}

// Each reason that a drain may give has words of its own, and something to do.
func TestWhyRoomsAreLeftIsSaidInWords(t *testing.T) {
	for _, reason := range []tenure.Reason{tenure.NobodyElse, tenure.AllFull, tenure.Unanswered,
		tenure.RegisterAway, tenure.RegisterSlow, tenure.OutOfTime} {
		words := whyLeft[reason]
		require.NotEmpty(t, words.why, reason)
		require.NotEmpty(t, words.do, reason)
	}
	require.ErrorContains(t, drainReport{Over: true, Left: 1, Calls: 1, People: 1,
		Reason: tenure.AllFull}.left(), "with 1 call and 1 person in them: the other servers did")
	require.ErrorContains(t, drainReport{Over: true, Left: 1, Reason: "of a later version"}.left(),
		"in them: of a later version. Whoever is in there")
}
