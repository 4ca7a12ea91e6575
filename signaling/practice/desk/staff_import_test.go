package desk

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"

	"draille/signaling/practice"
)

const listOfPeople = "Nom;Prénom;Titre;Courriel;N° RPPS;Téléphone;Rôle;Service\r\n" +
	"Bonnet;Claire;Dr;claire.bonnet@ch-x.example;10000023084;06 12 34 56 " +
	"78;médecin;equipe mobile\r\n" +
	"Bonnet;Claire;Dr;claire.bonnet@ch-x.example;10000023084;;Administratrice;\r\n" +
	"Lefèvre;Zoé;;zoe@ch-x.example;;;infirmière;\r\n" +
	"\r\n" +
	"Durand;;;durand@ch-x.example;;;infirmier;\r\n" +
	"Petit;Jean;;jean@ch-x.example;;;roi;\r\n" +
	"Petit;Anne;;anne@ch-x.example;;;secrétaire;Cardiologie\r\n" +
	"Moreau;Léa;;;;;secrétaire;\r\n" +
	"Bonnet;Paul;;claire.bonnet@ch-x.example;;;secrétaire;\r\n"

func TestAListOfPeopleIsShownAndThenTaken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hospitals("E1", "E2")
	local, _ := h.somebody(practice.Grant{Role: practice.RoleEstablishmentAdmin,
		Establishment: "E1"})
	file, err := charmap.Windows1252.NewEncoder().String(listOfPeople)
	require.NoError(t, err)
	path := "/api/establishments/E1/import"
	local.ask("POST", "/api/establishments/E2/import", file).refused(CodeNotFound)

	var shown ImportReport
	local.ask("POST", path, file).is(200, &shown)
	require.Equal(t, "windows-1252", shown.Charset)
	require.Equal(t, ";", shown.Comma)
	require.False(t, shown.Done)
	var verdicts []string
	for _, line := range shown.Lines {
		verdicts = append(verdicts, string(line.Verdict)+" "+line.Field)
	}
	require.Equal(t, []string{"new ", "changed ", "new ", "wrong givenName", "wrong role",
		"wrong service", "wrong email", "wrong familyName"}, verdicts)
	require.Equal(t, []int{2, 6}, []int{shown.Lines[0].Line, shown.Lines[3].Line},
		"lines of the file")
	require.Equal(t, "Lefèvre", shown.Lines[2].FamilyName)

	var page Page[PersonView]
	local.ask("GET", "/api/people?establishment=E1&q=bonnet", nil).is(200, &page)
	require.Empty(t, page.Items, "nothing was done yet")
	local.ask("POST", path+"?do="+shown.Digest, file+"x").refused(CodeInvalid)
	var done ImportReport
	local.ask("POST", path+"?do="+shown.Digest, file).is(200, &done)
	require.True(t, done.Done)
	local.ask("GET", "/api/people?establishment=E1&q=bonnet", nil).is(200, &page)
	require.Len(t, page.Items, 1)
	require.Len(t, page.Items[0].Grants, 2)
	require.Equal(t, "0612345678", page.Items[0].Person.Phone)

	// The same again does nothing, in UTF-8 with commas, too.
	local.ask("POST", path+"?do="+shown.Digest, file).is(200, &done)
	require.Equal(t, [4]int{0, 0, 3, 5}, [4]int{done.New, done.Changed, done.Same, done.Wrong})
	local.ask("POST", path, "\ufeffprénom,nom,rpps,titre\nClaire,\"Bonnet\",10000023084,Pr\n").is(
		200, &done)
	require.Equal(t, VerdictChanged, done.Lines[0].Verdict)
	require.Equal(t, "utf-8", done.Charset)
}

func TestAListThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hospitals("E1")
	local, _ := h.somebody(
		practice.Grant{Role: practice.RoleEstablishmentAdmin, Establishment: "E1"},
	)
	for name, file := range map[string]string{"empty": "", "other columns": "a;b\n1;2\n",
		"quotation marks": "nom;prénom\n\"a;b\n"} {
		failure := local.ask("POST", "/api/establishments/E1/import", file).refused(CodeInvalid)
		require.Equal(t, "file", failure.Field, name)
	}
}

// Another establishment's person may get a right here; what is known of them is not changed by it.
func TestAnImportDoesNotChangeOthersPeople(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hospitals("E1", "E2")
	group := h.administrator()
	var view PersonView
	group.ask("POST", "/api/people", practice.Person{FamilyName: "Bonnet", GivenName: "Claire",
		RPPS:  "10000023084",
		Email: "claire@e2.example", Establishment: "E2"}).is(201, &view)
	local, _ := h.somebody(
		practice.Grant{Role: practice.RoleEstablishmentAdmin, Establishment: "E1"},
	)
	file := "nom,prénom,rpps,courriel,rôle\nBonnet,Claire,10000023084,evil@e1.example,clinicien\n"
	var report ImportReport
	local.ask("POST", "/api/establishments/E1/import", file).is(200, &report)
	local.ask("POST", "/api/establishments/E1/import?do="+report.Digest, file).is(200, &report)
	require.Len(t, report.Lines[0].Grants, 1)
	group.ask("GET", "/api/people/"+view.Person.ID, nil).is(200, &view)
	require.Equal(t, "claire@e2.example", view.Person.Email)
	require.Len(t, view.Grants, 1)
}
