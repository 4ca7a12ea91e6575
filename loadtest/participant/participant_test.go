package participant

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"draille/loadtest/built"
	"draille/loadtest/figures"
	"draille/loadtest/link"
	"draille/loadtest/link/userspace"
	"draille/sfu/rtpx"
	"draille/signaling/node/natstest"
	"draille/signaling/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// server is the real program in a process of its own.
type server struct {
	t       testing.TB
	room    string
	path    string
	options []string
	log     *syncBuffer
	command *exec.Cmd
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

func serve(t testing.TB) *server {
	t.Helper()
	path, err := built.Program()
	require.NoError(t, err)
	s := &server{t: t, room: "room-1", path: path}
	// The address is the server's also while it is down: nobody else on this machine takes it.
	s.options = []string{"--listen=" + natstest.FreeAddress(),
		"--udp-listen=127.0.0.1:0", "--turn.enabled=false", "--metrics.listen=",
		"--data-directory=" + t.TempDir()}
	s.start()
	t.Cleanup(func() {
		require.NoError(t, s.end(syscall.SIGTERM))
		if t.Failed() {
			t.Log(s.log.buffer.String())
		}
	})
	return s
}

// start starts the process and waits until it serves.
func (s *server) start() {
	s.t.Helper()
	s.log = &syncBuffer{running: make(chan struct{})}
	s.command = exec.Command(s.path, append([]string{"serve", "--no-invite"}, s.options...)...)
	s.command.Stdout, s.command.Stderr = s.log, s.log
	require.NoError(s.t, s.command.Start())
	select {
	case <-s.log.running:
	case <-time.After(patience):
		require.FailNow(s.t, "the server does not run", s.log.buffer.String())
	}
}

// end sends the process a signal and waits until it is gone.
func (s *server) end(signal syscall.Signal) error {
	require.NoError(s.t, s.command.Process.Signal(signal))
	return s.command.Wait()
}

func (s *server) invite(kind protocol.Kind, role protocol.Role) string {
	s.t.Helper()
	out, err := exec.Command(s.path,
		append([]string{"invite", "--json", "--room=" + s.room, "--kind=" + string(kind),
			"--role=" + string(role)}, s.options[0], s.options[len(s.options)-1])...).Output()
	require.NoError(s.t, err)
	var invitation struct{ Link string }
	require.NoError(s.t, json.Unmarshal(out, &invitation))
	return invitation.Link
}

func (s *server) join(kind protocol.Kind, role protocol.Role, change func(*Options)) *Participant {
	s.t.Helper()
	options := Options{URL: s.invite(kind, role), Name: string(role), Microphone: true,
		Camera: true, Seed: uint64(len(role))}
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
		t.Logf("%4.1f s: %d frames in (%d main, %d px), %d out, in %d out %d estimate %d bit/s, "+
			"audible %.0f ms, frozen %.0f, paused %.0f", s.At, s.Frames, s.MainFrames,
			s.MainHeight, s.FramesSent, s.ReceivedBps, s.SentBps, s.EstimateBps, s.AudioAudible,
			s.Frozen, s.Paused)
	}
	t.Logf("%s: late %.0f ms, %.1f frames/s, audible %.2f %%, frozen %.1f %%\n%s", name, f.Late,
		f.Video.Framerate(), 100*f.Audio.AudibleShare(), 100*f.Video.FrozenShare(), text)
}

// measuredOf reports whether a participant has seen a moving picture, heard speech, sent both and
// measured their delays.
func measuredOf(p *Participant) bool {
	f := p.Figures()
	return f.Video.Watched > 0 && f.Video.Frames > 20 && f.Video.Delay.Count > 0 &&
		f.Audio.Speech > 0 && f.Audio.Delay.Count > 0 && f.Sent.Frames > 0 && f.Sent.Estimate > 0 &&
		len(f.Seconds) > 1
}

// How fluent a call is depends on how busy the machine is: thinlink-table and matrix judge that.
// Here it is judged that everything arrives, in order, under the right name, and that what was
// measured fits together.
func TestConsultation(t *testing.T) {
	t.Parallel()
	s := serve(t)
	host, guest := s.consultation(nil)
	t.Cleanup(func() {
		report(t, "host", host.Figures())
		report(t, "guest", guest.Figures())
	})
	eventually(t, "both see and hear each other", func() bool {
		return measuredOf(host) && measuredOf(guest)
	})
	for name, p := range map[string]*Participant{"host": host, "guest": guest} {
		f := p.Figures()
		// Which came first is not told in order: websocket, transport and media are heard by one
		// goroutine each.
		for _, moment := range []float64{f.Join.Admitted, f.Join.Connected, f.Join.FirstFrame,
			f.Join.FirstAudio} {
			assert.Positive(t, moment)
		}
		assert.Equal(t, name, f.Role)
		assert.Empty(t, f.Errors)
		assert.Zero(t, f.Video.Corrupt)
		require.Len(t, f.Pictures, 1)
	}
	// What was measured stays after the goodbye.
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(t, guest.Leave(ctx))
	<-guest.Ended()
	require.NoError(t, guest.Err())
	before := guest.Figures()
	require.Equal(t, before, guest.Figures())
	require.NotEmpty(t, before.Seconds)
}

