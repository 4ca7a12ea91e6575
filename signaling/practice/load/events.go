package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// shownWithin is what acceptance asks for: so long after a change every page that concerns it has
// it, and so long after a session was ended its pages are told.
const shownWithin = time.Second

// pages are the open pages of the staff, which listen to events.
type pages struct {
	mu      sync.Mutex
	changed []time.Time     // when each change was asked for
	delays  []time.Duration // until an event told of one
	ended   []time.Duration // the same of the session that was ended
	endAt   time.Time       // when its end was asked for
	failed  error           // the first that there was

	client    *http.Client
	listening sync.WaitGroup
	stop      context.CancelFunc
}

// open opens a page for each session, and returns when all of them listen.
func open(address string, tokens []string) (*pages, error) {
	ctx, stop := context.WithCancel(context.Background())
	p := &pages{stop: stop, client: &http.Client{Transport: &http.Transport{}}}
	ready := make(chan struct{}, len(tokens))
	for _, token := range tokens {
		p.listening.Go(func() {
			if err := p.listen(ctx, address, token, ready); err != nil && ctx.Err() == nil {
				p.mu.Lock()
				p.failed = errors.Join(p.failed, err)
				p.mu.Unlock()
				ready <- struct{}{}
			}
		})
	}
	for range tokens {
		<-ready
	}
	p.mu.Lock()
	failed := p.failed
	p.mu.Unlock()
	if failed != nil {
		return nil, p.judge()
	}
	return p, nil
}

// listen reads the events of one page until ctx or its session ends.
func (p *pages) listen(ctx context.Context, address, token string, ready chan<- struct{}) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/api/events", nil)
	if err != nil {
		return err
	}
	request.AddCookie(&http.Cookie{Name: "draille", Value: token})
	answer, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("expected events, got %s", answer.Status)
	}
	lines, told := bufio.NewScanner(answer.Body), 0
	for lines.Scan() {
		switch event, _ := strings.CutPrefix(lines.Text(), "event: "); event {
		case "hello":
			ready <- struct{}{}
		case "delay":
			p.mu.Lock()
			p.delays = append(p.delays, time.Since(p.changed[told]))
			p.mu.Unlock()
			told++
		case "ended":
			p.mu.Lock()
			p.ended = append(p.ended, time.Since(p.endAt))
			p.mu.Unlock()
			return nil
		}
	}
	return fmt.Errorf("expected events until the end, got only some: %w", lines.Err())
}

// timed notes when each change is asked for. Only one caller at a time may use what it returns.
func (p *pages) timed(change func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		p.mu.Lock()
		p.changed = append(p.changed, time.Now())
		p.mu.Unlock()
		return change(ctx)
	}
}

// signOut ends a session elsewhere than on its page, as whoever lost a device does.
func (p *pages) signOut(address, token string) error {
	p.mu.Lock()
	p.endAt = time.Now()
	p.mu.Unlock()
	return do(context.Background(), http.MethodPost, address, "/api/sign-out", token, nil, nil)
}

// judge closes the pages, prints how soon they were told, and judges it.
func (p *pages) judge() error {
	for deadline := time.Now().Add(2 * shownWithin); time.Now().Before(deadline); {
		p.mu.Lock()
		told := len(p.ended) > 0 || p.endAt.IsZero()
		p.mu.Unlock()
		if told {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	p.stop()
	p.listening.Wait()
	if p.failed != nil {
		return p.failed
	}
	if len(p.changed) == 0 { // none were asked for
		return nil
	}
	if len(p.delays) == 0 || len(p.ended) == 0 {
		return fmt.Errorf("expected changes and the end of a session to be told, got %d and %d",
			len(p.delays), len(p.ended))
	}
	slices.Sort(p.delays)
	worst := slices.Max(append(slices.Clone(p.ended), p.delays[len(p.delays)-1]))
	fmt.Printf("%d changes told to %d pages: p50 %s, p95 %s, longest %s; a session's end: %s\n",
		len(p.changed), len(p.delays)/max(1, len(p.changed)),
		p.delays[len(p.delays)/2].Round(100*time.Microsecond),
		p.delays[len(p.delays)*95/100].Round(100*time.Microsecond),
		p.delays[len(p.delays)-1].Round(100*time.Microsecond),
		p.ended[0].Round(100*time.Microsecond))
	if worst > shownWithin {
		return fmt.Errorf("expected every change to be told within %s, got %s", shownWithin,
			worst.Round(time.Millisecond))
	}
	return nil
}
