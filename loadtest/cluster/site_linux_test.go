package cluster

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/loadtest/built"
	"draille/loadtest/link"
	"draille/loadtest/link/tun"
	"draille/signaling/node"
	"draille/signaling/protocol"
	"draille/signaling/token"
)

const (
	machines = 3
	// Networks: of the machines, and of the clients, with the hub between them.
	machineNet, clientNet = "10.77.0", "10.78.0"
	hubHost               = 254
	registerPort          = 7422
	secret                = "the acceptance bench's one secret, 32 bytes at least"
)

// site is three machines, each a network namespace with an address of its own, a hub to which they
// are joined, and this process's namespace, where the clients are.
type site struct {
	t        *testing.T
	folder   string
	program  string
	hub      *tun.Namespace
	machines []*machine
	signer   *token.Signer
	watch    node.Config // for whoever looks at the cluster
	rooms    int         // that were opened so far
}

// machine is one of them, with the server that runs on it.
type machine struct {
	process
	site      *site
	index     int
	namespace *tun.Namespace
}

func (m *machine) host() string { return fmt.Sprintf("%s.%d", machineNet, m.index+1) }

// newSite makes the networks. All of it is gone with this process.
func newSite(t *testing.T) *site {
	program, err := built.Program()
	require.NoError(t, err)
	s := &site{t: t, program: program}
	s.folder, err = os.MkdirTemp("", "draille-cluster-")
	require.NoError(t, err)
	path := filepath.Join(s.folder, "secret")
	require.NoError(t, os.WriteFile(path, []byte(secret), 0o600))
	s.signer, err = token.NewSigner(derive(t, "draille invitations v1"), "draille invitation")
	require.NoError(t, err)
	s.hub = s.namespace()
	s.run("ip", "link", "add", "clients", "type", "veth", "peer", "name", "callers")
	s.run("ip", "link", "set", "callers", "netns", s.hub.Path())
	s.run("ip", "address", "add", clientNet+".1/24", "dev", "clients")
	s.run("ip", "link", "set", "clients", "up")
	s.atHub("ip", "address", "add", fmt.Sprintf("%s.%d/24", clientNet, hubHost), "dev", "callers")
	s.atHub("ip", "link", "set", "callers", "up")
	s.atHub("ip", "link", "add", "machines", "type", "bridge")
	s.atHub("ip", "address", "add", fmt.Sprintf("%s.%d/24", machineNet, hubHost), "dev",
		"machines")
	s.atHub("ip", "link", "set", "machines", "up")
	require.NoError(t, s.hub.Do(func() error {
		return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o600)
	}))
	s.direct()
	var keepers []string
	for i := range machines {
		keepers = append(keepers, fmt.Sprintf("n%d=%s.%d:%d", i+1, machineNet, i+1, registerPort))
	}
	for i := range machines {
		s.machines = append(s.machines, s.machine(i, path, strings.Join(keepers, ",")))
	}
	parsed, err := node.ParseKeepers(keepers)
	require.NoError(t, err)
	s.watch = node.Config{ID: "look", Secret: derive(t, "draille cluster v1"),
		Register: node.RegisterConfig{Keepers: parsed}, Log: quietLog}
	return s
}

// begin starts the servers.
func (s *site) begin() {
	for _, m := range s.machines {
		m.start()
	}
	s.settles()
}

// derive makes the keys that the servers make of the one secret.
func derive(t *testing.T, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, purpose, 32)
	require.NoError(t, err)
	return key
}

func (s *site) namespace() *tun.Namespace {
	made, err := tun.NewNamespace()
	require.NoError(s.t, err)
	return made
}

// run does what must succeed, where the clients are; atHub the same at the hub.
func (s *site) run(name string, arguments ...string) {
	out, err := exec.Command(name, arguments...).CombinedOutput()
	require.NoError(s.t, err, "%s %v: %s", name, arguments, out)
}

func (s *site) atHub(name string, arguments ...string) {
	out, err := s.hub.Command(context.Background(), name, arguments...).CombinedOutput()
	require.NoError(s.t, err, "%s %v: %s", name, arguments, out)
}

// direct lets the clients reach the machines without an emulated link.
func (s *site) direct() {
	s.run("ip", "route", "replace", machineNet+".0/24", "via",
		fmt.Sprintf("%s.%d", clientNet, hubHost))
}

// far puts all clients behind a link of so much round trip, until the returned function is called.
func (s *site) far(roundTrip time.Duration) (near func()) {
	way := link.Config{Conditions: link.Conditions{Delay: roundTrip / 2}}
	opened, err := tun.Open(tun.Config{Client: s.hub, Seed: 1,
		Profile: link.Profile{Name: "far", Up: way, Down: way}})
	require.NoError(s.t, err)
	s.run("ip", "route", "replace", machineNet+".0/24", "via", opened.ClientAddr().String())
	return func() {
		s.direct()
		require.NoError(s.t, opened.Close())
	}
}

