package agenda

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// later are the booked appointments of a series after one of them, in the order of the rule.
func later(tx *store.Tx, a practice.Appointment) ([]practice.Appointment, error) {
	return store.Find[practice.Appointment](
		tx,
		`WHERE establishment = $1 AND series = $2 AND series <> '' AND occurrence > $3
		AND status = 'booked' ORDER BY occurrence`,
		a.Establishment,
		a.Series,
		a.Occurrence,
	)
}

func seriesOf(tx *store.Tx, a practice.Appointment) (practice.Series, error) {
	return store.Get[practice.Series](
		tx,
		"WHERE establishment = $1 AND id = $2",
		a.Establishment,
		a.Series,
	)
}

// except leaves the time of one appointment out of its series, so that it is not made again.
func (a *Agenda) except(tx *store.Tx, appointment practice.Appointment) error {
	series, err := seriesOf(tx, appointment)
	if err != nil {
		return err
	}
	series.Exceptions = exceptionsWith(series.Exceptions, appointment.Occurrence)
	return store.Update(tx, &series, nil)
}

// endSeries lets a series make no more appointments.
func (a *Agenda) endSeries(tx *store.Tx, appointment practice.Appointment) error {
	series, err := seriesOf(tx, appointment)
	if err != nil {
		return err
	}
	series.EndedAt = practice.InstantOf(a.now())
	return store.Update(tx, &series, nil)
}

// moveFollowing changes an appointment of a series and all that follow. From here on it is a series
// of its own; the one before has ended. A later one where they have met stays in that one, with its
// time.
func (a *Agenda) moveFollowing(
	tx *store.Tx,
	appointment practice.Appointment,
	c Change,
) (practice.Appointment, error) {
	old, err := seriesOf(tx, appointment)
	if err != nil {
		return appointment, err
	}
	rest, err := later(tx, appointment)
	if err != nil {
		return appointment, err
	}
	rest = slices.Insert(rest, 0, appointment)
	series, err := a.continued(old, appointment, c, len(rest))
	if err != nil {
		return appointment, err
	}
	// As many instances as there are appointments, however far the last one is.
	from := earlier(series.LocalStart, series.Zone)
	until := max(old.MadeUntil, appointment.StartsAt).Time().Add(ahead)
	instances, err := occurrences(series, from, until)
	if err != nil {
		return appointment, err
	}
	if len(instances) < len(rest) {
		return appointment, Wrong(
			"reach",
			"expected a rule with %d meetings to come, got one with %d; make a new series",
			len(rest),
			len(instances),
		)
	}
	if err := store.Insert(tx, series,
		store.With{"created_by": c.By, "created_at": int64(practice.InstantOf(a.now()))}); err !=
		nil {
		return appointment, err
	}
	if err := a.endSeries(tx, appointment); err != nil {
		return appointment, err
	}
	first := appointment
	for i, one := range rest {
		one.Series, one.Occurrence = series.ID, instances[i].local
		if i > 0 {
			c.Participants = notCalled(c.Participants)
		}
		moved, err := a.move(tx, one, c, &instances[i])
		if i > 0 && errors.Is(err, ErrMet) {
			continue
		}
		if err != nil {
			return appointment, err
		}
		if i == 0 {
			first = moved
		}
	}
	return first, nil
}

// notCalled leaves out those who were asked into one call while it went on: the next meetings are
// not theirs. The list is left as it is.
func notCalled(list []practice.Participant) []practice.Participant {
	return slices.DeleteFunc(slices.Clone(list), func(p practice.Participant) bool {
		return p.Kind == practice.ParticipantCalled
	})
}

// earlier is a moment before the first instance of a series.
func earlier(local, zone string) time.Time {
	place, err := Zone(zone)
	if err != nil {
		return time.Time{}
	}
	start, err := resolveRecurring(local, place)
	if err != nil {
		return time.Time{}
	}
	return start.Add(-time.Minute)
}

// continued is the series that follows another one from a changed appointment on.
func (a *Agenda) continued(
	old practice.Series,
	appointment practice.Appointment,
	c Change,
	left int,
) (practice.Series, error) {
	zone, err := Zone(old.Zone)
	if err != nil {
		return old, err
	}
	series := old
	series.ID, series.Version, series.Exceptions = practice.NewID(), 1, ""
	series.LocalStart = appointment.LocalStart
	if c.LocalStart != "" {
		if _, err := Resolve(c.LocalStart, zone, c.Later); err != nil {
			return old, err
		}
		series.LocalStart = c.LocalStart
	}
	if c.Minutes != 0 {
		series.Minutes = c.Minutes
	}
	if c.Title != nil {
		series.Title = *c.Title
	}
	series.Rule, err = shiftRule(old, zone, appointment.Occurrence, series.LocalStart, left)
	return series, err
}

// extend makes the appointments of series that come into the next months. They have the
// participants of the last one before them.
func (a *Agenda) extend(ctx context.Context) error {
	now := a.now()
	var due []practice.Series
	err := a.config.Store.Read(ctx, func(tx *store.Tx) (err error) {
		due, err = store.Find[practice.Series](
			tx.Across("a daemon extends the series of all establishments"),
			"WHERE ended_at = 0 AND made_until < $1",
			int64(practice.InstantOf(now.Add(ahead-dayBefore))),
		)
		return err
	})
	if err != nil {
		return err
	}
	var problems []error
	for _, series := range due {
		if err := a.config.Store.Write(ctx, func(tx *store.Tx) error {
			return a.extendOne(tx, series, now)
		}); err != nil {
			a.log.Error(
				"a series was not extended; it is tried again",
				zap.String("series", series.ID),
				zap.Error(err),
			)
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

func (a *Agenda) extendOne(tx *store.Tx, series practice.Series, now time.Time) error {
	last, err := store.Get[practice.Appointment](
		tx,
		`WHERE establishment = $1 AND series = $2 AND series <> ''
		ORDER BY occurrence DESC LIMIT 1`,
		series.Establishment,
		series.ID,
	)
	if err != nil {
		return err
	}
	guests, err := Participants(tx, last)
	if err != nil {
		return err
	}
	guests = notCalled(guests)
	until := now.Add(ahead)
	instances, err := occurrences(series, series.MadeUntil.Time(), until)
	if err != nil {
		return err
	}
	model := prepared{appointment: reopen(last), participants: guests}
	model.appointment.Sequence, model.appointment.Version = 0, 1
	model.appointment.CreatedAt = practice.InstantOf(now)
	model.appointment.UpdatedAt = model.appointment.CreatedAt
	model.appointment.SourceSystem, model.appointment.SourceValue = "", ""
	for i := range model.participants {
		model.participants[i].Version = 1
	}
	for _, instance := range instances {
		if err := a.insert(tx, model.instance(series, instance), ""); err != nil {
			return err
		}
	}
	series.MadeUntil = practice.InstantOf(until)
	return store.Update(tx, &series, nil)
}
