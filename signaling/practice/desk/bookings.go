package desk

import (
	"errors"
	"net/http"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/store"
)

// bookings is what is done with appointments.
type bookings struct {
	agenda  *agenda.Agenda
	courier *courier.Courier
}

func (s bookings) routes() []route {
	return []route{
		{"POST /api/appointments", signedIn, s.make},
		{"POST /api/appointments/check", signedIn, s.check},
		{"GET /api/appointments/{id}", signedIn, s.view},
		{"PUT /api/appointments/{id}", signedIn, s.move},
		{"POST /api/appointments/{id}/cancel", signedIn, s.cancel},
		{"POST /api/appointments/{id}/outcome", signedIn, s.outcome},
		{"POST /api/appointments/{id}/begin", signedIn, s.begin},
		{"POST /api/appointments/{id}/send", signedIn, s.send},
		{"POST /api/appointments/{id}/participants/{participant}/print", signedIn, s.print},
		{"DELETE /api/appointments/{id}/links/{link}", signedIn, s.revoke},
		{"POST /api/appointments/{id}/identity", signedIn, s.identity},
		{"POST /api/appointments/{id}/consent", signedIn, s.consent},
	}
}

// draft is what the agenda is asked for.
func (s bookings) draft(c *call) (agenda.Draft, error) {
	var wanted NewAppointment
	if err := c.body(&wanted); err != nil {
		return agenda.Draft{}, err
	}
	if err := c.require(practice.ActionAppointmentWrite, wanted.Establishment,
		wanted.Service); err != nil {
		return agenda.Draft{}, err
	}
	guests, err := s.guests(wanted.Participants)
	return agenda.Draft{Key: wanted.Key, Establishment: wanted.Establishment,
		Service: wanted.Service, Kind: wanted.Kind,
		Title: wanted.Title, Patient: wanted.Patient, Place: wanted.Place,
		LocalStart: wanted.LocalStart, Later: wanted.Later,
		Minutes: wanted.Minutes, Participants: guests, Rule: wanted.Rule, Anyway: wanted.Anyway,
		By: c.caller.Person.ID}, err
}

// guests are the participants of a request. A channel that nobody has set up is refused at once: a
// message that cannot go out helps nobody.
func (s bookings) guests(wanted []NewParticipant) ([]practice.Participant, error) {
	guests := make([]practice.Participant, 0, len(wanted))
	for _, p := range wanted {
		if err := s.channel(p.Channel); err != nil {
			return nil, err
		}
		guests = append(guests, practice.Participant{Kind: p.Kind, Person: p.Person, Name: p.Name,
			Email: p.Email,
			Phone: p.Phone, Channel: p.Channel, CallRole: p.CallRole, Language: p.Language})
	}
	return guests, nil
}

func (s bookings) channel(channel practice.Channel) error {
	if s.courier.Can(channel) {
		return nil
	}
	return refuse(CodeChannelMissing,
		"expected a channel that is set up, got %s; set it up in the server's configuration, "+
			"or print the link", channel)
}

