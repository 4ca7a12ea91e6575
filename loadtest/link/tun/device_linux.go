package tun

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

const devicePath = "/dev/net/tun"

// device is one end of the link: what the kernel sends into it is read from the file, what
// is written to the file the kernel receives.
type device struct {
	fd   int
	name string
	v6   bool // it has its IPv6 address
}

// openDevice creates a TUN device in the namespace of the calling thread.
func openDevice(name string) (*device, error) {
	fd, err := unix.Open(devicePath, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("tun: opening %s: %w", devicePath, err)
	}
	request, err := unix.NewIfreq(name)
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("tun: device name %q: %w", name, err)
	}
	request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf(
			"tun: creating the device %s (is another link of that index open?): %w", name, err)
	}
	return &device{fd: fd, name: name}, nil
}

// configure gives the device its addresses, and a default route if asked for. A kernel without IPv6
// is no error: v6 reports whether it took the second address.
func (d *device) configure(addresses [2]netip.Prefix, defaultRoute bool) (v6 bool, err error) {
	if err := ip("link", "set", d.name, "up", "mtu", "1500"); err != nil {
		return false, err
	}
	if err := d.address("-4", addresses[0], defaultRoute); err != nil {
		return false, err
	}
	return d.address("-6", addresses[1], defaultRoute) == nil, nil
}

func (d *device) address(family string, address netip.Prefix, defaultRoute bool) error {
	args := []string{family, "addr", "add", address.String(), "dev", d.name}
	if address.Addr().Is6() {
		args = append(args, "nodad") // nobody else is there to have taken it
	}
	if err := ip(args...); err != nil || !defaultRoute {
		return err
	}
	return ip(family, "route", "add", "default", "dev", d.name)
}

// read reads one packet. It returns 0 when none waits.
func (d *device) read(buf []byte) (int, error) {
	for {
		n, err := unix.Read(d.fd, buf)
		switch {
		case err == nil:
			return n, nil
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			return 0, nil
		default:
			return 0, fmt.Errorf("tun: reading from %s: %w", d.name, err)
		}
	}
}

// write hands a packet to the kernel, which may refuse it (the interface is down, its buffers
// full).
func (d *device) write(packet []byte) bool {
	for {
		_, err := unix.Write(d.fd, packet)
		if !errors.Is(err, unix.EINTR) {
			return err == nil
		}
	}
}

func (d *device) close() error { return unix.Close(d.fd) }
