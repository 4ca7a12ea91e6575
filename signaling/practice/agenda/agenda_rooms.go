package agenda

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

const (
	tidyEvery   = 30 * time.Second
	extendEvery = time.Hour
	retryAfter  = 2 * time.Second
	// missedBack is how far back the end of an appointment may be whose outcome nobody has found
	// out, as when the server was away over a weekend.
	missedBack = 14 * 24 * time.Hour
)

// Hear takes what a room tells. It does not wait: what is heard is written down by Run.
func (a *Agenda) Hear(p Presence) {
	p.Guests = slices.Clone(p.Guests)
	a.mu.Lock()
	if len(p.Guests) == 0 {
		delete(a.rooms, p.Room)
	} else {
		a.rooms[p.Room] = p
	}
	a.news = append(a.news, p)
	a.mu.Unlock()
	select {
	case a.heard <- struct{}{}:
	default: // Run has not looked yet
	}
}

// bearers are those who are in a room, or wait in front of it, by an invitation of the practice.
func (a *Agenda) bearers(room string) []bearer {
	a.mu.Lock()
	defer a.mu.Unlock()
	var found []bearer
	for _, guest := range a.rooms[room].Guests {
		if b, ours := bearerOf(guest.ID); ours && !slices.Contains(found, b) {
			found = append(found, b)
		}
	}
	return found
}

// Run writes down what rooms tell and does what has to be done from time to time, until ctx ends.
// What was heard before the end is written down.
func (a *Agenda) Run(ctx context.Context) {
	tidy, extend := time.NewTicker(tidyEvery), time.NewTicker(extendEvery)
	defer tidy.Stop()
	defer extend.Stop()
	retry := time.NewTimer(0)
	defer retry.Stop()
	if err := a.ClockStepped(ctx); err != nil && ctx.Err() == nil {
		a.log.Warn("whether the clock was stepped was not looked at", zap.Error(err))
	}
	a.jobs(ctx, true)
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), retryAfter)
			defer cancel()
			a.writeNews(last)
			return
		case <-a.heard:
		case <-retry.C:
		case <-tidy.C:
			a.jobs(ctx, false)
			continue
		case <-extend.C:
			a.jobs(ctx, true)
			continue
		}
		if !a.writeNews(ctx) {
			retry.Reset(retryAfter)
		}
	}
}

// writeNews writes down what was heard, in its order, and reports whether nothing is left. What the
// store does not take now stays for later.
func (a *Agenda) writeNews(ctx context.Context) bool {
	for {
		a.mu.Lock()
		if len(a.news) == 0 {
			a.mu.Unlock()
			return true
		}
		next := a.news[0]
		a.mu.Unlock()
		err := a.config.Store.Write(ctx, func(tx *store.Tx) error { return a.progress(tx, next) })
		if err != nil {
			if ctx.Err() == nil {
				a.log.Warn(
					"what a room told was not written down; it is tried again",
					zap.String("room", next.Room),
					zap.Error(err),
				)
			}
			return false
		}
		a.mu.Lock()
		a.news = a.news[1:]
		a.mu.Unlock()
	}
}

// progress writes down what one room tells.
func (a *Agenda) progress(tx *store.Tx, p Presence) error {
	appointment, err := store.Get[practice.Appointment](
		tx.Across("a room knows no establishment"),
		"WHERE room = $1",
		p.Room,
	)
	if errors.Is(err, store.ErrNotFound) {
		return nil // a room of draille invite
	}
	if err != nil {
		return err
	}
	counts, err := a.notePresence(tx, appointment, p)
	if err != nil {
		return err
	}
	if after := Progress(appointment, p, a.now()); counts && after != appointment {
		after.UpdatedAt = practice.InstantOf(a.now())
		if err := store.Update(tx, &after, nil); err != nil {
			return err
		}
	}
	changed(tx, appointment) // who is present may have changed though the appointment has not
	return tellOpinion(tx, appointment)
}

// jobs says again who is in the rooms of this server, and does what one server does for all.
func (a *Agenda) jobs(ctx context.Context, daily bool) {
	err := a.renewPresence(ctx)
	mine, failed := a.config.Store.Lease(ctx, "agenda", a.config.Node, a.now(), 3*tidyEvery)
	err = errors.Join(err, failed)
	if failed == nil && mine {
		err = errors.Join(err, a.forgetPresence(ctx), a.findOutcomes(ctx))
		if daily {
			err = errors.Join(err, a.extend(ctx))
		}
	}
	if err != nil && ctx.Err() == nil {
		a.log.Warn("a job of the agenda failed; it is tried again", zap.Error(err))
	}
}

