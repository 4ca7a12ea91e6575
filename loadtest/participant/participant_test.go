package participant

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"draille/loadtest/figures"
	"draille/loadtest/link"
	"draille/loadtest/link/userspace"
	"draille/sfu/rtpx"
	"draille/signaling/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// program builds the real server once; TEST_DRAILLE names one that is built already.
var program = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("TEST_DRAILLE"); path != "" {
		return path, nil
	}
	directory, err := os.MkdirTemp("", "draille-participant-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(directory, "draille")
	out, err := exec.Command("go", "build", "-o", path, "draille/cmd/draille").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// server is the real program in a process of its own.
type server struct {
	t       *testing.T
	path    string
	options []string
	log     *syncBuffer
}

type syncBuffer struct {
	mu      sync.Mutex
	buffer  bytes.Buffer
	running chan struct{}
	once    sync.Once
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.buffer.Write(p)
	if bytes.Contains(b.buffer.Bytes(), []byte("draille is running")) {
		b.once.Do(func() { close(b.running) })
	}
	return len(p), nil
}

func freePort(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func serve(t *testing.T) *server {
	t.Helper()
	path, err := program()
	require.NoError(t, err)
	s := &server{t: t, path: path, log: &syncBuffer{running: make(chan struct{})}}
	s.options = []string{fmt.Sprintf("--listen=localhost:%d", freePort(t)), "--udp-listen=127.0.0.1:0", "--turn.enabled=false", "--metrics.listen=",
		"--data-directory=" + t.TempDir()}
	command := exec.Command(path, append([]string{"serve", "--no-invite"}, s.options...)...)
	command.Stdout, command.Stderr = s.log, s.log
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		require.NoError(t, command.Process.Signal(syscall.SIGTERM))
		require.NoError(t, command.Wait())
		if t.Failed() {
			t.Log(s.log.buffer.String())
		}
	})
	select {
	case <-s.log.running:
	case <-time.After(patience):
		require.FailNow(t, "the server does not run", s.log.buffer.String())
	}
	return s
}

func (s *server) invite(kind protocol.Kind, role protocol.Role) string {
	s.t.Helper()
	out, err := exec.Command(s.path, append([]string{"invite", "--json", "--room=room-1", "--kind=" + string(kind), "--role=" + string(role)}, s.options[0], s.options[len(s.options)-1])...).Output()
	require.NoError(s.t, err)
	var invitation struct{ Link string }
	require.NoError(s.t, json.Unmarshal(out, &invitation))
	return invitation.Link
}

func (s *server) join(kind protocol.Kind, role protocol.Role, change func(*Options)) *Participant {
	s.t.Helper()
	options := Options{URL: s.invite(kind, role), Name: string(role), Microphone: true, Camera: true, Seed: uint64(len(role))}
	if change != nil {
		change(&options)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	p, err := Join(ctx, options)
	require.NoError(s.t, err)
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(s.t, p.Leave(ctx))
	})
	return p
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, patience, 50*time.Millisecond, what)
}

// consultation is a host who admits a guest; both speak in turns of a second.
func (s *server) consultation(change func(*Options)) (host, guest *Participant) {
	host = s.join(protocol.KindConsultation, protocol.RoleHost, func(o *Options) {
		o.AutoAdmit = true
		o.Speech = func(at time.Duration) bool { return int(at.Seconds())%2 == 0 }
		if change != nil {
			change(o)
		}
		o.Link = nil
	})
	guest = s.join(protocol.KindConsultation, protocol.RoleGuest, func(o *Options) {
		o.Speech = func(time.Duration) bool { return true }
		if change != nil {
			change(o)
		}
	})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(s.t, guest.AwaitAdmission(ctx))
	return host, guest
}

func report(t *testing.T, name string, f figures.Participant) {
	text, err := json.Marshal(struct {
		Join     figures.Join
		Audio    figures.Audio
		Video    figures.Video
		Sent     figures.Sent
		Received figures.Traffic
	}{f.Join, f.Audio, f.Video, f.Sent, f.Received})
	require.NoError(t, err)
	for _, s := range f.Seconds {
		t.Logf("%4.1f s: %d frames in (%d main, %d px), %d out, in %d out %d estimate %d bit/s, audible %.0f ms, frozen %.0f, paused %.0f", s.At, s.Frames, s.MainFrames,
			s.MainHeight, s.FramesSent, s.ReceivedBps, s.SentBps, s.EstimateBps, s.AudioAudible, s.Frozen, s.Paused)
	}
	t.Logf("%s: %.1f frames/s, audible %.2f %%, frozen %.1f %%\n%s", name, f.Video.Framerate(), 100*f.Audio.AudibleShare(), 100*f.Video.FrozenShare(), text)
}

func watched(seconds float64) func(p *Participant) bool {
	return func(p *Participant) bool { return p.Figures().Video.Watched >= 1000*seconds }
}

func TestConsultation(t *testing.T) {
	s := serve(t)
	host, guest := s.consultation(nil)
	eventually(t, "both see each other for 6 s", func() bool { return watched(6)(host) && watched(6)(guest) })
	for name, p := range map[string]*Participant{"host": host, "guest": guest} {
		f := p.Figures()
		report(t, name, f)
		assert.GreaterOrEqual(t, f.Video.Framerate(), 18.0, "20 frames/s are published")
		assert.Less(t, f.Audio.AudibleShare(), 0.01)
		assert.Positive(t, f.Audio.Speech)
		assert.Positive(t, f.Audio.Delay.Count)
		assert.Positive(t, f.Video.Delay.Count)
		assert.Less(t, f.Video.Delay.P50, 100.0)
		assert.Positive(t, f.Join.FirstFrame)
		assert.Empty(t, f.Errors)
		require.NotEmpty(t, f.Seconds)
	}
	_ = rtpx.VP8
	_ = link.Profiles
	_ = userspace.NewScheduler
}
