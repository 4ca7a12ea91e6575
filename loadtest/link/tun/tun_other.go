//go:build !linux

package tun

import (
	"context"
	"errors"
	"net/netip"
	"os/exec"
)

// errSystem is what every function says where there are no network namespaces.
var errSystem = errors.New("tun: putting programs behind an emulated link needs Linux: run it in " +
	"a Linux machine or container, as root")

// Supported reports whether links can be made here, or what is missing.
func Supported() error { return errSystem }

// Namespace cannot exist here.
type Namespace struct{}

// NewNamespace fails.
func NewNamespace() (*Namespace, error) { return nil, errSystem }

// Do fails.
func (*Namespace) Do(func() error) error { return errSystem }

// Own fails.
func (*Namespace) Own(netip.Prefix) error { return errSystem }

// Path is empty.
func (*Namespace) Path() string { return "" }

// Command runs the command, for want of anything better, in the only namespace there is.
func (*Namespace) Command(ctx context.Context, name string, arg ...string) *exec.Cmd {
	return exec.CommandContext(ctx, name, arg...)
}

// Close does nothing.
func (*Namespace) Close() error { return nil }

// Pair fails.
func Pair(string, *Namespace, *Namespace, [2]netip.Prefix) error { return errSystem }

// Link cannot exist here.
type Link struct{}

// Open fails.
func Open(Config) (*Link, error) { return nil, errSystem }

// Close does nothing.
func (*Link) Close() error { return nil }

// Break does nothing.
func (*Link) Break(bool) {}

// Restart does nothing.
func (*Link) Restart() {}

// Counters are zero.
func (*Link) Counters() Counters { return Counters{} }

// RealTime is false.
func (*Link) RealTime() bool { return false }

// ServerAddr is invalid.
func (*Link) ServerAddr() netip.Addr { return netip.Addr{} }

// ClientAddr is invalid.
func (*Link) ClientAddr() netip.Addr { return netip.Addr{} }

// IPv6 is false.
func (*Link) IPv6() (client, server netip.Addr, ok bool) {
	return netip.Addr{}, netip.Addr{}, false
}
