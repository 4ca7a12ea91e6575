// Package notice tells staff by mail that something waits for them while they do not look at the
// page: a request for an opinion, or messages of a team or a sector. It puts messages into the
// outbox with what has happened, in the same transaction, and judges each again when the courier is
// about to send it: whoever has seen it meanwhile, has lost the right to it or wants no notices
// hears nothing.
package notice

import (
	"fmt"
	"slices"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/courier"
	"draille/signaling/practice/opinion"
	"draille/signaling/practice/rights"
	"draille/signaling/practice/store"
	"draille/signaling/practice/thread"
)

const (
	// Wait is how long something waits for somebody before they are told: long enough that whoever
	// is at their page has read it, short enough for those on call.
	Wait = 5 * time.Minute
	// Gather is how long requests that are not urgent are gathered: the shortest time in which an
	// answer to one is wanted is two days, and a queue that fills is one mail an hour.
	Gather = time.Hour
	// Again is how long after a notice that could not be sent there may be another: an address with
	// a mistake, or a mailbox that is full, is mended within a working day, and a mail server is
	// not asked for each message.
	Again = 24 * time.Hour
	// useless is how late a notice may come, if no mail goes out: whoever has not looked at the
	// page for a week has been told otherwise.
	useless = 7 * 24 * time.Hour
)

// Notices puts notices into the outbox. Its methods belong into the transaction of what they tell.
type Notices struct {
	// Can reports whether a channel is set up: without mail nothing is put there.
	Can func(practice.Channel) bool
}

// Asked tells the experts of a service that a request is in its queue, unless somebody else was
// faster, after somebody has put it there.
func (n Notices) Asked(tx *store.Tx, o practice.Opinion, by string, now time.Time) error {
	if !n.Can(practice.ChannelMail) || o.State != practice.OpinionWaiting {
		return nil
	}
	grants, err := reachable(tx, o.AskedEstablishment, nil, now)
	if err != nil {
		return err
	}
	purpose, after := courier.PurposeOpinionQueue, Gather
	if o.Urgency == practice.UrgencyUrgent {
		purpose, after = courier.PurposeOpinionUrgent, 0
	}
	var people []string
	for person, own := range grants {
		if person != by && person != o.AskedBy && answers(own, o) {
			people = append(people, person)
		}
	}
	return put(tx, practice.Message{Establishment: o.AskedEstablishment, Subject: o.ID,
		Purpose: purpose, Sequence: o.Version}, people, now, after)
}

// answers reports whether grants let somebody answer a request.
func answers(grants []practice.Grant, o practice.Opinion) bool {
	return rights.May(grants, practice.ActionOpinionAnswer, o.AskedEstablishment, o.Service)
}

// Done tells whoever has to know what somebody has done with a request.
func (n Notices) Done(tx *store.Tx, o practice.Opinion, deed opinion.Deed, by string,
	now time.Time) error {
	var house, person, purpose string
	switch deed {
	case opinion.Release:
		return n.Asked(tx, o, by, now)
	case opinion.AskBack:
		house, person, purpose = o.Establishment, o.AskedBy, courier.PurposeOpinionBack
	case opinion.Answer:
		house, person, purpose = o.Establishment, o.AskedBy, courier.PurposeOpinionAnswer
	case opinion.Reply:
		house, person, purpose = o.AskedEstablishment, o.TakenBy, courier.PurposeOpinionReply
	default: // what was taken or withdrawn waits for nobody
		return nil
	}
	if !n.Can(practice.ChannelMail) || person == by {
		return nil
	}
	grants, err := reachable(tx, house, []string{person}, now)
	if err != nil || grants[person] == nil {
		return err
	}
	return put(tx, practice.Message{Establishment: house, Subject: o.ID, Purpose: purpose,
		Sequence: o.Version}, []string{person}, now, Wait)
}

