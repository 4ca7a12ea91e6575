package desk

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/store"
)

// post is what was sent and what failed, and « Essayer » for mail and SMS.
type post struct{ courier *courier.Courier }

func (s post) routes() []route {
	return []route{
		{"GET /api/outbox", signedIn, s.list},
		{"POST /api/outbox/{id}/resend", signedIn, s.resend},
		{"POST /api/try/mail", signedIn, s.tryMail},
		{"POST /api/try/sms", signedIn, s.trySMS},
	}
}

var outboxStates = []practice.OutboxState{"", practice.OutboxWaiting, practice.OutboxSent,
	practice.OutboxFailed, practice.OutboxDropped}

// list is what an establishment has sent, the newest first.
func (post) list(c *call) error {
	establishment, state := c.query("establishment"), practice.OutboxState(c.query("state"))
	if err := c.require(practice.ActionOutboxView, establishment, ""); err != nil {
		return err
	}
	if !slices.Contains(outboxStates, state) {
		return invalid("state", "expected waiting, sent, failed or dropped, got %q", state)
	}
	limit, err := c.limit()
	if err != nil {
		return err
	}
	before, id, err := cursor(c.query("after"))
	if err != nil {
		return err
	}
	items, next := []OutboxLine{}, ""
	err = c.read(func(tx *store.Tx) error {
		found, err := store.Find[practice.Message](
			tx,
			`WHERE establishment = $1 AND (state = $2 OR $2 = '')
			AND (created_at < $3 OR (created_at = $3 AND id < $4))
			ORDER BY created_at DESC, id DESC LIMIT $5`,
			establishment,
			string(state),
			before,
			id,
			limit+1,
		)
		if err != nil {
			return err
		}
		if len(found) > limit {
			found = found[:limit]
			last := found[limit-1]
			next = strconv.FormatInt(int64(last.CreatedAt), 36) + "." + last.ID
		}
		items, err = outboxLines(tx, establishment, found)
		return err
	})
	if err != nil {
		return err
	}
	answer := map[string]any{"items": items}
	if next != "" {
		answer["next"] = next
	}
	return c.reply(http.StatusOK, answer)
}

// outboxLines adds what is needed to judge messages, without names.
func outboxLines(tx *store.Tx, establishment string,
	messages []practice.Message) ([]OutboxLine, error) {
	owner, appointments, guests := set{}, set{}, set{}
	owner.add(establishment)
	for _, m := range messages {
		appointments.add(m.Appointment)
		guests.add(m.Participant)
	}
	of, kinds := map[string]practice.Appointment{}, map[string]practice.ParticipantKind{}
	if err := within(tx, owner, appointments, func(a practice.Appointment) {
		of[a.ID] = a
	}); err != nil {
		return nil, err
	}
	if err := within(tx, owner, guests, func(p practice.Participant) {
		kinds[p.ID] = p.Kind
	}); err != nil {
		return nil, err
	}
	house, err := store.Get[practice.Establishment](tx, "WHERE id = $1", establishment)
	if err != nil {
		return nil, err
	}
	lines := []OutboxLine{}
	for _, m := range messages {
		line := OutboxLine{Message: m, StartsAt: of[m.Appointment].StartsAt,
			Zone: of[m.Appointment].Zone, Kind: string(kinds[m.Participant])}
		if m.Person != "" {
			line.Zone, line.Kind = house.Zone, string(practice.ParticipantPerson)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func (s post) resend(c *call) error {
	var message practice.Message
	err := c.write(func(tx *store.Tx) error {
		found, err := store.Get[practice.Message](tx.Across("whose it is is asked below"),
			"WHERE id = $1", c.path("id"))
		if err != nil {
			return err
		}
		if err := c.require(practice.ActionOutboxResend, found.Establishment, ""); err != nil {
			return err
		}
		if !s.courier.Can(found.Channel) {
			return refuse(CodeChannelMissing, "expected a channel that is set up, got %s",
				found.Channel)
		}
		if message, err = s.courier.Resend(tx, found); err != nil {
			return err
		}
		return c.audit(tx,
			practice.AuditEntry{Establishment: found.Establishment, Action: "outbox.resend",
				Appointment: found.Appointment,
				Object:      found.ID})
	})
	if errors.Is(err, courier.ErrNotFailed) {
		return invalid("id",
			"expected a message that failed or waits, got one that was sent or dropped")
	}
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, message)
}

func (s post) tryMail(c *call) error { return s.try(c, practice.ChannelMail) }

func (s post) trySMS(c *call) error { return s.try(c, practice.ChannelSMS) }

// try sends one message and answers with what happened.
func (s post) try(c *call, channel practice.Channel) error {
	establishment := c.query("establishment")
	action := practice.ActionSettingsManage
	if establishment == "" {
		action = practice.ActionGroupManage
	}
	if err := c.require(action, establishment, ""); err != nil {
		return err
	}
	var wanted TryTo
	if err := c.body(&wanted); err != nil {
		return err
	}
	err := c.write(func(tx *store.Tx) error { // before it is sent: another try at once counts it
		if err := fewTries(c, tx); err != nil {
			return err
		}
		return c.audit(tx,
			practice.AuditEntry{Establishment: establishment, Action: "courier.try"})
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, s.courier.Try(c.r.Context(), channel, wanted.To))
}

// How often one person may try mail and SMS, both together and wherever: whoever sets a gateway up
// tries it some times, and each message goes to whomever they please and may cost something.
const (
	triesByOne = 20
	triesIn    = time.Hour
)

// fewTries refuses whoever has tried too often.
func fewTries(c *call, tx *store.Tx) error {
	since := practice.InstantOf(c.now.Add(-triesIn))
	var tries int
	var first practice.Instant
	err := tx.Across("a person's tries, of whichever establishments").Scan(
		`SELECT COUNT(*), COALESCE(MIN(at), 0) FROM audit
		WHERE actor = $1 AND action = 'courier.try' AND at > $2`,
		[]any{c.caller.Person.ID, int64(since)}, &tries, &first)
	if err != nil || tries < triesByOne {
		return err
	}
	return refusal{Failure{Code: CodeTooMany, RetryAt: first.Add(triesIn), Message: fmt.Sprintf(
		"expected at most %d tries of one person in an hour, got another; wait, or look at what "+
			"has become of those before", triesByOne)}}
}

// tellers say what is told of messages that failed, or were sent again.
func (post) tellers() []Teller {
	return []Teller{tellerOf[practice.Message](
		practice.TopicOutbox, practice.ActionOutboxView, "message")}
}
