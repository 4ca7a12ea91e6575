package thread

import (
	"slices"

	"draille/signaling/practice"
	"draille/signaling/practice/rights"
	"draille/signaling/practice/store"
)

// Audience is to whom a team or a sector writes. Nobody has to be asked for each of them.
type Audience struct {
	thread practice.Thread
	people []string
	parts  []part
}

// part is a service of a sector, or with no service the establishment of a place.
type part struct{ establishment, service string }

// AudienceOf reads who belongs to a thread. A meeting's has none: who takes part is asked anew.
func AudienceOf(tx *store.Tx, t practice.Thread) (Audience, error) {
	a := Audience{thread: t}
	if t.Closed || t.Kind == practice.ThreadTelestaff {
		return a, nil
	}
	members, err := Members(tx, t)
	if err != nil {
		return a, err
	}
	wide := tx.Across("a sector has services and places of several establishments")
	for _, m := range members {
		switch m.Kind {
		case practice.MemberPerson:
			a.people = append(a.people, m.Member)
		case practice.MemberService:
			service, err := optional[practice.Service](wide, "WHERE id = $1", m.Member)
			if err != nil {
				return a, err
			}
			a.add(part{service.Establishment, m.Member})
		case practice.MemberPlace:
			place, err := optional[practice.Place](wide, "WHERE id = $1", m.Member)
			if err != nil {
				return a, err
			}
			a.add(part{place.Establishment, ""})
		}
	}
	return a, nil
}

// add leaves out what is not there any more.
func (a *Audience) add(p part) {
	if p.establishment != "" && !slices.Contains(a.parts, p) {
		a.parts = append(a.parts, p)
	}
}

// Houses are the establishments in which whoever belongs to it has a right.
func (a Audience) Houses() (houses []string) {
	if len(a.people) > 0 {
		houses = append(houses, a.thread.Establishment)
	}
	for _, p := range a.parts {
		if !slices.Contains(houses, p.establishment) {
			houses = append(houses, p.establishment)
		}
	}
	return houses
}

// Named are the only ones who may belong to it in an establishment; nil: whoever has a right there.
func (a Audience) Named(house string) []string {
	if slices.ContainsFunc(a.parts, func(p part) bool { return p.establishment == house }) {
		return nil
	}
	return a.people
}

// Has reports whether somebody belongs to it: is of the team and has a right in its establishment,
// or works in a part of the sector. That is whoever sees the day of one of its services, or of any
// service of the establishment that one of its places belongs to.
func (a Audience) Has(person string, grants []practice.Grant) bool {
	if slices.Contains(a.people, person) {
		return rights.May(grants, practice.ActionAppointmentAttend, a.thread.Establishment, "")
	}
	everywhere, reach := rights.Where(grants, practice.ActionDayView)
	return slices.ContainsFunc(a.parts, func(p part) bool {
		if p.service != "" {
			return rights.May(grants, practice.ActionDayView, p.establishment, p.service)
		}
		return everywhere || slices.ContainsFunc(reach, func(g practice.Grant) bool {
			return g.Establishment == p.establishment
		})
	})
}
