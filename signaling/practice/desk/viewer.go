package desk

import (
	"slices"

	"draille/signaling/practice"
	"draille/signaling/practice/people"
	"draille/signaling/practice/rights"
	"draille/signaling/practice/store"
)

// viewer is whoever looks at appointments: a person, or the tablet of a place.
type viewer struct {
	person string
	grants []practice.Grant
	device practice.Device
}

func viewerOf(signed people.Signed) viewer {
	return viewer{person: signed.Person.ID, grants: signed.Grants, device: signed.Device}
}

// sight is how much of an appointment somebody sees.
type sight int

const (
	sightNone sight = iota
	sightHost       // beside the patient: the appointment, and the traits that are read aloud
	sightFull       // all of it
)

// sees says how much of an appointment the viewer sees, given whether they are a participant of it.
func (v viewer) sees(a practice.Appointment, participant bool) sight {
	switch {
	case v.device.ID != "":
		if a.Place == v.device.Place && a.HostEstablishment == v.device.Establishment {
			return sightHost
		}
		return sightNone
	case participant || v.may(practice.ActionAppointmentView, a.Establishment, a.Service):
		return sightFull
	case v.mayAnywhereIn(practice.ActionAppointmentView, a.HostEstablishment):
		return sightHost
	}
	return sightNone
}

func (v viewer) may(action practice.Action, establishment, service string) bool {
	return rights.May(v.grants, action, establishment, service)
}

// mayAnywhereIn reports whether the viewer has a right in some service of an establishment: a place
// belongs to no service.
func (v viewer) mayAnywhereIn(action practice.Action, establishment string) bool {
	if establishment == "" {
		return false
	}
	everywhere, reach := rights.Where(v.grants, action)
	return everywhere || slices.ContainsFunc(reach, func(grant practice.Grant) bool {
		return grant.Establishment == establishment
	})
}

// mayBeside reports whether the viewer has a right to an appointment, where it belongs or where the
// patient is.
func (v viewer) mayBeside(action practice.Action, a practice.Appointment) bool {
	return v.may(action, a.Establishment, a.Service) || v.mayAnywhereIn(action, a.HostEstablishment)
}

// between returns the appointments that begin in [from, until) and that the viewer may list, the
// earliest first. An empty establishment means all.
func (v viewer) between(tx *store.Tx, from, until practice.Instant,
	establishment string) ([]practice.Appointment, error) {
	found := map[string]practice.Appointment{}
	add := func(clause string, arguments ...any) error {
		list, err := store.Find[practice.Appointment](tx, clause, arguments...)
		for _, a := range list {
			if establishment == "" || a.Establishment == establishment ||
				a.HostEstablishment == establishment {
				found[a.ID] = a
			}
		}
		return err
	}
	if v.device.ID != "" {
		err := add("WHERE place = $1 AND host_establishment = $2 AND starts_at >= $3 AND "+
			"starts_at < $4 AND status <> 'cancelled'",
			v.device.Place, v.device.Establishment, int64(from), int64(until))
		return inOrder(found), err
	}
	_, reach := rights.Where(v.grants, practice.ActionDayView)
	for _, grant := range reach {
		if establishment != "" && grant.Establishment != establishment {
			continue
		}
		if err := add("WHERE establishment = $1 AND starts_at >= $2 AND starts_at < $3 AND "+
			"(service = $4 OR $4 = '')",
			grant.Establishment, int64(from), int64(until), grant.Service); err != nil {
			return nil, err
		}
		if err := add("WHERE host_establishment = $1 AND starts_at >= $2 AND starts_at < $3",
			grant.Establishment, int64(from), int64(until)); err != nil {
			return nil, err
		}
	}
	err := add(
		`JOIN participants ON participants.appointment = appointments.id
		WHERE participants.person = $1 AND participants.kind = 'person'
		AND participants.starts_at >= $2 AND participants.starts_at < $3`,
		v.person,
		int64(from),
		int64(until),
	)
	return inOrder(found), err
}

func inOrder(found map[string]practice.Appointment) []practice.Appointment {
	list := make([]practice.Appointment, 0, len(found))
	for _, a := range found {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b practice.Appointment) int {
		if a.StartsAt != b.StartsAt {
			return int(a.StartsAt - b.StartsAt)
		}
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return list
}
