package desk

import (
	"net/http"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// links is what whoever has a link asks, without a session.
type links struct{ agenda *agenda.Agenda }

func (s links) routes() []route {
	return []route{
		{"POST /api/link", anybody, s.open},
		{"POST /api/link/lost", anybody, s.lost},
	}
}

// maxBrowser bounds the name of chance that a page keeps.
const maxBrowser = 64

func (s links) open(c *call) error {
	if err := c.slow(); err != nil {
		return err
	}
	var asked OpenedLink
	if err := c.body(&asked); err != nil {
		return err
	}
	if asked.Browser == "" || len(asked.Browser) > maxBrowser {
		return invalid("browser", "expected 1 to %d characters, got %d", maxBrowser,
			len(asked.Browser))
	}
	var opened agenda.Opened
	err := c.write(func(tx *store.Tx) (err error) {
		opened, err = s.agenda.Open(tx, asked.Token, asked.Browser, asked.Take)
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK,
		LinkAnswer{State: LinkState(opened.State), Now: practice.InstantOf(c.now),
			OpensAt:  opened.OpensAt,
			StartsAt: opened.StartsAt, Zone: opened.Zone, Delay: opened.Delay,
			Address: opened.Address, Phone: opened.Phone})
}

// lost answers the same whatever is known.
func (s links) lost(c *call) error {
	if err := c.slow(); err != nil {
		return err
	}
	var asked LostLink
	if err := c.body(&asked); err != nil {
		return err
	}
	if err := c.write(func(tx *store.Tx) error { return s.agenda.Lost(tx, asked.Contact) }); err !=
		nil {
		return err
	}
	c.w.WriteHeader(http.StatusAccepted)
	return nil
}
