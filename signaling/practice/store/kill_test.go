//go:build linux

package store_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

// kills is how often the writer is killed. Some seventy milliseconds each, and much more while the
// race detector watches.
var kills = flag.Int("kills", map[bool]int{false: 200, true: 20}[storetest.RaceDetector],
	"how often TestAKilledServerHasLostNothingThatItAcknowledged kills")

const (
	victimVariable = "DRAILLE_TEST_VICTIM"
	victimWriters  = 4
)

// beKilled writes until somebody kills the process. It prints the id of each row that the store has
// acknowledged.
func beKilled(path string) {
	s, err := store.Open(context.Background(), store.Config{URL: path})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var printing sync.Mutex
	for range victimWriters {
		go func() {
			for {
				id := practice.NewID()
				err := s.Write(context.Background(), func(tx *store.Tx) error {
					message := practice.Message{ID: id, Establishment: "E1",
						Channel: practice.ChannelMail, State: practice.OutboxWaiting}
					if err := store.Insert(tx, message, store.With{"once": id}); err != nil {
						return err
					}
					return ledger.Append(tx, time.Now(),
						practice.AuditEntry{Establishment: "E1", ActorKind: practice.ActorSystem,
							Object: id})
				})
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				printing.Lock()
				fmt.Println(id)
				printing.Unlock()
			}
		}()
	}
	select {}
}

func TestAKilledServerHasLostNothingThatItAcknowledged(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, killAndLook)
}

func killAndLook(t *testing.T, path string) {
	dice := rand.New(rand.NewPCG(1, 2))
	var acknowledged []string
	for range *kills {
		acknowledged = append(acknowledged, killAfter(t, path, 1+dice.IntN(40))...)
	}
	require.Greater(t, len(acknowledged), *kills)
	s := storetest.Open(t, path)
	require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) error {
		if filepath.IsAbs(path) { // a file
			var verdict string
			require.NoError(t, tx.Scan("PRAGMA integrity_check", nil, &verdict))
			require.Equal(t, "ok", verdict)
		}
		messages, err := store.Find[practice.Message](tx, "WHERE establishment = $1", "E1")
		require.NoError(t, err)
		there := map[string]bool{}
		for _, message := range messages {
			there[message.ID] = true
		}
		for _, id := range acknowledged {
			require.True(t, there[id], "acknowledged and lost")
		}
		// A message and its entry were written together.
		var entries int
		require.NoError(t, tx.Scan("SELECT COUNT(*) FROM audit WHERE establishment = $1",
			[]any{"E1"}, &entries))
		require.Equal(t, len(messages), entries)
		return nil
	}))
	t.Logf("%d kills, %d writes acknowledged", *kills, len(acknowledged))
}

// killAfter starts a writer, kills it in the middle of its work once it has acknowledged so many
// rows, and returns all of them.
func killAfter(t *testing.T, path string, rows int) []string {
	t.Helper()
	victim := exec.Command(os.Args[0])
	victim.Env = append(os.Environ(), victimVariable+"="+path)
	victim.Stderr = os.Stderr
	output, err := victim.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, victim.Start())
	var acknowledged []string
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		acknowledged = append(acknowledged, lines.Text())
		if len(acknowledged) == rows {
			require.NoError(t, victim.Process.Kill())
		}
	}
	require.NoError(t, lines.Err())
	require.ErrorContains(t, victim.Wait(), "signal: killed")
	return acknowledged
}
