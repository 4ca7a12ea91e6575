package hl7

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// schedules are the events of SIU that are taken. The appointment without an id is not known here.
var schedules = map[string]func(*event, schedule, practice.Appointment) error{
	"S12": (*event).planned, "S13": (*event).planned, "S14": (*event).planned,
	"S15": (*event).cancelled, "S17": (*event).cancelled, "S26": (*event).noShow,
}

// schedule finds the appointment that a message is about, and does what it says.
func (e *event) schedule(do func(*event, schedule, practice.Appointment) error) error {
	s, err := planned(e.message, e.house.zone)
	if err != nil {
		return err
	}
	e.subject = "appointment/" + s.system + "/" + s.value
	old, err := e.old(e.subject)
	if err != nil {
		return err
	}
	known, err := store.Get[practice.Appointment](e.tx, `WHERE establishment = $1
		AND source_system = $2 AND source_system <> '' AND source_value = $3`,
		e.house.ID, s.system, s.value)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	e.row.Appointment, e.row.Patient = known.ID, known.Patient
	if old {
		e.ignore(practice.OutcomeOlder)
		return nil
	}
	err = do(e, s, known)
	if errors.Is(err, agenda.ErrMet) {
		e.ignore(practice.OutcomeDecided)
		return nil
	}
	return err
}

// planned makes an appointment, or changes it into what the message says: a message that comes late
// may be the first one.
func (e *event) planned(s schedule, known practice.Appointment) error {
	if codes := e.source.Teleconsultations; len(codes) > 0 &&
		!slices.ContainsFunc(s.codes, func(c string) bool { return slices.Contains(codes, c) }) {
		if known.ID != "" && known.Status == practice.StatusBooked { // it was one
			return e.cancelled(s, known)
		}
		e.ignore(practice.OutcomeOtherKind)
		return nil
	}
	if s.start.IsZero() {
		return missing("SCH-11.4", "the start of the appointment, here, in TQ1-7 or in AIS-4")
	}
	place, err := e.place(s)
	if err != nil {
		return err
	}
	people, err := e.practitioners(s)
	if err != nil {
		return err
	}
	if known.ID != "" {
		return e.change(s, known, place, people)
	}
	if s.minutes == 0 {
		s.minutes = usualMinutes
	}
	if end := s.start.Add(time.Duration(s.minutes) * time.Minute); !end.After(e.now()) {
		e.ignore(practice.OutcomeOver)
		return nil
	}
	return e.makeAppointment(s, place, people)
}

const usualMinutes = 30

func (e *event) makeAppointment(s schedule, place string, people []string) error {
	patient, err := e.expected()
	if err != nil {
		return err
	}
	service, err := e.service(s)
	if err != nil {
		return err
	}
	key := sha256.Sum256([]byte("hl7\x00" + s.system + "\x00" + s.value))
	draft := agenda.Draft{Key: hex.EncodeToString(key[:])[:64], Establishment: e.house.ID,
		Service: service, Kind: practice.KindConsultation, Patient: patient.ID, Place: place,
		Minutes: s.minutes, Anyway: true, SourceSystem: s.system, SourceValue: s.value,
		Participants: []practice.Participant{{Kind: practice.ParticipantPatient,
			Channel: e.channel(patient, place), Email: patient.Email, Phone: patient.Phone}}}
	if e.source.Invite && draft.Participants[0].Channel == practice.ChannelPrint {
		e.remark(remarkUninvited)
	}
	draft.LocalStart, draft.Later = wall(s.start, e.house.zone)
	for _, person := range people {
		draft.Participants = append(draft.Participants, practice.Participant{
			Kind: practice.ParticipantPerson, Person: person})
	}
	made, err := e.config.Agenda.Make(e.tx, draft)
	if err != nil {
		return err
	}
	e.row.Appointment, e.row.Patient = made.ID, made.Patient
	e.done(practice.OutcomeAppointmentMade)
	return nil
}

// wall is a moment as the agenda wants it.
func wall(moment time.Time, zone *time.Location) (local string, later bool) {
	local = agenda.Local(moment, zone)
	_, err := agenda.Resolve(local, zone, false)
	var twice *agenda.TwoSuchTimesError
	return local, errors.As(err, &twice) && twice.Second.Equal(moment)
}