// A call goes over its link, both ways, and what it measures is that link's. What it gets there is
// judged by draille loadtest thinlink-table, and what the server does about it in virtual time
// (sfu).
func TestThinLink(t *testing.T) {
	t.Parallel()
	s := serve(t)
	scheduler := userspace.NewScheduler()
	t.Cleanup(scheduler.Close)
	profile, err := link.Find("thin-150")
	require.NoError(t, err)
	thin, err := userspace.NewLink(scheduler, profile, 1)
	require.NoError(t, err)
	host, guest := s.consultation(func(o *Options) { o.Link, o.LinkName = thin, profile.Name })
	eventually(t, "the thin side has heard speech and seen something", func() bool {
		f := guest.Figures()
		return f.Audio.Speech > 0 && f.Video.Frames > 0 && f.Video.Delay.Count > 0
	})
	f := guest.Figures()
	report(t, "thin guest", f)
	report(t, "host", host.Figures())
	assert.Equal(t, "thin-150", f.Link)
	assert.Greater(t, f.Video.Delay.P50, 20.0, "the link's own delay")
	carried := thin.Counters()
	assert.Positive(t, carried.Up.DeliveredPackets)
	assert.Positive(t, carried.Down.DeliveredPackets)
}

func TestLossIsFelt(t *testing.T) {
	t.Parallel()
	s := serve(t)
	scheduler := userspace.NewScheduler()
	t.Cleanup(scheduler.Close)
	down := link.Config{Conditions: link.Conditions{Rate: 2 * link.Mbps,
		Delay: 100 * time.Millisecond, Loss: 0.15}, Queue: 300 * time.Millisecond}
	up := down
	up.Conditions.Loss = 0
	lossy, err := userspace.NewLink(scheduler, link.Profile{Name: "lossy", Up: up, Down: down}, 1)
	require.NoError(t, err)
	_, guest := s.consultation(func(o *Options) { o.Link, o.LinkName = lossy, "lossy" })
	t.Cleanup(func() { report(t, "lossy guest", guest.Figures()) })
	eventually(t, "the guest hears and sees", func() bool { return guest.heardAndSeen() })
	// Which packets are lost depends on when they are sent; as long as the call goes on, there are
	// always more.
	eventually(t, "the voice has lost packets, which came twice or are missing", func() bool {
		a := guest.Figures().Audio
		return a.FromRED+a.FromFEC > 0 || a.Audible > 0
	})
	eventually(t, "the picture has lost packets, which were asked for and came again", func() bool {
		r := guest.Figures().Received
		return r.Lost > 0 && r.NACKs > 0 && r.Retransmitted > 0
	})
}

// Everybody in a telestaff sees the speaker large; a document goes before; codecs and single
// encodings mix.
func TestTelestaff(t *testing.T) {
	t.Parallel()
	s := serve(t)
	turn := func(n int) func(time.Duration) bool {
		return func(time.Duration) bool { return int(time.Now().Unix()/2)%3 == n }
	}
	var all []*Participant
	for n, codec := range []rtpx.Codec{rtpx.VP8, rtpx.VP9, rtpx.AV1} {
		role := protocol.RoleClinician
		if n == 0 {
			role = protocol.RoleHost
		}
		all = append(all, s.join(protocol.KindTelestaff, role, func(o *Options) {
			o.Name, o.Seed, o.Codec, o.Single, o.Speech, o.View = codec.String(), uint64(n), codec,
				n > 0, turn(n), Speaker
		}))
	}
	eventually(t, "everybody sees and hears the two others", func() bool {
		for _, p := range all {
			f := p.Figures()
			if len(f.Pictures) < 2 || f.Audio.Speech == 0 || f.Pictures[0].Video.Frames == 0 ||
				f.Pictures[1].Video.Frames == 0 {
				return false
			}
		}
		return true
	})
	require.NoError(t, all[1].Share(true))
	document := func(p *Participant) (figures.Picture, bool) {
		for _, picture := range p.Figures().Pictures {
			if picture.Source == "screen" && picture.Video.Frames > 5 {
				return picture, true
			}
		}
		return figures.Picture{}, false
	}
	eventually(t, "the document is seen", func() bool {
		_, first := document(all[0])
		_, last := document(all[2])
		return first && last
	})
	picture, _ := document(all[0])
	assert.Equal(t, all[1].ID(), picture.Participant)
	assert.Equal(t, 540, picture.Video.Height)
	assert.Equal(t, 3, picture.Priority)
	for _, p := range all {
		f := p.Figures()
		report(t, f.Name, f)
		assert.Empty(t, f.Errors)
		assert.Zero(t, f.Video.Corrupt)
	}
	require.NoError(t, all[1].Share(false))
}

