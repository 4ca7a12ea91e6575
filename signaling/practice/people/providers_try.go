package people

import (
	"context"
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
