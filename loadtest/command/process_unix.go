//go:build unix

package command

import (
	"os"
	"os/exec"
	"syscall"
)

// detach keeps the Ctrl-C of the terminal away from the server: it goes after the participants have
// left.
func detach(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func interrupt(process *os.Process) error { return process.Signal(syscall.SIGTERM) }

func hangup(process *os.Process) error { return process.Signal(syscall.SIGHUP) }
