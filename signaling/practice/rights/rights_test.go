package rights

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
)

// expected is the table by hand, once more, as an administrator would say it: which role may what.
// Letters: S where the grant's service is asked, E anywhere in the establishment, G everywhere.
var expected = map[practice.Action]string{
	//                               secretary nurse clinician expert admin group auditor
	practice.ActionDayView:           "S S S . . . .",
	practice.ActionAppointmentView:   "S S S . . . .",
	practice.ActionAppointmentWrite:  "S . S . . . .",
	practice.ActionAppointmentAttend: "E E E E . . .",
	practice.ActionCallHost:          ". . S . . . .",
	practice.ActionCallJoin:          ". S S . . . .",
	practice.ActionLinkSend:          "S S S . . . .",
	practice.ActionDelayWrite:        "S S S . . . .",
	practice.ActionConsentWrite:      ". S S . . . .",
	practice.ActionPatientFind:       "E E E . . . .",
	practice.ActionPatientWrite:      "E . E . . . .",
	practice.ActionDirectoryView:     "E E E E E G E",
	practice.ActionPeopleManage:      ". . . . E G .",
	practice.ActionPlacesManage:      ". . . . E G .",
	practice.ActionSettingsManage:    ". . . . E G .",
	practice.ActionOutboxView:        "E . . . E G .",
	practice.ActionOutboxResend:      "E . . . E G .",
	practice.ActionInteropManage:     ". . . . E G .",
	practice.ActionReportView:        ". . S . . . .",
	practice.ActionReportWrite:       ". . S . . . .",
	practice.ActionThreadManage:      ". . . . E G .",
	practice.ActionThreadBroadcast:   "E . E . . . .",
	practice.ActionFiguresView:       "S . S . E G .",
	practice.ActionOpinionAsk:        ". E E . . . .",
	practice.ActionOpinionAnswer:     ". . S S . . .",
	practice.ActionAuditView:         ". . . . . . E",
	practice.ActionGroupManage:       ". . . . . G .",
}

// questions are what may be asked of a grant in E1, or in its service V1.
var questions = []struct{ name, establishment, service string }{
	{"own service", "E1", "V1"}, {"other service", "E1", "V2"}, {"whole establishment", "E1", ""},
	{"other establishment", "E2", "V3"}, {"group", "", ""},
}

func TestEveryRoleActionAndPlace(t *testing.T) {
	require.Len(t, expected, len(Actions()), "an action without a row")
	var table strings.Builder
	for _, ofService := range []bool{true, false} {
		for column, role := range Roles() {
			grant := practice.Grant{Role: role, Establishment: "E1"}
			if ofService {
				grant.Service = "V1"
			}
			if role == practice.RoleGroupAdmin {
				grant.Establishment, grant.Service = "", ""
			} else if ofService && !Sound(grant) {
				continue
			}
			for _, action := range Actions() {
				letter := strings.Fields(expected[action])[column]
				fmt.Fprintf(&table, "%-20s %-8s %-18s", role, grant.Establishment+grant.Service,
					action)
				for _, question := range questions {
					may := May([]practice.Grant{grant}, action, question.establishment,
						question.service)
					require.Equal(t,
						should(letter, grant, question.establishment, question.service), may,
						"%s %s: %s", role, action, question.name)
					fmt.Fprintf(&table, " %-22s",
						map[bool]string{true: question.name, false: "–"}[may])
				}
				table.WriteByte('\n')
			}
		}
	}
	t.Log("\n" + table.String())
}

// should says it without the code under test.
func should(letter string, grant practice.Grant, establishment, service string) bool {
	switch letter {
	case "G":
		return true
	case "E":
		return establishment == "E1"
	case "S":
		return establishment == "E1" && (grant.Service == "" || grant.Service == service)
	}
	return false
}

func TestGrantsThatMayNotBeGiveNothing(t *testing.T) {
	for _, grant := range []practice.Grant{
		{Role: practice.RoleClinician}, {Role: practice.RoleGroupAdmin, Establishment: "E1"},
		{Role: practice.RoleEstablishmentAdmin},
		{Role: practice.RoleEstablishmentAdmin, Establishment: "E1", Service: "V1"},
		{Role: practice.RoleAuditor, Establishment: "E1", Service: "V1"},
		{Role: "king", Establishment: "E1"}, {},
	} {
		require.False(t, Sound(grant))
		for _, action := range Actions() {
			require.False(t, May([]practice.Grant{grant}, action, grant.Establishment,
				grant.Service), "%+v %s", grant, action)
		}
	}
	require.False(t, May([]practice.Grant{{Role: practice.RoleGroupAdmin}}, "no such action", "",
		""))
	require.False(t, May(nil, practice.ActionDirectoryView, "E1", ""))
}

// Whoever administers sees no patient, whatever they give themselves… which the audit log shows.
func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	for _, giver := range Roles() {
		own := practice.Grant{Role: giver, Establishment: "E1"}
		if giver == practice.RoleGroupAdmin {
			own.Establishment = ""
		}
		for _, given := range Roles() {
			for _, place := range []string{"E1", "E2", ""} {
				grant := practice.Grant{Role: given, Establishment: place}
				might := giver == practice.RoleGroupAdmin ||
					giver == practice.RoleEstablishmentAdmin && place == "E1" &&
						given != practice.RoleAuditor && given != practice.RoleGroupAdmin
				require.Equal(t, might && Sound(grant), MayGive([]practice.Grant{own}, grant),
					"%s gives %s in %q", giver, given, place)
			}
		}
	}
}

func TestWhereListsWhatMayAllows(t *testing.T) {
	grants := []practice.Grant{{Role: practice.RoleNurse, Establishment: "E1", Service: "V1"},
		{Role: practice.RoleExpert, Establishment: "E2"},
		{Role: practice.RoleSecretary, Establishment: "E3"}}
	everywhere, reach := Where(grants, practice.ActionDayView)
	require.False(t, everywhere)
	require.Equal(t, []practice.Grant{grants[0], grants[2]}, reach)
	everywhere, _ = Where([]practice.Grant{{Role: practice.RoleGroupAdmin}},
		practice.ActionPeopleManage)
	require.True(t, everywhere)
}
