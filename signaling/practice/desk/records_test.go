package desk

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

func TestAnAuditorReadsTheLogOfTheirEstablishment(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hospitals("E1", "E2")
	local, admin := h.somebody(practice.Grant{Role: practice.RoleEstablishmentAdmin,
		Establishment: "E1"})
	other, _ := h.somebody(practice.Grant{Role: practice.RoleEstablishmentAdmin,
		Establishment: "E2"})
	for i := range 3 {
		local.ask("POST", "/api/establishments/E1/places",
			practice.Place{Name: "Salle A" + strconv.Itoa(i)}).is(201)
	}
	other.ask("POST", "/api/establishments/E2/places", practice.Place{Name: "Salle B"}).is(201)
	auditor, _ := h.somebody(practice.Grant{Role: practice.RoleAuditor, Establishment: "E1"})
	local.ask("GET", "/api/audit?establishment=E1", nil).refused(CodeForbidden)
	auditor.ask("GET", "/api/audit?establishment=E2", nil).refused(CodeNotFound)
	auditor.ask("GET", "/api/audit", nil).refused(CodeNotFound)

	var page AuditPage
	auditor.ask("GET", "/api/audit?establishment=E1&limit=2&person="+admin.ID, nil).is(200, &page)
	require.Len(t, page.Items, 2)
	require.Equal(t, "place.create", page.Items[0].Entry.Action)
	require.Equal(t, "Camille Essai", page.Items[0].ActorName)
	require.Equal(t, 12, page.Months)
	var rest AuditPage
	auditor.ask("GET", "/api/audit?establishment=E1&limit=2&person="+admin.ID+"&after="+page.Next,
		nil).is(200, &rest)
	require.Len(t, rest.Items, 1)
	require.Empty(t, rest.Next)
	today := h.now().Format(time.DateOnly)
	yesterday := h.now().AddDate(0, 0, -1).Format(time.DateOnly)
	var day AuditPage
	auditor.ask("GET", "/api/audit?establishment=E1&from="+today+"&to="+today+"&person="+admin.ID,
		nil).is(200, &day)
	require.Len(t, day.Items, 3)
	auditor.ask("GET", "/api/audit?establishment=E1&to="+yesterday, nil).is(200, &day)
	require.Empty(t, day.Items)
	auditor.ask("GET", "/api/audit?establishment=E1&from=demain", nil).refused(CodeInvalid)

	var verdict AuditVerdict
	auditor.ask("POST", "/api/audit/verify", nil).is(200, &verdict)
	require.True(t, verdict.Holds, verdict.Problem)
	require.Positive(t, verdict.Entries)
}

func TestTheRetentionIsASettingOfTheGroupWithAFloor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hospitals("E1")
	group := h.administrator()
	group.ask("PUT", "/api/settings/audit.months", practice.Setting{Value: "5"}).refused(
		CodeInvalid)
	group.ask("PUT", "/api/settings/audit.months?establishment=E1",
		practice.Setting{Value: "6"}).refused(CodeInvalid)
	group.ask("PUT", "/api/settings/no.such", practice.Setting{Value: "6"}).refused(CodeInvalid)
	var setting practice.Setting
	group.ask("PUT", "/api/settings/audit.months", practice.Setting{Value: "24"}).is(200, &setting)
	require.Equal(t, 1, setting.Version)
	group.ask("PUT", "/api/settings/audit.months", practice.Setting{Value: "18"}).refused(
		CodeNeedsVersion)
	group.ask("PUT", "/api/settings/audit.months", practice.Setting{Value: "18"},
		7).refused(CodeVersion)
	group.ask("PUT", "/api/settings/audit.months", practice.Setting{Value: "18"}, 1).is(200,
		&setting)
	require.Equal(t, 2, setting.Version)
	var all []practice.Setting
	group.ask("GET", "/api/settings?establishment=E1", nil).is(200, &all)
	require.Equal(t, "18", all[0].Value)
	require.Contains(t, all, practice.Setting{Establishment: "E1", Key: agenda.SettingContact,
		Value: "7"}, "what nobody has chosen")
	require.Len(t, all, 1+len(agenda.DefaultSettings()))
}

