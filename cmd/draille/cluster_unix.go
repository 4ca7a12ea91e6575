//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// pidName is the file with the id of the process that serves, which holds a lock on it.
const pidName = "serve.pid"

// cpuTime is what this process has taken of the cores.
func cpuTime() time.Duration {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// holdPID writes down which process serves, and holds the file until it is closed.
func holdPID(directory string) (io.Closer, error) {
	path := filepath.Join(directory, pidName)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("expected to write %s, got: %w", path, err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		file.Close()
		return nil, fmt.Errorf("another draille serve has the data-directory %s: stop it, or give "+
			"this one a directory of its own", directory)
	}
	if err := errors.Join(file.Truncate(0), writePID(file)); err != nil {
		file.Close()
		return nil, fmt.Errorf("expected to write %s, got: %w", path, err)
	}
	return file, nil
}

func writePID(file *os.File) error {
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0)
	return err
}

// stopServing asks the process that serves to stop, and returns when it has.
func stopServing(ctx context.Context, directory string) error {
	path := filepath.Join(directory, pidName)
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("no server of a cluster has run with the data-directory %s: give the "+
			"configuration of the server", directory)
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if unix.Flock(int(file.Fd()), unix.LOCK_SH|unix.LOCK_NB) == nil {
		return fmt.Errorf("no server runs with the data-directory %s", directory)
	}
	text, err := io.ReadAll(io.LimitReader(file, 20))
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return fmt.Errorf("expected a process id in %s, got %q", path, text)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("process %d could not be asked to stop: %w; run this as its user", pid,
			err)
	}
	for unix.Flock(int(file.Fd()), unix.LOCK_SH|unix.LOCK_NB) != nil {
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("process %d was asked to stop and has not: %w", pid, ctx.Err())
		}
	}
	return nil
}