// channel is how the patient gets their link.
func (e *event) channel(patient practice.Patient, place string) practice.Channel {
	switch {
	case place != "":
		return practice.ChannelNone // the tablet of the place
	case e.source.Invite && patient.Phone != "" && e.config.Can(practice.ChannelSMS):
		return practice.ChannelSMS
	case e.source.Invite && patient.Email != "" && e.config.Can(practice.ChannelMail):
		return practice.ChannelMail
	}
	return practice.ChannelPrint
}

// expected is the patient of an appointment. Traits of one who is known come by ADT, not so; how
// they are reached does, if that is not known (any more).
func (e *event) expected() (practice.Patient, error) {
	said, err := identify(e.message, e.source, e.now())
	if err != nil {
		return practice.Patient{}, err
	}
	known, err := e.patient(said.IPP, "PID-3.1")
	later := errors.Is(err, errMergedLater)
	if later {
		known, err = e.patientNow(said.IPP)
	}
	if err != nil {
		return known, err
	}
	if later || known.ID != "" && known.Source == practice.SourceHospital {
		if known.Phone == "" && known.Email == "" {
			known.Phone, known.Email = said.Phone, said.Email
		}
		return known, nil
	}
	if err := e.take(known, said, false); err != nil {
		return known, err
	}
	return store.Get[practice.Patient](e.tx, "WHERE establishment = $1 AND id = $2", e.house.ID,
		e.row.Patient)
}

// patientNow is who a number that was merged later stands for today.
func (e *event) patientNow(ipp string) (practice.Patient, error) {
	merge, err := store.Get[practice.Merge](e.tx, `WHERE establishment = $1 AND prior_ipp = $2
		AND undone_at = 0 ORDER BY event_at DESC LIMIT 1`, e.house.ID, ipp)
	if err != nil {
		return practice.Patient{}, err
	}
	p, err := store.Get[practice.Patient](e.tx, "WHERE establishment = $1 AND id = $2",
		e.house.ID, merge.Survivor)
	if err == nil && p.MergedInto != "" {
		return store.Get[practice.Patient](e.tx, "WHERE establishment = $1 AND id = $2",
			e.house.ID, p.MergedInto)
	}
	return p, err
}

// service finds the service by a code of the message, or the source's own.
func (e *event) service(s schedule) (string, error) {
	services, err := e.services()
	if err != nil {
		return "", err
	}
	var codes []string
	for _, one := range services {
		if one.Code != "" && slices.Contains(s.codes, one.Code) {
			return one.ID, nil
		}
		if one.Code != "" {
			codes = append(codes, one.Code)
		}
	}
	for _, one := range services {
		if e.source.Service != "" && (one.Code == e.source.Service ||
			one.Name == e.source.Service) || len(services) == 1 {
			return one.ID, nil
		}
	}
	return "", wrong(codeTable, "AIS-3", "the code of a service here ("+
		strings.Join(codes, ", ")+"), here, in AIL-3 or in PV1-3", "%s",
		strings.Join(s.codes, ", "))
}

func (e *event) services() ([]practice.Service, error) {
	return store.Find[practice.Service](e.tx,
		"WHERE establishment = $1 AND closed = $2 ORDER BY name", e.house.ID, false)
}

// place finds the place by a code of the message: of this establishment, or else of the one other
// that has it, for patients are in nursing homes.
func (e *event) place(s schedule) (string, error) {
	services, err := e.services()
	if err != nil {
		return "", err
	}
	var elsewhere []string
	for _, code := range s.places {
		places, err := store.Find[practice.Place](
			e.tx.Across("a patient may be at a place of another establishment"),
			"WHERE code = $1 AND code <> '' AND closed = $2", code, false)
		if err != nil {
			return "", err
		}
		for _, one := range places {
			if one.Establishment == e.house.ID {
				return one.ID, nil
			}
			elsewhere = append(elsewhere, one.ID)
		}
	}
	if len(elsewhere) == 1 {
		return elsewhere[0], nil
	}
	if len(s.places) > 0 && !slices.ContainsFunc(services, func(one practice.Service) bool {
		return one.Code != "" && slices.Contains(s.places, one.Code)
	}) {
		e.remark(remarkPlace)
	}
	return "", nil
}

