package desk

import (
	"slices"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// rows makes rows of a sheet's appointments, for lists and events, as one viewer may see them now.
type rows struct {
	viewer viewer
	now    time.Time
}

// rowsOf returns the rows of those appointments that the viewer may see, in their order.
func rowsOf(tx *store.Tx, v viewer, now time.Time,
	appointments []practice.Appointment) ([]Row, error) {
	made, err := sheetOf(tx, appointments)
	if err != nil {
		return nil, err
	}
	r, list := rows{v, now}, []Row{}
	for _, a := range appointments {
		if row, ok := r.row(made, a); ok {
			list = append(list, row)
		}
	}
	return list, nil
}

// row makes one row as the viewer may see it.
func (r rows) row(s *sheet, a practice.Appointment) (Row, bool) {
	guests := s.participants[a.ID]
	participant := slices.ContainsFunc(guests, func(p practice.Participant) bool {
		return r.viewer.person != "" && p.Person == r.viewer.person
	})
	sight := r.viewer.sees(a, participant)
	if sight == sightNone {
		return Row{}, false
	}
	queue := a.Kind == practice.KindConsultation &&
		!slices.ContainsFunc(guests, func(p practice.Participant) bool {
			return p.Kind == practice.ParticipantPerson && p.CallRole == "host"
		})
	row := Row{Appointment: a, Live: liveOf(a), Participants: []ParticipantLine{},
		PlaceName:   s.places[a.Place].Name,
		ServiceName: s.services[a.Service].Name, Queue: queue, Consent: s.consents[a.ID],
		Present: append([]string{}, s.present[a.ID]...)} // JSON: [] rather than null
	for _, p := range guests {
		row.Participants = append(row.Participants, s.line(a, p))
	}
	if patient, there := s.patients[a.Patient]; there {
		row.Patient = patientLine(patient, sight)
	}
	row.Mine = participant || queue &&
		r.viewer.may(practice.ActionCallHost, a.Establishment, a.Service)
	row.MayBegin = r.mayBegin(s, a, participant)
	if sight == sightFull {
		row.MayWrite = a.Status != practice.StatusCancelled &&
			r.viewer.may(practice.ActionAppointmentWrite, a.Establishment, a.Service)
		row.Undelivered = s.undelivered[a.ID]
	} else {
		row.Appointment.SourceSystem, row.Appointment.SourceValue, row.ServiceName = "", "", ""
	}
	return row, true
}

func (r rows) mayBegin(s *sheet, a practice.Appointment, participant bool) bool {
	if s.policies[a.Establishment].Within(a, r.now) != nil {
		return false
	}
	return participant || r.viewer.device.ID != "" ||
		r.viewer.mayBeside(practice.ActionCallJoin, a) ||
		r.viewer.may(practice.ActionCallHost, a.Establishment, a.Service)
}

// patientLine is what a list shows of a patient.
func patientLine(p practice.Patient, s sight) *PatientLine {
	line := &PatientLine{ID: p.ID, BirthName: p.BirthName, BirthGivenName: p.BirthGivenName,
		BirthDate: p.BirthDate, Sex: p.Sex}
	if s == sightFull {
		line.UsedName, line.IPP, line.Qualified = p.UsedName, p.IPP, p.INS != ""
	}
	return line
}

// liveOf is the state that « Ma journée » shows.
func liveOf(a practice.Appointment) LiveState {
	switch {
	case a.Status == practice.StatusCancelled:
		return LiveCancelled
	case a.Status == practice.StatusNoShow:
		return LiveNoShow
	case a.Status == practice.StatusFulfilled:
		return LiveOver
	case a.BeganAt != 0 && a.EndedAt == 0:
		return LiveOngoing
	case a.ArrivedAt != 0 && a.BeganAt == 0:
		return LiveWaiting
	}
	return LiveExpected
}
