package courier

import (
	"context"
	"net/url"

	"draille/signaling/practice"
)

// carrier sends one message to one recipient.
type carrier interface {
	// send returns nil once the other end has accepted the letter.
	send(context.Context, letter) error
	// try sends a letter and says step by step what happens.
	try(context.Context, letter) ([]practice.Step, error)
	// check finds out whether the other end can be reached, without a letter.
	check(context.Context) ([]practice.Step, error)
}

// carriers are those of the channels that are set up.
type carriers map[practice.Channel]carrier

func newCarriers(mail *MailConfig, sms *SMSConfig, public *url.URL) (carriers, error) {
	made := carriers{}
	if mail != nil && mail.Folder != "" {
		folder, err := newFolder(*mail, public.Hostname())
		if err != nil {
			return nil, err
		}
		made[practice.ChannelMail] = folder
	} else if mail != nil {
		mailer, err := newMailer(*mail, public.Hostname())
		if err != nil {
			return nil, err
		}
		made[practice.ChannelMail] = mailer
	}
	if sms != nil {
		gateway, err := newGateway(*sms)
		if err != nil {
			return nil, err
		}
		made[practice.ChannelSMS] = gateway
	}
	return made, nil
}

// Check finds out whether the servers of the channels that are set up can be reached, without a
// message to anybody.
func Check(ctx context.Context, mail *MailConfig, sms *SMSConfig, public *url.URL) (
	map[practice.Channel]practice.Trial, error) {
	all, err := newCarriers(mail, sms, public)
	if err != nil {
		return nil, err
	}
	trials := map[practice.Channel]practice.Trial{}
	for channel := range all {
		trials[channel] = all.attempt(ctx, channel,
			func(ctx context.Context, by carrier) ([]practice.Step, error) { return by.check(ctx) })
	}
	return trials, nil
}

func (c carriers) attempt(ctx context.Context, channel practice.Channel,
	do func(context.Context, carrier) ([]practice.Step, error)) practice.Trial {
	trial := practice.Trial{Steps: []practice.Step{}}
	by := c[channel]
	if by == nil {
		trial.Reason = practice.ReasonMissing
		trial.Problem = "nothing is set up for the channel " + string(channel) +
			": give practice.mail.server or practice.sms.url in the server's configuration"
		return trial
	}
	limited, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	steps, err := do(limited, by)
	trial.Steps = append(trial.Steps, steps...)
	if err != nil {
		trial.Reason, trial.Problem = reasonOf(err), err.Error()
		return trial
	}
	trial.Works = true
	return trial
}
