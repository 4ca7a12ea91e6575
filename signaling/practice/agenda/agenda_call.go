package agenda

import (
	"errors"
	"slices"
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

// Wanted is somebody without an account who is missing in a call that goes on.
type Wanted struct {
	Name     string
	Phone    string
	Language string // of the message; empty: fr
	By       string // a person
}

// How often somebody may be asked into calls by SMS: each costs something and wakes somebody.
const (
	callAgain   = time.Minute // the same number, into the same call
	callsIn     = time.Hour
	callsOfCall = 10 // SMS into one call
	callsByOne  = 30 // SMS by one person, into whichever calls
	callUseless = 30 * time.Minute
)

// TooManyError says that there were too many messages in so short a time.
type TooManyError struct{ Until practice.Instant }

func (e *TooManyError) Error() string {
	return "expected fewer messages in so short a time; wait, or give the link by word of mouth"
}

// CallIn asks somebody into a call that goes on, by SMS with a link of their own: they come to the
// waiting room, as every guest. The same number under the same name is the same guest.
func (a *Agenda) CallIn(
	tx *store.Tx, appointment practice.Appointment, wanted Wanted,
) (practice.Message, error) {
	var message practice.Message
	policy, err := PolicyOf(tx, appointment.Establishment)
	if err != nil {
		return message, err
	}
	if err := policy.Within(appointment, a.now()); err != nil {
		return message, err
	}
	p, err := a.called(tx, appointment, wanted)
	if err != nil {
		return message, err
	}
	if err := a.notTooOften(tx, p, wanted.By); err != nil {
		return message, err
	}
	if _, err := a.theLink(tx, p); err != nil {
		return message, err
	}
	if message, err = a.post(tx, policy, appointment, p, PurposeNow, practice.NewID()); err != nil {
		return message, err
	}
	changed(tx, appointment)
	return message, ledger.Append(tx, a.now(), practice.AuditEntry{
		Establishment: appointment.Establishment, ActorKind: practice.ActorPerson,
		Actor: wanted.By, Action: "call.invite", Patient: appointment.Patient,
		Appointment: appointment.ID, Object: p.ID})
}

// called is the guest who is meant: one who was asked before, or a new one.
func (a *Agenda) called(
	tx *store.Tx, appointment practice.Appointment, wanted Wanted,
) (practice.Participant, error) {
	p := practice.Participant{ID: practice.NewID(), Establishment: appointment.Establishment,
		Appointment: appointment.ID, Kind: practice.ParticipantCalled, Name: wanted.Name,
		Phone: wanted.Phone, Channel: practice.ChannelSMS, Language: wanted.Language, Version: 1}
	var wrong *FieldError
	if err := checkParticipant(tx, practice.InstantOf(a.now()), appointment, &p, ""); err != nil {
		if errors.As(err, &wrong) {
			wrong.Field = strings.TrimPrefix(wrong.Field, ".")
		}
		return p, err
	}
	guests, err := Participants(tx, appointment)
	if err != nil {
		return p, err
	}
	if i := slices.IndexFunc(guests, func(q practice.Participant) bool {
		return q.Kind == p.Kind && q.Name == p.Name && q.Phone == p.Phone &&
			q.Language == p.Language
	}); i >= 0 {
		return guests[i], nil
	}
	if len(guests) >= maxPeople {
		return p, &FieldError{Field: "name", Problem: "expected a call of fewer people; " +
			"there is no room for another"}
	}
	return p, store.Insert(tx, p, store.With{"starts_at": int64(appointment.StartsAt)})
}

// notTooOften bounds what one number, one call and one person are sent or send.
func (a *Agenda) notTooOften(tx *store.Tx, p practice.Participant, by string) error {
	now := practice.InstantOf(a.now())
	since := int64(now.Add(-callsIn))
	var inCall, byOne int
	var last, first, firstByOne practice.Instant
	err := tx.Scan(`SELECT COUNT(*), COALESCE(MIN(created_at), 0) FROM outbox
		WHERE establishment = $1 AND appointment = $2 AND purpose = 'now' AND created_at > $3`,
		[]any{p.Establishment, p.Appointment, since}, &inCall, &first)
	if err != nil {
		return err
	}
	// By the number, whatever name it was given.
	if err := tx.Scan(`SELECT COALESCE(MAX(created_at), 0) FROM outbox
		WHERE establishment = $1 AND appointment = $2 AND purpose = 'now' AND participant IN
			(SELECT id FROM participants WHERE establishment = $1 AND phone = $3)`,
		[]any{p.Establishment, p.Appointment, p.Phone}, &last); err != nil {
		return err
	}
	if err := tx.Scan(`SELECT COUNT(*), COALESCE(MIN(at), 0) FROM audit
		WHERE establishment = $1 AND actor = $2 AND action = 'call.invite' AND at > $3`,
		[]any{p.Establishment, by, since}, &byOne, &firstByOne); err != nil {
		return err
	}
	switch {
	case inCall >= callsOfCall:
		return &TooManyError{first.Add(callsIn)}
	case byOne >= callsByOne:
		return &TooManyError{firstByOne.Add(callsIn)}
	case last.Add(callAgain) > now:
		return &TooManyError{last.Add(callAgain)}
	}
	return nil
}
