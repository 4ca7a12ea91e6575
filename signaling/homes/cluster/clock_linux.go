package cluster

import (
	"time"

	"golang.org/x/sys/unix"
)

// bootTime reads a clock that goes on while the machine is suspended. Go's own stops.
func bootTime() time.Duration {
	var at unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &at); err != nil {
		panic("cluster: the machine has no CLOCK_BOOTTIME: " + err.Error())
	}
	return time.Duration(at.Nano())
}
