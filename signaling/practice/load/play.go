package main

import (
	"fmt"
	"os"
	"os/exec"
	"time"
)

// settled is how long calls take until they are set up: what is measured is the load of calls that
// go on, not of their beginnings.
const settled = 8 * time.Second

// play has consultations go on for longer than the duration, and returns once they are set up. At
// their end it tells whether they were as expected, as `draille loadtest` understands it.
func play(program, address, directory string, rooms int, duration time.Duration, expect string) (
	<-chan error, error) {
	ended := make(chan error, 1)
	if rooms == 0 {
		ended <- nil
		return ended, nil
	}
	playing := exec.Command(program, "loadtest", "consultation", address,
		"--rooms", fmt.Sprint(rooms), "--link", "fibre", "--data-directory", directory,
		"--duration", (duration + settled + 2*time.Second).String(), "--expect", expect)
	playing.Stdout, playing.Stderr = os.Stdout, os.Stderr
	if err := playing.Start(); err != nil {
		return nil, err
	}
	go func() { ended <- playing.Wait() }()
	time.Sleep(settled)
	return ended, nil
}
