package desk

import (
	"encoding/base64"
	"fmt"
	"net/http"

	"github.com/skip2/go-qrcode"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

func (s bookings) send(c *call) error {
	var wanted Send
	if err := c.body(&wanted); err != nil {
		return err
	}
	list := []SentTo{}
	err := c.write(func(tx *store.Tx) error {
		a, err := s.appointment(c, tx, practice.ActionLinkSend, false)
		if err != nil {
			return err
		}
		sent, err := s.agenda.Send(tx, a, wanted.Participants, wanted.Renew, c.caller.Person.ID)
		if err != nil {
			return err
		}
		for _, one := range sent {
			if err := s.channel(one.Participant.Channel); err != nil {
				return err
			}
			list = append(list,
				SentTo{Participant: one.Participant.ID, Channel: one.Participant.Channel,
					Message: one.Message})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, list)
}

// qrSize is the side of a printed code, in pixels: 3 cm at 300 dots an inch.
const qrSize = 360

func (s bookings) print(c *call) error {
	printable := Printable{Participant: c.path("participant")}
	err := c.write(func(tx *store.Tx) error {
		a, err := s.appointment(c, tx, practice.ActionLinkSend, false)
		if err != nil {
			return err
		}
		printable.StartsAt, printable.Zone = a.StartsAt, a.Zone
		printable.Address, err = s.agenda.Print(tx, a, printable.Participant, c.caller.Person.ID)
		return err
	})
	if err != nil {
		return err
	}
	picture, err := qrcode.Encode(printable.Address, qrcode.Medium, qrSize)
	if err != nil {
		return fmt.Errorf("the code of a link cannot be drawn: %w", err)
	}
	printable.QR = "data:image/png;base64," + base64.StdEncoding.EncodeToString(picture)
	return c.reply(http.StatusOK, printable)
}

func (s bookings) revoke(c *call) error {
	err := c.write(func(tx *store.Tx) error {
		a, err := s.appointment(c, tx, practice.ActionLinkSend, false)
		if err != nil {
			return err
		}
		return s.agenda.Revoke(tx, a, c.path("link"), c.caller.Person.ID)
	})
	if err != nil {
		return err
	}
	return c.done()
}
