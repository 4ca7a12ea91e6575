package agenda

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice/store"
	"draille/signaling/practice/store/storetest"
)

// A deletion holds up all other writers of a file meanwhile: each part of it costs what it deletes,
// however many patients the hospital has.
func TestContactsAreFoundByTheirIndex(t *testing.T) {
	s := storetest.Open(t, filepath.Join(t.TempDir(), "practice.db"))
	var plan []string
	require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) error {
		return tx.Query(func(scan func(...any) error) error {
			var id, parent, unused int
			var step string
			err := scan(&id, &parent, &unused, &step)
			plan = append(plan, step)
			return err
		}, "EXPLAIN QUERY PLAN "+forgetPatients, 1, "E1", 2, contactsAtOnce)
	}))
	var patients []string
	for _, step := range plan {
		if strings.Contains(step, " patients ") {
			patients = append(patients, step)
		}
	}
	require.Len(t, patients, 2, plan)
	require.Contains(t, patients[0], "(id=?)", "those that are changed")
	require.Contains(t, patients[1], "patients_contact", "those that are found")
}
