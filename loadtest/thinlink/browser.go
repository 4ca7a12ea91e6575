package thinlink

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Seat is one real browser.
type Seat struct {
	Name   string
	Who    int     // 0 to 7, written into their picture
	Access *Access // the link that they are behind; nil: none
	Server string  // address of the server, as in http://198.18.0.1:8080
	Admits bool    // lets in whoever waits, at once
	Small  bool    // their camera has 320×180 instead of 640×360
	Fine   bool    // their camera has 1280×720
}

// scale is by how much their camera's picture is smaller than the scene.
func (s Seat) scale() float64 {
	switch {
	case s.Fine:
		return 0.5
	case s.Small:
		return 2
	default:
		return 1
	}
}

// Browser is a running Chromium and its driver. Its methods may be called concurrently.
type Browser struct {
	seat     Seat
	command  *exec.Cmd
	input    io.WriteCloser
	folder   string
	exited   chan struct{}
	complain strings.Builder // what the driver said on standard error; read after exited

	mu      sync.Mutex
	ready   bool
	now     *visit
	changed chan struct{}    // closed at each event
	watch   func(b *Browser) // called after notes have come; may be nil
	failure error            // of the browser itself
}

// Times that a browser may take.
const (
	startPatience = 45 * time.Second
	leavePatience = 30 * time.Second
	beginPatience = 90 * time.Second // for the first voice and picture, the poorest links included
	endPatience   = 10 * time.Second
)

func (b *Browser) start(t *Tools) error {
	program := t.chromium
	if b.seat.Access != nil {
		var err error
		if program, err = b.seat.Access.Wrapper(b.folder, t.chromium); err != nil {
			return err
		}
	}
	argument, err := json.Marshal(driverSeat{Name: b.seat.Name, Who: b.seat.Who, Chromium: program,
		InsecureOrigin: b.seat.Server,
		Speech:         t.speech, Scale: b.seat.scale(), Page: filepath.Join(t.folder, "page.js"),
		Admits: b.seat.Admits})
	if err != nil {
		return err
	}
	b.command = exec.Command(t.node, filepath.Join(t.folder, "driver.mjs"), string(argument))
	b.command.Dir = t.web
	b.command.Stderr = &b.complain
	if b.input, err = b.command.StdinPipe(); err != nil {
		return err
	}
	output, err := b.command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := b.command.Start(); err != nil {
		return fmt.Errorf("the driver of a browser cannot be started: %w", err)
	}
	go b.follow(output)
	return nil
}

// follow reads what the driver tells until it ends.
func (b *Browser) follow(output io.Reader) {
	defer close(b.exited)
	decoder := json.NewDecoder(bufio.NewReader(output))
	for {
		var e event
		if err := decoder.Decode(&e); err != nil {
			break
		}
		b.take(e)
	}
	_, _ = io.Copy(io.Discard, output)
	err := b.command.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failure = fmt.Errorf("the browser of %s has ended (%w)", b.seat.Name,
		errors.Join(err, errors.New(strings.TrimSpace(b.complain.String()))))
	close(b.changed)
	b.changed = nil
}

func (b *Browser) take(e event) {
	b.mu.Lock()
	if e.Event == "ready" {
		b.ready = true
	} else {
		b.now.add(e)
	}
	close(b.changed)
	b.changed = make(chan struct{})
	watch := b.watch
	b.mu.Unlock()
	if watch != nil && e.Event == "notes" {
		watch(b)
	}
}

// await waits until a condition holds, which is called under the lock.
func (b *Browser) await(ctx context.Context, what string, condition func() bool) error {
	for {
		b.mu.Lock()
		done, changed, failure := condition(), b.changed, b.failure
		if b.now.failure != "" {
			failure = errors.New(b.now.failure)
		}
		b.mu.Unlock()
		if done {
			return nil
		}
		if failure != nil {
			return fmt.Errorf("waiting for %s: %w", what, failure)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, context.Cause(ctx))
		}
	}
}

func (b *Browser) tell(c command) error {
	line, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if _, err := b.input.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("the browser of %s cannot be told to %s: %w", b.seat.Name, c.Do, err)
	}
	return nil
}

// Visit follows an invitation; it returns when the page is being opened.
func (b *Browser) Visit(ctx context.Context, link string) error {
	return b.visitPage(ctx, command{Do: "visit", Link: link})
}

// VisitFresh is Visit by somebody who was never there: nothing is stored of them, and nothing is in
// the cache.
func (b *Browser) VisitFresh(ctx context.Context, link string) error {
	return b.visitPage(ctx, command{Do: "visit", Link: link, Fresh: true})
}

func (b *Browser) visitPage(ctx context.Context, c command) error {
	b.mu.Lock()
	b.now = &visit{}
	b.mu.Unlock()
	if err := b.tell(c); err != nil {
		return err
	}
	return b.await(ctx, b.seat.Name+" to open the page", func() bool { return b.now.opened > 0 })
}

// Inside waits until they are in the call.
func (b *Browser) Inside(ctx context.Context) error {
	return b.await(ctx, b.seat.Name+" to come in", func() bool { return b.now.inside > 0 })
}

// Began waits until they hear and see somebody.
func (b *Browser) Began(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, beginPatience)
	defer cancel()
	err := b.await(ctx, b.seat.Name+" to hear and see somebody", func() bool {
		return b.now.began()
	})
	if err != nil {
		return fmt.Errorf("%w (%s)", err, b.visit().progress())
	}
	return nil
}

// Leave says goodbye, if they have come at all.
func (b *Browser) Leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, leavePatience)
	defer cancel()
	if err := b.tell(command{Do: "leave"}); err != nil {
		return err
	}
	return b.await(ctx, b.seat.Name+" to leave", func() bool { return b.now.left })
}

// Speak makes them speak or be silent; until told they speak.
func (b *Browser) Speak(on bool) {
	_ = b.tell(command{Do: "speak", On: on}) // a browser that has ended says so elsewhere
}

// Share makes them share their screen, on which there is a page of text, or stop that.
func (b *Browser) Share(on bool) {
	_ = b.tell(command{Do: "share", On: on}) // a browser that has ended says so elsewhere
}

// Admit lets in whoever waits, or the next who will.
func (b *Browser) Admit() error { return b.tell(command{Do: "admit"}) }

// Picture asks for a picture of what they see.
func (b *Browser) Picture(caption string) {
	// a browser that has ended says so elsewhere
	_ = b.tell(command{Do: "picture", Caption: caption})
}

// visit returns a copy of what was noted so far.
func (b *Browser) visit() *visit {
	b.mu.Lock()
	defer b.mu.Unlock()
	copied := *b.now // slices only grow
	return &copied
}

// Close ends the browser and waits until it is gone.
func (b *Browser) Close() error {
	_ = b.input.Close() // the driver then ends the browser and itself
	timeout := time.NewTimer(endPatience)
	defer timeout.Stop()
	select {
	case <-b.exited:
	case <-timeout.C:
		_ = b.command.Process.Kill()
		<-b.exited
	}
	return os.RemoveAll(b.folder)
}

func (b *Browser) joinBytes(v *visit) (up, down int) {
	if b.seat.Access == nil || v.FirstFrameAt == 0 {
		return 0, 0
	}
	return b.seat.Access.meter.between(v.opened, v.FirstFrameAt)
}
