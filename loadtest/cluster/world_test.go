package cluster

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"draille/loadtest/built"
	"draille/loadtest/participant"
	"draille/signaling/node/natstest"
	"draille/signaling/protocol"
)

func TestMain(m *testing.M) {
	if !natstest.Serves() {
		goleak.VerifyTestMain(m)
	}
}

var wanted = flag.Bool("cluster", false, "run whole clusters on this machine")

const (
	// patience is for a machine that does other things, too: what is tested is that it happens. The
	// register has its elections, of nine seconds each.
	patience = 60 * time.Second
	room     = "room-1"
	running  = "draille is running"
	answers  = "the register answers"
)

// output is what a process says, and who waits for it to say something.
type output struct {
	mu     sync.Mutex
	text   bytes.Buffer
	awaits map[string]chan struct{}
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	for words, said := range o.awaits {
		if bytes.Contains(o.text.Bytes(), []byte(words)) {
			close(said)
			delete(o.awaits, words)
		}
	}
	return len(p), nil
}

// says returns a channel that is closed when the process has said something.
func (o *output) says(words string) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	said := make(chan struct{})
	if bytes.Contains(o.text.Bytes(), []byte(words)) {
		close(said)
	} else {
		o.awaits[words] = said
	}
	return said
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// process is one server or keeper.
type process struct {
	t       *testing.T
	id      string
	web     string // host:port
	metrics string
	data    string
	args    []string
	out     *output
	command *exec.Cmd
}

// world is a cluster on this machine.
type world struct {
	t               *testing.T
	program, secret string
	public          string
	register        []string // flags that say where it is
	servers         []*process
}

// port returns a free one, followed by as many that are free as asked for.
func port(t *testing.T, following int) int {
	t.Helper()
	for range 100 {
		first, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		at := first.Addr().(*net.TCPAddr).Port
		free := at+following < 1<<16
		for next := at + 1; free && next <= at+following; next++ {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", next))
			if free = err == nil; free {
				l.Close()
			}
		}
		first.Close()
		if free {
			return at
		}
	}
	require.FailNow(t, "no ports are free")
	return 0
}

func secretFile(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "secret")
	bits := make([]byte, 32)
	_, _ = rand.Read(bits) // never fails
	require.NoError(t, os.WriteFile(path, []byte(hex.EncodeToString(bits)), 0o600))
	return path
}

// begin describes a cluster of so many servers and three keepers, n1 to n3.
func begin(t *testing.T, servers int) *world {
	wants(t)
	var keepers []string
	for i := range 3 {
		keepers = append(keepers, fmt.Sprintf("n%d=127.0.0.1:%d", i+1, port(t, 1)))
	}
	return beginWith(t, servers, "--cluster.keepers="+strings.Join(keepers, ","))
}

func wants(t *testing.T) {
	t.Helper()
	if !*wanted {
		t.Skip("it wants a machine to itself: make cluster-calls")
	}
}

// beginWith describes a cluster of so many servers whose register is where the flags say.
func beginWith(t *testing.T, servers int, register ...string) *world {
	t.Helper()
	program, err := built.Program()
	require.NoError(t, err)
	w := &world{t: t, program: program, secret: secretFile(t), register: register}
	for i := range servers {
		w.servers = append(w.servers, w.server(fmt.Sprintf("n%d", i+1), w.secret))
	}
	w.public = "http://" + w.servers[0].web
	return w
}

// server describes a server.
func (w *world) server(id, secret string) *process {
	p := &process{t: w.t, id: id, data: w.t.TempDir(),
		web:     fmt.Sprintf("127.0.0.1:%d", port(w.t, 0)),
		metrics: fmt.Sprintf("127.0.0.1:%d", port(w.t, 0))}
	public := w.public
	if public == "" {
		public = "http://" + p.web
		if len(w.servers) > 0 {
			public = "http://" + w.servers[0].web
		}
	}
	p.args = append([]string{"serve", "--no-invite", "--listen=" + p.web, "--public-url=" + public,
		"--metrics.listen=" + p.metrics, "--udp-listen=127.0.0.1:0", "--turn.enabled=false",
		"--practice.enabled=false", "--data-directory=" + p.data, "--secret-file=" + secret,
		"--cluster.node=" + id, fmt.Sprintf("--cluster.listen=127.0.0.1:%d", port(w.t, 0))},
		w.register...)
	return p
}

// start starts a process.
func (w *world) start(p *process) {
	p.out = &output{awaits: map[string]chan struct{}{}}
	p.command = exec.Command(w.program, p.args...)
	p.command.Stdout, p.command.Stderr = p.out, p.out
	require.NoError(w.t, p.command.Start())
	command, out := p.command, p.out
	w.t.Cleanup(func() {
		if command.ProcessState == nil {
			_ = command.Process.Signal(syscall.SIGKILL)
			_ = command.Wait()
		}
		if w.t.Failed() {
			w.t.Logf("%s:\n%s", p.id, out)
		}
	})
}

// startAll starts all servers, and waits until the register answers each.
func (w *world) startAll() {
	w.t.Helper()
	for _, p := range w.servers {
		w.start(p)
	}
	for _, p := range w.servers {
		p.await(answers)
	}
}

// await waits until a process says something.
func (p *process) await(words string) {
	p.t.Helper()
	select {
	case <-p.out.says(words):
	case <-time.After(patience):
		require.FailNow(p.t, p.id+" does not say: "+words)
	}
}

