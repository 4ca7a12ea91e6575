package main

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"go.uber.org/zap"
)

// publicAgain is how often the public address is asked for again: a provider that changes it does
// so once a day at most.
const publicAgain = 5 * time.Minute

// publicWatch compares the public addresses of now with those that browsers are told.
type publicWatch struct {
	told   []netip.Addr       // to browsers
	adopt  func([]netip.Addr) // tells them others from now on
	silent bool               // no answer came last time
	logger *zap.Logger
}

// hears takes what became of a question, and says each change once.
func (w *publicWatch) hears(now []netip.Addr, err error) {
	if err != nil {
		if !w.silent {
			w.logger.Warn("the public address cannot be asked for again: whether it has changed "+
				"is not known", zap.Error(err))
		}
		w.silent = true
		return
	}
	w.silent = false
	if slices.Equal(now, w.told) {
		return
	}
	w.logger.Warn("the public address has changed: browsers are told the new one from now on, and "+
		"calls from outside go on as soon as they have noticed",
		zap.Stringers("told", w.told), zap.Stringers("now", now))
	w.adopt(now)
	w.told = now
}

// watchPublic asks again and again until done is closed, if there is anything to ask for.
func watchPublic(done <-chan struct{}, every time.Duration, configured []PublicAddress,
	watch publicWatch) {
	if !slices.ContainsFunc(configured, func(p PublicAddress) bool { return p.STUN != "" }) {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	go func() {
		select {
		case <-done:
			cancel() // also while an answer is awaited
		case <-ctx.Done():
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now, err := resolvePublic(ctx, configured)
		if ctx.Err() != nil {
			return
		}
		watch.hears(now, err)
	}
}
