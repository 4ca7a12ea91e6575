package tun

import (
	"errors"
	"net/netip"
)

// attach creates a device in a namespace (nil: the process's own).
func (c *Config) attach(n *Namespace, name string, addresses [2]netip.Prefix,
	defaultRoute bool) (*device, error) {
	var d *device
	create := func() (err error) {
		if d, err = openDevice(name); err != nil {
			return err
		}
		if d.v6, err = d.configure(addresses, defaultRoute); err != nil {
			return errors.Join(err, d.close())
		}
		return nil
	}
	enter := func(f func() error) error { return f() }
	if n != nil {
		enter = n.Do
	}
	if err := enter(create); err != nil {
		return nil, err
	}
	return d, nil
}
