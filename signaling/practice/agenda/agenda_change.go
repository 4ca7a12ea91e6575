package agenda

import (
	"slices"
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

// move changes one appointment. At is when it starts if a series says so; nil: the change does.
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
			return before, wrong(
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
		if err := a.notInThePast(p.appointment); err != nil {
			return before, err
		}
	}
	kept, added, gone, err := a.guests(tx, p.appointment, c)
	if err != nil {
		return before, err
	}
	p.participants = slices.Concat(kept, added)
	if err := p.free(tx, c.Anyway); err != nil {
		return before, err
	}
	if moved {
		p.appointment.Sequence++
		p.appointment = reopen(p.appointment)
	}
	p.appointment.UpdatedAt = practice.InstantOf(a.now())
	if err := store.Update(tx, &p.appointment, nil); err != nil {
		return before, err
	}
	if err := a.tellMoved(tx, before, p.appointment, kept, added, gone); err != nil {
		return before, err
	}
	changed(tx, p.appointment)
	return p.appointment, a.audit(tx, p.appointment, c.By, "appointment.move")
}

// reopen forgets what was found out about an appointment that is now at another time.
func reopen(a practice.Appointment) practice.Appointment {
	a.Status, a.OutcomeBy = practice.StatusBooked, ""
	a.ArrivedAt, a.BeganAt, a.EndedAt = 0, 0, 0
	return a
}

// guests sorts the participants of a changed appointment: those who stay, come and go. Whoever is
// the same by person, kind and contact keeps their link.
func (a *Agenda) guests(
	tx *store.Tx,
	appointment practice.Appointment,
	c Change,
) (kept, added, gone []practice.Participant, err error) {
	before, err := Participants(tx, appointment)
	if err != nil {
		return nil, nil, nil, err
	}
	wanted := c.Participants
	if wanted == nil {
		if c.Place == nil {
			return before, nil, nil, nil
		}
		for _, p := range before {
			if p.Kind != practice.ParticipantPlace {
				wanted = append(wanted, p)
			}
		}
	}
	after, err := participants(tx, practice.InstantOf(a.now()), appointment, wanted)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, p := range before {
		i := slices.IndexFunc(after, func(q practice.Participant) bool { return sameGuest(p, q) })
		if i < 0 {
			gone = append(gone, p)
			continue
		}
		q := after[i]
		q.ID, q.Version = p.ID, p.Version
		after = slices.Delete(after, i, i+1)
		kept = append(kept, q)
	}
	return kept, after, gone, nil
}

// sameGuest reports whether two entries mean the same participant.
func sameGuest(p, q practice.Participant) bool {
	return p.Kind == q.Kind && p.Person == q.Person && p.Name == q.Name &&
		(p.Person != "" || p.Email == q.Email && p.Phone == q.Phone)
}

// tellMoved writes participants down and tells them what concerns them: the new time, that they are
// invited, or that they are no longer.
func (a *Agenda) tellMoved(
	tx *store.Tx,
	before, after practice.Appointment,
	kept, added, gone []practice.Participant,
) error {
	policy, err := PolicyOf(tx, after.Establishment)
	if err != nil {
		return err
	}
	moved := after.Sequence != before.Sequence
	for _, p := range gone {
		if err := a.leave(tx, policy, after, p); err != nil {
			return err
		}
	}
	for _, p := range kept {
		if err := store.Update(tx, &p, store.With{"starts_at": int64(after.StartsAt)}); err != nil {
			return err
		}
		if !moved || !sends(p.Channel) {
			continue
		}
		if err := a.tellTime(tx, policy, after, p); err != nil {
			return err
		}
	}
	for _, p := range added {
		if err := a.invite(tx, policy, after, p); err != nil {
			return err
		}
	}
	return nil
}

// tellTime sends the time of an appointment again, and its reminders anew.
func (a *Agenda) tellTime(
	tx *store.Tx,
	policy Policy,
	after practice.Appointment,
	p practice.Participant,
) error {
	told, err := wasTold(tx, p, a.now())
	if err != nil {
		return err
	}
	if err := dropFor(tx, p); err != nil {
		return err
	}
	purpose := PurposeMoved
	if !told { // they never had the first one
		purpose = PurposeInvitation
	}
	if _, err := a.post(tx, policy, after, p, purpose, ""); err != nil {
		return err
	}
	return a.remind(tx, policy, after, p)
}

// leave takes somebody off an appointment: their links open nothing more, and if they were invited
// they are told. Their row stays for the messages and the ledger, without a person and a time.
func (a *Agenda) leave(
	tx *store.Tx,
	policy Policy,
	appointment practice.Appointment,
	p practice.Participant,
) error {
	told, err := wasTold(tx, p, a.now())
	if err != nil {
		return err
	}
	if err := dropFor(tx, p); err != nil {
		return err
	}
	if err := a.revokeLinks(tx, p); err != nil {
		return err
	}
	if !told || !sends(p.Channel) {
		_, err := tx.Exec(
			"DELETE FROM participants WHERE establishment = $1 AND id = $2",
			p.Establishment,
			p.ID,
		)
		return err
	}
	if _, err :=
		tx.Exec("UPDATE participants SET kind = $1, starts_at = 0 WHERE establishment = $2 "+
			"AND id = $3",
			string(participantGone), p.Establishment, p.ID); err != nil {
		return err
	}
	_, err = a.post(tx, policy, appointment, p, PurposeCancelled, "")
	return err
}

// participantGone is the kind of somebody who was taken off an appointment after they had been told
// of it.
const participantGone practice.ParticipantKind = "gone"

// Participants are those of an appointment, in the order in which they were made.
func Participants(
	tx *store.Tx,
	appointment practice.Appointment,
) ([]practice.Participant, error) {
	return store.Find[practice.Participant](
		tx,
		`WHERE establishment = $1 AND appointment = $2 AND kind <> 'gone'
		ORDER BY kind, id`,
		appointment.Establishment,
		appointment.ID,
	)
}

// wasTold reports whether a participant has had a message, or may be getting one at this moment.
func wasTold(tx *store.Tx, p practice.Participant, now time.Time) (bool, error) {
	var count int
	err := tx.Scan(`SELECT COUNT(*) FROM outbox WHERE establishment = $1 AND participant = $2
		AND (state = 'sent' OR (state = 'waiting' AND (attempts > 0 OR claimed_until > $3)))`,
		[]any{p.Establishment, p.ID, int64(practice.InstantOf(now))}, &count)
	return count > 0, err
}

// dropFor takes back what has not been sent to a participant.
func dropFor(tx *store.Tx, p practice.Participant) error {
	_, err := tx.Exec(
		`UPDATE outbox SET state = 'dropped', error = 'the appointment was moved or cancelled'
		WHERE establishment = $1 AND participant = $2 AND state IN ('waiting', 'failed')`,
		p.Establishment,
		p.ID,
	)
	return err
}

// Cancel calls an appointment off: links open nothing more, and with tell those who were invited
// hear of it. Following means the later ones of a series, too.
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
		if _, err := a.cancel(tx, one, tell, by); err != nil {
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
		return appointment, wrong("status", "expected fulfilled or noshow, got %q", status)
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
