package agenda

import (
	"slices"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// guests are the participants of an appointment that changes: those who stay, come and go.
type guests struct {
	kept        []keptGuest
	added, gone []practice.Participant
}

// keptGuest is somebody who stays, as they were and as they are now.
type keptGuest struct{ was, is practice.Participant }

// rerouted reports whether messages now reach them in another way. How staff are reached is kept
// with their accounts.
func (k keptGuest) rerouted() bool {
	return k.was.Channel != k.is.Channel || k.is.Kind != practice.ParticipantPerson &&
		(k.was.Email != k.is.Email || k.was.Phone != k.is.Phone)
}

// different reports whether anybody comes, goes, has another role or is reached in another way.
func (g guests) different() bool {
	return len(g.added) > 0 || len(g.gone) > 0 ||
		slices.ContainsFunc(g.kept, func(k keptGuest) bool {
			return k.rerouted() || k.was.CallRole != k.is.CallRole
		})
}

// staying are those who are expected after the change.
func (g guests) staying() []practice.Participant {
	var list []practice.Participant
	for _, k := range g.kept {
		list = append(list, k.is)
	}
	return append(list, g.added...)
}

// guests sorts the participants of a changed appointment. Whoever is the same keeps their id.
func (a *Agenda) guests(tx *store.Tx, appointment practice.Appointment, c Change) (guests, error) {
	before, err := Participants(tx, appointment)
	if err != nil {
		return guests{}, err
	}
	wanted := c.Participants
	if wanted == nil {
		if c.Place == nil {
			var all guests
			for _, p := range before {
				all.kept = append(all.kept, keptGuest{p, p})
			}
			return all, nil
		}
		for _, p := range before {
			if p.Kind != practice.ParticipantPlace {
				wanted = append(wanted, p)
			}
		}
	}
	after, err := participants(tx, practice.InstantOf(a.now()), appointment, wanted)
	if err != nil {
		return guests{}, err
	}
	var sorted guests
	for _, p := range before {
		i := slices.IndexFunc(after, func(q practice.Participant) bool { return sameGuest(p, q) })
		if i < 0 {
			sorted.gone = append(sorted.gone, p)
			continue
		}
		q := after[i]
		q.ID, q.Version = p.ID, p.Version
		after = slices.Delete(after, i, i+1)
		sorted.kept = append(sorted.kept, keptGuest{p, q})
	}
	sorted.added = after
	return sorted, nil
}

// sameGuest reports whether two entries mean the same participant, however they are reached.
func sameGuest(p, q practice.Participant) bool {
	return p.Kind == q.Kind && p.Person == q.Person && p.Name == q.Name
}

// tellChanged writes participants down and tells them what concerns them: another time or place,
// that they are invited, or that they are no longer.
func (a *Agenda) tellChanged(tx *store.Tx, after practice.Appointment, who guests,
	moved, elsewhere bool) error {
	policy, err := PolicyOf(tx, after.Establishment)
	if err != nil {
		return err
	}
	for _, p := range who.gone {
		if err := a.leave(tx, policy, after, p); err != nil {
			return err
		}
	}
	for _, k := range who.kept {
		if err := store.Update(tx, &k.is,
			store.With{"starts_at": int64(after.StartsAt)}); err != nil {
			return err
		}
		switch {
		case k.rerouted():
			err = a.reroute(tx, policy, after, k.is)
		case !sends(k.is.Channel):
		case moved:
			err = a.tellAgain(tx, policy, after, k.is, PurposeMoved)
		case elsewhere && k.is.Kind != practice.ParticipantPlace:
			err = a.tellAgain(tx, policy, after, k.is, PurposeChanged)
		default: // what waits for its time is still right
			_, err = tx.Exec(`UPDATE outbox SET sequence = $1 WHERE establishment = $2
				AND participant = $3 AND state = 'waiting'`, after.Sequence, k.is.Establishment,
				k.is.ID)
		}
		if err != nil {
			return err
		}
	}
	for _, p := range who.added {
		if err := a.invite(tx, policy, after, p); err != nil {
			return err
		}
	}
	return nil
}

// reroute invites somebody by another address or number. Whoever has the one before may not be
// them: the link that went there opens nothing more.
func (a *Agenda) reroute(tx *store.Tx, policy Policy, after practice.Appointment,
	p practice.Participant) error {
	if err := dropFor(tx, p); err != nil {
		return err
	}
	if err := a.revokeLinks(tx, p); err != nil {
		return err
	}
	if !sends(p.Channel) {
		return nil
	}
	if p.Kind != practice.ParticipantPerson {
		if _, err := a.newLink(tx, p); err != nil {
			return err
		}
	}
	if _, err := a.post(tx, policy, after, p, PurposeInvitation, ""); err != nil {
		return err
	}
	return a.remind(tx, policy, after, p)
}

// tellAgain tells somebody what an appointment is now, and sends its reminders anew.
func (a *Agenda) tellAgain(tx *store.Tx, policy Policy, after practice.Appointment,
	p practice.Participant, purpose string) error {
	told, err := wasTold(tx, p, a.now())
	if err != nil {
		return err
	}
	if err := dropFor(tx, p); err != nil {
		return err
	}
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

// dropFor takes back what waits to be sent to a participant. What failed stays as it is: that
// somebody was not reached is still to be seen.
func dropFor(tx *store.Tx, p practice.Participant) error {
	_, err := tx.Exec(
		`UPDATE outbox SET state = 'dropped', reason = $3
		WHERE establishment = $1 AND participant = $2 AND state = 'waiting'`,
		p.Establishment,
		p.ID,
		string(practice.ReasonOutdated),
	)
	return err
}

// WithHosts are the participants of an appointment if these people conduct it, whoever did before;
// nil if they do already, or there are none.
func WithHosts(tx *store.Tx, known practice.Appointment, people []string) ([]practice.Participant,
	error) {
	before, err := Participants(tx, known)
	if err != nil || len(people) == 0 {
		return nil, err
	}
	var list []practice.Participant
	missing := slices.Clone(people)
	gone := false
	for _, p := range before {
		if p.Kind == practice.ParticipantPerson && p.CallRole == "host" &&
			!slices.Contains(people, p.Person) {
			gone = true
			continue
		}
		missing = slices.DeleteFunc(missing, func(id string) bool { return id == p.Person })
		list = append(list, p)
	}
	if !gone && len(missing) == 0 {
		return nil, nil
	}
	for _, person := range missing {
		list = append(list, practice.Participant{Kind: practice.ParticipantPerson, Person: person})
	}
	return list, nil
}
