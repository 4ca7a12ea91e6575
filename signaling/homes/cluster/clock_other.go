//go:build !linux

package cluster

import "time"

var processStart = time.Now()

// bootTime reads the clock that Go has: it may stop while the machine is suspended, so machines
// that are suspended are no nodes of a cluster but under Linux.
func bootTime() time.Duration { return time.Since(processStart) }
