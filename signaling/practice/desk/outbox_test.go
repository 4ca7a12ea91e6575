package desk

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
)

// TestOnePersonTriesMailAndSMSSoOften has an administrator send trials to whomever they please, in
// two establishments.
func TestOnePersonTriesMailAndSMSSoOften(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hospitals("E1", "E2")
	grant := func(id string) practice.Grant {
		return practice.Grant{Role: practice.RoleEstablishmentAdmin, Establishment: id}
	}
	admin, _ := h.somebody(grant("E1"), grant("E2"))
	other, _ := h.somebody(grant("E1"))
	paths := []string{"/api/try/mail?establishment=E1", "/api/try/sms?establishment=E1",
		"/api/try/mail?establishment=E2", "/api/try/sms?establishment=E2"}
	to := TryTo{To: "somebody@elsewhere.example"}
	began := h.now()
	for i := range triesByOne {
		admin.ask("POST", paths[i%len(paths)], to).is(200)
	}
	sent := len(h.mail.Mails())
	require.Equal(t, triesByOne/2, sent)
	for _, path := range paths {
		failure := admin.ask("POST", path, to).refused(CodeTooMany)
		require.Equal(t, practice.InstantOf(began.Add(time.Hour)), failure.RetryAt)
		require.Contains(t, failure.Message, "20 tries of one person in an hour")
	}
	require.Len(t, h.mail.Mails(), sent)
	other.ask("POST", paths[0], to).is(200)
	h.wait(time.Hour)
	admin.ask("POST", paths[0], to).is(200)
}