func (s *site) machine(i int, secret, keepers string) *machine {
	m := &machine{site: s, index: i, namespace: s.namespace()}
	port := fmt.Sprintf("port%d", i)
	s.atHub("ip", "link", "add", port, "type", "veth", "peer", "name", "net0")
	s.atHub("ip", "link", "set", "net0", "netns", m.namespace.Path())
	s.atHub("ip", "link", "set", port, "master", "machines", "up")
	m.inside("ip", "address", "add", m.host()+"/24", "dev", "net0")
	m.inside("ip", "link", "set", "net0", "up")
	m.inside("ip", "route", "add", "default", "via", fmt.Sprintf("%s.%d", machineNet, hubHost))
	at := func(port int) string { return net.JoinHostPort(m.host(), fmt.Sprint(port)) }
	var doors []string
	for door := range machines {
		doors = append(doors, fmt.Sprintf("%s.%d", machineNet, door+1))
	}
	m.process = process{t: s.t, id: fmt.Sprintf("n%d", i+1), web: at(80), metrics: at(9477),
		data: filepath.Join(s.folder, m.host())}
	require.NoError(s.t, os.Mkdir(m.data, 0o700))
	m.args = []string{"serve", "--no-invite", "--listen=" + m.web, "--public-url=" + s.public(),
		"--metrics.listen=" + m.metrics, "--udp-listen=" + at(3478),
		"--turn.tcp-listen=" + at(3478), "--public-address=" + m.host(),
		"--practice.enabled=false", "--data-directory=" + m.data, "--secret-file=" + secret,
		// All clients come from one address.
		"--limits.opens-per-second=10000", "--limits.opens-at-once=10000",
		"--limits.connections-per-address=10000",
		"--cluster.node=" + m.id, "--cluster.listen=" + at(7420), "--cluster.keepers=" + keepers,
		"--cluster.doors=" + strings.Join(doors, ",")}
	return m
}

// public is where links lead to; pages go on by any of the doors.
func (s *site) public() string { return "http://" + machineNet + ".1" }

func (m *machine) inside(name string, arguments ...string) {
	out, err := m.namespace.Command(context.Background(), name, arguments...).CombinedOutput()
	require.NoError(m.site.t, err, "%s %v: %s", name, arguments, out)
}

func (m *machine) start() {
	m.out = &output{awaits: map[string]chan struct{}{}}
	m.command = m.namespace.Command(context.Background(), m.site.program, m.args...)
	m.command.Stdout, m.command.Stderr = m.out, m.out
	require.NoError(m.site.t, m.command.Start())
	m.process.t = m.site.t
}

func (m *machine) alive() bool { return m.command != nil && m.command.ProcessState == nil }

// dies ends the process as a fault does.
func (m *machine) dies() {
	if m.alive() {
		_ = m.command.Process.Kill()
		_ = m.command.Wait()
	}
}

// isLost takes the machine away: nobody answers at its address any more, not even with a refusal.
func (m *machine) isLost() {
	m.site.atHub("ip", "link", "set", fmt.Sprintf("port%d", m.index), "down")
	m.dies()
}

// isBack puts the machine there again.
func (m *machine) isBack() {
	m.site.atHub("ip", "link", "set", fmt.Sprintf("port%d", m.index), "up")
	m.start()
}

// drains stops the server as systemd does, and returns how long that took.
func (m *machine) drains() time.Duration {
	began := time.Now()
	require.NoError(m.site.t, m.command.Process.Signal(syscall.SIGTERM))
	_ = m.command.Wait() // how it ended stands in its log
	return time.Since(began)
}

// close ends everything, and tells what the servers have said if that is to be looked at.
func (s *site) close(tell bool) {
	for _, m := range s.machines {
		m.dies()
		if tell && m.out != nil {
			fmt.Fprintf(os.Stderr, "%s:\n%s\n", m.id, m.out)
		}
		_ = m.namespace.Close()
	}
	_ = exec.Command("ip", "link", "delete", "clients").Run() // gone already if the hub is
	_ = s.hub.Close()
	_ = os.RemoveAll(s.folder)
}

// observe asks the register, if it answers.
func (s *site) observe(within time.Duration) (node.Status, error) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return node.Observe(ctx, s.watch)
}

// settles waits until all servers are well and the register has a leader.
func (s *site) settles() {
	s.t.Helper()
	var seen node.Status
	var err error
	well := func() bool {
		seen, err = s.observe(5 * time.Second)
		return err == nil && seen.Leader != "" && len(seen.Nodes) == machines &&
			!slices.ContainsFunc(seen.Nodes, func(n node.NodeStatus) bool {
				return n.State() != "well"
			})
	}
	settled := comes(patience, well)
	require.True(s.t, settled, "not all servers are well: %v, %+v", err, seen)
}

// leader is the machine that leads the register.
func (s *site) leader() *machine {
	s.t.Helper()
	seen, err := s.observe(10 * time.Second)
	require.NoError(s.t, err)
	for _, m := range s.machines {
		if m.id == seen.Leader {
			return m
		}
	}
	require.FailNow(s.t, "the register has no leader")
	return nil
}

// after is the machine after another one.
func (s *site) after(m *machine) *machine { return s.machines[(m.index+1)%machines] }

// link makes an invitation.
func (s *site) link(room string, role protocol.Role) string {
	s.t.Helper()
	signed, err := s.signer.Sign(token.Invitation{Room: room, Kind: protocol.KindConsultation,
		Role: role, NotBefore: time.Now().Add(-time.Minute), Expires: time.Now().Add(time.Hour)})
	require.NoError(s.t, err)
	return s.public() + "/#" + signed
}

// room names one that nobody has opened yet.
func (s *site) room() string {
	s.rooms++
	return fmt.Sprintf("room-%d", s.rooms)
}
