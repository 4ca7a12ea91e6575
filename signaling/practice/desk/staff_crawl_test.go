package desk

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/people"
	"draille/signaling/practice/rights"
	"draille/signaling/practice/store"
)

// target is what requests of the crawl are about: a person, with a grant, in one establishment.
type target struct{ establishment, person, grant, identity string }

// question is one request of the administration, and the right that it needs in the establishment.
type question struct {
	pattern string // of the route
	query   string
	action  practice.Action
	body    func(target) any
	version bool // If-Match: "1"
	// anywhere: the right in any establishment will do; group: only that of the group.
	anywhere, group bool
}

func nothing(target) any { return nil }

// administration are all routes of people, places, settings and the log.
var administration = []question{
	{pattern: "POST /api/establishments", action: practice.ActionGroupManage, group: true,
		body: func(target) any { return practice.Establishment{Name: "CH", Zone: "Europe/Paris"} }},
	{pattern: "PUT /api/establishments/{e}", action: practice.ActionGroupManage, group: true,
		version: true,
		body: func(target) any {
			return practice.Establishment{Name: "CH", Zone: "Europe/Paris"}
		}},
	{pattern: "GET /api/establishments/{e}/services", action: practice.ActionDirectoryView,
		body: nothing},
	{pattern: "POST /api/establishments/{e}/services", action: practice.ActionPlacesManage,
		body: func(target) any { return practice.Service{Name: practice.NewID()} }},
	{pattern: "PUT /api/establishments/{e}/services/{id}", action: practice.ActionPlacesManage,
		version: true,
		body:    func(target) any { return practice.Service{Name: practice.NewID()} }},
	{pattern: "GET /api/establishments/{e}/places", action: practice.ActionDirectoryView,
		body: nothing},
	{pattern: "POST /api/establishments/{e}/places", action: practice.ActionPlacesManage,
		body: func(target) any { return practice.Place{Name: practice.NewID()} }},
	{pattern: "PUT /api/establishments/{e}/places/{id}", action: practice.ActionPlacesManage,
		version: true,
		body:    func(target) any { return practice.Place{Name: practice.NewID()} }},
	{pattern: "GET /api/places", query: "?establishment={e}", action: practice.ActionDirectoryView,
		body: nothing},
	{pattern: "GET /api/people", query: "?establishment={e}", action: practice.ActionPeopleManage,
		body: nothing},
	{pattern: "POST /api/people", action: practice.ActionPeopleManage,
		body: func(t target) any {
			return practice.Person{FamilyName: "A", GivenName: "B", Establishment: t.establishment}
		}},
	{pattern: "GET /api/people/{person}", action: practice.ActionPeopleManage, body: nothing},
	{pattern: "PUT /api/people/{person}", action: practice.ActionPeopleManage, version: true,
		body: func(t target) any {
			return practice.Person{FamilyName: "A", GivenName: "B", Establishment: t.establishment}
		}},
	{pattern: "POST /api/people/{person}/grants", action: practice.ActionPeopleManage,
		body: func(t target) any {
			return NewGrant{Role: practice.RoleSecretary, Establishment: t.establishment}
		}},
	{pattern: "DELETE /api/people/{person}/grants/{grant}", action: practice.ActionPeopleManage,
		body: nothing},
	{pattern: "POST /api/people/{person}/enrol", action: practice.ActionPeopleManage,
		body: func(target) any { return map[string]string{"purpose": "new"} }},
	{pattern: "GET /api/people/{person}/sessions", action: practice.ActionPeopleManage,
		body: nothing},
	{pattern: "DELETE /api/people/{person}/sessions", action: practice.ActionPeopleManage,
		body: nothing},
	{pattern: "GET /api/identities", query: "?unknown=true", action: practice.ActionPeopleManage,
		anywhere: true, body: nothing},
	{pattern: "PUT /api/identities/{identity}", action: practice.ActionPeopleManage,
		body: func(t target) any { return Assign{Person: t.person} }},
	{pattern: "POST /api/establishments/{e}/import", action: practice.ActionPeopleManage,
		body: func(target) any { return "nom,prénom\n" }},
	{pattern: "GET /api/settings", query: "?establishment={e}",
		action: practice.ActionSettingsManage, body: nothing},
	{pattern: "PUT /api/settings/{key}", action: practice.ActionGroupManage, group: true,
		version: true,
		body:    func(target) any { return practice.Setting{Value: "12"} }},
	{pattern: "GET /api/audit", query: "?establishment={e}", action: practice.ActionAuditView,
		body: nothing},
	{pattern: "POST /api/audit/verify", action: practice.ActionAuditView, anywhere: true,
		body: nothing},
	{pattern: "POST /api/try/sign-in/{provider}", action: practice.ActionSettingsManage,
		anywhere: true, body: nothing},
}

// may says by the rights alone what has to come of a question.
func (q question) may(grants []practice.Grant, establishment string) bool {
	if q.anywhere {
		everywhere, some := rights.Where(grants, q.action)
		return everywhere || len(some) > 0
	}
	if q.group {
		establishment = ""
	}
	return rights.May(grants, q.action, establishment, "")
}

