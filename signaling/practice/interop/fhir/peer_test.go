package fhir

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice/interop/interoptest"
)

// TestOthersTakeWhatIsSent has every type of resource that leaves this server read by others.
func TestOthersTakeWhatIsSent(t *testing.T) {
	w := newWard(t)
	first := qualified("7")
	first["name"] = append(first["name"].([]any), map[string]any{"use": "usual", "family": "USAGE"})
	first["telecom"] = append(first["telecom"].([]any), map[string]any{"system": "email",
		"value": "d@example.org"})
	patient, prior := w.one.patient(first), w.one.patient(dominique("8"))
	said := meeting("R-7", patient.ID)
	said["participant"] = append(said["participant"].([]any), map[string]any{
		"actor": map[string]any{"type": "Location", "identifier": map[string]any{
			"value": "SALLEE1"}}})
	var made Appointment
	w.one.ask("PUT", whereRDV+"R-7", text(said)).is(201, &made)
	w.one.ask("PUT", whereRDV+"R-8", text(meeting("R-8", patient.ID))).is(201)
	w.met(made.ID, "2026-12-01T09:00:00Z", "2026-12-01T09:20:00Z")
	gone := dominique("8")
	gone["link"] = []any{map[string]any{"type": "replaced-by", "other": map[string]any{
		"reference": "Patient/" + patient.ID}}}
	w.one.ask("PUT", whereIPP+"8", text(gone)).is(200)
	var resources [][]byte
	add := func(body []byte) {
		var line bytes.Buffer
		require.NoError(t, json.Compact(&line, body))
		resources = append(resources, line.Bytes())
	}
	for _, path := range []string{"metadata", "Patient/" + patient.ID, "Patient/" + prior.ID,
		"Appointment/" + made.ID, "Encounter/" + made.ID, "Appointment?date=2026-12-01&_count=1",
		"Patient?identifier=7", "Encounter?patient=" + patient.ID, "Patient/none",
		"Patient?identifier=404"} {
		add(w.one.ask("GET", path, "").body)
	}
	add(w.one.ask("PUT", whereIPP+"7", text(dominique("7")), "Prefer",
		"return=OperationOutcome").body)
	interoptest.OthersTake(t, "../../../../web/e2e/fhir", resources...)
}
