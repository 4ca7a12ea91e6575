package fhir

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/interop/fhir/fhirjson"
	"draille/signaling/practice/store"
)

// appointments are those of a machine's establishment.
type appointments struct{}

func (s appointments) read(e *exchange, tx *store.Tx, id string) (answer, error) {
	a, err := appointmentByID(e, tx, id)
	if err != nil {
		return answer{}, err
	}
	return s.answer(e, tx, a)
}

func appointmentByID(e *exchange, tx *store.Tx, id string) (practice.Appointment, error) {
	return store.Get[practice.Appointment](tx, "WHERE establishment = $1 AND id = $2", e.house.ID,
		id)
}

func (appointments) answer(e *exchange, tx *store.Tx, a practice.Appointment) (answer, error) {
	resource, err := appointmentOf(e, tx, a)
	return answer{id: a.ID, patient: a.Patient, appointment: a.ID, version: a.Version,
		resource: resource}, err
}

// matching finds the appointment with an identifier of the hospital's.
func (appointments) matching(e *exchange, tx *store.Tx, id identifier) ([]string, error) {
	if !id.any && id.system == "" {
		return nil, refuse(http.StatusBadRequest, "invalid", "", "expected "+
			"identifier=system|value with a system, got none")
	}
	clause, arguments := "WHERE establishment = $1 AND source_value = $2 AND source_value <> ''",
		[]any{e.house.ID, id.value}
	if !id.any {
		clause, arguments = clause+" AND source_system = $3 AND source_system <> ''",
			append(arguments, id.system)
	}
	found, err := store.Find[practice.Appointment](tx, clause+" ORDER BY id", arguments...)
	ids := make([]string, len(found))
	for i, a := range found {
		ids[i] = a.ID
	}
	return ids, err
}

// create makes an appointment, and with it its room and its links.
func (s appointments) create(e *exchange, tx *store.Tx, said fhirjson.Element) (answer, error) {
	w, err := e.wanted(tx, said)
	if err != nil {
		return answer{}, err
	}
	if w.status != practice.StatusBooked {
		return answer{}, said.Child("status").WrongAs("booked for an appointment that is made",
			"another status")
	}
	if w.patient.ID == "" {
		return answer{}, said.Child("participant").WrongAs("one participant whose actor is a "+
			"Patient", "none")
	}
	if w.value != "" {
		same, err := s.matching(e, tx, identifier{w.system, w.value, false})
		if err != nil {
			return answer{}, err
		}
		if len(same) > 0 {
			return answer{}, refuse(http.StatusConflict, "duplicate", "Appointment.identifier",
				"expected an identifier that no appointment has here, got that of Appointment/%s; "+
					"change that one by PUT Appointment?identifier=system|value", same[0])
		}
	}
	service, err := e.service(tx, said, w.codes)
	if err != nil {
		return answer{}, err
	}
	draft := agenda.Draft{Key: practice.NewID(), Establishment: e.house.ID, Service: service,
		Kind: practice.KindConsultation, Patient: w.patient.ID, Place: w.place,
		LocalStart: w.local, Later: w.later, Minutes: w.minutes, Anyway: true,
		SourceSystem: w.system, SourceValue: w.value,
		Participants: []practice.Participant{{Kind: practice.ParticipantPatient,
			Channel: e.channel(w.patient, w.place), Email: w.patient.Email,
			Phone: w.patient.Phone}}}
	if e.caller.Machine.Invite && draft.Participants[0].Channel == practice.ChannelPrint {
		e.remark(remarkUninvited)
	}
	for _, person := range w.people {
		draft.Participants = append(draft.Participants,
			practice.Participant{Kind: practice.ParticipantPerson, Person: person})
	}
	made, err := e.config.Agenda.Make(tx, draft)
	if err != nil {
		return answer{}, err
	}
	if err := e.makeLinks(tx, made); err != nil {
		return answer{}, err
	}
	return s.answer(e, tx, made)
}

// update makes an appointment what is said. What is not said stays.
func (s appointments) update(e *exchange, tx *store.Tx, id string, said fhirjson.Element,
	version int) (answer, error) {
	known, err := appointmentByID(e, tx, id)
	if err != nil {
		return answer{}, err
	}
	if version > 0 && known.Version != version {
		return answer{}, store.ErrVersion
	}
	w, err := e.wanted(tx, said)
	if err != nil {
		return answer{}, err
	}
	if w.value != "" && (w.system != known.SourceSystem || w.value != known.SourceValue) {
		e.remark(remarkIdentifier)
	}
	if w.patient.ID != "" && w.patient.ID != known.Patient {
		return answer{}, refuse(http.StatusUnprocessableEntity, "business-rule",
			"Appointment.participant.actor", "expected the patient of the appointment, got "+
				"another one; cancel it, and make one with a new identifier")
	}
	after, err := e.become(tx, known, w)
	if err != nil {
		return answer{}, err
	}
	return s.answer(e, tx, after)
}

