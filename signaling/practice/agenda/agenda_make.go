package agenda

import (
	"errors"
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

// ahead is how far the appointments of a series exist before their time.
const ahead = 92 * 24 * time.Hour

// Make makes an appointment, or a series and its appointments of the next months, and puts what is
// to be sent into the outbox. It returns the first one. The same key makes nothing new.
func (a *Agenda) Make(tx *store.Tx, d Draft) (practice.Appointment, error) {
	if len(d.Key) < 16 || len(d.Key) > 64 {
		return practice.Appointment{}, Wrong(
			"key",
			"expected 16 to 64 characters of chance, got %d",
			len(d.Key),
		)
	}
	before, err := store.Get[practice.Appointment](
		tx,
		"WHERE establishment = $1 AND request_key = $2 AND request_key <> ''",
		d.Establishment,
		d.Key,
	)
	if !errors.Is(err, store.ErrNotFound) {
		return before, err
	}
	p, err := a.prepare(tx, d)
	if err != nil {
		return p.appointment, err
	}
	if d.Rule != "" {
		return a.makeSeries(tx, d, p)
	}
	start, err := Resolve(d.LocalStart, p.zone, d.Later)
	if err != nil {
		return p.appointment, err
	}
	p.at(start, d.LocalStart, d.Minutes)
	if err := a.notInThePast(p.appointment); err != nil {
		return p.appointment, err
	}
	if err := p.free(tx, d.Anyway); err != nil {
		return p.appointment, err
	}
	return p.appointment, a.insert(tx, p, d.Key)
}

// Check returns the conflicts that a draft would have.
func (a *Agenda) Check(tx *store.Tx, d Draft) ([]Conflict, error) {
	p, err := a.prepare(tx, d)
	if err != nil {
		return nil, err
	}
	if d.Rule == "" {
		start, err := Resolve(d.LocalStart, p.zone, d.Later)
		if err != nil {
			return nil, err
		}
		p.at(start, d.LocalStart, d.Minutes)
		return conflicts(tx, p.appointment, people(p.participants))
	}
	_, instances, err := a.newSeries(d, p)
	if err != nil {
		return nil, err
	}
	return conflictsOf(tx, p, instances, d.Minutes)
}

// notInThePast refuses an appointment that would be over before it was made.
func (a *Agenda) notInThePast(appointment practice.Appointment) error {
	if appointment.EndsAt <= practice.InstantOf(a.now()) {
		return Wrong(
			"localStart",
			"expected a time to come, got %s, which is over",
			appointment.LocalStart,
		)
	}
	return nil
}

func people(list []practice.Participant) []string {
	var ids []string
	for _, p := range list {
		if p.Person != "" {
			ids = append(ids, p.Person)
		}
	}
	return ids
}

// insert writes an appointment down and invites its participants.
func (a *Agenda) insert(tx *store.Tx, p prepared, key string) error {
	if err := store.Insert(tx, p.appointment, store.With{"request_key": key}); err != nil {
		return err
	}
	policy, err := PolicyOf(tx, p.appointment.Establishment)
	if err != nil {
		return err
	}
	for _, participant := range p.participants {
		if err := a.invite(tx, policy, p.appointment, participant); err != nil {
			return err
		}
	}
	changed(tx, p.appointment)
	return a.audit(tx, p.appointment, p.appointment.CreatedBy, "appointment.make")
}

// invite writes a participant down and puts into the outbox what they are sent.
func (a *Agenda) invite(
	tx *store.Tx,
	policy Policy,
	appointment practice.Appointment,
	p practice.Participant,
) error {
	if err := store.Insert(tx, p, store.With{"starts_at": int64(appointment.StartsAt)}); err !=
		nil {
		return err
	}
	if !sends(p.Channel) {
		return nil
	}
	if p.Kind != practice.ParticipantPerson { // who has an account signs in
		if _, err := a.newLink(tx, p); err != nil {
			return err
		}
	}
	if _, err := a.post(tx, policy, appointment, p, PurposeInvitation, ""); err != nil {
		return err
	}
	return a.remind(tx, policy, appointment, p)
}

// makeSeries makes a series and its first appointments.
func (a *Agenda) makeSeries(tx *store.Tx, d Draft, p prepared) (practice.Appointment, error) {
	series, instances, err := a.newSeries(d, p)
	if err != nil {
		return p.appointment, err
	}
	if !d.Anyway {
		found, err := conflictsOf(tx, p, instances, d.Minutes)
		if err != nil {
			return p.appointment, err
		}
		if len(found) > 0 {
			return p.appointment, &ConflictError{Conflicts: found}
		}
	}
	err = store.Insert(
		tx,
		series,
		store.With{"created_by": d.By, "created_at": int64(practice.InstantOf(a.now()))},
	)
	if err != nil {
		return p.appointment, err
	}
	first := p.appointment
	for i, instance := range instances {
		one := p.instance(series, instance)
		key := ""
		if i == 0 {
			key, first = d.Key, one.appointment
		}
		if err := a.insert(tx, one, key); err != nil {
			return first, err
		}
	}
	return first, nil
}

// newSeries is the series of a draft, and its instances of the next months.
func (a *Agenda) newSeries(d Draft, p prepared) (practice.Series, []occurrence, error) {
	series := practice.Series{
		ID:            practice.NewID(),
		Establishment: d.Establishment,
		Service:       d.Service,
		Title:         p.appointment.Title,
		Rule:          d.Rule,
		Zone:          p.appointment.Zone,
		LocalStart:    d.LocalStart,
		Minutes:       d.Minutes,
		Version:       1,
	}
	start, err := Resolve(d.LocalStart, p.zone, d.Later)
	if err != nil {
		return series, nil, err // the first time is one that somebody chose
	}
	until := a.now().Add(ahead)
	if start.After(a.now()) { // one that begins next year has a beginning, too
		until = start.Add(ahead)
	}
	instances, err := occurrences(series, a.now(), until)
	if err != nil {
		return series, nil, err
	}
	if len(instances) == 0 {
		return series, nil, Wrong(
			"rule",
			"expected a meeting that is to come, within %d days of the first, got none",
			int(ahead.Hours()/24),
		)
	}
	series.MadeUntil = practice.InstantOf(until)
	return series, instances, nil
}

func conflictsOf(
	tx *store.Tx,
	p prepared,
	instances []occurrence,
	minutes int,
) ([]Conflict, error) {
	var found []Conflict
	for _, instance := range instances {
		p.at(instance.start, instance.local, minutes)
		more, err := conflicts(tx, p.appointment, people(p.participants))
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}

// changed tells everybody who may see an appointment.
func changed(tx *store.Tx, a practice.Appointment) {
	tx.Changed(practice.TopicAppointment, a.Establishment, a.ID)
}

// audit writes down that a person did something to an appointment; nobody is the server.
func (a *Agenda) audit(
	tx *store.Tx,
	appointment practice.Appointment,
	person, action string,
) error {
	kind := practice.ActorPerson
	if person == "" {
		kind = practice.ActorSystem
	}
	return ledger.Append(
		tx,
		a.now(),
		practice.AuditEntry{Establishment: appointment.Establishment, ActorKind: kind,
			Actor: person, Action: action, Patient: appointment.Patient,
			Appointment: appointment.ID},
	)
}

// prepare checks a draft against the store.
func (a *Agenda) prepare(tx *store.Tx, d Draft) (prepared, error) {
	now := practice.InstantOf(a.now())
	p := prepared{appointment: practice.Appointment{
		ID: practice.NewID(), Establishment: d.Establishment, Service: d.Service, Kind: d.Kind,
		Status: practice.StatusBooked, Title: strings.TrimSpace(d.Title), Patient: d.Patient,
		Place:      d.Place,
		LocalStart: d.LocalStart, Room: newRoom(), CreatedBy: d.By, CreatedAt: now, UpdatedAt: now,
		SourceSystem: d.SourceSystem, SourceValue: d.SourceValue, Version: 1,
	}}
	establishment, err := store.Get[practice.Establishment](tx, "WHERE id = $1", d.Establishment)
	if err != nil {
		return p, missing(err, "establishment", d.Establishment)
	}
	if establishment.Closed {
		return p, Wrong(
			"establishment",
			"expected one that takes appointments, got one that is closed",
		)
	}
	p.appointment.Zone = establishment.Zone
	if p.zone, err = Zone(establishment.Zone); err != nil {
		return p, err
	}
	service, err := store.Get[practice.Service](
		tx,
		"WHERE establishment = $1 AND id = $2",
		d.Establishment,
		d.Service,
	)
	if err != nil {
		return p, missing(err, "service", d.Service)
	}
	if service.Closed {
		return p, Wrong("service", "expected one that takes appointments, got one that is closed")
	}
	if err := checkMinutes(d.Minutes); err != nil {
		return p, err
	}
	if err := p.kind(tx, d); err != nil {
		return p, err
	}
	if err := place(tx, &p.appointment); err != nil {
		return p, err
	}
	p.participants, err = participants(tx, practice.InstantOf(a.now()), p.appointment,
		d.Participants)
	return p, err
}
