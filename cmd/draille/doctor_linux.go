package main

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// checkBuffers compares what the media socket asks for with what the kernel grants.
func checkBuffers() finding {
	const check = "UDP buffers"
	for _, direction := range []string{"rmem_max", "wmem_max"} {
		text, err := os.ReadFile("/proc/sys/net/core/" + direction)
		if err != nil {
			return warn(check, "look at net.core.rmem_max and wmem_max", "cannot be read: %v", err)
		}
		granted, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil || granted < wantedBuffer {
			return warn(check, "sysctl -w net.core.rmem_max=4194304 net.core.wmem_max=4194304, "+
				"and the same in /etc/sysctl.d",
				"the kernel grants %s of %d bytes at most, and a keyframe to a full room needs %d",
				direction, granted, wantedBuffer)
		}
	}
	return ok(check, "%d bytes each way", wantedBuffer)
}

// clockSynchronised asks the kernel whether a time service keeps the clock right.
func clockSynchronised() (synchronised, known bool) {
	var state unix.Timex
	if _, err := unix.Adjtimex(&state); err != nil {
		return false, false
	}
	return state.Status&unix.STA_UNSYNC == 0, true
}
