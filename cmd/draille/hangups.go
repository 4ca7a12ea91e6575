package main

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// hangups are the SIGHUPs of the process. Those that come before there is somebody to handle them
// wait.
type hangups struct {
	signals chan os.Signal
	running sync.WaitGroup
}

// catchHangups keeps SIGHUP from ending the process.
func catchHangups() *hangups {
	h := &hangups{signals: make(chan os.Signal, 1)}
	signal.Notify(h.signals, syscall.SIGHUP)
	return h
}

// handle does something at each of them, until stop is called.
func (h *hangups) handle(do func()) {
	h.running.Go(func() {
		for range h.signals {
			do()
		}
	})
}

// stop lets SIGHUP have its usual effect again, and waits for what is being done.
func (h *hangups) stop() {
	signal.Stop(h.signals)
	close(h.signals)
	h.running.Wait()
}
