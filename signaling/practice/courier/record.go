package courier

import (
	"context"
	"errors"

	"draille/signaling/practice"
)

// Recorder puts what a message of the channel record names into the hospital's record.
type Recorder interface {
	// Takes reports whether reports of an establishment go anywhere.
	Takes(practice.Establishment) bool
	// Deliver returns nil once it is there. It is asked again after any error that is not Refused
	// or Useless.
	Deliver(context.Context, practice.Message) error
}

// Refused is that a record does not take a report, and would not take it another time.
func Refused(reason practice.Reason, err error) error {
	return &problem{err: err, reason: reason, permanent: true}
}

// Later is that a record may take a report another time.
func Later(reason practice.Reason, err error) error { return &problem{err: err, reason: reason} }

// Useless is that there is nothing to send any more.
func Useless(reason practice.Reason, err error) error {
	return &problem{err: err, reason: reason, useless: true}
}

// record is the channel of reports.
type record struct{ to Recorder }

func (r record) send(ctx context.Context, l letter) error {
	err := r.to.Deliver(ctx, l.message)
	var known *problem
	if err == nil || errors.As(err, &known) {
		return err
	}
	return later("the record: %w", err)
}

// try does nothing: a record takes no trial report.
func (r record) try(context.Context, letter) ([]practice.Step, error) {
	return nil, permanent(practice.ReasonSetting, "expected mail or sms, got the record")
}

func (r record) check(context.Context) ([]practice.Step, error) { return nil, nil }
