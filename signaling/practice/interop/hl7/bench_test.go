//go:build linux

package hl7

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice/interop/hl7/mllp"
	"draille/signaling/practice/interop/interoptest"
	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

// BenchmarkAdmissions is how many ADT messages a second come over MLLP onto the disk, by how many
// connections send, and what one costs this process, sender and receiver together. Half are of new
// patients. PostgreSQL's own share is not counted, and it does not wait for its disk.
func BenchmarkAdmissions(b *testing.B) {
	for _, connections := range []int{1, 4, 16, 48} {
		b.Run(fmt.Sprintf("SQLite/connections=%d", connections), func(b *testing.B) {
			admit(b, filepath.Join(b.TempDir(), "practice.db"), connections)
		})
		b.Run(fmt.Sprintf("PostgreSQL/connections=%d", connections), func(b *testing.B) {
			admit(b, storetest.Postgres(b), connections)
		})
	}
}

func admit(b *testing.B, url string, connections int) {
	s, err := store.Open(b.Context(), store.Config{URL: url})
	require.NoError(b, err)
	w := receiving(b, s, interoptest.Morning)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- w.receiver.Serve(ctx, listener, mllp.Config{MaxPerAddress: connections})
	}()
	var next atomic.Int64
	var sending sync.WaitGroup
	before := processorTime(b)
	b.ResetTimer()
	for connection := range connections {
		sending.Go(func() { sendAdmissions(b, listener.Addr().String(), connection, &next) })
	}
	sending.Wait()
	b.StopTimer()
	spent := processorTime(b) - before
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(float64(spent.Microseconds())/float64(b.N), "cpu-µs/message")
	stop()
	require.NoError(b, <-ended)
	var rows int
	require.NoError(b, s.Read(b.Context(), func(tx *store.Tx) error {
		return tx.Across("a test").Scan(
			"SELECT COUNT(*) FROM received WHERE state = 'applied'", nil, &rows)
	}))
	require.Equal(b, b.N, rows)
	require.NoError(b, s.Close())
}

// processorTime is what this process has used.
func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// sendAdmissions sends messages until there are as many as wanted: each patient is admitted, then
// corrected, over one connection, as hospitals' engines do.
func sendAdmissions(b *testing.B, address string, connection int, next *atomic.Int64) {
	s := mllp.NewSender(mllp.SenderConfig{Address: address})
	defer s.Close()
	for own := 0; next.Add(1) <= int64(b.N); own++ {
		m := message{event: []string{"ADT^A01", "ADT^A31"}[own%2],
			control: fmt.Sprintf("B%d-%d", connection, own),
			pid:     somebody(fmt.Sprintf("%d-%d", connection, own/2)), reliability: "VALI"}
		m.pid[0] += fmt.Sprintf("~2790351%02d%06d^^^&1.2.250.1.213.1.4.10&ISO^INS", connection,
			own/2)
		raw := m.text()
		answer, err := s.Send(b.Context(), []byte(raw))
		if err != nil || len(answer) == 0 {
			b.Error(err)
			return
		}
	}
}
