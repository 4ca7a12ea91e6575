package courier

import (
	"errors"
	"fmt"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// draft is what a message is made into when its turn has come: a letter, or a later time, or
// neither, and why.
type draft struct {
	letter   *letter
	later    practice.Instant
	why      practice.Reason
	sequence int // of the message, as it is noted
	gathers  bool
}

// compose makes the letter of a message, if it is still of use.
func (c *Courier) compose(tx *store.Tx, m practice.Message) (draft, error) {
	now := practice.InstantOf(c.now())
	if m.UselessAt != 0 && now >= m.UselessAt {
		return draft{why: practice.ReasonTooLate}, nil
	}
	if m.Person != "" {
		return c.notice(tx, m)
	}
	made, why, err := c.invite(tx, m)
	return draft{letter: made, why: why, sequence: m.Sequence}, err
}

// invite makes the letter of a message about an appointment, or its report.
func (c *Courier) invite(tx *store.Tx, m practice.Message) (*letter, practice.Reason, error) {
	if m.Channel == practice.ChannelRecord {
		return &letter{id: m.ID, message: m}, "", nil
	}
	a, err := store.Get[practice.Appointment](
		tx,
		"WHERE establishment = $1 AND id = $2",
		m.Establishment,
		m.Appointment,
	)
	if errors.Is(err, store.ErrNotFound) {
		return nil, practice.ReasonGone, nil
	}
	if err != nil {
		return nil, "", err
	}
	p, err := store.Get[practice.Participant](
		tx,
		"WHERE establishment = $1 AND id = $2",
		m.Establishment,
		m.Participant,
	)
	if errors.Is(err, store.ErrNotFound) {
		return nil, practice.ReasonGone, nil
	}
	if err != nil {
		return nil, "", err
	}
	cancelled := m.Purpose == agenda.PurposeCancelled
	if !cancelled && (a.Status == practice.StatusCancelled || m.Sequence < a.Sequence) {
		return nil, practice.ReasonOutdated, nil
	}
	address, err := c.way(tx, p, cancelled)
	if errors.Is(err, store.ErrNotFound) {
		return nil, practice.ReasonRevoked, nil
	}
	if err != nil {
		return nil, "", err
	}
	policy, err := agenda.PolicyOf(tx, m.Establishment)
	if err != nil {
		return nil, "", err
	}
	made, err := c.write(m, a, p, policy, address)
	return made, "", err
}

// way is the address that a participant opens: their link, or the staff's pages.
func (c *Courier) way(tx *store.Tx, p practice.Participant, cancelled bool) (string, error) {
	if cancelled {
		return "", nil
	}
	if p.Kind == practice.ParticipantPerson {
		return c.config.Links.Page(), nil
	}
	link, err := agenda.LinkOf(tx, p)
	if err != nil {
		return "", err
	}
	return c.config.Links.Address(link.ID), nil
}

// write finds the words of a message.
func (c *Courier) write(
	m practice.Message,
	a practice.Appointment,
	p practice.Participant,
	policy agenda.Policy,
	address string,
) (*letter, error) {
	zone, err := agenda.Zone(a.Zone)
	if err != nil {
		return nil, err
	}
	words := wordsOf(p.Language)
	made := &letter{id: m.ID, to: p.Email, address: address, subject: words.subjects[m.Purpose]}
	if m.Channel == practice.ChannelSMS {
		made.to = p.Phone
	}
	made.lines = append(made.lines, words.first(m.Purpose, a.StartsAt.Time().In(zone)))
	switch {
	case m.Purpose == agenda.PurposeNow:
		made.lines = append(made.lines, words.now)
	case address != "":
		made.lines = append(
			made.lines,
			words.how(p.Kind == practice.ParticipantPerson, int(policy.Before/time.Minute)),
		)
	}
	if policy.Phone != "" {
		made.lines = append(made.lines, fmt.Sprintf(words.questions, policy.Phone))
	}
	switch m.Purpose {
	case agenda.PurposeReminderDay, agenda.PurposeReminderSoon, agenda.PurposeNow:
	default:
		if m.Channel == practice.ChannelMail {
			made.calendar = c.event(m, a, p, words, address)
		}
	}
	return made, nil
}

func (c *Courier) event(
	m practice.Message,
	a practice.Appointment,
	p practice.Participant,
	words words,
	address string,
) *event {
	e := &event{
		method:   "REQUEST",
		uid:      a.ID + "@" + c.config.Public.Hostname(),
		sequence: a.Sequence,
		start:    a.StartsAt.Time(),
		end:      a.EndsAt.Time(),
		stamp:    m.CreatedAt.Time(),
		summary:  words.summary,
		address:  address,
		guest:    p.Email,
	}
	if m.Purpose == agenda.PurposeCancelled {
		e.method = "CANCEL"
	}
	return e
}
