//go:build unix

package flood

import (
	"fmt"
	"syscall"
)

// allowDescriptors lets this process open so many files and connections.
func allowDescriptors(count uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("how many connections may be opened here is not known: %w", err)
	}
	if uint64(limit.Cur) >= count {
		return nil
	}
	limit.Cur, limit.Max = max(limit.Cur, count), max(limit.Max, count)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("expected to be allowed %d connections, which the system refuses (%w): "+
			"raise ulimit -n, or run as root", count, err)
	}
	return nil
}
