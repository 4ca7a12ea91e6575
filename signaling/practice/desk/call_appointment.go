package desk

import (
	"errors"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// appointment reads the one that a condition finds, if the caller sees it and has a right to it.
func (c *call) appointment(tx *store.Tx, where, id string, action practice.Action,
	beside bool) (practice.Appointment, error) {
	nothing := refuse(CodeNotFound, "there is no such appointment, or not for you")
	a, err := store.Get[practice.Appointment](tx.Across("whose it is is asked below"), where, id)
	if errors.Is(err, store.ErrNotFound) {
		return a, nothing
	}
	if err != nil {
		return a, err
	}
	participant, err := isParticipant(tx, a, c.caller.Person.ID)
	if err != nil {
		return a, err
	}
	v := viewerOf(c.caller)
	if v.sees(a, participant) == sightNone {
		if c.knows(a.Establishment) {
			return a, refuse(CodeForbidden,
				"expected the right %s, got a person without it; ask an administrator",
				practice.ActionAppointmentView)
		}
		return a, nothing
	}
	if action == "" || c.may(action, a.Establishment, a.Service) || beside &&
		v.mayBeside(action, a) {
		return a, nil
	}
	return a, refuse(CodeForbidden,
		"expected the right %s, got a person without it; ask an administrator", action)
}
