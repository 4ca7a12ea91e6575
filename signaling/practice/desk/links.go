package desk

import (
	"net/http"
	"time"

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

// lostTakes is how long an answer to whoever lost a link takes at least. A message that is written
// takes some milliseconds more than none, by which a stranger would learn who is a patient here.
const lostTakes = 300 * time.Millisecond

// lost answers the same, and no sooner, whatever is known.
func (s links) lost(c *call) error {
	wait := time.NewTimer(lostTakes)
	defer wait.Stop()
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
	select {
	case <-wait.C:
	case <-c.r.Context().Done():
	}
	c.w.WriteHeader(http.StatusAccepted)
	return nil
}
