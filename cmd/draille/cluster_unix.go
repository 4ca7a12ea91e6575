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

const (
	// pidName is the file of the process that serves, which holds a lock on it: its id, the
	// machine's boot, and a line for its instance and for each one of before that is dead.
	pidName = "serve.pid"
	// pidMost bounds it, and deadMost how many instances of before are kept: older leases are over.
	pidMost  = 1 << 10
	pidWidth = 20 // of the first line, of which versions of before read no more
	deadMost = 8
)

// cpuTime is what this process has taken of the cores.
func cpuTime() time.Duration {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// bootID names the run of the kernel that this process belongs to. Empty: nobody says.
func bootID() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// holdPID writes down which process serves, and holds the file until it is closed. It returns the
// instances of before that are dead. That the lock was free proves it where it is the same kernel
// that had given it to them: of a folder on the network another machine's process may have it yet.
func holdPID(directory, instance string) (io.Closer, []string, error) {
	path := filepath.Join(directory, pidName)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("expected to write %s, got: %w", path, err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		file.Close()
		return nil, nil, fmt.Errorf("another draille serve has the data-directory %s: stop it, or "+
			"give this one a directory of its own", directory)
	}
	dead, err := replacePID(file, bootID(), instance)
	if err != nil {
		file.Close()
		return nil, nil, fmt.Errorf("expected to write %s, got: %w", path, err)
	}
	return file, dead, nil
}

// replacePID reads who had the file, and writes down who has it now.
func replacePID(file *os.File, boot, instance string) (dead []string, err error) {
	before, err := io.ReadAll(io.LimitReader(file, pidMost))
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSpace(string(before)), "\n")
	if len(lines) > 2 && boot != "" && lines[1] == boot {
		dead = lines[2:min(len(lines), 2+deadMost)]
	}
	pid := fmt.Sprintf("%-*d", pidWidth, os.Getpid())
	lines = append([]string{pid, boot, instance}, dead...)
	if err := file.Truncate(0); err != nil {
		return nil, err
	}
	_, err = file.WriteAt([]byte(strings.Join(lines, "\n")+"\n"), 0)
	return dead, err
}

// stopServing asks the process that serves to stop, and returns when it has. Meanwhile, and then
// once more, each hears its instance (empty: it says none) and the time.
func stopServing(
	ctx context.Context, directory string, each func(instance string, now time.Time),
) error {
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
	text, err := readPID(file)
	if err != nil {
		return err
	}
	lines := strings.Split(text, "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil {
		return fmt.Errorf("expected a process id in %s, got %q", path, text)
	}
	instance := ""
	if len(lines) > 2 {
		instance = lines[2]
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("process %d could not be asked to stop: %w; run this as its user", pid,
			err)
	}
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for serves(file, text) {
		select {
		case now := <-look.C:
			each(instance, now)
		case <-ctx.Done():
			return fmt.Errorf("process %d was asked to stop and has not: %w", pid, ctx.Err())
		}
	}
	each(instance, time.Now())
	return nil
}

// serves reports whether the process still has the file that had written a text into it.
func serves(file *os.File, text string) bool {
	if unix.Flock(int(file.Fd()), unix.LOCK_SH|unix.LOCK_NB) == nil {
		_ = unix.Flock(int(file.Fd()), unix.LOCK_UN) // whoever is started next wants it
		return false
	}
	now, err := readPID(file)
	return err != nil || now == text // else the next one has it already
}

// readPID reads what the process that serves has written.
func readPID(file *os.File) (string, error) {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, pidMost))
	return string(text), err
}
