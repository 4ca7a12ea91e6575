package soak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"draille/loadtest/scenario"
	"draille/signaling/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a server and its guests in virtual time. Everything works unless a test breaks it.
type world struct {
	mu        sync.Mutex
	alive     bool
	open      int // guests
	restarts  int
	growth    float64 // goroutines and bytes that stay after each round
	diesAfter int     // restarts
	deaf      bool    // nobody hears anything after a restart
	done      []string
}

func (w *world) note(what string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = append(w.done, what)
	return nil
}

func (w *world) Link(room string, _ protocol.Kind, role protocol.Role) (string, error) {
	return room + "/" + string(role), nil
}

func (w *world) Reading(context.Context) (scenario.Reading, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	joined := float64(len(w.done))
	return scenario.Reading{Rooms: float64(w.open), Goroutines: 12 + w.growth*joined, OpenFiles: 10,
		MemoryBytes: 50<<20 + w.growth*joined*(1<<20)}, nil
}

func (w *world) Alive() bool { w.mu.Lock(); defer w.mu.Unlock(); return w.alive }

func (w *world) end(how string) {
	_ = w.note(how)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.alive = false
}

func (w *world) Start() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.restarts++
	w.alive = w.diesAfter == 0 || w.restarts < w.diesAfter
	return nil
}

func (w *world) Stop()                   { w.end("stop") }
func (w *world) Kill()                   { w.end("kill") }
func (w *world) RenewCertificate() error { return w.note("certificate") }
func (w *world) Reload() error           { return w.note("reload") }
func (w *world) BreakDisk() error        { return w.note("break") }
func (w *world) MendDisk() error         { return w.note("mend") }
func (w *world) Attacks() []string       { return []string{"noise"} }

func (w *world) Attack(ctx context.Context, name string, length time.Duration) (string, error) {
	select {
	case <-ctx.Done():
	case <-time.After(length):
	}
	return "nothing", w.note("attack " + name)
}

func (w *world) Join(_ context.Context, link string, role protocol.Role, _ uint64,
	talks bool) (Guest, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open++
	w.done = append(w.done, "join")
	place := protocol.PlaceRoom
	if role == protocol.RoleGuest {
		place = protocol.PlaceWaiting
	}
	g := &guest{world: w, since: time.Now(), place: place,
		id: link + string(rune('a'+len(w.done)%26)), talks: talks}
	all[g.id] = g
	return g, nil
}

var all = map[string]*guest{} // by id, to be admitted

type guest struct {
	world *world
	id    string
	talks bool
	since time.Time
	place protocol.Place
	gone  bool
	heard int // while the server was there
}

func (g *guest) ID() string { return g.id }

func (g *guest) Place() (protocol.Place, bool) {
	g.world.mu.Lock()
	defer g.world.mu.Unlock()
	return g.place, true
}

func (g *guest) Heard() int {
	g.world.mu.Lock()
	defer g.world.mu.Unlock()
	if g.world.deaf && g.world.restarts > 0 {
		return 0
	}
	if g.world.alive {
		g.heard = int(time.Since(g.since) / (20 * time.Millisecond))
	}
	return g.heard
}

func (g *guest) Admit(id string) error {
	g.world.mu.Lock()
	defer g.world.mu.Unlock()
	all[id].place = protocol.PlaceRoom
	return nil
}

// Moves: after a restart everybody has another connection.
func (g *guest) Moves() int {
	g.world.mu.Lock()
	defer g.world.mu.Unlock()
	return g.world.restarts
}

func (g *guest) CutSocket()   { _ = g.world.note("cut") }
func (g *guest) SetLink(bool) { _ = g.world.note("link") }
func (g *guest) Err() error   { return nil }

func (g *guest) Vanish() { g.Leave() }

func (g *guest) Leave() {
	g.world.mu.Lock()
	defer g.world.mu.Unlock()
	if !g.gone {
		g.gone = true
		g.world.open--
	}
}

func play(t *testing.T, w *world, length time.Duration, seed uint64) (report *Report, told string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var lines []string
		w.alive = true
		report = Run(t.Context(),
			Options{Server: w, Crowd: w, Length: length, Seed: seed, Told: func(line string) {
				lines = append(lines, line)
			}})
		told = strings.Join(lines, "\n")
	})
	return report, told
}

