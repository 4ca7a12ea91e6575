package fhir

import (
	"errors"
	"net/http"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// channel is how the patient gets their link.
func (e *exchange) channel(patient practice.Patient, place string) practice.Channel {
	invite := e.caller.Machine.Invite
	switch {
	case place != "":
		return practice.ChannelNone // the tablet of the place
	case invite && patient.Phone != "" && e.config.Can(practice.ChannelSMS):
		return practice.ChannelSMS
	case invite && patient.Email != "" && e.config.Can(practice.ChannelMail):
		return practice.ChannelMail
	}
	return practice.ChannelPrint
}

// linked reports whether answers carry links.
func (e *exchange) linked() bool {
	return e.caller.Machine.Links && e.caller.Machine.Access == practice.MachineWrites
}

// makeLinks makes the links of those who are not sent theirs, for a machine that gives them.
func (e *exchange) makeLinks(tx *store.Tx, a practice.Appointment) error {
	if !e.linked() {
		return nil
	}
	guests, err := agenda.Participants(tx, a)
	if err != nil {
		return err
	}
	for _, p := range guests {
		if p.Kind != practice.ParticipantPatient || p.Channel == practice.ChannelNone {
			continue
		}
		if _, err := e.config.Agenda.Print(tx, a, p.ID, ""); err != nil {
			return err
		}
	}
	return nil
}

// become changes an appointment into what is wanted.
func (e *exchange) become(tx *store.Tx, known practice.Appointment,
	w wanted) (practice.Appointment, error) {
	who := e.config.Agenda
	switch {
	case w.status == practice.StatusCancelled && known.Status == practice.StatusCancelled:
		return known, nil
	case w.status == practice.StatusCancelled && known.Status == practice.StatusNoShow:
		return known, refuse(http.StatusConflict, "business-rule", "Appointment.status",
			"expected the cancellation of an appointment that is to come, got that of one whose "+
				"outcome is known")
	case w.status == practice.StatusCancelled:
		return who.Cancel(tx, known, known.Version, false, true, "")
	case known.Status == practice.StatusCancelled:
		return known, agenda.ErrCancelled
	}
	if w.status != practice.StatusBooked {
		return e.outcome(tx, known, w)
	}
	change, same, err := e.difference(tx, known, w)
	if err != nil || same {
		return known, err
	}
	after, err := who.Move(tx, known, change)
	if errors.Is(err, agenda.ErrMet) {
		return known, refuse(http.StatusConflict, "business-rule", "Appointment.start", "%v", err)
	}
	if err != nil {
		return known, err
	}
	return after, e.makeLinks(tx, after)
}

// outcome notes what became of an appointment, unless a person or the call says otherwise.
func (e *exchange) outcome(tx *store.Tx, known practice.Appointment,
	w wanted) (practice.Appointment, error) {
	switch {
	case known.Status == w.status:
		return known, nil
	case known.OutcomeBy != "" || known.BeganAt != 0 && w.status == practice.StatusNoShow:
		return known, refuse(http.StatusConflict, "business-rule", "Appointment.status",
			"expected %s, which a person or the call has said, got another outcome", known.Status)
	}
	return e.config.Agenda.SetOutcome(tx, known, known.Version, w.status, "")
}

// difference is what has to change; same: nothing.
func (e *exchange) difference(tx *store.Tx, known practice.Appointment,
	w wanted) (change agenda.Change, same bool, err error) {
	change = agenda.Change{Version: known.Version, Anyway: true}
	minutes := int((known.EndsAt - known.StartsAt) / (60 * 1000))
	moved := known.StartsAt != practice.InstantOf(w.start) || minutes != w.minutes
	if moved {
		change.LocalStart, change.Later, change.Minutes = w.local, w.later, w.minutes
	}
	if w.place != "" && w.place != known.Place {
		change.Place = &w.place
	}
	if change.Participants, err = agenda.WithHosts(tx, known, w.people); err != nil {
		return change, false, err
	}
	return change, !moved && change.Place == nil && change.Participants == nil, nil
}

// wayIn is the address by which a participant comes in; empty: they need none, or have none.
func (e *exchange) wayIn(tx *store.Tx, p practice.Participant) (string, error) {
	switch p.Kind {
	case practice.ParticipantPerson:
		return e.config.Agenda.Page(), nil // where they sign in
	case practice.ParticipantPlace:
		return "", nil
	}
	link, err := agenda.LinkOf(tx, p)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return e.config.Agenda.Address(link.ID), err
}