func TestWaitingRoomAndResumption(t *testing.T) {
	t.Parallel()
	s := serve(t)
	host := s.join(protocol.KindConsultation, protocol.RoleHost, nil)
	guest := s.join(protocol.KindConsultation, protocol.RoleGuest, func(o *Options) { o.Name = "" })
	next := func(p *Participant, kind EventKind) Event {
		t.Helper()
		for {
			select {
			case e := <-p.Events():
				if e.Kind == kind {
					return e
				}
			case <-time.After(patience):
				require.FailNow(t, "no event", kind)
			}
		}
	}
	arrived := next(host, Arrived)
	require.Equal(t, guest.ID(), arrived.Person.ID)
	require.Equal(t, "Virtual", arrived.Person.Name)
	_, waiting := host.Roster()
	require.Len(t, waiting, 1)
	require.Zero(t, guest.Figures().Join.Admitted)
	require.NoError(t, host.Admit(guest.ID()))
	next(guest, Admitted)
	eventually(t, "the guest is seen", func() bool {
		return host.Figures().Video.Frames > 0 && len(host.Slots()) > 0
	})
	present, _ := host.Roster()
	require.Len(t, present, 2)

	// Media goes on while the websocket is lost, and the place is taken back.
	id, frames := guest.ID(), host.Figures().Video.Frames
	guest.CutSocket()
	next(guest, Resumed)
	require.Equal(t, id, guest.ID())
	require.Equal(t, 1, guest.Figures().Reconnects)
	eventually(t, "the picture goes on", func() bool {
		return host.Figures().Video.Frames > frames+10
	})

	// Speaking, being silent, longer frames, and being muted.
	guest.Speak(true)
	eventually(t, "the host hears speech", func() bool { return host.Figures().Audio.Speech > 500 })
	guest.SetFrameLength(60 * time.Millisecond)
	require.NoError(t, host.send(protocol.Mute{Participant: id, Source: protocol.SourceMicrophone}))
	off := func(p *Participant) bool {
		present, _ := p.Roster()
		for _, person := range present {
			if person.ID == id {
				return !person.Media.Microphone
			}
		}
		return false
	}
	eventually(t, "the microphone is off", func() bool { return off(guest) && off(host) })
	require.NoError(t, guest.SetMedia(true, true))
	eventually(t, "and on again", func() bool { return !off(host) })

	// The host ends the call.
	require.NoError(t, host.send(protocol.End{}))
	require.Equal(t, protocol.ByeEnded, next(guest, Ended).Bye)
	<-guest.Ended()
	require.ErrorContains(t, guest.Err(), "ended")
	require.NotEmpty(t, guest.Figures().Errors)
}

func TestJoinFailsInWords(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for want, options := range map[string]Options{
		"invitation link":   {URL: "http://localhost:1/"},
		"cannot be reached": {URL: "http://127.0.0.1:1/#token"},
		"no clips of it":    {URL: "http://127.0.0.1:1/#token", Codec: rtpx.H264},
	} {
		_, err := Join(ctx, options)
		require.ErrorContains(t, err, want)
	}
	s := serve(t)
	link := s.invite(protocol.KindConsultation, protocol.RoleGuest)
	_, err := Join(ctx, Options{URL: link + "x"})
	require.ErrorContains(t, err, "goodbye: invalid")
	_, err = Join(ctx, Options{URL: "http://" + freeHTTP(t) + "/#token"})
	require.ErrorContains(t, err, "check the address")
	ended, cancelEnded := context.WithCancel(ctx)
	cancelEnded()
	_, err = Join(ended, Options{URL: link})
	require.ErrorContains(t, err, "canceled")
}

// freeHTTP is a server that knows no websockets.
func freeHTTP(t *testing.T) string {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}
