package report

import (
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

func TestAReportIsWrittenSignedCorrectedAndWithdrawn(t *testing.T) {
	s := seeded(t)
	claire := By{practice.Person{ID: "D1", Language: "fr"}, at(700).Time()}
	other := By{practice.Person{ID: "D2"}, at(700).Time()}
	text := Text{Motive: "Chute", Findings: "Pas de fracture.", Conclusion: "Repos.", Act: "TCG"}
	do := func(f func(tx *store.Tx) (practice.Report, error)) (r practice.Report, err error) {
		err = s.Write(t.Context(), func(tx *store.Tx) (err error) { r, err = f(tx); return err })
		return r, err
	}
	versions := func() (all []practice.Report) {
		require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) (err error) {
			all, err = Versions(tx, "E1", "A1")
			return err
		}))
		return all
	}
	require.NoError(t, s.Write(t.Context(), func(tx *store.Tx) error {
		return draft(tx, met(), at(601))
	}))
	first := versions()[0]
	saved, err := do(func(tx *store.Tx) (practice.Report, error) {
		return Save(tx, first, 1, text, claire)
	})
	require.NoError(t, err)
	again, err := do(func(tx *store.Tx) (practice.Report, error) {
		return Save(tx, saved, 1, text, claire)
	})
	require.NoError(t, err, "the page has not heard that it was saved")
	require.Equal(t, saved, again)
	_, err = do(func(tx *store.Tx) (practice.Report, error) {
		return Save(tx, saved, 1, Text{Motive: "Autre"}, other)
	})
	require.ErrorIs(t, err, store.ErrVersion, "somebody was faster")
	_, err = do(func(tx *store.Tx) (practice.Report, error) {
		return Save(tx, saved, 2, Text{Act: "TXX"}, claire)
	})
	require.ErrorContains(t, err, "expected one of TCG")

	signed, err := do(func(tx *store.Tx) (practice.Report, error) {
		return Sign(tx, saved, 2, text, claire)
	})
	require.NoError(t, err)
	require.Equal(t, practice.ReportSigned, signed.State)
	twice, err := do(func(tx *store.Tx) (practice.Report, error) {
		return Sign(tx, signed, 2, text, claire)
	})
	require.NoError(t, err)
	require.Equal(t, signed, twice, "signed once")
	_, err = do(func(tx *store.Tx) (practice.Report, error) {
		return Save(tx, signed, signed.Version, Text{Motive: "Autre"}, claire)
	})
	require.ErrorIs(t, err, ErrSigned)

	second, err := do(func(tx *store.Tx) (practice.Report, error) {
		return Correct(tx, signed, claire)
	})
	require.NoError(t, err)
	same, err := do(func(tx *store.Tx) (practice.Report, error) {
		return Correct(tx, signed, claire)
	})
	require.NoError(t, err)
	require.Equal(t, second, same)
	require.Equal(t, signed.Document, second.Document)
	text.Conclusion = "Radiographie."
	second, err = do(func(tx *store.Tx) (practice.Report, error) {
		return Sign(tx, second, 1, text, claire)
	})
	require.NoError(t, err)
	require.Equal(t, []practice.ReportState{practice.ReportSigned, practice.ReportReplaced},
		[]practice.ReportState{versions()[0].State, versions()[1].State})
	require.Equal(t, "Repos.", versions()[1].Conclusion)

	_, err = do(func(tx *store.Tx) (practice.Report, error) {
		return Withdraw(tx, second, " ", claire)
	})
	require.ErrorContains(t, err, "why")
	gone, err := do(func(tx *store.Tx) (practice.Report, error) {
		return Withdraw(tx, second, "mauvais patient", claire)
	})
	require.NoError(t, err)
	require.Equal(t, practice.ReportWithdrawn, gone.State)
	require.NoError(t, s.Read(t.Context(), func(tx *store.Tx) error {
		entries, err := store.Find[practice.AuditEntry](tx,
			"WHERE establishment = $1 ORDER BY sequence", "E1")
		require.NoError(t, err)
		var actions []string
		for _, e := range entries {
			require.Equal(t, "P1", e.Patient)
			actions = append(actions, e.Action)
		}
		require.Equal(t, []string{"report.save", "report.sign", "report.correct", "report.save",
			"report.sign", "report.withdraw"}, actions)
		return nil
	}))
}
