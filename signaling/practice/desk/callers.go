package desk

import (
	"net/http"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/store"
)

// callers is what whoever is in a call asks the practice, to have somebody else come.
type callers struct {
	agenda  *agenda.Agenda
	courier *courier.Courier
}

func (s callers) routes() []route {
	return []route{
		{"GET /api/calls/{room}", signedIn, s.ways},
		{"POST /api/calls/{room}/invites", signedIn, s.invite},
		{"GET /api/calls/{room}/invites/{message}", signedIn, s.state},
	}
}

// appointment is the one whose room the address names, if the caller may send links of it.
func (callers) appointment(c *call, tx *store.Tx) (practice.Appointment, error) {
	return c.appointment(tx, "WHERE room = $1", c.path("room"), practice.ActionLinkSend, false)
}

func (s callers) ways(c *call) error {
	if err := c.read(func(tx *store.Tx) error {
		_, err := s.appointment(c, tx)
		return err
	}); err != nil {
		return err
	}
	return c.reply(http.StatusOK, CallInvites{SMS: s.courier.Can(practice.ChannelSMS)})
}

func (s callers) invite(c *call) error {
	var wanted NewCallInvite
	if err := c.body(&wanted); err != nil {
		return err
	}
	var message practice.Message
	err := c.write(func(tx *store.Tx) error {
		a, err := s.appointment(c, tx)
		if err != nil {
			return err
		}
		if !s.courier.Can(practice.ChannelSMS) {
			return refuse(CodeChannelMissing, "expected a channel that is set up, got sms; set it "+
				"up in the server's configuration, or give the link by word of mouth")
		}
		// Somebody waits for it in the call, though the gateway may have been away a moment ago.
		s.courier.Hurry(practice.ChannelSMS)
		message, err = s.agenda.CallIn(tx, a, agenda.Wanted{Name: wanted.Name,
			Phone: wanted.Phone, Language: wanted.Language, By: c.caller.Person.ID})
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusCreated, callInvite(message))
}

func (s callers) state(c *call) error {
	var message practice.Message
	err := c.read(func(tx *store.Tx) error {
		a, err := s.appointment(c, tx)
		if err != nil {
			return err
		}
		message, err = store.Get[practice.Message](tx,
			"WHERE establishment = $1 AND appointment = $2 AND id = $3", a.Establishment, a.ID,
			c.path("message"))
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, callInvite(message))
}

func callInvite(m practice.Message) CallInvite {
	return CallInvite{Message: m.ID, State: m.State, Reason: m.Reason}
}
