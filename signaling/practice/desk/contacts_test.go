package desk

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// Most patients that the hospital's system tells of never have an appointment here.
func TestContactsOfPatientsWithoutAnAppointmentAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	expected := w.wanted().Patient
	w.appointment(func(n *NewAppointment) { n.LocalStart = "2027-01-05T14:00" })
	many := contactsInParts
	w.write(func(tx *store.Tx) error {
		for i := range many {
			if _, err := w.agenda.TakePatient(tx, practice.Patient{Establishment: w.hospital.ID,
				IPP: fmt.Sprint("A", i), BirthName: "NOM", BirthGivenName: "PRENOM",
				Sex: practice.SexUnknown, Phone: "+33612345678",
				Email: "a@example.org"}); err != nil {
				return err
			}
		}
		return nil
	})
	with := func() (ids []string) {
		require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) error {
			found, err := store.Find[practice.Patient](tx, `WHERE establishment = $1
				AND (phone <> '' OR email <> '')`, w.hospital.ID)
			for _, p := range found {
				ids = append(ids, p.ID)
			}
			return err
		}))
		return ids
	}
	forget := func(after time.Duration) int64 {
		w.wait(after)
		deleted, err := w.agenda.ForgetContacts(t.Context())
		require.NoError(t, err)
		return deleted
	}
	require.Zero(t, forget(7*24*time.Hour))
	require.Len(t, with(), many+1)
	require.EqualValues(t, many, forget(time.Minute))
	require.Equal(t, []string{expected}, with(), "an appointment is to come")
}

// contactsInParts are more than are deleted at once.
const contactsInParts = 501
