package participant

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

// BenchmarkCPU tells what one virtual participant of a consultation costs: ms of CPU a second, of
// the load test alone. Run it with -benchtime=10x for ten seconds of ten consultations.
func BenchmarkCPU(b *testing.B) {
	const rooms = 10
	s := serve(b)
	var all []*Participant
	var mu sync.Mutex
	var joining sync.WaitGroup
	for room := range rooms {
		for _, role := range []protocol.Role{protocol.RoleHost, protocol.RoleGuest} {
			s.room = fmt.Sprintf("room-%d", room)
			link := s.invite(protocol.KindConsultation, role)
			joining.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				defer cancel()
				p, err := Join(ctx,
					Options{URL: link, Name: "bench", Seed: uint64(room), Microphone: true,
						Camera: true, AutoAdmit: true,
						Speech: func(time.Duration) bool { return role == protocol.RoleHost }})
				if err != nil {
					b.Error(err)
					return
				}
				mu.Lock()
				all = append(all, p)
				mu.Unlock()
			})
		}
	}
	joining.Wait()
	b.ResetTimer()
	before := cpu(b)
	began := time.Now()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for range b.N { // what is measured is what a second costs
		<-second.C
	}
	used, took := cpu(b)-before, time.Since(began)
	frames, late := 0.0, 0.0
	for _, p := range all {
		f := p.Figures()
		frames += f.Video.Framerate() / float64(len(all))
		late += f.Late
	}
	b.ReportMetric(float64(used.Milliseconds())/took.Seconds()/float64(len(all)),
		"ms-cpu/participant/s")
	b.ReportMetric(frames, "frames/s")
	b.ReportMetric(late, "late-ms")
	var leaving sync.WaitGroup
	for _, p := range all {
		leaving.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if err := p.Leave(ctx); err != nil {
				b.Error(err)
			}
		})
	}
	leaving.Wait()
}

func cpu(t testing.TB) time.Duration {
	var usage syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
