package fhir

import (
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

func TestAPatientIsMadeReadAndChanged(t *testing.T) {
	w := newWard(t)
	var made, again Patient
	answer := w.one.ask("POST", "Patient", text(qualified("7"))).is(201, &made)
	require.Equal(t, w.address+Base+"/Patient/"+made.ID+"/_history/1",
		answer.header.Get("Location"))
	require.Equal(t, `W/"1"`, answer.header.Get("ETag"))
	require.Equal(t, "279035121518989", made.Identifier[1].Value)
	require.Equal(t, urlReliability, made.Extension[0].URL)
	w.one.ask("GET", "Patient/"+made.ID, "").is(200, &again)
	require.Equal(t, made, again)
	w.one.ask("GET", "Patient/"+made.ID, "", "If-None-Match", `W/"1"`).is(304)
	// The same once more changes nothing; another name is another version.
	w.one.ask("PUT", whereIPP+"7", text(qualified("7"))).is(200, &again)
	require.Equal(t, "1", again.Meta.VersionID)
	other := qualified("7")
	other["name"].([]any)[0].(map[string]any)["given"] = []any{"DOMINIQUE", "MARIE", "ANNE"}
	w.one.ask("PUT", whereIPP+"7", text(other)).is(200, &again)
	require.Equal(t, "2", again.Meta.VersionID)
	require.Equal(t, made.ID, again.ID)
	// With If-Match the version that was read is changed, or none.
	other["id"] = made.ID
	w.one.ask("PUT", "Patient/"+made.ID, text(other), "If-Match", `W/"1"`).refused(412, "conflict",
		"", "read it again")
	w.one.ask("PUT", "Patient/"+made.ID, text(other), "If-Match", `three`).refused(400, "invalid",
		"", "If-Match")
	w.one.ask("PUT", "Patient/"+made.ID, text(other), "If-Match", `W/"2"`).is(200)
	w.one.ask("PUT", whereIPP+"8", text(dominique("8")), "If-Match", `W/"2"`).refused(412,
		"conflict", "", "got none")
	require.Equal(t, 1, w.Count("SELECT COUNT(*) FROM patients"))
	for action, n := range map[string]int{"fhir.create": 1, "fhir.read": 2, "fhir.update": 3} {
		require.Equal(t, n, w.Count("SELECT COUNT(*) FROM audit WHERE action = $1 AND patient = $2",
			action, made.ID), action)
	}
	w.Quiet()
}

func TestAnIdentityIsTheHospitals(t *testing.T) {
	w := newWard(t)
	unsure := qualified("1")
	delete(unsure, "extension")
	var said OperationOutcome
	w.one.ask("POST", "Patient", text(unsure), "Prefer", "return=OperationOutcome").is(201, &said)
	require.Equal(t, remarkINS, said.Issue[1].Diagnostics)
	require.Equal(t, 0, w.Count("SELECT COUNT(*) FROM patients WHERE ins <> ''"))
	// One number is one patient.
	w.one.ask("POST", "Patient", text(dominique("1"))).refused(409, "duplicate",
		"Patient.identifier", "PUT Patient?identifier")
	var known Patient
	w.one.ask("POST", "Patient", text(dominique("1")), "If-None-Exist",
		"identifier="+authority+"|1").is(200, &known)
	stranger := dominique("1")
	stranger["name"] = []any{map[string]any{"family": "AUTRE", "given": []any{"JEAN"}}}
	stranger["birthDate"] = "1950-01-01"
	w.one.ask("PUT", whereIPP+"1", text(stranger)).refused(409, "conflict", "Patient.identifier",
		"another birth name and another birth date")
	stranger["id"] = known.ID
	w.one.ask("PUT", "Patient/"+known.ID, text(stranger), "If-Match", `W/"1"`).is(200)
	// Another patient with the same national identity is told, and nothing more.
	w.patientTyped("2", "TYPED", "1960-01-01")
	w.one.ask("PUT", whereIPP+"2", text(dominique("2"))).refused(409, "conflict",
		"Patient.identifier", "somebody typed")
	w.one.ask("PUT", whereIPP+"3", text(qualified("3"))).is(201)
	w.one.ask("PUT", whereIPP+"4", text(qualified("4")), "Prefer", "return=OperationOutcome").
		is(201, &said)
	require.Equal(t, remarkSameINS, said.Issue[1].Diagnostics)
	w.one.ask("GET", "Patient?identifier=urn:oid:1.2.250.1.213.1.4.10%7C279035121518989", "").
		is(200)
	w.Quiet()
}

// patientTyped is a patient whom somebody has typed.
func (w *ward) patientTyped(ipp, name, born string) {
	w.Write(func(tx *store.Tx) error {
		_, err := w.Agenda.AddPatient(tx, practice.Patient{Establishment: "E1", IPP: ipp,
			BirthName: name, BirthGivenName: "X", Sex: practice.SexFemale, BirthDate: born}, true)
		return err
	})
}

func TestOfTwoRecordsOneIsMade(t *testing.T) {
	w := newWard(t)
	survivor, prior := w.one.patient(dominique("1")), w.one.patient(dominique("2"))
	var booked Appointment
	w.one.ask("POST", "Appointment", text(meeting("R-1", prior.ID))).is(201, &booked)
	gone := dominique("2")
	gone["active"] = false
	w.one.ask("PUT", whereIPP+"2", text(gone)).refused(422, "value", "Patient.active",
		"replaced-by")
	gone["link"] = []any{map[string]any{"type": "replaced-by", "other": map[string]any{
		"identifier": map[string]any{"system": authority, "value": "1"}}}}
	var after Patient
	w.one.ask("PUT", whereIPP+"2", text(gone)).is(200, &after)
	require.False(t, after.Active)
	require.Equal(t, "Patient/"+survivor.ID, after.Link[0].Other.Reference)
	w.one.ask("PUT", whereIPP+"2", text(gone)).is(200) // once more
	w.one.ask("PUT", whereIPP+"2", text(dominique("2"))).refused(409, "conflict",
		"Patient.identifier", "merged into Patient/"+survivor.ID)
	var moved Appointment
	w.one.ask("GET", "Appointment/"+booked.ID, "").is(200, &moved)
	require.Equal(t, "Patient/"+survivor.ID, moved.Participant[0].Actor.Reference)
	require.Equal(t, booked.Participant[0].Extension, moved.Participant[0].Extension)
	for _, where := range []string{"patient=" + prior.ID, "patient=Patient/" + survivor.ID,
		"patient.identifier=" + authority + "%7C2"} {
		var found Bundle
		w.one.ask("GET", "Appointment?"+where, "").is(200, &found)
		require.Equal(t, 1, found.Total, where)
	}
	self := dominique("1")
	self["link"] = []any{map[string]any{"type": "replaced-by", "other": map[string]any{
		"reference": "Patient/" + survivor.ID}}}
	w.one.ask("PUT", whereIPP+"1", text(self)).refused(422, "business-rule", "Patient.link",
		"itself")
	require.Equal(t, 1, w.Count("SELECT COUNT(*) FROM merges"))
}

func TestPatientsAreFoundAndNotListed(t *testing.T) {
	w := newWard(t)
	w.one.patient(dominique("1"))
	for where, n := range map[string]int{
		"identifier=" + authority + "%7C1":  1,
		"identifier=1":                      1,
		"identifier=%7C1":                   -1,
		"identifier=" + authority + "%7C2":  0,
		"name=pat-tr&birthdate=1979-03-28":  1,
		"name=pat-tr&birthdate=eq1979-03-2": -1,
		"name=autre&birthdate=1979-03-28":   0,
		"family=pat-trois&given=dominique":  1,
		"birthdate=1979-03-28":              -1,
		"":                                  -1,
		"identifier=https://other%7C1":      -1,
		"identifier=1&identifier=2":         -1,
		"identifier=1&_count=0":             -1,
	} {
		answer := w.one.ask("GET", "Patient?"+where, "")
		if n < 0 {
			require.Contains(t, []int{400, 422}, answer.status, "%s: %s", where, answer.body)
			continue
		}
		var found Bundle
		answer.is(200, &found)
		require.Equal(t, n, found.Total, where)
		require.Len(t, found.Entry, n)
	}
	var found Bundle
	w.one.ask("POST", "Patient/_search", "identifier=1", "Content-Type",
		"application/x-www-form-urlencoded").is(200, &found)
	require.Equal(t, 1, found.Total)
	w.one.ask("POST", "Patient/_search", "{}").refused(415, "not-supported", "", "x-www-form")
	w.one.ask("GET", "Patient?identifier=1&color=red", "").is(200)
	w.one.ask("GET", "Patient?identifier=1&color=red", "", "Prefer", "handling=strict").
		refused(400, "not-supported", "", "metadata")
	w.Quiet()
}

func TestAPatientWhoCannotBe(t *testing.T) {
	w := newWard(t)
	name := func(p map[string]any) map[string]any { return p["name"].([]any)[0].(map[string]any) }
	for path, spoil := range map[string]func(map[string]any){
		"Patient.resourceType": func(p map[string]any) { p["resourceType"] = "Appointment" },
		"Patient.identifier":   func(p map[string]any) { p["identifier"] = []any{} },
		"Patient.identifier[0].value": func(p map[string]any) {
			p["identifier"].([]any)[0].(map[string]any)["value"] = "a b"
		},
		"Patient.name":           func(p map[string]any) { delete(p, "name") },
		"Patient.name[0].family": func(p map[string]any) { name(p)["family"] = "-" },
		"Patient.name[0].given":  func(p map[string]any) { delete(name(p), "given") },
		"Patient.birthDate":      func(p map[string]any) { p["birthDate"] = "1979-02-30" },
		"Patient.gender":         func(p map[string]any) { p["gender"] = "F" },
		"Patient.active":         func(p map[string]any) { p["active"] = false },
	} {
		said := dominique("1")
		spoil(said)
		answer := w.one.ask("POST", "Patient", text(said))
		var outcome OperationOutcome
		answer.is(422, &outcome)
		if path == "Patient.resourceType" {
			path = "Appointment.resourceType"
		}
		require.Equal(t, []string{path}, outcome.Issue[0].Expression, "%s", answer.body)
		require.Contains(t, outcome.Issue[0].Details.Text, "expected ")
	}
	partial := dominique("9")
	partial["birthDate"] = "1979"
	partial["deceasedBoolean"] = true
	var said OperationOutcome
	w.one.ask("POST", "Patient", text(partial), "Prefer", "return=OperationOutcome").is(201, &said)
	require.Len(t, said.Issue, 3)
	w.Quiet()
}