// An address was given for an appointment, and is not kept for longer than that needs it.
func TestContactsAreForgottenAfterTheAppointment(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	made := w.appointment()
	later := w.appointment(func(a *NewAppointment) {
		a.LocalStart = "2026-12-06T09:00"
		a.Participants[1] = NewParticipant{Kind: practice.ParticipantPatient,
			Phone: "+33612345678", Channel: practice.ChannelPrint}
	})
	comeBack := func() { // the session has ended in these days
		w.secretary, _ = w.somebody(practice.Grant{Role: practice.RoleSecretary,
			Establishment: w.hospital.ID})
	}
	forget := func(after time.Duration) int64 {
		w.wait(after)
		deleted, err := w.agenda.ForgetContacts(t.Context())
		require.NoError(t, err)
		return deleted
	}
	contacts := func(of AppointmentView) (found []string) {
		var view AppointmentView
		w.secretary.ask("GET", "/api/appointments/"+of.Row.Appointment.ID, nil).is(200, &view)
		for _, p := range view.Participants {
			if p.Kind == practice.ParticipantPatient {
				found = append(found, p.Email, p.Phone, string(p.Channel))
			}
		}
		return found
	}
	day := 24 * time.Hour
	patient := func() (found practice.Patient) {
		w.secretary.ask("GET", "/api/patients/"+w.patient.ID+"?establishment="+w.hospital.ID,
			nil).is(200, &found)
		return found
	}
	require.Zero(t, forget(7*day))
	comeBack()
	require.Equal(t, []string{"patient@example.org", "", "mail"}, contacts(made))
	require.EqualValues(t, 1, forget(2*time.Hour), "the guest; the patient has a later appointment")
	comeBack()
	require.Equal(t, []string{"", "", "none"}, contacts(made))
	require.Equal(t, []string{"", "+33612345678", "print"}, contacts(later))
	require.NotEmpty(t, patient().Phone)
	require.EqualValues(t, 2, forget(6*day))
	comeBack()
	require.Empty(t, patient().Phone)
	require.Zero(t, forget(0))
}

// TestTheLogOfAMergedPatientIsWhole merges a patient, and asks by either number, and by one that
// was not known here.
func TestTheLogOfAMergedPatientIsWhole(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	var prior practice.Patient
	w.secretary.ask("POST", "/api/patients", NewPatient{Establishment: w.hospital.ID, IPP: "P2",
		BirthName: "Petit", BirthGivenName: "Jeanne", Sex: practice.SexFemale,
		BirthDate: "1950-01-02"}).is(201, &prior)
	for _, id := range []string{prior.ID, w.patient.ID} {
		w.clinician.ask("GET", "/api/patients/"+id+"?establishment="+w.hospital.ID, nil).is(200)
	}
	w.write(func(tx *store.Tx) error {
		survivor, err := store.Get[practice.Patient](tx, "WHERE establishment = $1 AND id = $2",
			w.hospital.ID, w.patient.ID)
		require.NoError(t, err)
		for _, one := range []practice.Patient{prior,
			{IPP: "P3", Establishment: w.hospital.ID}} {
			_, err := w.agenda.MergePatients(tx, survivor, one, practice.Merge{})
			require.NoError(t, err)
		}
		return nil
	})
	auditor, _ := w.somebody(practice.Grant{Role: practice.RoleAuditor,
		Establishment: w.hospital.ID})
	for _, asked := range []string{"patient=" + w.patient.ID, "patient=" + prior.ID,
		"ipp=" + w.patient.IPP, "ipp=P2", "ipp=P3"} {
		var page AuditPage
		auditor.ask("GET", "/api/audit?establishment="+w.hospital.ID+"&"+asked, nil).is(200, &page)
		seen := set{}
		for _, line := range page.Items {
			if line.Entry.Action == "patient.view" {
				seen.add(line.Entry.Patient)
			}
		}
		require.Len(t, seen, 2, asked)
	}
	var page AuditPage
	auditor.ask("GET", "/api/audit?establishment="+w.hospital.ID+"&ipp=P4", nil).is(200, &page)
	require.Empty(t, page.Items)
}
