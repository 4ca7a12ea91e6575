package desk

import (
	"net/http"

	"draille/signaling/practice"
	"draille/signaling/practice/interop/fhir"
	"draille/signaling/practice/interop/machines"
	"draille/signaling/practice/store"
)

// programs are the hospital's programs that use the FHIR interface: who they are, and what they
// may.
type programs struct {
	registry *machines.Registry // nil: there is no such interface
}

func (s programs) routes() []route {
	return []route{
		{"GET /api/establishments/{e}/machines", signedIn, s.list},
		{"POST /api/establishments/{e}/machines", signedIn, s.add},
		{"DELETE /api/establishments/{e}/machines/{id}", signedIn, s.revoke},
	}
}

func (s programs) list(c *call) error {
	if err := c.require(practice.ActionInteropManage, c.path("e"), ""); err != nil {
		return err
	}
	answer := MachineList{Enabled: s.registry != nil, Base: fhir.BaseOf(c.config.Public),
		Endpoint: fhir.EndpointOf(c.config.Public)}
	err := c.read(func(tx *store.Tx) (err error) {
		answer.Items, err = machines.List(tx, c.path("e"))
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, answer)
}

func (s programs) add(c *call) error {
	if err := c.require(practice.ActionInteropManage, c.path("e"), ""); err != nil {
		return err
	}
	var wanted NewMachine
	if err := c.body(&wanted); err != nil {
		return err
	}
	if s.registry == nil {
		return invalid("name", "expected a server with the FHIR interface, got one without it; "+
			"set practice.fhir.enabled")
	}
	var answer MachineSecret
	err := c.write(func(tx *store.Tx) (err error) {
		if _, err := store.Get[practice.Establishment](tx, "WHERE id = $1", c.path("e")); err !=
			nil {
			return err
		}
		answer.Machine, answer.Secret, err = s.registry.Add(tx, practice.Machine{
			Establishment: c.path("e"), Name: wanted.Name, Access: wanted.Access,
			Authority: wanted.Authority, Service: wanted.Service, Invite: wanted.Invite,
			Links: wanted.Links, Certificate: wanted.Certificate, PublicKey: wanted.PublicKey,
			CreatedBy: c.caller.Person.ID})
		if err != nil {
			return err
		}
		return c.audit(tx, practice.AuditEntry{Establishment: c.path("e"),
			Action: "machine.create", Object: answer.Machine.ID})
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusCreated, answer)
}

func (s programs) revoke(c *call) error {
	if err := c.require(practice.ActionInteropManage, c.path("e"), ""); err != nil {
		return err
	}
	err := c.write(func(tx *store.Tx) error {
		if err := machines.Revoke(tx, c.path("e"), c.path("id"), c.now); err != nil {
			return err
		}
		return c.audit(tx, practice.AuditEntry{Establishment: c.path("e"),
			Action: "machine.revoke", Object: c.path("id")})
	})
	if err != nil {
		return err
	}
	return c.done()
}
