package desk

import (
	"net/http"
	"slices"

	"draille/signaling/practice"
	"draille/signaling/practice/people"
	"draille/signaling/practice/rights"
	"draille/signaling/practice/store"
)

// staff is the administration of people, their grants and their ways in.
type staff struct{}

func (s staff) routes() []route {
	return []route{
		{"GET /api/people", signedIn, s.list},
		{"POST /api/people", signedIn, s.create},
		{"GET /api/people/{id}", signedIn, s.view},
		{"PUT /api/people/{id}", signedIn, s.change},
		{"POST /api/people/{id}/grants", signedIn, s.give},
		{"DELETE /api/people/{id}/grants/{grant}", signedIn, s.take},
		{"POST /api/people/{id}/enrol", signedIn, s.enrol},
		{"GET /api/people/{id}/sessions", signedIn, s.sessions},
		{"DELETE /api/people/{id}/sessions", signedIn, s.endSessions},
		{"GET /api/identities", signedIn, s.identities},
		{"PUT /api/identities/{id}", signedIn, s.assign},
		{"POST /api/establishments/{e}/import", signedIn, s.importPeople},
	}
}

func (staff) list(c *call) error {
	establishment := c.query("establishment")
	if err := c.require(practice.ActionPeopleManage, establishment, ""); err != nil {
		return err
	}
	limit, err := c.limit()
	if err != nil {
		return err
	}
	page := Page[PersonView]{Items: []PersonView{}}
	err = c.read(func(tx *store.Tx) error {
		found, next, err := people.List(tx,
			people.Query{Establishment: establishment, Text: c.query("q"),
				After: c.query("after"), Limit: limit})
		if err != nil {
			return err
		}
		page.Next = next
		for _, person := range found {
			view, err := personViewOf(c, tx, person)
			if err != nil {
				return err
			}
			page.Items = append(page.Items, view)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, page)
}

// Page is a part of a long list.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

// personViewOf is a person with what the caller may know of their grants.
func personViewOf(c *call, tx *store.Tx, person practice.Person) (PersonView, error) {
	view := PersonView{Person: person, Grants: []practice.Grant{}}
	grants, err := store.Find[practice.Grant](tx,
		"WHERE person = $1 ORDER BY establishment, role, service", person.ID)
	if err != nil {
		return view, err
	}
	for _, grant := range grants {
		if c.may(practice.ActionPeopleManage, grant.Establishment, "") {
			view.Grants = append(view.Grants, grant)
		}
	}
	if view.Identities, err = store.Find[practice.Identity](tx,
		"WHERE person = $1 ORDER BY provider, id", person.ID); err != nil {
		return view, err
	}
	if view.Login, err = people.LoginOf(tx, person.ID); err != nil {
		return view, err
	}
	passkeys, err := c.config.People.Passkeys.List(tx, person.ID)
	if err != nil {
		return view, err
	}
	sessions, err := c.config.People.Sessions.List(tx, person.ID)
	view.Passkeys, view.Sessions = len(passkeys), len(sessions)
	return view, err
}

// managed returns a person whom the caller may see as an administrator.
func managed(c *call, tx *store.Tx) (practice.Person, error) {
	missing := refuse(CodeNotFound, "there is none, or not for you")
	if !slices.ContainsFunc(c.caller.Grants, func(grant practice.Grant) bool {
		return rights.May([]practice.Grant{grant}, practice.ActionPeopleManage, grant.Establishment,
			"")
	}) {
		return practice.Person{},
			refuse(CodeForbidden, "expected the right %s, got a person without it",
				practice.ActionPeopleManage)
	}
	person, err := store.Get[practice.Person](tx, "WHERE id = $1", c.path("id"))
	if err != nil {
		return person, err
	}
	if c.may(practice.ActionPeopleManage, person.Establishment, "") {
		return person, nil
	}
	grants, err := store.Find[practice.Grant](tx, "WHERE person = $1", person.ID)
	if err != nil {
		return person, err
	}
	for _, grant := range grants {
		if grant.Establishment != "" &&
			c.may(practice.ActionPeopleManage, grant.Establishment, "") {
			return person, nil
		}
	}
	return practice.Person{}, missing
}

// commanded returns a person whose account and data the caller may change: who is looked after in
// an establishment of theirs, and who has no right that the caller could not give. Otherwise
// whoever chooses somebody's way in would choose their rights, too.
func commanded(c *call, tx *store.Tx) (practice.Person, error) {
	person, err := managed(c, tx)
	if err != nil {
		return person, err
	}
	return person, commands(c, tx, person)
}

func commands(c *call, tx *store.Tx, person practice.Person) error {
	if err := c.require(practice.ActionPeopleManage, person.Establishment, ""); err != nil {
		return refuse(CodeForbidden,
			"expected an administrator of whoever looks after this person, got another")
	}
	grants, err := store.Find[practice.Grant](tx, "WHERE person = $1", person.ID)
	if err != nil {
		return err
	}
	if !rights.Commands(c.caller.Grants, person, grants) {
		return refuse(CodeForbidden, "expected an administrator who could give this person's "+
			"rights, got another: ask the group's")
	}
	return nil
}

// personAsked is the one in the body, checked.
func personAsked(c *call) (practice.Person, error) {
	var asked practice.Person
	if err := c.body(&asked); err != nil {
		return asked, err
	}
	return asked, people.Check(&asked)
}

func (staff) create(c *call) error {
	asked, err := personAsked(c)
	if err != nil {
		return err
	}
	if err := c.require(practice.ActionPeopleManage, asked.Establishment, ""); err != nil {
		return err
	}
	asked.ID, asked.Version, asked.DisabledAt, asked.Demo = practice.NewID(), 1, 0, false
	var view PersonView
	err = c.write(func(tx *store.Tx) error {
		if err := taken(tx, asked); err != nil {
			return err
		}
		if err := people.Insert(tx, asked, c.now); err != nil {
			return err
		}
		tx.Changed(practice.TopicDirectory, asked.Establishment, asked.ID)
		if err := c.audit(tx,
			practice.AuditEntry{Establishment: asked.Establishment, Action: "person.create",
				Object: asked.ID}); err != nil {
			return err
		}
		view, err = personViewOf(c, tx, asked)
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusCreated, view)
}

// taken says whether somebody else has the address or the number of a person.
func taken(tx *store.Tx, person practice.Person) error {
	others, err := store.Find[practice.Person](tx,
		"WHERE id <> $1 AND ((email <> '' AND email = $2) OR (rpps <> '' AND rpps = $3))",
		person.ID, person.Email, person.RPPS)
	if err != nil || len(others) == 0 {
		return err
	}
	field := "email"
	if person.RPPS != "" && others[0].RPPS == person.RPPS {
		field = "rpps"
	}
	return refusal{Failure{Code: CodeDuplicate, Field: field, ID: others[0].ID,
		Message: field + ": expected one that nobody has, got one that is somebody's: give them " +
			"the right instead"}}
}

func (staff) view(c *call) error {
	var view PersonView
	err := c.read(func(tx *store.Tx) error {
		person, err := managed(c, tx)
		if err != nil {
			return err
		}
		view, err = personViewOf(c, tx, person)
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, view)
}

func (staff) change(c *call) error {
	version, err := c.version()
	if err != nil {
		return err
	}
	asked, err := personAsked(c)
	if err != nil {
		return err
	}
	var view PersonView
	err = c.write(func(tx *store.Tx) error {
		was, err := commanded(c, tx)
		if err != nil {
			return err
		}
		if err := c.require(practice.ActionPeopleManage, asked.Establishment, ""); err != nil {
			return err
		}
		asked.ID, asked.Version, asked.Demo = was.ID, version, was.Demo
		if asked.DisabledAt != 0 { // when it was closed is ours to say
			asked.DisabledAt = max(was.DisabledAt, practice.InstantOf(c.now))
		}
		if err := taken(tx, asked); err != nil {
			return err
		}
		if err := people.Update(tx, &asked); err != nil {
			return err
		}
		if err := c.config.People.Shut(tx, asked, c.now); err != nil {
			return err
		}
		tx.Changed(practice.TopicDirectory, asked.Establishment, asked.ID)
		action := "person.change"
		if asked.DisabledAt != 0 && was.DisabledAt == 0 {
			action = "person.disable"
		}
		if err := c.audit(tx,
			practice.AuditEntry{Establishment: asked.Establishment, Action: action,
				Object: asked.ID}); err != nil {
			return err
		}
		view, err = personViewOf(c, tx, asked)
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, view)
}

func (staff) give(c *call) error {
	var asked NewGrant
	if err := c.body(&asked); err != nil {
		return err
	}
	grant := practice.Grant{ID: practice.NewID(), Person: c.path("id"), Role: asked.Role,
		Establishment: asked.Establishment,
		Service:       asked.Service, EndsAt: asked.EndsAt, GrantedBy: c.caller.Person.ID,
		GrantedAt: practice.InstantOf(c.now)}
	if !rights.Sound(grant) {
		return invalid("role",
			"expected a role with the establishment and service that it is for, got %q", asked.Role)
	}
	if !rights.MayGive(c.caller.Grants, grant) {
		return refuse(CodeForbidden,
			"expected a right that reaches no further than your own, got %s", asked.Role)
	}
	err := c.write(func(tx *store.Tx) error {
		if err := people.Give(tx, grant); err != nil {
			return err
		}
		return c.audit(tx,
			practice.AuditEntry{Establishment: grant.Establishment, Action: "grant.give",
				Object: grant.Person,
				Detail: detail("role", string(grant.Role), "service", grant.Service)})
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusCreated, grant)
}

func (staff) take(c *call) error {
	err := c.write(func(tx *store.Tx) error {
		grant, err := store.Get[practice.Grant](tx, "WHERE id = $1 AND person = $2",
			c.path("grant"), c.path("id"))
		if err != nil {
			return err
		}
		if !rights.MayGive(c.caller.Grants, grant) {
			if err := c.require(practice.ActionPeopleManage, grant.Establishment, ""); err != nil {
				return err
			}
			return refuse(CodeForbidden, "expected a right that you could give, got %s", grant.Role)
		}
		if err := people.Take(tx, grant, c.now); err != nil {
			return err
		}
		return c.audit(tx,
			practice.AuditEntry{Establishment: grant.Establishment, Action: "grant.take",
				Object: grant.Person,
				Detail: detail("role", string(grant.Role), "service", grant.Service)})
	})
	if err != nil {
		return err
	}
	return c.done()
}

func (staff) enrol(c *call) error {
	var asked struct {
		Purpose EnrolmentPurpose `json:"purpose"`
	}
	if err := c.body(&asked); err != nil {
		return err
	}
	if asked.Purpose != EnrolNew && asked.Purpose != EnrolReset {
		return invalid("purpose", "expected new or reset, got %q", asked.Purpose)
	}
	var link OneTimeLink
	err := c.write(func(tx *store.Tx) error {
		person, err := commanded(c, tx)
		if err != nil {
			return err
		}
		key, expires, err := c.config.People.Accounts.Enrol(tx, string(asked.Purpose), person.ID,
			c.caller.Person.ID)
		link = OneTimeLink{Address: c.config.Public.String() + "/enrol#" + key, ExpiresAt: expires}
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusCreated, link)
}

func (staff) sessions(c *call) error {
	var found []practice.Session
	err := c.read(func(tx *store.Tx) error {
		person, err := managed(c, tx)
		if err != nil {
			return err
		}
		found, err = c.config.People.Sessions.List(tx, person.ID)
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, found)
}

func (staff) endSessions(c *call) error {
	err := c.write(func(tx *store.Tx) error {
		person, err := managed(c, tx)
		if err != nil {
			return err
		}
		if _, err := c.config.People.Sessions.EndOthers(tx, person.ID, ""); err != nil {
			return err
		}
		return c.audit(tx,
			practice.AuditEntry{Establishment: person.Establishment, Action: "session.end",
				Object: person.ID})
	})
	if err != nil {
		return err
	}
	return c.done()
}

func (staff) identities(c *call) error {
	if !administers(c) {
		return refuse(CodeForbidden, "expected the right %s, got a person without it",
			practice.ActionPeopleManage)
	}
	if c.query("unknown") != "true" {
		return invalid("unknown", "expected true: identities of people are shown with them")
	}
	page := Page[practice.Identity]{}
	err := c.read(func(tx *store.Tx) error {
		var err error
		page.Items, err = store.Find[practice.Identity](tx,
			"WHERE person = '' ORDER BY seen_at DESC, id LIMIT $1", maxLimit)
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, page)
}

// administers reports whether the caller may manage people anywhere.
func administers(c *call) bool {
	everywhere, some := rights.Where(c.caller.Grants, practice.ActionPeopleManage)
	return everywhere || len(some) > 0
}

func (staff) assign(c *call) error {
	var asked Assign
	if err := c.body(&asked); err != nil {
		return err
	}
	if !administers(c) {
		return refuse(CodeForbidden, "expected the right %s, got a person without it",
			practice.ActionPeopleManage)
	}
	var identity practice.Identity
	err := c.write(func(tx *store.Tx) error {
		var err error
		if identity, err = store.Get[practice.Identity](tx, "WHERE id = $1", c.path("id")); err !=
			nil {
			return err
		}
		for _, id := range []string{identity.Person, asked.Person} {
			if id == "" {
				continue
			}
			person, err := store.Get[practice.Person](tx, "WHERE id = $1", id)
			if err != nil {
				return err
			}
			if err := commands(c, tx, person); err != nil {
				return err
			}
		}
		if err := c.config.People.Assign(tx, &identity, asked.Person); err != nil {
			return err
		}
		return c.audit(tx, practice.AuditEntry{Action: "identity.assign", Object: asked.Person,
			Detail: detail("identity", identity.ID)})
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, identity)
}
