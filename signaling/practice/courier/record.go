package courier

import (
	"context"

	"draille/signaling/practice"
)

// Recorder puts what a message of the channel record names into the hospital's record.
type Recorder interface {
	// Deliver returns nil once it is there. It is asked again after any error.
	Deliver(context.Context, practice.Message) error
}

// record is the channel of reports.
type record struct{ to Recorder }

func (r record) send(ctx context.Context, l letter) error {
	if err := r.to.Deliver(ctx, l.message); err != nil {
		return later("the record: %w", err)
	}
	return nil
}

// try does nothing: a record takes no trial report.
func (r record) try(context.Context, letter) ([]practice.Step, error) {
	return nil, permanent(practice.ReasonSetting, "expected mail or sms, got the record")
}

func (r record) check(context.Context) ([]practice.Step, error) { return nil, nil }
