package people

import (
	"context"
	"errors"
	"fmt"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Trial is what came of trying a provider.
type Trial struct {
	Steps   []string // that worked, in order
	Problem string   // empty: all of them did
}

// Try finds out whether a sign-in with a provider would work, without anybody signing in: it reads
// the document and the keys, and shows the client's secret with a code that the provider does not
// know.
func (p *Providers) Try(ctx context.Context, id string) Trial {
	var trial Trial
	one, err := p.find(id)
	if err != nil {
		trial.Problem = err.Error()
		return trial
	}
	for _, step := range []struct {
		name string
		try  func(context.Context) error
	}{{"endpoints known", one.tryDiscovery}, {"keys read", one.tryKeys},
		{"token endpoint answers", one.tryClient}} {
		if err := step.try(ctx); err != nil {
			trial.Problem = err.Error()
			return trial
		}
		trial.Steps = append(trial.Steps, step.name)
	}
	return trial
}

func (p *provider) tryDiscovery(ctx context.Context) error {
	_, err := p.discover(ctx)
	return err
}

func (p *provider) tryKeys(ctx context.Context) error {
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := p.fetch(ctx, p.keys, &set); err != nil {
		return err
	}
	if len(set.Keys) == 0 {
		return fmt.Errorf("%w: expected keys at %s, got none", ErrUntrusted, p.keys)
	}
	return nil
}

// tryClient sends a code that there is not. A provider that knows the client answers invalid_grant
// (RFC 6749, section 5.2), one that does not invalid_client; some look at the code first, and tell
// nothing of the client.
func (p *provider) tryClient(ctx context.Context) error {
	ready, err := p.discover(ctx)
	if err != nil {
		return err
	}
	_, err = p.oauth(ready).Exchange(oidc.ClientContext(ctx, p.Client), "a-trial-of-draille",
		oauth2.VerifierOption(oauth2.GenerateVerifier()))
	var answered *oauth2.RetrieveError
	switch {
	case errors.As(err, &answered) && answered.ErrorCode == "invalid_grant":
		return nil
	case errors.As(err, &answered) &&
		(answered.ErrorCode == "invalid_client" || answered.ErrorCode == "unauthorized_client"):
		return fmt.Errorf(
			"%w: it does not know client %s with this secret; compare both with the provider's",
			ErrUntrusted, p.ClientID)
	}
	return exchangeError(err)
}