// practitioners finds people by their RPPS numbers. Without one the service's queue has the
// appointment.
func (e *event) practitioners(s schedule) ([]string, error) {
	var found []string
	unknown := s.unknown
	for _, rpps := range s.practitioners {
		person, err := store.Get[practice.Person](e.tx,
			"WHERE rpps = $1 AND rpps <> '' AND disabled_at = 0", rpps)
		if errors.Is(err, store.ErrNotFound) {
			unknown = true
			continue
		}
		if err != nil {
			return nil, err
		}
		if !slices.Contains(found, person.ID) {
			found = append(found, person.ID)
		}
	}
	if unknown {
		e.remark(remarkPractitioner)
	}
	return found, nil
}

// change makes an appointment what the message says. What it does not say stays.
func (e *event) change(s schedule, known practice.Appointment, place string,
	people []string) error {
	if known.Status == practice.StatusCancelled {
		return agenda.ErrCancelled
	}
	if e.message.Has("PID") {
		if err := e.samePatient(known); err != nil {
			return err
		}
	}
	minutes := int(known.EndsAt-known.StartsAt) / int(time.Minute/time.Millisecond)
	if s.minutes == 0 {
		s.minutes = minutes
	}
	moved := known.StartsAt != practice.InstantOf(s.start) || minutes != s.minutes
	change := agenda.Change{Version: known.Version, Anyway: true}
	if moved {
		change.Minutes = s.minutes
		change.LocalStart, change.Later = wall(s.start, e.house.zone)
	}
	if place != "" && place != known.Place {
		change.Place = &place
	}
	who, err := agenda.WithHosts(e.tx, known, people)
	if err != nil {
		return err
	}
	change.Participants = who
	if !moved && change.Place == nil && who == nil {
		e.done(practice.OutcomeUnchanged)
		return nil
	}
	if _, err := e.config.Agenda.Move(e.tx, known, change); err != nil {
		return err
	}
	e.done(practice.OutcomeAppointmentChanged)
	if moved {
		e.done(practice.OutcomeAppointmentMoved)
	}
	return nil
}

// samePatient refuses to give an appointment to another patient.
func (e *event) samePatient(known practice.Appointment) error {
	ipp, err := number(e.message.First("PID").Field(3), "PID-3", e.source.Authority)
	if err != nil {
		return err
	}
	patient, err := e.patient(ipp, "PID-3.1")
	if errors.Is(err, errMergedLater) {
		patient, err = e.patientNow(ipp)
	}
	if err == nil && patient.ID != known.Patient {
		return wrong(codeUnknown, "PID-3.1", "the patient of the appointment",
			"another one; cancel it and make one with a new identifier")
	}
	e.row.Patient = known.Patient
	return err
}

// cancelled calls an appointment off, and tells those who were invited.
func (e *event) cancelled(_ schedule, known practice.Appointment) error {
	switch {
	case known.ID == "": // what makes it may come later, and is then old
		e.ignore(practice.OutcomeUnknown)
		return nil
	case known.Status == practice.StatusCancelled:
		e.done(practice.OutcomeUnchanged)
		return nil
	case known.Status == practice.StatusNoShow:
		e.ignore(practice.OutcomeDecided)
		return nil
	}
	if _, err := e.config.Agenda.Cancel(e.tx, known, known.Version, false, true, ""); err != nil {
		return err
	}
	e.done(practice.OutcomeAppointmentCancelled)
	return nil
}

// noShow notes that the patient did not come, unless a person or the call says otherwise.
func (e *event) noShow(_ schedule, known practice.Appointment) error {
	switch {
	case known.ID == "":
		e.ignore(practice.OutcomeUnknown)
		return nil
	case known.Status == practice.StatusNoShow:
		e.done(practice.OutcomeUnchanged)
		return nil
	case known.BeganAt != 0 || known.OutcomeBy != "":
		e.ignore(practice.OutcomeDecided)
		return nil
	}
	if _, err := e.config.Agenda.SetOutcome(e.tx, known, known.Version, practice.StatusNoShow,
		""); err != nil {
		return err
	}
	e.done(practice.OutcomeAppointmentNoShow)
	return nil
}
