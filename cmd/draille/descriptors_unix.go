//go:build unix

package main

import "golang.org/x/sys/unix"

// descriptorLimit is how many descriptors this process may have. The Go runtime has raised it to
// the hard limit.
func descriptorLimit() (most int, known bool) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, false
	}
	return int(min(limit.Cur, 1<<30)), true
}