// aim makes a target in an establishment.
func (h *house) aim(establishment string) target {
	h.t.Helper()
	aimed := target{establishment, practice.NewID(), practice.NewID(), practice.NewID()}
	h.write(func(tx *store.Tx) error {
		person := practice.Person{ID: aimed.person, FamilyName: "Cible", GivenName: "Une",
			Language: "fr", Establishment: establishment, Version: 1}
		require.NoError(h.t, people.Insert(tx, person, h.now()))
		require.NoError(h.t,
			people.Give(tx,
				practice.Grant{ID: aimed.grant, Person: aimed.person, Role: practice.RoleNurse,
					Establishment: establishment}))
		for _, row := range []error{
			store.Insert(tx, practice.Service{ID: "s" + aimed.person, Establishment: establishment,
				Name: aimed.person, Version: 1}, nil),
			store.Insert(tx, practice.Place{ID: "p" + aimed.person, Establishment: establishment,
				Name: aimed.person, Version: 1}, nil),
			store.Insert(tx,
				practice.Identity{ID: aimed.identity, Provider: "kc", Subject: aimed.identity},
				store.With{"created_at": 1}),
		} {
			require.NoError(h.t, row)
		}
		// What was changed before is as it was.
		_, err := tx.Exec("UPDATE establishments SET version = 1")
		require.NoError(h.t, err)
		_, err = tx.Exec("DELETE FROM settings")
		return err
	})
	return aimed
}

// asks sends a question about a target, and says whether it was answered.
func (b *browser) asks(q question, about target) bool {
	b.t.Helper()
	method, path, _ := strings.Cut(q.pattern, " ")
	id := "p" + about.person
	if strings.Contains(path, "/services/") {
		id = "s" + about.person
	}
	path = strings.NewReplacer("{e}", about.establishment, "{person}", about.person, "{grant}",
		about.grant, "{id}", id,
		"{identity}", about.identity, "{key}", "audit.months", "{provider}",
		"kc").Replace(path + q.query)
	var version []int
	if q.version {
		version = []int{1}
	}
	got := b.ask(method, path, q.body(about), version...)
	if got.status >= 300 {
		require.Contains(b.t, []int{403, 404}, got.status, "%s: %s", q.pattern, got.body)
	}
	return got.status < 300
}

func TestTheAdministrationAsEveryRole(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hospitals("E1", "E2")
	_, _ = h.somebody(practice.Grant{Role: practice.RoleGroupAdmin}) // so that nobody is the last
	for _, role := range rights.Roles() {
		grant := practice.Grant{Role: role, Establishment: "E1"}
		if role == practice.RoleGroupAdmin {
			grant.Establishment = ""
		}
		caller, _ := h.somebody(grant)
		for _, q := range administration {
			for _, establishment := range []string{"E1", "E2"} {
				require.Equal(t, q.may([]practice.Grant{grant}, establishment),
					caller.asks(q, h.aim(establishment)), "%s: %s in %s", role, q.pattern,
					establishment)
			}
		}
	}
}

// Whatever rights somebody has, and however many: none of them opens another establishment.
func TestNoMixtureOfRightsFindsAWayAcross(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hospitals("E1", "E2", "E3")
	_, _ = h.somebody(practice.Grant{Role: practice.RoleGroupAdmin})
	dice := rand.New(rand.NewPCG(19, 1))
	local := []practice.Role{practice.RoleSecretary, practice.RoleNurse, practice.RoleClinician,
		practice.RoleExpert, practice.RoleEstablishmentAdmin, practice.RoleAuditor}
	for range 60 {
		var grants []practice.Grant
		seen := map[practice.Grant]bool{}
		for range 1 + dice.IntN(3) {
			grant := practice.Grant{Role: local[dice.IntN(len(local))],
				Establishment: []string{"E1", "E2"}[dice.IntN(2)]}
			if !seen[grant] {
				seen[grant] = true
				grants = append(grants, grant)
			}
		}
		caller, _ := h.somebody(grants...)
		for range 6 {
			q, establishment := administration[dice.IntN(len(administration))],
				[]string{"E1", "E2", "E3"}[dice.IntN(3)]
			require.Equal(t, q.may(grants, establishment), caller.asks(q, h.aim(establishment)),
				"%v: %s in %s", grants, q.pattern, establishment)
		}
	}
}

func TestTheCrawlOfTheAdministrationKnowsItsRoutes(t *testing.T) {
	t.Parallel()
	routes := map[string]bool{}
	for _, area := range [][]route{office{}.routes(), staff{}.routes(), records{}.routes()} {
		for _, route := range area {
			// everybody's, of those where they have a right
			if route.pattern != "GET /api/establishments" {
				routes[strings.NewReplacer("/people/{id}", "/people/{person}", "/identities/{id}",
					"/identities/{identity}").Replace(route.pattern)] = true
			}
		}
	}
	for _, q := range administration {
		delete(routes, q.pattern)
	}
	require.Empty(t, routes)
}
