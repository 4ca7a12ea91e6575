package agenda

import (
	"errors"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// lostAhead is how far an appointment may be whose link is asked for again.
const lostAhead = 7 * 24 * time.Hour

// Lost sends a new link for the next appointment of whoever has this mail address or telephone
// number; the old one opens nothing more. Whoever was put out of the call is not let in by the new
// one, and a link that staff have ended is not replaced. It says nothing: whoever asks learns
// nothing.
func (a *Agenda) Lost(tx *store.Tx, contact string) error {
	channel, value := practice.ChannelSMS, ""
	if number, ok := Phone(contact); ok {
		value = number
	} else if address, ok := Mail(contact); ok {
		channel, value = practice.ChannelMail, address
	} else {
		return nil
	}
	now := a.now()
	wide := tx.Across("whoever lost a link does not say where")
	candidates, err := store.Find[practice.Participant](
		wide,
		`WHERE channel = $1 AND (($1 = 'sms' AND phone = $2) OR ($1 = 'mail' AND email = $2))
		AND kind NOT IN ('person', 'gone') AND starts_at > $3 AND starts_at < $4 ORDER BY
			starts_at, id`,
		string(channel),
		value,
		int64(
			practice.InstantOf(now.Add(-longest*time.Minute-DefaultPolicy.After)),
		),
		int64(practice.InstantOf(now.Add(lostAhead))),
	)
	if err != nil {
		return err
	}
	for _, p := range candidates {
		if replaced, err := a.sendReplacement(tx, p); err != nil || replaced {
			return err
		}
	}
	return nil
}

// sendReplacement reports whether a participant's link was the one that was meant: of an
// appointment that goes on or is to come, and not ended by staff, which whoever lost it does not
// undo.
func (a *Agenda) sendReplacement(tx *store.Tx, p practice.Participant) (bool, error) {
	appointment, err := store.Get[practice.Appointment](
		tx,
		"WHERE establishment = $1 AND id = $2",
		p.Establishment,
		p.Appointment,
	)
	if err != nil {
		return false, err
	}
	policy, err := PolicyOf(tx, p.Establishment)
	if err != nil {
		return false, err
	}
	if err := policy.Within(appointment, a.now()); err != nil && !errors.Is(err, ErrTooEarly) {
		return false, nil
	}
	link, err := LinkOf(tx, p)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if recent, err := a.renewedLately(tx, p); err != nil || recent {
		return recent, err
	}
	if err := a.replaceLink(tx, p, link); err != nil {
		return false, err
	}
	if _, err := a.postLink(tx, policy, appointment, p, PurposeRenewed); err != nil {
		return false, err
	}
	changed(tx, appointment)
	return true, a.audit(tx, appointment, "", "link.lost")
}

// How often a stranger may have a link replaced: each is a message that costs something and wakes
// somebody.
const (
	renewEvery   = 5 * time.Minute
	renewedADay  = 5
	renewedSince = 24 * time.Hour
)

func (a *Agenda) renewedLately(tx *store.Tx, p practice.Participant) (bool, error) {
	now := a.now()
	var count int
	var last int64
	err := tx.Scan(
		"SELECT COUNT(*), COALESCE(MAX(created_at), 0) FROM outbox WHERE establishment = $1 AND "+
			"participant = $2 AND purpose = 'renewed' AND created_at > $3",
		[]any{p.Establishment, p.ID, int64(practice.InstantOf(now.Add(-renewedSince)))},
		&count, &last,
	)
	return count >= renewedADay || last > int64(practice.InstantOf(now.Add(-renewEvery))), err
}

// wasReplaced reports whether a link that opens nothing more was lost, and not revoked by staff:
// they gave another then, or none.
func wasReplaced(tx *store.Tx, link practice.Link) (bool, error) {
	origin, err := originOf(tx, link)
	if err != nil {
		return false, err
	}
	var open int
	err = tx.Scan(
		"SELECT COUNT(*) FROM links WHERE establishment = $1 AND participant = $2 AND origin = $3 "+
			"AND revoked_at = 0",
		[]any{link.Establishment, link.Participant, origin}, &open)
	return open > 0, err
}

// replaceLink makes a link in the place of one that was lost. Both have the same origin, by which
// a call knows whoever it has blocked.
func (a *Agenda) replaceLink(tx *store.Tx, p practice.Participant, lost practice.Link) error {
	origin, err := originOf(tx, lost)
	if err != nil {
		return err
	}
	if err := a.revokeLinks(tx, p); err != nil {
		return err
	}
	_, err = a.addLink(tx, p, origin)
	return err
}
