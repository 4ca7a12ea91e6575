package people

import (
	"context"
	"crypto/tls"
	"errors"

	"draille/signaling/practice"
)

// Try finds out whether a sign-in with a provider would work, without anybody signing in: it reads
// the document and the keys, and shows the client's secret with a code that the provider does not
// know.
func (p *Providers) Try(ctx context.Context, id string) practice.Trial {
	trial := practice.Trial{Steps: []practice.Step{}}
	one, err := p.find(id)
	if err != nil {
		trial.Reason, trial.Problem = practice.ReasonMissing, err.Error()
		return trial
	}
	for _, step := range []struct {
		name practice.StepName
		try  func(context.Context) error
	}{{practice.StepEndpoints, one.tryDiscovery}, {practice.StepKeys, one.tryKeys},
		{practice.StepClient, one.tryClient}} {
		err := step.try(ctx)
		one.note(ctx, err)
		if err != nil {
			trial.Reason, trial.Problem = reasonOf(err, step.name), err.Error()
			return trial
		}
		trial.Steps = append(trial.Steps, practice.Step{Name: step.name})
	}
	trial.Works = true
	return trial
}

// reasonOf tells apart why a step of a trial fails.
func reasonOf(err error, at practice.StepName) practice.Reason {
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate):
		return practice.ReasonTLS
	case errors.Is(err, ErrAway):
		return practice.ReasonAway
	case at == practice.StepClient:
		return practice.ReasonAccount
	}
	return practice.ReasonSetting // another issuer, or no keys, at the address that is set
}