func TestCleanSoak(t *testing.T) {
	w := &world{}
	report, told := play(t, w, 30*time.Minute, 1)
	require.Empty(t, report.Failures)
	require.Greater(t, report.Rounds, 15)
	require.Len(t, report.Idle, report.Rounds+1)
	require.Len(t, report.Mishaps, mishaps*report.Rounds)
	kinds := map[string]bool{}
	for _, m := range report.Mishaps {
		kinds[m.Kind] = true
		require.Empty(t, m.Failure)
		if !slices.Contains(goneKinds, m.Kind) {
			require.Empty(t, m.Silences)
			continue
		}
		require.Len(t, m.Silences, 6, "all but the one who waits")
		var away float64
		_, err := fmt.Sscanf(m.Detail, "of the server, away for %f s", &away)
		require.NoError(t, err)
		for _, silence := range m.Silences {
			require.InDelta(t, away, silence.Seconds(), 0.2)
		}
	}
	for _, kind := range []string{"reload", "cut", "flap", "comes and goes", "certificate", "disk",
		"attack", "kill", "stop"} {
		require.True(t, kinds[kind], kind)
	}
	require.Equal(t, 0, w.open)
	require.Contains(t, told, "everybody well after")
	var table bytes.Buffer
	require.NoError(t, report.WriteTable(&table))
	require.Contains(t, table.String(), "| kill | ")
	require.Regexp(t, `a server goes away(.*\n){2}\| kill \| \d+ \| \d+ \| \d\.\d s \| [23]\.\d s`,
		table.String())
	require.Contains(t, table.String(), "Clean: ")

	again, toldAgain := play(t, &world{}, 30*time.Minute, 1)
	require.Equal(t, report, again)
	require.Equal(t, told, toldAgain)
	other, _ := play(t, &world{}, 30*time.Minute, 2)
	require.NotEqual(t, report.Mishaps, other.Mishaps)
}

func TestGrowthIsFound(t *testing.T) {
	report, _ := play(t, &world{growth: 0.1}, 30*time.Minute, 1)
	require.Len(t, report.Failures, 2)
	require.Contains(t, report.Failures[0], "goroutines grew")
	require.Contains(t, report.Failures[1], "memory grew")
	var table bytes.Buffer
	require.NoError(t, report.WriteTable(&table))
	require.Contains(t, table.String(), "FAILED goroutines grew")
}

func TestWhoDoesNotRecoverIsFound(t *testing.T) {
	report, told := play(t, &world{deaf: true}, 30*time.Minute, 1)
	require.NotEmpty(t, report.Failures)
	require.Contains(t, told, "hears nothing")
	require.Less(t, report.Rounds, 5, "there is no use in going on")
}

func TestServerThatDiesIsFound(t *testing.T) {
	report, _ := play(t, &world{diesAfter: 1}, 10*time.Minute, 1)
	require.Contains(t, strings.Join(report.Failures, "\n"), "has ended by itself")
}

func TestSoakThatIsInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		w := &world{alive: true}
		report := Run(ctx,
			Options{Server: w, Crowd: w, Length: time.Hour, Seed: 1, Told: func(string) {}})
		require.Len(t, report.Failures, 1)
		require.Contains(t, report.Failures[0], "fewer than two rounds")
		require.Zero(t, w.open)
	})
}

func TestLine(t *testing.T) {
	base, err := stdnet.NewNet()
	require.NoError(t, err)
	line := &Line{}
	network := line.Wrap(base)
	one, err := network.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer one.Close()
	two, err := base.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer two.Close()
	send := func(from transport.UDPConn, to net.Addr, text string) {
		_, err := from.WriteTo([]byte(text), to)
		require.NoError(t, err)
	}
	buffer := make([]byte, 100)
	line.Set(false)
	send(one, two.LocalAddr(), "lost")
	send(two, one.LocalAddr(), "lost")
	// Long enough for what is lost to be read, and thrown away, on a machine that is busy.
	require.NoError(t, one.SetReadDeadline(time.Now().Add(time.Second)))
	_, _, err = one.ReadFrom(buffer)
	var timeout net.Error
	require.True(t, errors.As(err, &timeout) && timeout.Timeout())
	line.Set(true)
	require.NoError(t, one.SetReadDeadline(time.Now().Add(time.Minute)))
	send(one, two.LocalAddr(), "out")
	n, _, err := two.ReadFrom(buffer)
	require.NoError(t, err)
	require.Equal(t, "out", string(buffer[:n]))
	send(two, one.LocalAddr(), "in")
	n, _, err = one.ReadFrom(buffer)
	require.NoError(t, err)
	require.Equal(t, "in", string(buffer[:n]))
	_, err = network.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1)})
	require.Error(t, err)
}
