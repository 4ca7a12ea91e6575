package people

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

const (
	// answerTimeout is how long a provider may take to show that it is there, before somebody is
	// sent to it.
	answerTimeout = 3 * time.Second
	// awayFor is how long nobody waits again for a provider that did not answer: as long as its
	// silence may have kept the last one waiting, so that it is asked half of the time at most. A
	// person who tries again takes about as long.
	awayFor = providerTimeout
	// readAgain is how often its document is read for those who come from it and so know that it is
	// there. Anybody may say that they do: this is what that costs the provider.
	readAgain = time.Second
)

// discover returns the provider with its endpoints, which are read once. While it is away, it says
// so at once.
func (p *provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	ready, err := p.ready, error(nil)
	if ready == nil {
		err = p.stillAway()
	}
	p.mu.Unlock()
	if ready != nil || err != nil {
		return ready, err
	}
	return p.discoverNow(ctx)
}

// discoverNow asks also a provider that was away a moment ago.
func (p *provider) discoverNow(ctx context.Context) (*oidc.Provider, error) {
	return p.discoverWithin(ctx, 0)
}

// discoverSoon is for what the provider itself has sent, and does not send again: it asks also one
// that was away a moment ago, and rather waits until it may than say that it is away.
func (p *provider) discoverSoon(ctx context.Context) (*oidc.Provider, error) {
	return p.discoverWithin(ctx, readAgain)
}

// discoverWithin waits for the reading that is under way, or for one that begins as long after the
// last one as is given.
func (p *provider) discoverWithin(ctx context.Context, after time.Duration) (*oidc.Provider,
	error) {
	p.mu.Lock()
	if p.ready != nil {
		defer p.mu.Unlock()
		return p.ready, nil
	}
	one := p.reading
	if one == nil {
		one = &reading{done: make(chan struct{})}
		p.reading = one
		// A clock that was put back makes nobody wait longer.
		wait := min(p.readAt.Add(after).Sub(p.now()), after)
		// It is for whoever comes meanwhile, too: it does not end with this request.
		go func() {
			time.Sleep(wait)
			p.read(context.WithoutCancel(ctx), one)
		}()
	}
	p.mu.Unlock()
	select {
	case <-one.done:
		return one.ready, one.err
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrAway, context.Cause(ctx))
	}
}

// read reads the provider's document, unless nothing in it is needed.
func (p *provider) read(ctx context.Context, one *reading) {
	config := oidc.ProviderConfig{IssuerURL: p.Issuer, AuthURL: p.AuthURL, TokenURL: p.TokenURL,
		UserInfoURL: p.UserInfoURL, JWKSURL: p.JWKSURL}
	endSession := p.EndSessionURL
	if config.AuthURL == "" || config.TokenURL == "" || config.JWKSURL == "" {
		limited, cancel := context.WithTimeout(ctx, providerTimeout)
		defer cancel()
		var found oidc.ProviderConfig
		var end string
		if found, end, one.err = p.document(limited); one.err == nil {
			config = merged(config, found)
			endSession = cmp.Or(endSession, end)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if one.err == nil {
		one.ready = config.NewProvider(oidc.ClientContext(ctx, p.Client))
		p.ready, p.keys, p.endSession = one.ready, config.JWKSURL, endSession
	}
	p.readAt = p.now()
	p.hold(one.err)
	p.reading = nil
	close(one.done)
}

// answers returns ErrAway while the provider, which we have to ask ourselves in the end, does not
// answer.
func (p *provider) answers(ctx context.Context) error {
	p.mu.Lock()
	err := p.stillAway()
	p.mu.Unlock()
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	err = p.tryKeys(limited)
	if ctx.Err() == nil { // whoever has left tells nothing of the provider
		p.mu.Lock()
		p.hold(err)
		p.mu.Unlock()
	}
	if errors.Is(err, ErrAway) {
		return err
	}
	return nil // what else is wrong with its keys is said when they are needed
}

// stillAway returns ErrAway if the provider did not answer a moment ago. p.mu is held.
func (p *provider) stillAway() error {
	if p.now().Before(p.until) {
		return fmt.Errorf("%w: it did not a moment ago; it is asked again at %s", ErrAway,
			p.until.UTC().Format(time.TimeOnly))
	}
	return nil
}

// hold remembers whether the provider has answered a question of ours, and lets nobody wait for it
// for a while if not. p.mu is held.
func (p *provider) hold(err error) {
	p.away, p.until = errors.Is(err, ErrAway), time.Time{}
	if p.away {
		p.until = p.now().Add(awayFor)
	}
}

// note remembers whether the provider has answered, if whoever asked it has waited for that.
func (p *provider) note(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away = errors.Is(err, ErrAway); !p.away {
		p.until = time.Time{}
	}
}

func (p *provider) isAway() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.away
}

// endSessionURL is where somebody ends their session there; empty: nowhere, or it is away.
func (p *provider) endSessionURL() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.away:
		return ""
	case p.ready == nil:
		return p.EndSessionURL
	}
	return p.endSession
}

func (p *provider) keysURL() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keys
}

func (p *provider) tryDiscovery(ctx context.Context) error {
	_, err := p.discoverNow(ctx)
	return err
}
