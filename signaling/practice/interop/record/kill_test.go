package record

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/report"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

// kills is how often a sender is killed: make hl7-kills kills 200 times, a test fewer.
var kills = flag.Int("record.kills", map[bool]int{false: 20, true: 4}[storetest.RaceDetector],
	"how often TestAKilledSenderHasEachDocumentInTheRecordOnce kills")

const (
	victimVariable = "DRAILLE_TEST_RECORD_VICTIM" // the store
	bookVariable   = "DRAILLE_TEST_RECORD_BOOK"   // the record's address
	turnVariable   = "DRAILLE_TEST_RECORD_TURN"   // how many were killed before
)

// longerThanAClaim lies between victims: what one has claimed is another's a minute later.
const longerThanAClaim = 2 * time.Minute

type noLinks struct{}

func (noLinks) Address(string) string { return "" }
func (noLinks) Page() string          { return "" }

// postman is a courier that sends reports to a book, on a clock that is some turns ahead.
func postman(s *store.Store, address string, turn int) (*courier.Courier, error) {
	return courier.New(courier.Config{Store: s, Links: noLinks{},
		Record: New(s, []Way{mdmTo(address)}, nil),
		Public: &url.URL{Scheme: "https", Host: "draille.example"},
		Now:    func() time.Time { return time.Now().Add(time.Duration(turn) * longerThanAClaim) }})
}

// beKilled signs, corrects and withdraws reports, and sends them, until somebody kills the process.
func beKilled(path string) {
	fatal := func(err error) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	turn, _ := strconv.Atoi(os.Getenv(turnVariable))
	s, err := store.Open(context.Background(), store.Config{URL: path})
	if err != nil {
		fatal(err)
	}
	post, err := postman(s, os.Getenv(bookVariable), turn)
	if err != nil {
		fatal(err)
	}
	go post.Run(context.Background())
	changes, _ := s.Watch()
	for i := 0; ; i++ {
		if err := s.Write(context.Background(), func(tx *store.Tx) error {
			return whole(tx, fmt.Sprintf("A%d-%d", turn, i), i%3)
		}); err != nil {
			fatal(err)
		}
		fmt.Println("signed")
		for waiting(s) > maxWaiting { // as fast as they are sent
			<-changes
		}
	}
}

// maxWaiting is how many messages a victim lets wait before it signs more.
const maxWaiting = 3

// waiting is how many messages are not sent; -1: it cannot be read.
func waiting(s *store.Store) int {
	count := -1
	_ = s.Read(context.Background(), func(tx *store.Tx) error {
		return tx.Across("a test counts").Scan(
			"SELECT COUNT(*) FROM outbox WHERE state <> 'sent'", nil, &count)
	})
	return count
}

// whole makes a report that is signed, and also corrected, and also withdrawn.
func whole(tx *store.Tx, id string, further int) error {
	r, err := meet(tx, id, "P1")
	if err != nil {
		return err
	}
	if r, err = signed(tx, r, "Repos."); err != nil || further == 0 {
		return err
	}
	if r, err = report.Correct(tx, r, by); err != nil {
		return err
	}
	if r, err = signed(tx, r, "Radiographie."); err != nil || further == 1 {
		return err
	}
	if r, err = report.Withdraw(tx, r, "mauvais patient", by); err != nil {
		return err
	}
	return report.Post(tx, r, practice.InstantOf(by.At))
}

func TestAKilledSenderHasEachDocumentInTheRecordOnce(t *testing.T) {
	t.Parallel()
	path, b := storetest.Address(t), openBook(t)
	func() {
		s, err := store.Open(t.Context(), store.Config{URL: path})
		require.NoError(t, err)
		defer func() { require.NoError(t, s.Close()) }()
		require.NoError(t, s.Write(t.Context(), furnish))
	}()
	dice := rand.New(rand.NewPCG(1, 2))
	for turn := range *kills {
		victim := exec.Command(os.Args[0])
		victim.Env = append(os.Environ(), victimVariable+"="+path, bookVariable+"="+b.address(),
			turnVariable+"="+strconv.Itoa(turn))
		victim.Stderr = os.Stderr
		output, err := victim.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, victim.Start())
		_, err = output.Read(make([]byte, 16))
		require.NoError(t, err, "the victim signs nothing")
		select { // any moment is as good as another
		case <-time.After(time.Duration(1+dice.IntN(300)) * time.Millisecond):
		case <-t.Context().Done():
		}
		require.NoError(t, victim.Process.Kill())
		require.ErrorContains(t, victim.Wait(), "signal: killed")
	}
	s := storetest.Open(t, path)
	finish(t, s, b.address())
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(t, b.strange)
	documents, messages := 0, 0
	require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) error {
		all := tx.Across("a test counts")
		if err := all.Scan("SELECT COUNT(*) FROM outbox", nil, &messages); err != nil {
			return err
		}
		return all.Scan("SELECT COUNT(*) FROM reports WHERE state = 'signed'", nil, &documents)
	}))
	require.Len(t, b.came, messages, "each message is there once")
	require.Len(t, b.papers, documents, "each valid report is there once, and no other")
	require.GreaterOrEqual(t, messages, *kills)
	t.Logf("%d kills, %d messages, %d documents, %d came again", *kills, messages, documents,
		b.again)
}

// finish sends what waits.
func finish(t *testing.T, s *store.Store, address string) {
	t.Helper()
	post, err := postman(s, address, *kills+1)
	require.NoError(t, err)
	changes, stopWatching := s.Watch()
	defer stopWatching()
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan struct{})
	go func() { defer close(ran); post.Run(ctx) }()
	defer func() { stop(); <-ran }()
	for {
		if waiting(s) == 0 {
			return
		}
		select {
		case <-changes:
		case <-time.After(time.Minute):
			t.Fatalf("expected all messages to be sent, %d wait", waiting(s))
		}
	}
}
