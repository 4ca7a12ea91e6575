package desk

import (
	"errors"
	"net/http"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// appointment reads the one of the address, if the caller sees it. Beside tells whether a right may
// also come from where the patient is; an empty action asks for none.
func (bookings) appointment(c *call, tx *store.Tx, action practice.Action,
	beside bool) (practice.Appointment, error) {
	return c.appointment(tx, "WHERE id = $1", c.path("id"), action, beside)
}

func isParticipant(tx *store.Tx, a practice.Appointment, person string) (bool, error) {
	_, err := store.Get[practice.Participant](tx,
		"WHERE establishment = $1 AND appointment = $2 AND person = $3 AND kind = 'person'",
		a.Establishment, a.ID, person)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// viewOf is an appointment with all that belongs to it, as the caller may see it.
func (s bookings) viewOf(c *call, tx *store.Tx, a practice.Appointment) (AppointmentView, error) {
	view := AppointmentView{Participants: []practice.Participant{}, Links: []practice.Link{},
		Messages: []practice.Message{},
		Consents: []practice.Consent{}}
	v := viewerOf(c.caller)
	made, err := rowsOf(tx, v, c.now, []practice.Appointment{a})
	if err != nil {
		return view, err
	}
	if len(made) == 0 {
		return view, refuse(CodeNotFound, "there is no such appointment, or not for you")
	}
	view.Row = made[0]
	if !v.may(practice.ActionAppointmentView, a.Establishment, a.Service) {
		return view, nil // beside the patient, or asked for once: what the row shows
	}
	if view.Participants, err = agenda.Participants(tx, a); err != nil {
		return view, err
	}
	for i := range view.Participants { // how staff are reached is for their administrator alone
		if p := &view.Participants[i]; p.Kind == practice.ParticipantPerson {
			p.Email, p.Phone = "", ""
		}
	}
	if a.Patient != "" {
		patient, err := store.Get[practice.Patient](tx, "WHERE establishment = $1 AND id = $2",
			a.Establishment, a.Patient)
		if err != nil {
			return view, err
		}
		view.Patient = &patient
	}
	const mine = "WHERE establishment = $1 AND appointment = $2 ORDER BY "
	if view.Links, err = store.Find[practice.Link](tx, mine+"created_at, id", a.Establishment,
		a.ID); err != nil {
		return view, err
	}
	if view.Messages, err = store.Find[practice.Message](tx, mine+"ordinal", a.Establishment,
		a.ID); err != nil {
		return view, err
	}
	if view.Consents, err = store.Find[practice.Consent](tx, mine+"at, id", a.Establishment,
		a.ID); err != nil {
		return view, err
	}
	if a.Series != "" {
		series, err := store.Get[practice.Series](tx, "WHERE establishment = $1 AND id = $2",
			a.Establishment, a.Series)
		if err != nil {
			return view, err
		}
		view.Series = &series
	}
	return view, nil
}

func (s bookings) view(c *call) error {
	var view AppointmentView
	err := c.look(func(tx *store.Tx) (entry practice.AuditEntry, err error) {
		a, err := s.appointment(c, tx, "", false)
		if err != nil {
			return entry, err
		}
		view, err = s.viewOf(c, tx, a)
		return practice.AuditEntry{Establishment: a.Establishment, Action: "appointment.view",
			Patient: a.Patient, Appointment: a.ID}, err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, view)
}
