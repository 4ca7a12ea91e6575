package hl7

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice/interop/hl7/mllp"
	"draille/signaling/practice/interop/interoptest"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

// kills is how often a receiver is killed; an hour's worth of faults takes seconds.
var kills = flag.Int("hl7.kills", map[bool]int{false: 50, true: 10}[storetest.RaceDetector],
	"how often TestAKilledReceiverLosesAndDoublesNothing kills")

const (
	victimVariable = "DRAILLE_TEST_HL7_VICTIM"
	senders        = 4
)

// beKilled receives until somebody kills the process. It prints its address.
func beKilled(url string) {
	s, err := store.Open(context.Background(), store.Config{URL: url})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	w := receiving(failing{}, s, interoptest.Morning)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr())
	fmt.Fprintln(os.Stderr, w.receiver.Serve(context.Background(), listener, mllp.Config{}))
	os.Exit(1)
}

// failing ends the process instead of a test.
type failing struct{}

func (failing) Errorf(format string, values ...any) { fmt.Fprintf(os.Stderr, format, values...) }
func (failing) FailNow()                            { os.Exit(1) }

// victim is a receiver in a process of its own.
type victim struct {
	process *exec.Cmd
	address string
}

func startVictim(t *testing.T, url string) victim {
	t.Helper()
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), victimVariable+"="+url)
	process.Stderr = os.Stderr
	output, err := process.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, process.Start())
	line := bufio.NewScanner(output)
	require.True(t, line.Scan(), "the victim tells no address")
	return victim{process, line.Text()}
}

// line is a sender that sends message after message, each until it is answered.
type line struct {
	name     int
	next     int
	answered map[string]string // control id → the answer
}

// send also tells of the first answer.
func (l *line) send(ctx context.Context, address string, first chan<- struct{}) {
	s := mllp.NewSender(mllp.SenderConfig{Address: address, Answer: 10 * time.Second})
	defer s.Close()
	for ctx.Err() == nil {
		control := fmt.Sprintf("K%d-%d", l.name, l.next)
		raw := message{event: "ADT^A28", control: control, pid: somebody(control)}.text()
		answer, err := s.Send(ctx, []byte(raw))
		if err != nil {
			return // it is sent again to the next process
		}
		l.answered[control] = string(answer)
		l.next++
		select {
		case first <- struct{}{}:
		default:
		}
	}
}

func TestAKilledReceiverLosesAndDoublesNothing(t *testing.T) {
	url := storetest.Address(t)
	lines := make([]*line, senders)
	for i := range lines {
		lines[i] = &line{name: i, answered: map[string]string{}}
	}
	dice := rand.New(rand.NewPCG(1, 2))
	for range *kills {
		v := startVictim(t, url)
		ctx, stop := context.WithCancel(t.Context())
		var sending sync.WaitGroup
		first := make(chan struct{}, 1)
		for _, l := range lines {
			sending.Go(func() { l.send(ctx, v.address, first) })
		}
		select {
		case <-first:
		case <-t.Context().Done():
		}
		select { // any moment from then on is as good as another
		case <-time.After(time.Duration(1+dice.IntN(60)) * time.Millisecond):
		case <-t.Context().Done():
		}
		require.NoError(t, v.process.Process.Kill())
		require.ErrorContains(t, v.process.Wait(), "signal: killed")
		sending.Wait()
		stop()
	}
	w := receiving(t, storetest.Open(t, url), interoptest.Morning.Add(time.Hour))
	w.t = t
	total := 0
	for _, l := range lines {
		total += l.next
		for control, before := range l.answered {
			require.Equal(t, 1, w.Count(`SELECT COUNT(*) FROM received WHERE establishment = 'E1'
				AND control = $1`, control), "answered, and lost or doubled")
			require.Equal(t, 1, w.Count(`SELECT COUNT(*) FROM patients WHERE establishment = 'E1'
				AND ipp = $1 AND ipp <> ''`, control))
			if l.next%10 == 0 {
				raw := message{event: "ADT^A28", control: control, pid: somebody(control)}.text()
				require.Equal(t, before, string(w.sent(raw).Bytes()), "another answer than before")
			}
		}
	}
	// What was not answered came again: as a message it is there once, or not at all.
	rows := w.Count("SELECT COUNT(*) FROM received")
	require.LessOrEqual(t, rows, total+senders)
	require.Equal(t, rows, w.Count("SELECT COUNT(*) FROM patients"))
	require.Equal(t, rows, w.Count("SELECT COUNT(*) FROM audit"))
	require.GreaterOrEqual(t, total, *kills)
	t.Logf("%d kills, %d messages answered, %d there", *kills, total, rows)
}
