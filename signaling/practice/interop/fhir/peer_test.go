package fhir

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice/store/storetest"
)

// peerFolder holds two validators that nobody here wrote.
const peerFolder = "../../../../web/e2e/fhir"

// TestOthersTakeWhatIsSent has every type of resource that leaves this server read by the official
// JSON schema and by the package fhir. It is skipped where the client's packages are not installed,
// except in CI. One engine of the store is enough: it takes the validators seconds to start.
func TestOthersTakeWhatIsSent(t *testing.T) {
	if _, err := os.Stat(peerFolder + "/../../node_modules/fhir"); err != nil {
		if os.Getenv("CI") == "" {
			t.Skip("expected the package fhir, found none: run npm ci in web")
		}
		t.Fatal(err)
	}
	if strings.HasPrefix(storetest.Address(t), "postgres") {
		t.Skip("the other engine has been looked at")
	}
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
	var lines bytes.Buffer
	for _, path := range []string{"metadata", "Patient/" + patient.ID, "Patient/" + prior.ID,
		"Appointment/" + made.ID, "Encounter/" + made.ID, "Appointment?date=2026-12-01&_count=1",
		"Patient?identifier=7", "Encounter?patient=" + patient.ID, "Patient/none",
		"Patient?identifier=404"} {
		require.NoError(t, json.Compact(&lines, w.one.ask("GET", path, "").body))
		lines.WriteByte('\n')
	}
	require.NoError(t, json.Compact(&lines, w.one.ask("PUT", whereIPP+"7", text(dominique("7")),
		"Prefer", "return=OperationOutcome").body))
	command := exec.CommandContext(t.Context(), "node", "validate.mjs")
	command.Dir, command.Stdin, command.Stderr = peerFolder, &lines, os.Stderr
	output, err := command.Output()
	require.NoError(t, err)
	seen := 0
	for scanner := bufio.NewScanner(bytes.NewReader(output)); scanner.Scan(); {
		require.True(t, strings.HasSuffix(scanner.Text(), " seen"), scanner.Text())
		seen++
	}
	require.Equal(t, 11, seen)
}
