package tun

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// Namespace is a network namespace without a name: it lives as long as this process holds it or
// something runs in it, and nothing is left to clean up, not even after a kill.
type Namespace struct {
	file *os.File
}

// NewNamespace makes an empty namespace with its loopback interface up.
func NewNamespace() (*Namespace, error) {
	if err := Supported(); err != nil {
		return nil, err
	}
	type result struct {
		n   *Namespace
		err error
	}
	made := make(chan result)
	go func() {
		// The thread ends with this goroutine: it must not carry the namespace to others.
		runtime.LockOSThread()
		n, err := unshare()
		made <- result{n, err}
	}()
	r := <-made
	if r.err != nil {
		return nil, r.err
	}
	if err := r.n.Do(func() error { return ip("link", "set", "lo", "up") }); err != nil {
		_ = r.n.Close()
		return nil, err
	}
	return r.n, nil
}

func unshare() (*Namespace, error) {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return nil, fmt.Errorf("tun: creating a network namespace: %w", err)
	}
	file, err := openCurrent()
	if err != nil {
		return nil, err
	}
	return &Namespace{file}, nil
}

// openCurrent opens the namespace of the calling thread.
func openCurrent() (*os.File, error) {
	file, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
	if err != nil {
		return nil, fmt.Errorf("tun: opening a network namespace: %w", err)
	}
	return file, nil
}

// Do calls f on a thread inside the namespace. Sockets and devices that f opens, and
// processes that it starts, belong to the namespace, also after f has returned.
func (n *Namespace) Do(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread is thrown away
		if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- fmt.Errorf("tun: entering a network namespace: %w", err)
			return
		}
		done <- f()
	}()
	return <-done
}

// Own makes every address of an IPv6 network the namespace's own, without listing them: none is an
// interface's, but programs inside may send from each and listen on all.
func (n *Namespace) Own(network netip.Prefix) error {
	return n.Do(func() error {
		const nonlocal = "/proc/sys/net/ipv6/ip_nonlocal_bind" // of the calling thread's namespace
		if err := os.WriteFile(nonlocal, []byte("1"), 0o600); err != nil {
			return fmt.Errorf("tun: letting programs take any address of %v: %w", network, err)
		}
		return ip("-6", "route", "add", "local", network.String(), "dev", "lo")
	})
}

// Path by which other processes of the same user may enter: nsenter --net=PATH, as long as this
// process lives.
func (n *Namespace) Path() string {
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), n.file.Fd())
}

// Command is like exec.CommandContext, inside the namespace.
func (n *Namespace) Command(ctx context.Context, name string, arg ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "nsenter",
		append([]string{"--net=" + n.Path(), "--", name}, arg...)...)
}

// Close lets go of the namespace. Processes inside keep it alive until they end.
func (n *Namespace) Close() error { return n.file.Close() }

// ip runs iproute2's command of that name in the namespace of the calling thread.
func ip(arg ...string) error {
	out, err := exec.Command("ip", arg...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("tun: ip %s: %w: %s", strings.Join(arg, " "), err,
			strings.TrimSpace(string(out)))
	}
	return nil
}
