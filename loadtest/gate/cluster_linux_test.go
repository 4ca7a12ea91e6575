package gate

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unsafe"

	natsgo "github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"draille/loadtest/link/tun"
	"draille/signaling/homes/register/jetstream"
)

const (
	nodes      = 3
	bucket     = "gate"
	clientPort = 4222
	routePort  = 6222
	hub        = "10.77.0.254" // where the clients are
	// diskSize is enough for an hour, and soon full.
	diskSize = 192 << 20
)

func address(i, port int) string { return fmt.Sprintf("10.77.0.%d:%d", i+1, port) }

// cluster is three servers, each a process in a network of its own with a disk of its own.
type cluster struct {
	t      testing.TB
	folder string
	nodes  [nodes]*node
	admin  *natsgo.Conn
}

// node is one of them.
type node struct {
	cluster   *cluster
	index     int
	namespace *tun.Namespace
	disk      string // where it is mounted
	image     string
	device    string // MAJOR:MINOR
	process   *exec.Cmd
	keep      io.WriteCloser // the process ends when this is closed
	log       *os.File
	stopped   bool
	starts    int
}

// run does what must succeed.
func (c *cluster) run(name string, arguments ...string) string {
	out, err := exec.Command(name, arguments...).CombinedOutput()
	require.NoError(c.t, err, "%s %s: %s", name, strings.Join(arguments, " "), out)
	return strings.TrimSpace(string(out))
}

// newCluster makes the networks and the disks, and starts the servers. All is gone with this
// process, whose namespaces they live in.
func newCluster(t testing.TB) *cluster {
	c := &cluster{t: t, folder: t.TempDir()}
	c.run("ip", "link", "add", "hub", "type", "bridge")
	c.run("ip", "address", "add", hub+"/24", "dev", "hub")
	c.run("ip", "link", "set", "hub", "up")
	for i := range nodes {
		c.nodes[i] = c.newNode(i)
	}
	t.Cleanup(c.close)
	for _, n := range c.nodes {
		n.start()
	}
	var all []string
	for i := range nodes {
		all = append(all, address(i, clientPort))
	}
	c.admin = c.dial(all...)
	return c
}

func (c *cluster) dial(addresses ...string) *natsgo.Conn {
	conn, err := jetstream.Dial(addresses, nil)
	require.NoError(c.t, err)
	c.t.Cleanup(conn.Close)
	return conn
}

func (c *cluster) close() {
	for _, n := range c.nodes {
		n.kill()
		_ = unix.Unmount(n.disk, unix.MNT_DETACH)
		if log, err := os.ReadFile(n.log.Name()); err == nil && c.t.Failed() && *reports != "" {
			_ = os.WriteFile(filepath.Join(*reports, "gate-"+nodeName(n.index)+".log"), log, 0o600)
		}
	}
}

// leader is the node that leads the bucket's group, or -1.
func (c *cluster) leader() int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	js, err := natsjs.New(c.admin)
	require.NoError(c.t, err)
	stream, err := js.Stream(ctx, "KV_"+bucket)
	if err != nil || stream.CachedInfo().Cluster == nil {
		return -1
	}
	for i := range nodes {
		if stream.CachedInfo().Cluster.Leader == nodeName(i) {
			return i
		}
	}
	return -1
}

func nodeName(i int) string { return fmt.Sprintf("n%d", i+1) }

func (c *cluster) newNode(i int) *node {
	namespace, err := tun.NewNamespace()
	require.NoError(c.t, err)
	n := &node{cluster: c, index: i, namespace: namespace,
		disk:  filepath.Join(c.folder, nodeName(i)),
		image: filepath.Join(c.folder, nodeName(i)+".img")}
	port := fmt.Sprintf("port%d", i)
	c.run("ip", "link", "add", port, "type", "veth", "peer", "name", "net0")
	c.run("ip", "link", "set", "net0", "netns", namespace.Path())
	c.run("ip", "link", "set", port, "master", "hub", "up")
	n.inside("ip", "address", "add", fmt.Sprintf("10.77.0.%d/24", i+1), "dev", "net0")
	n.inside("ip", "link", "set", "net0", "up")
	n.firewall("table ip gate { set deaf { type ipv4_addr; }; chain in { " +
		"type filter hook input priority 0; ip saddr @deaf drop; }; }")
	require.NoError(c.t, os.WriteFile(n.image, nil, 0o600))
	require.NoError(c.t, os.Truncate(n.image, diskSize))
	require.NoError(c.t, os.Mkdir(n.disk, 0o700))
	c.run("mkfs.ext4", "-q", "-m", "0", n.image)
	n.mount()
	n.log, err = os.Create(filepath.Join(c.folder, nodeName(i)+".log"))
	require.NoError(c.t, err)
	return n
}

func (n *node) mount() {
	n.cluster.run("mount", "-o", "loop", n.image, n.disk)
	var stat unix.Stat_t
	require.NoError(n.cluster.t, unix.Stat(n.disk, &stat))
	n.device = fmt.Sprintf("%d:%d", unix.Major(stat.Dev), unix.Minor(stat.Dev))
}

func (n *node) inside(name string, arguments ...string) {
	out, err := n.namespace.Command(context.Background(), name, arguments...).CombinedOutput()
	require.NoError(n.cluster.t, err, "%s %v: %s", name, arguments, out)
}