// search finds appointments by date, patient, place, identifier and status.
func (s appointments) search(e *exchange, tx *store.Tx, q *query) (page, error) {
	f := filter{clause: "establishment = $1", arguments: []any{e.house.ID}}
	for _, narrow := range []func(*exchange, *store.Tx, *query) error{f.identified, f.dated,
		f.ofPatient, f.atPlace} {
		if err := narrow(e, tx, q); err != nil {
			return page{}, err
		}
	}
	if !f.narrowed {
		return page{}, refuse(http.StatusBadRequest, "too-costly", "", "expected date, patient, "+
			"location or identifier, got none of them")
	}
	f.withStatus(q)
	return f.page(e, tx, q, s.answer)
}

// filter is the clause of a search for appointments.
type filter struct {
	clause    string
	arguments []any
	narrowed  bool // by more than a status
}

// and adds a condition; each %s stands for the next value.
func (f *filter) and(condition string, values ...any) {
	marks := make([]any, len(values))
	for i, value := range values {
		f.arguments = append(f.arguments, value)
		marks[i] = "$" + strconv.Itoa(len(f.arguments))
	}
	f.clause += " AND (" + fmt.Sprintf(condition, marks...) + ")"
}

// among adds that a column is one of some values.
func (f *filter) among(column string, values []string) {
	f.narrowed = true
	if len(values) == 0 {
		f.clause += " AND 1 = 0"
		return
	}
	var list string
	f.arguments, list = store.List(f.arguments, values)
	f.clause += " AND " + column + " IN " + list
}

func (f *filter) identified(e *exchange, tx *store.Tx, q *query) error {
	for _, text := range q.take("identifier") {
		id, err := identifierOf(text)
		if err != nil {
			return err
		}
		ids, err := appointments{}.matching(e, tx, id)
		if err != nil {
			return err
		}
		f.among("id", ids)
	}
	return nil
}

func (f *filter) dated(e *exchange, _ *store.Tx, q *query) error {
	for _, text := range q.take("date") {
		m, err := momentsOf(text, e.zone)
		if err != nil {
			return err
		}
		f.narrowed = true
		f.and("starts_at >= %s AND starts_at < %s", int64(m.from), int64(m.until))
	}
	return nil
}

func (f *filter) ofPatient(e *exchange, tx *store.Tx, q *query) error {
	if ids := references(q.take("patient"), e.base, "Patient"); len(ids) > 0 {
		for i, id := range ids { // what was one's who was merged is the other's
			if p, err := patientByID(e, tx, id); err == nil && p.MergedInto != "" {
				ids[i] = p.MergedInto
			} else if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		f.among("patient", ids)
	}
	for _, name := range []string{"patient.identifier", "patient:identifier"} {
		for _, text := range q.take(name) {
			id, err := identifierOf(text)
			if err != nil {
				return err
			}
			found, err := withIdentifier(e, tx, id)
			if err != nil {
				return err
			}
			var ids []string
			for _, p := range found {
				ids = append(ids, p.ID, p.MergedInto)
			}
			f.among("patient", slices.DeleteFunc(ids, func(id string) bool { return id == "" }))
		}
	}
	return nil
}

func (f *filter) atPlace(e *exchange, tx *store.Tx, q *query) error {
	named := references(q.take("location"), e.base, "Location")
	for _, text := range q.take("location:identifier") {
		id, err := identifierOf(text)
		if err != nil {
			return err
		}
		named = append(named, id.value)
	}
	if len(named) == 0 {
		return nil
	}
	var ids []string
	for _, name := range named {
		places, err := placesOf(tx, name)
		if err != nil {
			return err
		}
		for _, place := range places {
			ids = append(ids, place.ID)
		}
	}
	f.among("place", ids)
	return nil
}

func (f *filter) withStatus(q *query) {
	for _, text := range q.take("status") {
		conditions := []string{"1 = 0"}
		for one := range strings.SplitSeq(text, ",") {
			switch one {
			case "booked":
				conditions = append(conditions, "status = 'booked' AND arrived_at = 0")
			case "arrived":
				conditions = append(conditions, "status = 'booked' AND arrived_at <> 0")
			case "cancelled", "fulfilled", "noshow":
				conditions = append(conditions, "status = '"+one+"'")
			}
		}
		f.and(strings.Join(conditions, " OR "))
	}
}

// page finds one page of appointments, in the order of their time. Each is told as tell has it.
func (f *filter) page(e *exchange, tx *store.Tx, q *query, tell func(*exchange, *store.Tx,
	practice.Appointment) (answer, error)) (page, error) {
	var p page
	limit, err := q.count()
	if err != nil {
		return p, err
	}
	at, id, err := q.after()
	if err != nil {
		return p, err
	}
	if err := tx.Scan("SELECT COUNT(*) FROM appointments WHERE "+f.clause, f.arguments,
		&p.total); err != nil {
		return p, err
	}
	f.and("starts_at > %s OR (starts_at = %s AND id > %s)", at, at, id)
	f.arguments = append(f.arguments, limit+1)
	found, err := store.Find[practice.Appointment](tx, "WHERE "+f.clause+
		" ORDER BY starts_at, id LIMIT $"+strconv.Itoa(len(f.arguments)), f.arguments...)
	if err != nil {
		return p, err
	}
	if len(found) > limit {
		last := found[limit-1]
		found, p.next = found[:limit], afterOf(last.StartsAt, last.ID)
	}
	for _, a := range found {
		one, err := tell(e, tx, a)
		if err != nil {
			return p, err
		}
		p.found = append(p.found, one)
	}
	return p, nil
}
