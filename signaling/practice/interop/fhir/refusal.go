package fhir

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"draille/signaling/practice/agenda"
	"draille/signaling/practice/interop/fhir/fhirjson"
	"draille/signaling/practice/interop/machines"
	"draille/signaling/practice/store"
)

// refusal is why a request is not done: a status of HTTP and an issue of FHIR. Its words hold no
// trait of a patient.
type refusal struct {
	status int
	code   string // http://hl7.org/fhir/issue-type
	path   string // FHIRPath of the element; empty: none
	words  string
}

func (r *refusal) Error() string { return r.words }

func refuse(status int, code, path, format string, values ...any) error {
	return &refusal{status, code, path, fmt.Sprintf(format, values...)}
}

// notThere is what is answered for what is not there, and for what is another establishment's.
func notThere(kind string) error {
	return refuse(http.StatusNotFound, "not-found", "", "expected the id of a resource %s of this "+
		"establishment, got another", kind)
}

// paths are the elements that the agenda's fields are taken from.
var paths = map[string]string{
	"localStart": "Appointment.start", "minutes": "Appointment.end",
	"service": "Appointment.serviceType", "place": "Appointment.participant.actor",
	"participants": "Appointment.participant", "status": "Appointment.status",
	"patient": "Appointment.participant.actor", "ipp": "Patient.identifier",
	"birthName": "Patient.name.family", "usedName": "Patient.name.family",
	"birthGivenName": "Patient.name.given", "birthGivenNames": "Patient.name.given",
	"birthDate": "Patient.birthDate", "sex": "Patient.gender", "phone": "Patient.telecom",
	"email": "Patient.telecom", "birthPlace": "Patient.extension",
}

// translated makes a refusal of an error of the packages below; nil if nobody foresaw it.
func translated(err error) *refusal {
	var known *refusal
	var fault *fhirjson.Fault
	var field *agenda.FieldError
	var noRight *agenda.NoRightError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &fault):
		status := http.StatusUnprocessableEntity
		switch fault.Code {
		case fhirjson.CodeStructure:
			status = http.StatusBadRequest
		case fhirjson.CodeTooLong:
			status = http.StatusRequestEntityTooLarge
		}
		return &refusal{status, fault.Code, fault.Path, fault.Error()}
	case errors.As(err, &field):
		root, _, _ := strings.Cut(field.Field, ".")
		expected, _, _ := strings.Cut(field.Problem, ", got") // what came may be a patient's
		return &refusal{http.StatusUnprocessableEntity, "business-rule", paths[root],
			expected + ", got something else"}
	case errors.As(err, &noRight):
		return &refusal{http.StatusUnprocessableEntity, "business-rule",
			"Appointment.participant.actor", "expected practitioners who have a right in this " +
				"establishment, got one who has none; ask its administrator to give it"}
	}
	for _, one := range []struct {
		err  error
		is   refusal
		also string
	}{
		{store.ErrVersion, refusal{http.StatusPreconditionFailed, "conflict", "", ""},
			"; read it again"},
		{store.ErrNotFound, refusal{http.StatusNotFound, "not-found", "", ""}, ""},
		{store.ErrBusy, refusal{http.StatusServiceUnavailable, "transient", "", ""}, ""},
		{store.ErrAway, refusal{http.StatusServiceUnavailable, "transient", "", ""}, ""},
		{store.ErrFull, refusal{http.StatusInsufficientStorage, "no-store", "", ""}, ""},
		{agenda.ErrCancelled, refusal{http.StatusConflict, "business-rule", "Appointment.status",
			""}, "; give the new one a new identifier"},
		{agenda.ErrMet, refusal{http.StatusConflict, "business-rule", "Appointment.status",
			""}, ""},
		{agenda.ErrTooEarly, refusal{http.StatusUnprocessableEntity, "business-rule",
			"Appointment.status", ""}, ", and has no outcome"},
		{agenda.ErrMergedAlready, refusal{http.StatusConflict, "conflict", "Patient.link", ""}, ""},
		{machines.ErrToken, refusal{http.StatusUnauthorized, "login", "", ""}, ""},
		{machines.ErrUnknown, refusal{http.StatusUnauthorized, "login", "", ""}, ""},
	} {
		if errors.Is(err, one.err) {
			one.is.words = one.err.Error() + one.also
			return &one.is
		}
	}
	return nil
}

// outcome is a refusal as FHIR tells it.
func (r *refusal) outcome() OperationOutcome {
	issue := Issue{Severity: "error", Code: r.code, Details: CodeableConcept{Text: r.words}}
	if r.path != "" {
		issue.Expression = []string{r.path}
	}
	return OperationOutcome{ResourceType: "OperationOutcome", Issue: []Issue{issue}}
}
