package desk

import (
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// TestWhatWaitsForASignatureIsFound has two drafts: of the doctor's own session, and of one that a
// colleague has written in.
func TestWhatWaitsForASignatureIsFound(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	colleague, _ := w.somebody(practice.Grant{Role: practice.RoleClinician,
		Establishment: w.hospital.ID, Service: w.service.ID})
	drafts := map[string]practice.Report{}
	for _, a := range w.counted(2) {
		r := practice.Report{ID: practice.NewID(), Document: practice.NewID(), Number: 1,
			Establishment: a.Establishment, Appointment: a.ID, State: practice.ReportDraft,
			Version: 1}
		w.write(func(tx *store.Tx) error { return store.Insert(tx, r, nil) })
		drafts[a.ID] = r
	}
	unsigned := func(b *browser) (found []string) {
		var list struct{ Items []Row }
		b.ask("GET", "/api/reports/unsigned", nil).is(200, &list)
		for _, row := range list.Items {
			require.Equal(t, "SECRETNOM", row.Patient.BirthName)
			found = append(found, row.Appointment.ID)
		}
		return found
	}
	mine := unsigned(w.clinician)
	require.Len(t, mine, 2)
	require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) error {
		entry, err := store.Get[practice.AuditEntry](tx.Across("a test"),
			"WHERE action = 'report.unsigned'")
		require.Equal(t, w.doctor.ID, entry.Actor)
		require.Equal(t, w.hospital.ID, entry.Establishment)
		require.Equal(t, w.patient.ID, entry.Patient)
		return err
	}))
	for _, stranger := range []*browser{colleague, w.secretary, w.nurse, w.other} {
		require.Empty(t, unsigned(stranger))
	}
	first, second := "/api/reports/"+drafts[mine[0]].ID, "/api/reports/"+drafts[mine[1]].ID
	colleague.ask("PUT", second, ReportText{Motive: "Suivi"}, 1).is(200)
	require.Equal(t, mine[1:], unsigned(colleague))
	w.clinician.ask("POST", first+"/sign", ReportText{Conclusion: "Repos"}, 1).is(200)
	require.Equal(t, mine[1:], unsigned(w.clinician))
	colleague.ask("POST", second+"/sign", ReportText{Motive: "Suivi"}, 2).is(200)
	require.Empty(t, unsigned(w.clinician))
	require.Empty(t, unsigned(colleague))
	w.clinician.ask("POST", first+"/correct", nil).is(200)
	require.Equal(t, mine[:1], unsigned(w.clinician))

	// A right that has ended takes the list with it.
	w.write(func(tx *store.Tx) error {
		_, err := tx.Across("a test").Exec("UPDATE grants SET role = 'expert' WHERE person = $1",
			w.doctor.ID)
		return err
	})
	require.Empty(t, unsigned(w.clinician))
}

// Of a version that the record alone has, the desk shows who signed it and when, and nothing else.
func TestAForgottenReportIsToldAsOne(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	a := w.counted(1)[0]
	r := practice.Report{ID: practice.NewID(), Document: practice.NewID(), Number: 1,
		Establishment: a.Establishment, Appointment: a.ID, State: practice.ReportSigned,
		SignedBy: w.doctor.ID, SignedAt: 5, ForgottenAt: 7, Version: 1}
	w.write(func(tx *store.Tx) error { return store.Insert(tx, r, nil) })
	var view ReportView
	w.clinician.ask("GET", "/api/appointments/"+a.ID+"/report", nil).is(200, &view)
	require.Len(t, view.Versions, 1)
	line := view.Versions[0]
	require.EqualValues(t, 7, line.Report.ForgottenAt)
	require.NotEmpty(t, line.Signer)
	require.Empty(t, line.Incidents)
	require.Nil(t, line.Facts.Patient)
	w.clinician.ask("GET", "/api/reports/"+r.ID+"/pdf", nil).refused(CodeInvalid)
	w.clinician.ask("POST", "/api/reports/"+r.ID+"/correct", nil).is(200, &line)
	require.Equal(t, 2, line.Report.Number)
	require.Empty(t, line.Report.Motive)
	require.NotNil(t, line.Facts.Patient, "a correction has what is known of the session")
}
