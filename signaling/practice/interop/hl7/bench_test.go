package hl7

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice/interop/hl7/mllp"
	"draille/signaling/practice/interop/interoptest"
	"draille/signaling/practice/store"
)

// BenchmarkAdmissions is how many ADT messages a second come over MLLP onto the disk (SQLite), by
// how many connections send. Half are of new patients.
func BenchmarkAdmissions(b *testing.B) {
	for _, connections := range []int{1, 4, 16} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
			s, err := store.Open(b.Context(),
				store.Config{URL: filepath.Join(b.TempDir(), "practice.db")})
			require.NoError(b, err)
			w := receiving(b, s, interoptest.Morning)
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(b, err)
			ctx, stop := context.WithCancel(b.Context())
			ended := make(chan error, 1)
			go func() { ended <- w.receiver.Serve(ctx, listener, mllp.Config{}) }()
			var next atomic.Int64
			var sending sync.WaitGroup
			b.ResetTimer()
			for range connections {
				sending.Go(func() { sendAdmissions(b, listener.Addr().String(), &next) })
			}
			sending.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
			stop()
			require.NoError(b, <-ended)
			var rows int
			require.NoError(b, s.Read(b.Context(), func(tx *store.Tx) error {
				return tx.Across("a test").Scan(
					"SELECT COUNT(*) FROM received WHERE state = 'applied'", nil, &rows)
			}))
			require.Equal(b, b.N, rows)
			require.NoError(b, s.Close())
		})
	}
}

// sendAdmissions sends messages until there are as many as wanted: each patient is admitted, then
// corrected.
func sendAdmissions(b *testing.B, address string, next *atomic.Int64) {
	s := mllp.NewSender(mllp.SenderConfig{Address: address})
	defer s.Close()
	for {
		n := next.Add(1)
		if n > int64(b.N) {
			return
		}
		event := []string{"ADT^A01", "ADT^A31"}[n%2]
		raw := message{event: event, control: fmt.Sprint("B", n),
			pid: withINS(fmt.Sprint(n / 2)), reliability: "VALI"}.text()
		answer, err := s.Send(b.Context(), []byte(raw))
		if err != nil || len(answer) == 0 {
			b.Error(err)
			return
		}
	}
}