func (s bookings) make(c *call) error {
	draft, err := s.draft(c)
	if err != nil {
		return err
	}
	var view AppointmentView
	err = c.write(func(tx *store.Tx) error {
		made, err := s.agenda.Make(tx, draft)
		if err != nil {
			return s.named(c, tx, err)
		}
		view, err = s.viewOf(c, tx, made)
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusCreated, view)
}

func (s bookings) check(c *call) error {
	draft, err := s.draft(c)
	if err != nil {
		return err
	}
	found := []Conflict{}
	err = c.read(func(tx *store.Tx) error {
		conflicts, err := s.agenda.Check(tx, draft)
		if err != nil {
			return err
		}
		found, err = s.conflicts(c, tx, conflicts)
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, found)
}

// named gives conflicts their names, on their way to the answer.
func (s bookings) named(c *call, tx *store.Tx, err error) error {
	var conflict *agenda.ConflictError
	if !errors.As(err, &conflict) {
		return err
	}
	found, problem := s.conflicts(c, tx, conflict.Conflicts)
	if problem != nil {
		return problem
	}
	return refusal{Failure{Code: CodeConflict, Message: conflict.Error(), Conflicts: found}}
}

// conflicts says who is elsewhere. Of an appointment that is not for the caller they learn the time
// alone.
func (bookings) conflicts(c *call, tx *store.Tx, list []agenda.Conflict) ([]Conflict, error) {
	found := []Conflict{}
	for _, one := range list {
		conflict := Conflict{With: ConflictWith(one.With), ID: one.ID,
			StartsAt: one.Appointment.StartsAt, EndsAt: one.Appointment.EndsAt}
		if c.may(practice.ActionAppointmentView, one.Appointment.Establishment,
			one.Appointment.Service) {
			conflict.Appointment = one.Appointment.ID
		}
		names, err := agenda.Names(tx, one.Appointment, []practice.Participant{{ID: one.ID,
			Kind: practice.ParticipantKind(one.With), Person: one.ID}})
		if err != nil {
			return nil, err
		}
		conflict.Name = names[one.ID]
		found = append(found, conflict)
	}
	return found, nil
}

// change does something to the appointment of the address and answers with what it is then.
func (s bookings) change(c *call, do func(*store.Tx, practice.Appointment) (practice.Appointment,
	error)) error {
	var view AppointmentView
	err := c.write(func(tx *store.Tx) error {
		a, err := s.appointment(c, tx, practice.ActionAppointmentWrite, false)
		if err != nil {
			return err
		}
		if a, err = do(tx, a); err != nil {
			return s.named(c, tx, err)
		}
		view, err = s.viewOf(c, tx, a)
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, view)
}

func checkReach(reach Reach) error {
	if reach != "" && reach != ReachThis && reach != ReachFollowing {
		return invalid("reach", "expected this or following, got %q", reach)
	}
	return nil
}

func (s bookings) move(c *call) error {
	version, err := c.version()
	if err != nil {
		return err
	}
	var wanted Move
	if err := c.body(&wanted); err != nil {
		return err
	}
	if err := checkReach(wanted.Reach); err != nil {
		return err
	}
	change := agenda.Change{Version: version, LocalStart: wanted.LocalStart, Later: wanted.Later,
		Minutes: wanted.Minutes,
		Place:   wanted.Place, Title: wanted.Title, Following: wanted.Reach == ReachFollowing,
		Anyway: wanted.Anyway, By: c.caller.Person.ID}
	if wanted.Participants != nil {
		if change.Participants, err = s.guests(wanted.Participants); err != nil {
			return err
		}
	}
	return s.change(c, func(tx *store.Tx, a practice.Appointment) (practice.Appointment, error) {
		return s.agenda.Move(tx, a, change)
	})
}

func (s bookings) cancel(c *call) error {
	version, err := c.version()
	if err != nil {
		return err
	}
	var wanted Cancel
	if err := c.body(&wanted); err != nil {
		return err
	}
	if err := checkReach(wanted.Reach); err != nil {
		return err
	}
	return s.change(c, func(tx *store.Tx, a practice.Appointment) (practice.Appointment, error) {
		return s.agenda.Cancel(tx, a, version, wanted.Reach == ReachFollowing, wanted.Tell,
			c.caller.Person.ID)
	})
}

func (s bookings) outcome(c *call) error {
	version, err := c.version()
	if err != nil {
		return err
	}
	var wanted Outcome
	if err := c.body(&wanted); err != nil {
		return err
	}
	return s.change(c, func(tx *store.Tx, a practice.Appointment) (practice.Appointment, error) {
		return s.agenda.SetOutcome(tx, a, version, wanted.Status, c.caller.Person.ID)
	})
}

// begin lets the caller into the call: as its host if they may conduct it.
func (s bookings) begin(c *call) error {
	var join Join
	err := c.write(func(tx *store.Tx) error {
		a, err := s.appointment(c, tx, "", false)
		if err != nil {
			return err
		}
		participant, err := isParticipant(tx, a, c.caller.Person.ID)
		if err != nil {
			return err
		}
		role := "clinician"
		switch {
		case c.may(practice.ActionCallHost, a.Establishment, a.Service):
			role = "host"
		case participant, viewerOf(c.caller).mayBeside(practice.ActionCallJoin, a):
		default:
			return refuse(CodeForbidden,
				"expected the right %s or %s, got a person without them; ask an administrator",
				practice.ActionCallHost, practice.ActionCallJoin)
		}
		p, err := s.agenda.JoinAs(tx, a, c.caller.Person, role)
		if err != nil {
			return err
		}
		if join.Address, err = s.agenda.Enter(tx, a, p); err != nil {
			return err
		}
		return c.audit(tx, practice.AuditEntry{Establishment: a.Establishment, Action: "call.begin",
			Patient: a.Patient, Appointment: a.ID})
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, join)
}

func (s bookings) identity(c *call) error {
	return c.answerIdentity(func(tx *store.Tx) (practice.Appointment, error) {
		return s.appointment(c, tx, practice.ActionConsentWrite, true)
	})
}

func (s bookings) consent(c *call) error {
	return c.answerConsent(func(tx *store.Tx) (practice.Appointment, error) {
		return s.appointment(c, tx, practice.ActionConsentWrite, true)
	})
}
