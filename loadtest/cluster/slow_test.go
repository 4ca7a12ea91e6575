package cluster

import (
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/protocol"
)

// ways are a server's ways to the keepers of the register. They may be long, or cut.
type ways struct {
	t     *testing.T
	ended chan struct{}
	going sync.WaitGroup

	mu    sync.Mutex
	late  time.Duration // by which each answer is late: half of it each way
	cut   bool
	conns map[net.Conn]bool
}

// waysTo opens ways to keepers, and returns the flag that names them.
func waysTo(t *testing.T, register string) (*ways, string) {
	w := &ways{t: t, ended: make(chan struct{}), conns: map[net.Conn]bool{}}
	var listeners []net.Listener
	var named []string
	_, keepers, _ := strings.Cut(register, "=")
	for keeper := range strings.SplitSeq(keepers, ",") {
		id, address, _ := strings.Cut(keeper, "=")
		at := port(t, 1)
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", at+1))
		require.NoError(t, err)
		listeners = append(listeners, listener)
		named = append(named, fmt.Sprintf("%s=127.0.0.1:%d", id, at))
		host, of, err := net.SplitHostPort(address)
		require.NoError(t, err)
		number, err := strconv.Atoi(of)
		require.NoError(t, err)
		// whoever keeps nothing reaches a keeper at the port after its own
		w.going.Go(func() { w.accept(listener, net.JoinHostPort(host, strconv.Itoa(number+1))) })
	}
	t.Cleanup(func() {
		for _, listener := range listeners {
			listener.Close()
		}
		w.set(0, true)
		close(w.ended)
		w.going.Wait()
	})
	return w, "--cluster.keepers=" + strings.Join(named, ",")
}

// set changes how long the ways are; cut ends what goes over them, and lets nothing begin.
func (w *ways) set(late time.Duration, cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.late, w.cut = late, cut
	if cut {
		for conn := range w.conns {
			conn.Close()
		}
	}
}

// add notes a connection, and reports whether there may be one.
func (w *ways) add(conn net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut {
		conn.Close()
		return false
	}
	w.conns[conn] = true
	return true
}

func (w *ways) end(conns ...net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, conn := range conns {
		conn.Close()
		delete(w.conns, conn)
	}
}

func (w *ways) accept(listener net.Listener, to string) {
	for {
		near, err := listener.Accept()
		if err != nil {
			return
		}
		if !w.add(near) {
			continue
		}
		far, err := net.Dial("tcp", to)
		if err != nil {
			w.end(near)
			continue
		}
		if !w.add(far) {
			w.end(near)
			continue
		}
		w.going.Go(func() { w.carry(near, far) })
		w.going.Go(func() { w.carry(far, near) })
	}
}

// piece is what arrives at an instant.
type piece struct {
	data []byte
	at   time.Time
}

// carry carries one direction. What is on its way does not hold up what comes after it.
func (w *ways) carry(from, to net.Conn) {
	defer w.end(from, to)
	pieces := make(chan piece, 10_000)
	w.going.Go(func() {
		defer close(pieces)
		for {
			data := make([]byte, 16<<10)
			n, err := from.Read(data)
			w.mu.Lock()
			at := time.Now().Add(w.late / 2)
			w.mu.Unlock()
			if n > 0 {
				pieces <- piece{data[:n], at}
			}
			if err != nil {
				return
			}
		}
	})
	for next := range pieces {
		select {
		case <-time.After(time.Until(next.at)):
		case <-w.ended:
		}
		if _, err := to.Write(next.data); err != nil {
			from.Close()
		}
	}
}

// readiness is what a server answers to a load balancer.
func (p *process) readiness() (int, string) {
	p.t.Helper()
	return p.get("http://" + p.web + "/readyz")
}

func (p *process) seconds(name string) float64 {
	p.t.Helper()
	value, err := strconv.ParseFloat(p.metric(name), 64)
	require.NoError(p.t, err)
	return value
}

// callOn opens a consultation that lives on a server.
func (w *world) callOn(p *process) *call {
	w.t.Helper()
	door := slices.Index(w.servers, p)
	lives := regexp.MustCompile(`(?m)^` + p.id + `\s+\S+\s+\S+\s+[1-9]`)
	for i := range 20 {
		name := fmt.Sprintf("on-%s-%d", p.id, i)
		host := w.join(w.inviteTo(name, protocol.RoleHost), "host", door)
		if !lives.MatchString(w.status()) {
			leave(w.t, host) // another had less to do
			continue
		}
		c := &call{world: w, host: host,
			guest: w.join(w.inviteTo(name, protocol.RoleGuest), "guest", door)}
		c.removed = w.inviteTo(name, protocol.RoleGuest)
		c.admit(c.guest)
		until(w.t, "they hear and see each other", c.talks)
		return c
	}
	require.FailNow(w.t, "no room lives on "+p.id)
	return nil
}

// stays looks whether nobody's call was taken up anew or has ended.
func (c *call) stays() {
	c.t.Helper()
	require.True(c.t, c.talks())
	require.Empty(c.t, c.host.back, "the host's call was taken up anew")
	require.Empty(c.t, c.guest.back, "the guest's call was taken up anew")
}

// One server's way to the register gets long, and is cut: its call goes on. Up to two seconds
// somebody is let in there still; beyond, a load balancer hears that others are better, and the
// status says what is wrong.
func TestARegisterThatIsSlowForOneServer(t *testing.T) {
	w := begin(t, 3)
	w.startAll()
	way, flag := waysTo(t, w.register[0])
	far := w.server("n4", w.secret)
	far.args[slices.Index(far.args, w.register[0])] = flag
	w.servers = append(w.servers, far)
	w.start(far)
	far.await(answers)
	c := w.callOn(far)
	is := func(status int) func() bool {
		return func() bool { now, _ := far.readiness(); return now == status }
	}
	until(t, "new participants are welcome", is(http.StatusOK))

	for _, late := range []time.Duration{500 * time.Millisecond, 2 * time.Second} {
		way.set(late, false)
		until(t, "the metric says it", func() bool {
			return far.seconds("draille_cluster_register_seconds") >= late.Seconds()
		})
		require.Regexp(t, `→ the register takes \S+ to answer node "n4"`, w.status())
		began := time.Now()
		other := w.join(c.removed, "somebody", 3)
		c.admit(other)
		t.Logf("%v late: somebody is let in after %v", late, time.Since(began))
		leave(t, other)
		c.stays()
		status, _ := far.readiness()
		require.Equal(t, http.StatusOK, status)
	}

	for _, trouble := range []struct {
		late time.Duration
		cut  bool
	}{{5 * time.Second, false}, {0, true}} {
		began := time.Now()
		way.set(trouble.late, trouble.cut)
		until(t, "others are better", is(http.StatusServiceUnavailable))
		t.Logf("%+v: 503 after %v", trouble, time.Since(began))
		_, why := far.readiness()
		require.Equal(t, "the register answers other servers, and not this one\n", why)
		require.Regexp(t, `→ the register (takes \S+ to|does not) answer node "n4"`, w.status())
		for _, p := range w.servers[:3] {
			status, _ := p.readiness()
			require.Equal(t, http.StatusOK, status, p.id)
		}
		c.stays()
		began = time.Now()
		way.set(0, false)
		until(t, "new participants are welcome again", is(http.StatusOK))
		t.Logf("%+v is over: 200 after %v", trouble, time.Since(began))
		c.stays()
	}
}
