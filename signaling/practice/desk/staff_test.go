package desk

import (
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

func TestFromTheFirstAdministratorToAClinician(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	group := h.administrator()
	var hospital practice.Establishment
	group.ask("POST", "/api/establishments",
		practice.Establishment{Name: "CH X", Zone: "Europe/Paris"}).
		is(201, &hospital)
	group.ask("POST", "/api/establishments", practice.Establishment{Name: "CH X", Zone: "Lozère"}).
		refused(CodeInvalid)
	var service practice.Service
	services := "/api/establishments/" + hospital.ID + "/services"
	group.ask("POST", services, practice.Service{Name: "Équipe mobile"}).is(201, &service)
	group.ask("POST", services, practice.Service{Name: "Équipe mobile"}).
		refused(CodeDuplicate)

	var view PersonView
	new := practice.Person{
		FamilyName:    "Durand",
		GivenName:     "Paul",
		Email:         "Paul.Durand@ch-x.example",
		RPPS:          "10000023084",
		Establishment: hospital.ID,
	}
	group.ask("POST", "/api/people", new).is(201, &view)
	require.Equal(t, "paul.durand@ch-x.example", view.Person.Email)
	failure := group.ask("POST", "/api/people", new).refused(CodeDuplicate)
	require.Equal(t, view.Person.ID, failure.ID)
	grants := "/api/people/" + view.Person.ID + "/grants"
	group.ask("POST", grants, NewGrant{Role: practice.RoleClinician}).refused(CodeInvalid)
	grant := NewGrant{Role: practice.RoleClinician, Establishment: hospital.ID,
		Service: service.ID}
	group.ask("POST", grants, grant).is(201)
	group.ask("POST", grants, grant).refused(CodeDuplicate)

	var link OneTimeLink
	group.ask("POST", "/api/people/"+view.Person.ID+"/enrol", map[string]string{"purpose": "new"}).
		is(201, &link)
	clinician := h.browser()
	clinician.enrolled(link.Address[len(h.desk.config.Public.String()+"/enrol#"):], "paul.durand")
	var me Me
	clinician.ask("GET", "/api/me", nil).is(200, &me)
	require.Equal(t, []practice.Establishment{hospital}, me.Establishments)
	require.Equal(t, []practice.Service{service}, me.Services)
	require.Contains(t, me.May[0].Actions, practice.ActionCallHost)
	clinician.ask("GET", "/api/people?establishment="+hospital.ID, nil).refused(CodeForbidden)

	var home practice.Establishment
	group.ask("POST", "/api/establishments",
		practice.Establishment{Name: "EHPAD Y", Zone: "Europe/Paris"}).is(201, &home)
	var room practice.Place
	group.ask("POST", "/api/establishments/"+home.ID+"/places", practice.Place{Name: "Salle 2"}).
		is(201, &room)
	var places Page[MeetingPlace]
	clinician.ask("GET", "/api/places?establishment="+hospital.ID, nil).is(200, &places)
	require.Equal(t, []MeetingPlace{{ID: room.ID, Name: "Salle 2", Establishment: home.ID,
		EstablishmentName: "EHPAD Y"}}, places.Items, "patients of one are in places of another")
	clinician.ask("GET", "/api/places?establishment="+home.ID, nil).refused(CodeNotFound)

	var page Page[PersonView]
	group.ask("GET", "/api/people?q=dur", nil).is(200, &page)
	require.Len(t, page.Items, 1)
	require.Equal(t, "paul.durand", page.Items[0].Login)
}

func TestNobodyGivesMoreThanTheirOwn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hospitals("E1", "E2")
	group := h.administrator()
	local, _ := h.somebody(
		practice.Grant{Role: practice.RoleEstablishmentAdmin, Establishment: "E1"},
	)
	_, person := h.somebody()
	grants := "/api/people/" + person.ID + "/grants"
	local.ask("POST", grants, NewGrant{Role: practice.RoleGroupAdmin}).refused(CodeForbidden)
	local.ask("POST", grants, NewGrant{Role: practice.RoleAuditor, Establishment: "E1"}).
		refused(CodeForbidden)
	local.ask("POST", grants, NewGrant{Role: practice.RoleNurse, Establishment: "E2"}).
		refused(CodeForbidden)
	local.ask("POST", grants, NewGrant{Role: practice.RoleNurse, Establishment: "E1"}).is(201)
	var watching practice.Grant
	group.ask("POST", grants, NewGrant{Role: practice.RoleAuditor, Establishment: "E1"}).
		is(201, &watching)
	local.ask("DELETE", grants+"/"+watching.ID, nil).refused(CodeForbidden)
	group.ask("DELETE", grants+"/"+watching.ID, nil).is(204)
}

