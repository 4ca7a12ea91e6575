//go:build unix

package command

import (
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// detach keeps the Ctrl-C of the terminal away from the server: it goes after the participants have
// left.
func detach(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func interrupt(process *os.Process) error { return process.Signal(syscall.SIGTERM) }

func hangup(process *os.Process) error { return process.Signal(syscall.SIGHUP) }

// lowestPriority makes what a detached process does give way to everything else.
func lowestPriority(process *os.Process) error {
	const leastUrgent = 19 // setpriority(2)
	return unix.Setpriority(unix.PRIO_PGRP, process.Pid, leastUrgent)
}
