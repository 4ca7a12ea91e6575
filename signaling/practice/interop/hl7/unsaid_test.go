package hl7

import (
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
)

// traits are those that a message may leave out.
func traits(p practice.Patient) []string {
	return []string{p.BirthGivenNames, p.UsedName, p.BirthDate, string(p.Sex)}
}

// TestWhatAMessageDoesNotSayStays tells empty fields from those that delete.
func TestWhatAMessageDoesNotSayStays(t *testing.T) {
	w := newWard(t)
	says := func(name, born, sex string) []string {
		t.Helper()
		w.is(message{event: "ADT^A08", at: w.later(),
			pid: []string{somebody("7")[0], name, born, sex}}, "AA")
		return traits(w.patient("7"))
	}
	const alone = "PAT-TROIS^DOMINIQUE^^^^^L"
	all := []string{"DOMINIQUE MARIE", "PAT-DEUX", "1979-03-28", "F"}
	const whole = "PAT-TROIS^DOMINIQUE^DOMINIQUE MARIE^^^^L~PAT-DEUX^^^^^^D"
	require.Equal(t, all, says(whole, "19790328", "F"))
	require.Equal(t, all, says(alone, "", ""))
	require.Equal(t, all, says(alone+"~^DOMINIQUE^^^^^D", "", ""))
	require.Equal(t, "63220", w.patient("7").BirthPlace)

	require.Equal(t, []string{"", "", "", "U"},
		says(`PAT-TROIS^DOMINIQUE^""^^^^L~""^^^^^^D`, `""`, `""`))
	require.Equal(t, all, says(whole, "19790328", "F"))
	require.Equal(t, []string{"DOMINIQUE MARIE", "", "1979-03-28", "U"},
		says(alone+"~PAT-TROIS^^^^^^D", "", "U"), "the used name is the birth name")
	require.Equal(t, all, says(whole, "19790328", "F"))
	require.Equal(t, []string{"", "PAT-DEUX", "1979-03-28", "F"},
		says("PAT-TROIS^CLAIRE^^^^^L", "", ""), "the given names are of another name")
}

// TestANewPatientHasWhatTheMessageSays has nothing known to keep.
func TestANewPatientHasWhatTheMessageSays(t *testing.T) {
	w := newWard(t)
	w.is(message{event: "ADT^A28",
		pid: []string{somebody("8")[0], "PAT-TROIS^DOMINIQUE^^^^^L", "", ""}}, "AA")
	require.Equal(t, []string{"", "", "", "U"}, traits(w.patient("8")))
}