// Whoever chooses somebody's way in has their rights.
func TestAnAdministratorDoesNotTakeOverWhoMayDoMore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hospitals("E1", "E2")
	group := h.administrator()
	local, _ := h.somebody(
		practice.Grant{Role: practice.RoleEstablishmentAdmin, Establishment: "E1"},
	)
	var view PersonView
	group.ask("POST", "/api/people",
		practice.Person{FamilyName: "Deux", GivenName: "Rôles", Establishment: "E1"}).
		is(201, &view)
	path := "/api/people/" + view.Person.ID
	local.ask("POST", path+"/enrol", map[string]string{"purpose": "reset"}).is(201)
	group.ask("POST", path+"/grants", NewGrant{Role: practice.RoleClinician, Establishment: "E2"}).
		is(201)
	local.ask("POST", path+"/enrol", map[string]string{"purpose": "reset"}).refused(CodeForbidden)
	local.ask("PUT", path, view.Person, 1).refused(CodeForbidden)
}

// A link gives no right that whoever made it could not give when it is opened.
func TestALinkDoesNotOutliveTheRightToMakeIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hospitals("E1", "E2")
	group := h.administrator()
	admin := practice.Grant{Role: practice.RoleEstablishmentAdmin, Establishment: "E1"}
	local, maker := h.somebody(admin)
	_, nurse := h.somebody(practice.Grant{Role: practice.RoleNurse, Establishment: "E1"})
	h.write(func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE people SET establishment = 'E1' WHERE id = $1", nurse.ID)
		return err
	})
	key := func(by *browser) string {
		var link OneTimeLink
		by.ask("POST", "/api/people/"+nurse.ID+"/enrol", map[string]string{"purpose": "reset"}).
			is(201, &link)
		return link.Address[len(h.desk.config.Public.String()+"/enrol#"):]
	}
	first := key(local)
	stranger := h.browser()
	stranger.ask("POST", "/api/enrol", OneTimeKey{first}).is(200)
	chosen := ChosenPassword{Key: first, Login: "a.nurse", Password: password}
	var code NewCode
	stranger.ask("POST", "/api/enrol/password", chosen).is(200, &code)
	var more practice.Grant
	grants := "/api/people/" + nurse.ID + "/grants"
	group.ask("POST", grants, NewGrant{Role: practice.RoleGroupAdmin}).is(201, &more)
	stranger.ask("POST", "/api/enrol", OneTimeKey{first}).refused(CodeOutgrown)
	stranger.ask("POST", "/api/enrol/password", chosen).refused(CodeOutgrown)
	stranger.ask("POST", "/api/enrol/code",
		ConfirmedCode{Key: first, Code: h.codeOf(code.Secret)}).refused(CodeOutgrown)
	stranger.ask("POST", "/api/enrol/passkey", EnrolPasskey{Key: first, Login: "a.nurse"}).
		refused(CodeOutgrown)
	stranger.ask("GET", "/api/me", nil).refused(CodeSignedOut)
	stranger.ask("POST", "/api/enrol", OneTimeKey{key(group)}).is(200)

	group.ask("DELETE", grants+"/"+more.ID, nil).is(204)
	second := key(local)
	stranger.ask("POST", "/api/enrol", OneTimeKey{second}).is(200)
	h.write(func(tx *store.Tx) error { // the maker has gone
		_, err := tx.Exec("UPDATE people SET disabled_at = 5 WHERE id = $1", maker.ID)
		return err
	})
	stranger.ask("POST", "/api/enrol", OneTimeKey{second}).refused(CodeOutgrown)
}

func TestTheLastAdministratorOfTheGroupStays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	group := h.administrator()
	var me Me
	group.ask("GET", "/api/me", nil).is(200, &me)
	path := "/api/people/" + me.Person.ID
	group.ask("DELETE", path+"/grants/"+me.Grants[0].ID, nil).refused(CodeLastAdmin)
	closed := me.Person
	closed.DisabledAt = 1
	group.ask("PUT", path, closed, me.Person.Version).refused(CodeLastAdmin)
	_, other := h.somebody(practice.Grant{Role: practice.RoleGroupAdmin})
	require.NotEmpty(t, other.ID)
	group.ask("DELETE", path+"/grants/"+me.Grants[0].ID, nil).is(204)
	group.ask("GET", "/api/people", nil).refused(CodeNotFound)
}

func TestAClosedAccountIsOutAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hospitals("E1")
	group := h.administrator()
	nurse, person := h.somebody(practice.Grant{Role: practice.RoleNurse, Establishment: "E1"})
	nurse.ask("GET", "/api/me", nil).is(200)
	person.DisabledAt = 1
	group.ask("PUT", "/api/people/"+person.ID, person, 1).is(200)
	nurse.ask("GET", "/api/me", nil).refused(CodeSignedOut)
}
