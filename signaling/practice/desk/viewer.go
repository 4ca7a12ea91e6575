package desk

import (
	"slices"

	"draille/signaling/practice"
	"draille/signaling/practice/people"
	"draille/signaling/practice/rights"
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

// houses are the establishments whose appointments the viewer may list, at most the one that is
// asked for.
func (v viewer) houses(asked string) []string {
	if v.device.ID != "" {
		return []string{v.device.Establishment}
	}
	_, reach := rights.Where(v.grants, practice.ActionDayView)
	var houses []string
	for _, grant := range reach {
		if (asked == "" || grant.Establishment == asked) &&
			!slices.Contains(houses, grant.Establishment) {
			houses = append(houses, grant.Establishment)
		}
	}
	return houses
}

// lists reports whether an appointment that the viewer sees belongs into a list of theirs.
func (v viewer) lists(a practice.Appointment, asked string) bool {
	if v.device.ID != "" {
		return a.Status != practice.StatusCancelled
	}
	return asked == "" || a.Establishment == asked || a.HostEstablishment == asked
}

// sides says of which side of a request a viewer is.
func (v viewer) sides(o practice.Opinion) (asks, answers bool) {
	return v.may(practice.ActionOpinionAsk, o.Establishment, ""),
		v.may(practice.ActionOpinionAnswer, o.AskedEstablishment, o.Service)
}
