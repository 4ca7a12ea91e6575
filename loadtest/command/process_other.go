//go:build !unix

package command

import (
	"errors"
	"os"
	"os/exec"
)

// detach does nothing where processes have no groups.
func detach(*exec.Cmd) {}

// interrupt ends the process at once: there is no gentler signal.
func interrupt(process *os.Process) error { return process.Kill() }

func hangup(*os.Process) error { return errors.New("this system has no SIGHUP") }

// lowestPriority does nothing where priorities are not Unix's.
func lowestPriority(*os.Process) error { return nil }
