package fhir

import (
	"net/http"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// encounters are the sessions of appointments: that somebody met, and when. One has the id of its
// appointment.
type encounters struct{}

func (s encounters) read(e *exchange, tx *store.Tx, id string) (answer, error) {
	a, err := store.Get[practice.Appointment](tx,
		"WHERE establishment = $1 AND id = $2 AND began_at <> 0", e.house.ID, id)
	if err != nil {
		return answer{}, err
	}
	return s.answer(e, tx, a)
}

func (encounters) answer(e *exchange, tx *store.Tx, a practice.Appointment) (answer, error) {
	made := Encounter{ResourceType: "Encounter", ID: a.ID, Status: "in-progress",
		Meta:        metaOf(a),
		Class:       Coding{System: systemActCode, Code: "VR", Display: "virtual"},
		Appointment: []Reference{{Reference: "Appointment/" + a.ID, Type: "Appointment"}},
		Period:      Period{instant(a.BeganAt, e.zone), instant(a.EndedAt, e.zone)}}
	if a.EndedAt != 0 {
		made.Status = "finished"
	}
	if a.Patient != "" {
		made.Subject = &Reference{Reference: "Patient/" + a.Patient, Type: "Patient"}
	}
	if e.house.FINESS != "" {
		made.ServiceProvider = &Reference{Type: "Organization", Display: e.house.Name,
			Identifier: &Identifier{System: systemFINESS, Value: "1" + e.house.FINESS}}
	}
	guests, err := agenda.Participants(tx, a)
	for _, p := range guests {
		if p.Kind != practice.ParticipantPerson {
			continue
		}
		who, err := practitionerOf(tx, p.Person)
		if err != nil {
			return answer{}, err
		}
		made.Participant = append(made.Participant, EncounterParticipant{who})
	}
	return answer{id: a.ID, patient: a.Patient, appointment: a.ID, version: a.Version,
		resource: made}, err
}

// search finds sessions by their appointment or their patient.
func (s encounters) search(e *exchange, tx *store.Tx, q *query) (page, error) {
	f := filter{clause: "establishment = $1 AND began_at <> 0", arguments: []any{e.house.ID}}
	if ids := references(q.take("appointment"), e.base, "Appointment"); len(ids) > 0 {
		f.among("id", ids)
	}
	if err := f.ofPatient(e, tx, q); err != nil {
		return page{}, err
	}
	if err := f.dated(e, tx, q); err != nil {
		return page{}, err
	}
	if !f.narrowed {
		return page{}, refuse(http.StatusBadRequest, "too-costly", "", "expected appointment, "+
			"patient or date, got none of them")
	}
	return f.page(e, tx, q, s.answer)
}