// kill ends a process as a power cut would.
func (p *process) kill() {
	require.NoError(p.t, p.command.Process.Signal(syscall.SIGKILL))
	_ = p.command.Wait()
}

// run runs a subcommand.
func (w *world) run(arguments ...string) string {
	w.t.Helper()
	out, err := exec.Command(w.program, arguments...).CombinedOutput()
	require.NoError(w.t, err, "%s", out)
	return string(out)
}

// status is what draille cluster status says.
func (w *world) status() string {
	w.t.Helper()
	return w.run(append([]string{"cluster", "status"}, w.look()...)...)
}

// look is the configuration of whoever only looks at the cluster.
func (w *world) look() []string {
	return append([]string{"--cluster.node=look", "--secret-file=" + w.secret}, w.register...)
}

// owner returns the server on which the room lives, by the register.
func (w *world) owner() *process {
	w.t.Helper()
	said := w.status()
	for _, p := range w.servers {
		if regexp.MustCompile(`(?m)^` + p.id + `\s+\S+\s+\S+\s+1\s`).MatchString(said) {
			return p
		}
	}
	require.FailNow(w.t, "the room lives nowhere", said)
	return nil
}

// get reads what a server answers.
func (p *process) get(url string) (status int, body string) {
	p.t.Helper()
	response, err := http.Get(url)
	require.NoError(p.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(p.t, err)
	http.DefaultClient.CloseIdleConnections()
	return response.StatusCode, string(text)
}

// metric reads one of a server's.
func (p *process) metric(name string) string {
	p.t.Helper()
	_, body := p.get("http://" + p.metrics + "/metrics")
	for line := range strings.Lines(body) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	require.FailNow(p.t, p.id+" has no metric "+name)
	return ""
}

// doors is how a page finds a server: the one that it used first, then the next ones.
type doors struct {
	addresses []string

	mu   sync.Mutex
	next int
	last time.Time
}

// pause is what a page leaves between two attempts.
const pause = 250 * time.Millisecond

func (d *doors) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	d.mu.Lock()
	wait := time.Until(d.last.Add(pause))
	d.mu.Unlock()
	select {
	case <-time.After(wait):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = time.Now()
	var conn net.Conn
	var err error
	for range d.addresses {
		address := d.addresses[d.next%len(d.addresses)]
		d.next++
		if conn, err = (&net.Dialer{}).DialContext(ctx, network, address); err == nil {
			break
		}
	}
	return conn, err
}

// person is a participant, and what became of them.
type person struct {
	*participant.Participant
	t     *testing.T
	began time.Time
	back  chan time.Time // when their call was taken up on another server
}

// invite makes a link.
func (w *world) invite(role protocol.Role) string { return w.inviteTo(room, role) }

func (w *world) inviteTo(room string, role protocol.Role) string {
	w.t.Helper()
	said := w.run("invite", "--json", "--room="+room, "--role="+string(role),
		"--secret-file="+w.secret, "--public-url="+w.public)
	var invitation struct{ Link string }
	require.NoError(w.t, json.Unmarshal([]byte(said), &invitation))
	return invitation.Link
}

// join lets somebody come through a server first, and through the others if that one fails them.
func (w *world) join(link, name string, first int) *person {
	w.t.Helper()
	began := time.Now()
	joined, err := w.asks(link, name, first)
	require.NoError(w.t, err)
	p := &person{joined, w.t, began, make(chan time.Time, 16)}
	left, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case e := <-p.Events():
				if e.Kind == participant.Returned {
					p.back <- time.Now()
				}
			case <-left:
				return
			}
		}
	}()
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = p.Leave(ctx) // whoever was removed has left
		close(left)
		<-done
	})
	return p
}

// asks lets somebody come as join does, who may be refused.
func (w *world) asks(link, name string, first int) (*participant.Participant, error) {
	through := &doors{next: first}
	for _, p := range w.servers {
		through.addresses = append(through.addresses, p.web)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		joined, err := participant.Join(ctx, participant.Options{URL: link, Name: name,
			Seed: uint64(len(name) + first), Microphone: true, Camera: true, Dial: through.dial,
			Speech: func(time.Duration) bool { return true }})
		// whoever is sent on comes again, as a page does
		if err == nil || !strings.Contains(err.Error(), "goodbye: "+string(protocol.ByeMoved)) {
			return joined, err
		}
	}
}

// refused is what somebody hears who comes, and is not let in.
func (w *world) refused(link string) error {
	w.t.Helper()
	_, err := w.asks(link, "refused", 0)
	require.Error(w.t, err)
	return err
}

// until waits for what is awaited.
func until(t *testing.T, what string, ready func() bool) {
	t.Helper()
	require.Eventually(t, ready, patience, 20*time.Millisecond, what)
}

// hears reports whether they are in the room, and have heard and seen somebody since their media
// connection was made.
func (p *person) hears() bool {
	place, connected := p.Place()
	f := p.Figures()
	return place == protocol.PlaceRoom && connected && f.Audio.Packets > 0 && f.Video.Frames > 0
}

// returns waits until somebody's call is taken up on another server, after an instant: of what
// happened before somebody may have come back more than once.
func (p *person) returns(since time.Time) {
	p.t.Helper()
	for late := time.After(patience); ; {
		select {
		case at := <-p.back:
			if at.After(since) {
				return
			}
		case <-p.Ended():
			require.FailNow(p.t, "somebody was put out", "%v", p.Err())
		case <-late:
			require.FailNow(p.t, "somebody does not come back")
		}
	}
}
