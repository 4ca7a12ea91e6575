package fhir

import (
	"errors"
	"slices"
	"strings"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/interop/fhir/fhirjson"
	"draille/signaling/practice/store"
)

// wanted reads an Appointment.
func (e *exchange) wanted(tx *store.Tx, said fhirjson.Element) (wanted, error) {
	var w wanted
	for _, one := range said.Child("identifier").All() {
		if w.value != "" || one.Child("use").Text() == "old" {
			continue
		}
		var err error
		if w.system, err = textOf(one.Child("system"), "the identifier's system, a URI"); err !=
			nil {
			return w, err
		}
		if w.value, err = textOf(one.Child("value"), "the value of the identifier"); err != nil {
			return w, err
		}
		if len(w.value) > maxIdentifier || len(w.system) > maxIdentifier {
			return w, one.Child("value").Wrong("at most 120 characters in system and in value")
		}
	}
	status := said.Child("status")
	var known bool
	if w.status, known = statuses[status.Text()]; !known {
		return w, status.Wrong("booked, arrived, fulfilled, noshow or cancelled")
	}
	if w.status != practice.StatusCancelled || said.Child("start").Present() {
		if err := w.times(said, e.zone); err != nil {
			return w, err
		}
	}
	w.codes = slices.Concat(said.Child("serviceType").Codes(), said.Child("specialty").Codes(),
		said.Child("appointmentType").Codes())
	for _, one := range said.Child("participant").All() {
		if one.Child("status").Text() == "declined" {
			continue
		}
		if err := e.actor(tx, &w, one.Child("actor")); err != nil {
			return w, err
		}
	}
	return w, nil
}

// actor reads who, or what, takes part.
func (e *exchange) actor(tx *store.Tx, w *wanted, actor fhirjson.Element) error {
	reference := strings.TrimPrefix(actor.Child("reference").Text(), e.base+"/")
	kind, id, _ := strings.Cut(reference, "/")
	if kind == "" {
		kind = actor.Child("type").Text()
	}
	number := actor.Child("identifier")
	value, system := number.Child("value").Text(), number.Child("system").Text()
	if kind == "" && system == systemRPPS {
		kind = "Practitioner"
	}
	switch kind {
	case "Practitioner", "PractitionerRole":
		return e.practitioner(tx, w, agenda.RPPS(value))
	case "Location":
		if value == "" {
			value = id
		}
		return e.place(tx, w, value)
	case "HealthcareService", "Organization":
		w.codes = append(w.codes, value)
		return nil
	case "Patient", "":
		if !actor.Present() { // a kind of participant without somebody
			return nil
		}
		patient, err := e.patientIn(tx, actor)
		if err != nil {
			return err
		}
		if w.patient.ID != "" && w.patient.ID != patient.ID {
			return actor.WrongAs("one patient", "another one beside")
		}
		w.patient = patient
		return nil
	}
	e.remark(remarkPractitioner) // relatives and devices are no record here
	return nil
}

// practitioner finds somebody by their RPPS number. Without one the service's queue has the
// appointment.
func (e *exchange) practitioner(tx *store.Tx, w *wanted, rpps string) error {
	person, err := store.Get[practice.Person](tx,
		"WHERE rpps = $1 AND rpps <> '' AND disabled_at = 0", rpps)
	if errors.Is(err, store.ErrNotFound) {
		e.remark(remarkPractitioner)
		return nil
	}
	if err == nil && !slices.Contains(w.people, person.ID) {
		w.people = append(w.people, person.ID)
	}
	return err
}

// place finds the place by its code: of this establishment, or else of the one other that has it,
// for patients are in nursing homes.
func (e *exchange) place(tx *store.Tx, w *wanted, code string) error {
	places, err := placesOf(tx, code)
	if err != nil {
		return err
	}
	for _, one := range places {
		if one.Establishment == e.house.ID {
			w.place = one.ID
			return nil
		}
	}
	if len(places) == 1 {
		w.place = places[0].ID
		return nil
	}
	e.remark(remarkPlace)
	return nil
}

// service finds the service by a code of the resource, or the machine's own.
func (e *exchange) service(tx *store.Tx, said fhirjson.Element, codes []string) (string, error) {
	services, err := store.Find[practice.Service](tx,
		"WHERE establishment = $1 AND closed = $2 ORDER BY name", e.house.ID, false)
	if err != nil {
		return "", err
	}
	var known []string
	for _, one := range services {
		if one.Code != "" && slices.Contains(codes, one.Code) {
			return one.ID, nil
		}
		if one.Code != "" {
			known = append(known, one.Code)
		}
	}
	for _, one := range services {
		if one.ID == e.caller.Machine.Service || len(services) == 1 {
			return one.ID, nil
		}
	}
	return "", said.Child("serviceType").WrongAs("the code of a service here ("+
		strings.Join(known, ", ")+")", "none of them; or let the administrator give the program "+
		"a service")
}
