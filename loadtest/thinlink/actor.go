package thinlink

import (
	"context"
	"errors"
	"sync"

	"draille/loadtest/figures"
)

// actor is a browser as scenarios need them.
type actor struct {
	browser *Browser
	stage   *Stage
	stays   bool
	since   float64
	ended   chan struct{}
	once    sync.Once
	mu      sync.Mutex
	err     error
}

// wait ends the call when the browser does.
func (a *actor) wait() {
	select {
	case <-a.ended:
	case <-a.browser.exited:
		a.end(errors.New("the browser has ended"))
	}
}

func (a *actor) end(err error) {
	a.once.Do(func() {
		a.mu.Lock()
		a.err = err
		a.mu.Unlock()
		close(a.ended)
	})
}

// Speak implements scenario.Participant. Their recorded voice makes pauses of its own.
func (a *actor) Speak(speaking bool) { a.browser.Speak(speaking) }

// Share implements scenario.Participant.
func (a *actor) Share(sharing bool) { a.browser.Share(sharing) }

// Leave implements scenario.Participant.
func (a *actor) Leave() {
	if !a.stays {
		// they are gone in any case, at the end with their browser
		_ = a.browser.Leave(context.Background())
	}
	a.end(nil)
}

// Figures implements scenario.Participant.
func (a *actor) Figures() figures.Participant {
	v := a.browser.visit()
	f := v.figures(a.since, a.stage.Host.visit().Taps, waits{
		frames: matchFrames(v.Seen, a.stage.drawings()),
		voices: matchBeeps(v.Heard, a.stage.beeps()),
	})
	f.Name, f.Link = a.browser.seat.Name, ""
	if v.failure != "" {
		f.Errors = append(f.Errors, v.failure)
	}
	return f
}

// Ended implements scenario.Participant.
func (a *actor) Ended() <-chan struct{} { return a.ended }

// Err implements scenario.Participant.
func (a *actor) Err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}
