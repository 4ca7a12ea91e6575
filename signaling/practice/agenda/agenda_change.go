package agenda

import (
	"errors"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// Change is what somebody wants to be different. What is zero stays.
type Change struct {
	Version      int // that was read
	LocalStart   string
	Later        bool
	Minutes      int
	Place        *string
	Title        *string
	Participants []practice.Participant // nil: as they are
	Following    bool                   // of a series, the later ones, too
	Anyway       bool
	By           string
}

// Move changes an appointment, and tells those who were invited when it is at another time.
func (a *Agenda) Move(
	tx *store.Tx,
	appointment practice.Appointment,
	c Change,
) (practice.Appointment, error) {
	if err := open(appointment); err != nil {
		return appointment, err
	}
	appointment.Version = c.Version
	if c.Following && appointment.Series != "" {
		return a.moveFollowing(tx, appointment, c)
	}
	return a.move(tx, appointment, c, nil)
}

// open refuses to change what was called off.
func open(appointment practice.Appointment) error {
	if appointment.Status == practice.StatusCancelled {
		return ErrCancelled
	}
	return nil
}

// tookPlace reports whether a session has begun, as its room or a person says. What it left behind
// hangs on its times and its status: the report, the act, the figures.
func tookPlace(appointment practice.Appointment) bool {
	return appointment.BeganAt != 0 || appointment.Status == practice.StatusFulfilled
}

// move changes one appointment. At is when it starts if a series says so; nil: the change does. It
// returns ErrMet when they have met and it would be at another time.
//
// Long: one transaction, in the order in which a change is refused.
func (a *Agenda) move(
	tx *store.Tx,
	before practice.Appointment,
	c Change,
	at *occurrence,
) (practice.Appointment, error) {
	after := before
	zone, err := Zone(before.Zone)
	if err != nil {
		return before, err
	}
	minutes := int(time.Duration(before.EndsAt-before.StartsAt) * time.Millisecond / time.Minute)
	if c.Minutes != 0 {
		minutes = c.Minutes
		if err := checkMinutes(minutes); err != nil {
			return before, err
		}
	}
	if c.Title != nil {
		after.Title = *c.Title
		if before.Kind == practice.KindConsultation && after.Title != "" ||
			len(after.Title) > 4*maxTitle {
			return before, Wrong(
				"title",
				"expected none for a consultation, and at most %d characters",
				maxTitle,
			)
		}
	}
	if c.Place != nil {
		after.Place = *c.Place
		if err := place(tx, &after); err != nil {
			return before, err
		}
	}
	p := prepared{appointment: after, zone: zone}
	switch {
	case at != nil:
		p.at(at.start, at.local, minutes)
	case c.LocalStart != "":
		start, err := Resolve(c.LocalStart, zone, c.Later)
		if err != nil {
			return before, err
		}
		p.at(start, c.LocalStart, minutes)
	default:
		p.at(before.StartsAt.Time(), before.LocalStart, minutes)
	}
	moved := p.appointment.StartsAt != before.StartsAt || p.appointment.EndsAt != before.EndsAt
	if moved {
		if tookPlace(before) {
			return before, ErrMet
		}
		if err := a.notInThePast(p.appointment); err != nil {
			return before, err
		}
	}
	who, err := a.guests(tx, p.appointment, c)
	if err != nil {
		return before, err
	}
	p.participants = who.staying()
	if err := p.free(tx, c.Anyway); err != nil {
		return before, err
	}
	if moved {
		p.appointment = reopen(p.appointment)
	}
	elsewhere := p.appointment.Place != before.Place
	if moved || elsewhere || who.different() {
		p.appointment.Sequence++
	}
	p.appointment.UpdatedAt = practice.InstantOf(a.now())
	if err := store.Update(tx, &p.appointment, nil); err != nil {
		return before, err
	}
	if err := a.tellChanged(tx, p.appointment, who, moved, elsewhere); err != nil {
		return before, err
	}
	changed(tx, p.appointment)
	action := "appointment.change"
	if moved {
		action = "appointment.move"
	}
	return p.appointment, a.audit(tx, p.appointment, c.By, action)
}

// reopen forgets what was found out about an appointment that is now at another time.
func reopen(a practice.Appointment) practice.Appointment {
	a.Status, a.OutcomeBy = practice.StatusBooked, ""
	a.ArrivedAt, a.BeganAt, a.EndedAt = 0, 0, 0
	return a
}

// Cancel calls an appointment off: links open nothing more, and with tell those who were invited
// hear of it. Following means the later ones of a series, too; those where they have met stay.
func (a *Agenda) Cancel(
	tx *store.Tx,
	appointment practice.Appointment,
	version int,
	following, tell bool,
	by string,
) (practice.Appointment, error) {
	if err := open(appointment); err != nil {
		return appointment, err
	}
	appointment.Version = version
	cancelled, err := a.cancel(tx, appointment, tell, by)
	if err != nil || appointment.Series == "" {
		return cancelled, err
	}
	if !following {
		return cancelled, a.except(tx, appointment)
	}
	rest, err := later(tx, appointment)
	if err != nil {
		return cancelled, err
	}
	for _, one := range rest {
		if _, err := a.cancel(tx, one, tell, by); err != nil && !errors.Is(err, ErrMet) {
			return cancelled, err
		}
	}
	return cancelled, a.endSeries(tx, appointment)
}

func (a *Agenda) cancel(
	tx *store.Tx,
	appointment practice.Appointment,
	tell bool,
	by string,
) (practice.Appointment, error) {
	if tookPlace(appointment) {
		return appointment, ErrMet
	}
	appointment.Status = practice.StatusCancelled
	appointment.Sequence++
	appointment.UpdatedAt = practice.InstantOf(a.now())
	if err := store.Update(tx, &appointment, nil); err != nil {
		return appointment, err
	}
	guests, err := Participants(tx, appointment)
	if err != nil {
		return appointment, err
	}
	policy, err := PolicyOf(tx, appointment.Establishment)
	if err != nil {
		return appointment, err
	}
	for _, p := range guests {
		told, err := wasTold(tx, p, a.now())
		if err != nil {
			return appointment, err
		}
		if err := dropFor(tx, p); err != nil {
			return appointment, err
		}
		if !tell || !told || !sends(p.Channel) {
			continue
		}
		if _, err := a.post(tx, policy, appointment, p, PurposeCancelled, ""); err != nil {
			return appointment, err
		}
	}
	changed(tx, appointment)
	return appointment, a.audit(tx, appointment, by, "appointment.cancel")
}

// SetOutcome is what a person says became of an appointment; the server changes it no more.
func (a *Agenda) SetOutcome(
	tx *store.Tx,
	appointment practice.Appointment,
	version int,
	status practice.AppointmentStatus,
	by string,
) (practice.Appointment, error) {
	if err := open(appointment); err != nil {
		return appointment, err
	}
	if status != practice.StatusFulfilled && status != practice.StatusNoShow {
		return appointment, Wrong("status", "expected fulfilled or noshow, got %q", status)
	}
	now := practice.InstantOf(a.now())
	if now < appointment.StartsAt && appointment.BeganAt == 0 {
		return appointment, ErrTooEarly
	}
	appointment.Version, appointment.Status, appointment.OutcomeBy, appointment.UpdatedAt = version,
		status, by, now
	if err := store.Update(tx, &appointment, nil); err != nil {
		return appointment, err
	}
	changed(tx, appointment)
	return appointment, a.audit(tx, appointment, by, "appointment.outcome")
}