// Posted tells whoever belongs to a team or a sector that a message is not read, except its author
// and those who have been told of others that they have not read.
func (n Notices) Posted(tx *store.Tx, t practice.Thread, m practice.ThreadMessage,
	now time.Time) error {
	if !n.Can(practice.ChannelMail) {
		return nil
	}
	audience, err := thread.AudienceOf(tx, t)
	if err != nil {
		return err
	}
	told, err := toldUnread(tx, t, now)
	if err != nil {
		return err
	}
	var people []string
	for _, house := range audience.Houses() {
		grants, err := reachable(tx, house, audience.Named(house), now)
		if err != nil {
			return err
		}
		for person, own := range grants {
			if person != m.Author && !told[person] && audience.Has(person, own) {
				people = append(people, person)
			}
		}
	}
	return put(tx, practice.Message{Establishment: t.Establishment, Subject: t.ID,
		Purpose: courier.PurposeThread, Sequence: int(m.Number)}, people, now, Wait)
}

// toldUnread are those for whom a notice of a thread waits, or who were told and have not read
// since; of those who could not be told, the ones for whom it was tried lately.
func toldUnread(tx *store.Tx, t practice.Thread, now time.Time) (map[string]bool, error) {
	told := map[string]bool{}
	err := tx.Query(func(scan func(...any) error) error {
		var person string
		err := scan(&person)
		told[person] = true
		return err
	}, `SELECT person FROM outbox WHERE establishment = $1 AND subject = $2 AND subject <> ''
		AND purpose = $3 AND (state = 'waiting' OR
			(state = 'sent' OR state = 'failed' AND due_at > $4) AND sequence >
			COALESCE((SELECT number FROM thread_reads WHERE thread_reads.thread = outbox.subject
				AND thread_reads.person = outbox.person), 0))`, t.Establishment, t.ID,
		courier.PurposeThread, int64(practice.InstantOf(now.Add(-Again))))
	return told, err
}

// reachable are the people who have a right in an establishment, have an address and want notices,
// with those of their grants that are of it: of some people, or of all (nil).
func reachable(tx *store.Tx, establishment string, people []string, now time.Time) (
	map[string][]practice.Grant, error) {
	arguments := []any{establishment, int64(practice.InstantOf(now)), false}
	of := ""
	if people != nil {
		arguments, of = store.List(arguments, people)
		of = " AND person IN " + of
	}
	found, err := store.Find[practice.Grant](tx, `WHERE establishment = $1
		AND (ends_at = 0 OR ends_at > $2) AND EXISTS (SELECT 1 FROM people WHERE id = grants.person
			AND disabled_at = 0 AND email <> '' AND notices_off = $3)`+of, arguments...)
	grants := map[string][]practice.Grant{}
	for _, g := range found {
		grants[g.Person] = append(grants[g.Person], g)
	}
	return grants, err
}

// put puts the same notice to some people into the outbox; to each of them once.
func put(tx *store.Tx, m practice.Message, people []string, now time.Time,
	after time.Duration) error {
	m.Channel, m.State, m.CreatedAt = practice.ChannelMail, practice.OutboxWaiting,
		practice.InstantOf(now)
	m.DueAt = m.CreatedAt.Add(after)
	m.NextAt, m.UselessAt = m.DueAt, m.DueAt.Add(useless)
	slices.Sort(people)
	var rows []store.Row[practice.Message]
	for _, person := range slices.Compact(people) {
		m.ID, m.Person = practice.NewID(), person
		once := fmt.Sprintf("%s/%s/%s/%d", m.Subject, person, m.Purpose, m.Sequence)
		rows = append(rows, store.Row[practice.Message]{Row: m, With: store.With{"once": once}})
	}
	if after == 0 && len(rows) > 0 {
		// What is due later the courier finds by itself.
		tx.Changed(practice.TopicOutbox, m.Establishment, "")
	}
	_, err := store.InsertMissing(tx, rows, "once")
	return err
}