// firewall loads rules of nftables.
func (n *node) firewall(rules string) {
	command := n.namespace.Command(context.Background(), "nft", "-f", "-")
	command.Stdin = strings.NewReader(rules)
	out, err := command.CombinedOutput()
	require.NoError(n.cluster.t, err, "%s: %s", rules, out)
}

// deafTo lets the node hear nothing of some others.
func (n *node) deafTo(others ...int) {
	rules := "flush set ip gate deaf\n"
	for _, other := range others {
		rules += fmt.Sprintf("add element ip gate deaf { 10.77.0.%d }\n", other+1)
	}
	n.firewall(rules)
}

// start starts the server's process.
func (n *node) start() {
	t := n.cluster.t
	if n.process != nil {
		return
	}
	n.starts++
	n.process = n.namespace.Command(context.Background(), os.Args[0])
	n.process.Env = append(os.Environ(), fmt.Sprintf("%s=%d", nodeVariable, n.index),
		folderVariable+"="+n.disk)
	n.process.Stdout, n.process.Stderr = n.log, n.log
	var err error
	n.keep, err = n.process.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, n.process.Start())
}

// kill ends the process as the kernel does when memory is short.
func (n *node) kill() {
	if n.process == nil {
		return
	}
	_ = n.process.Process.Kill()
	_ = n.process.Wait()
	_ = n.keep.Close()
	n.process, n.stopped = nil, false
}

func (n *node) pause() {
	if n.process != nil {
		n.stopped = true
		require.NoError(n.cluster.t, n.process.Process.Signal(unix.SIGSTOP))
	}
}

func (n *node) resume() {
	if n.stopped {
		n.stopped = false
		require.NoError(n.cluster.t, n.process.Process.Signal(unix.SIGCONT))
	}
}

// losePower ends the process and loses what its disk was not told to keep: the file system shuts
// down without writing anything more, and is mounted again.
func (n *node) losePower() {
	t := n.cluster.t
	const (
		shutdown      = 0x8004587d // EXT4_IOC_SHUTDOWN, include/uapi/linux/ext4.h of Linux
		withoutLogs   = 2          // EXT4_GOING_FLAGS_NOLOGFLUSH
		unmountWithin = 10 * time.Second
	)
	folder, err := os.Open(n.disk)
	require.NoError(t, err)
	how := uint32(withoutLogs)
	_, _, failure := unix.Syscall(unix.SYS_IOCTL, folder.Fd(), shutdown,
		uintptr(unsafe.Pointer(&how)))
	require.NoError(t, folder.Close())
	require.Zero(t, failure, "the file system does not shut down: %v", failure)
	n.kill()
	require.Eventually(t, func() bool { return unix.Unmount(n.disk, 0) == nil }, unmountWithin,
		10*time.Millisecond)
	n.mount()
}

// fill leaves no room on the disk; the answer makes room again.
func (n *node) fill() (free func()) {
	ballast := filepath.Join(n.disk, "ballast")
	var stat unix.Statfs_t
	require.NoError(n.cluster.t, unix.Statfs(n.disk, &stat))
	file, err := os.Create(ballast)
	require.NoError(n.cluster.t, err)
	// What the file system keeps back for itself makes this fail in the end: then it is full, too.
	for step := int64(stat.Bavail) * stat.Bsize; step >= stat.Bsize; step /= 2 {
		at, _ := file.Seek(0, io.SeekEnd)
		_ = unix.Fallocate(int(file.Fd()), 0, at, step)
	}
	require.NoError(n.cluster.t, file.Close())
	return func() { _ = os.Remove(ballast) }
}

// throttle lets the process write so many times a second, 0: as often as it likes.
func (n *node) throttle(writes int) {
	if n.process == nil {
		return
	}
	group := filepath.Join(throttles, fmt.Sprintf("draille-gate-%d-%d", os.Getpid(), n.index))
	t := n.cluster.t
	if writes == 0 {
		pid := fmt.Sprint(n.process.Process.Pid)
		require.NoError(t, os.WriteFile(filepath.Join(throttles, "cgroup.procs"), []byte(pid), 0))
		require.NoError(t, os.Remove(group))
		return
	}
	require.NoError(t, os.MkdirAll(group, 0o755))
	limit := fmt.Sprintf("%s %d", n.device, writes)
	require.NoError(t, os.WriteFile(filepath.Join(group, "blkio.throttle.write_iops_device"),
		[]byte(limit), 0))
	require.NoError(t, os.WriteFile(filepath.Join(group, "cgroup.procs"),
		fmt.Append(nil, n.process.Process.Pid), 0))
}

// throttles is the hierarchy of control groups (version 1) that slows disks down.
const throttles = "/sys/fs/cgroup/blkio"

const (
	nodeVariable   = "DRAILLE_GATE_NODE"
	folderVariable = "DRAILLE_GATE_FOLDER"
)

// serve is the process of one server. It ends with its standard input.
func serve(index int) error {
	var servers []string
	for i := range nodes {
		servers = append(servers, address(i, routePort))
	}
	log, err := zap.NewDevelopment()
	if err != nil {
		return err
	}
	server, err := jetstream.Start(jetstream.ServerOptions{
		Name:    nodeName(index),
		Folder:  os.Getenv(folderVariable),
		Clients: address(index, clientPort),
		Cluster: &jetstream.ClusterOptions{Name: "gate", Address: servers[index],
			Servers: servers},
		Log: log,
	})
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return server.Stop(ctx)
}