// findOutcomes finds out what became of appointments whose end has passed.
func (a *Agenda) findOutcomes(ctx context.Context) error {
	now := a.now()
	at := practice.InstantOf(now)
	var passed []practice.Appointment
	err := a.config.Store.Read(ctx, func(tx *store.Tx) (err error) {
		passed, err = store.Find[practice.Appointment](
			tx.Across("a daemon looks after all establishments"),
			"WHERE starts_at > $1 AND starts_at < $2 AND ends_at <= $2 AND status = 'booked' AND "+
				"outcome_by = '' AND id NOT IN (SELECT appointment FROM presences)",
			int64(at.Add(-missedBack)),
			int64(at),
		)
		return err
	})
	if err != nil {
		return err
	}
	for _, appointment := range passed {
		if a.unwritten(appointment.Room) {
			continue
		}
		err := a.config.Store.Write(ctx, func(tx *store.Tx) error {
			fresh, err := store.Get[practice.Appointment](
				tx,
				"WHERE establishment = $1 AND id = $2",
				appointment.Establishment,
				appointment.ID,
			)
			if err != nil {
				return err
			}
			present, err := Present(tx, fresh.ID)
			if err != nil {
				return err
			}
			after := Missed(fresh, now)
			if _, occupied := present[fresh.ID]; occupied || after == fresh {
				return nil
			}
			after.UpdatedAt = at
			changed(tx, after)
			return errors.Join(tellOpinion(tx, after), store.Update(tx, &after, nil))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unwritten reports whether news of a room are not written down yet.
func (a *Agenda) unwritten(room string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.ContainsFunc(a.news, func(p Presence) bool { return p.Room == room })
}

// Name is what an invitation's holder is called in the call, and whether the invitation still lets
// them in: the address itself has no name. Invitations that are not the practice's are not known.
func (a *Agenda) Name(
	ctx context.Context,
	invitation string,
) (name string, known, welcome bool, err error) {
	by, ours := bearerOf(invitation)
	if !ours {
		return "", false, true, nil
	}
	err = a.config.Store.Read(ctx, func(tx *store.Tx) error {
		wide := tx.Across("an invitation names a participant alone")
		p, err := store.Get[practice.Participant](wide, "WHERE id = $1", by.participant)
		if err != nil {
			return err
		}
		appointment, err := store.Get[practice.Appointment](
			tx,
			"WHERE establishment = $1 AND id = $2",
			p.Establishment,
			p.Appointment,
		)
		if err != nil {
			return err
		}
		if welcome, err = a.welcome(tx, appointment, p, by); err != nil {
			return err
		}
		names, err := Names(tx, appointment, []practice.Participant{p})
		name = names[p.ID]
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return "", true, false, nil
	}
	return name, true, welcome, err
}

// welcome reports whether a participant may still come in: the appointment goes on and, for
// somebody who came by a link, staff did not revoke it. Whoever says that the link is lost, as any
// stranger may, puts nobody out who came by it before.
func (a *Agenda) welcome(tx *store.Tx, appointment practice.Appointment, p practice.Participant,
	by bearer) (bool, error) {
	if appointment.Status == practice.StatusCancelled || p.Kind == participantGone {
		return false, nil
	}
	if p.Kind == practice.ParticipantPerson || p.Kind == practice.ParticipantPlace {
		return true, nil
	}
	link, err := store.Get[practice.Link](tx,
		"WHERE establishment = $1 AND participant = $2 AND id = $3", p.Establishment, p.ID, by.link)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil || link.RevokedAt == 0 {
		return err == nil, err
	}
	return wasReplaced(tx, link)
}

// Names are what participants of an appointment are called, by their ids.
func Names(
	tx *store.Tx,
	a practice.Appointment,
	list []practice.Participant,
) (map[string]string, error) {
	names := map[string]string{}
	for _, p := range list {
		var err error
		switch p.Kind {
		case practice.ParticipantPerson:
			var person practice.Person
			person, err = store.Get[practice.Person](tx, "WHERE id = $1", p.Person)
			names[p.ID] = PersonName(person)
		case practice.ParticipantPlace:
			var place practice.Place
			place, err = store.Get[practice.Place](
				tx,
				"WHERE establishment = $1 AND id = $2",
				a.HostEstablishment,
				a.Place,
			)
			names[p.ID] = place.Name
		case practice.ParticipantPatient:
			var patient practice.Patient
			patient, err = store.Get[practice.Patient](
				tx,
				"WHERE establishment = $1 AND id = $2",
				a.Establishment,
				a.Patient,
			)
			names[p.ID] = PatientName(patient)
		default:
			names[p.ID] = p.Name
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	}
	return names, nil
}

// PersonName is what a person is called, as in Dr Claire Bonnet.
func PersonName(p practice.Person) string {
	return strings.Join(strings.Fields(p.Title+" "+p.GivenName+" "+p.FamilyName), " ")
}

// PatientName is what a patient is called: the used name if there is one.
func PatientName(p practice.Patient) string {
	family := p.UsedName
	if family == "" {
		family = p.BirthName
	}
	return strings.TrimSpace(family + " " + p.BirthGivenName)
}
