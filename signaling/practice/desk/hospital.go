package desk

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/interop/hl7"
	"draille/signaling/practice/store"
)

// hospital is what the hospitals' systems have sent, what was made of it, and merges of patients.
type hospital struct {
	agenda   *agenda.Agenda
	receiver *hl7.Receiver // nil: none is set up
}

func (s hospital) routes() []route {
	return []route{
		{"GET /api/received", signedIn, s.list},
		{"GET /api/received/{id}", signedIn, s.show},
		{"POST /api/received/{id}/replay", signedIn, s.replay},
		{"GET /api/merges", signedIn, s.merges},
		{"POST /api/merges/{id}/undo", signedIn, s.undo},
	}
}

var receivedStates = []practice.ReceivedState{"", practice.ReceivedApplied,
	practice.ReceivedIgnored, practice.ReceivedRefused}

// list is what an establishment was sent, the newest first.
func (hospital) list(c *call) error {
	clause, arguments, limit, err := receivedQuery(c)
	if err != nil {
		return err
	}
	var items []practice.Received
	err = c.read(func(tx *store.Tx) (err error) {
		items, err = store.Find[practice.Received](tx, clause, arguments...)
		return err
	})
	if err != nil {
		return err
	}
	answer := map[string]any{"items": items}
	if len(items) > limit {
		last := items[limit-1]
		answer["items"] = items[:limit]
		answer["next"] = strconv.FormatInt(int64(last.ReceivedAt), 36) + "." + last.ID
	}
	return c.reply(http.StatusOK, answer)
}

// receivedKinds are what a message may be about, as in MSH-9.1.
var receivedKinds = []string{"", "ADT", "SIU"}

// receivedQuery reads which messages are asked for.
func receivedQuery(c *call) (clause string, arguments []any, limit int, err error) {
	establishment := c.query("establishment")
	if err := c.require(practice.ActionInteropManage, establishment, ""); err != nil {
		return "", nil, 0, err
	}
	state, kind := practice.ReceivedState(c.query("state")), c.query("kind")
	if !slices.Contains(receivedStates, state) {
		return "", nil, 0, invalid("state", "expected applied, ignored or refused, got %q", state)
	}
	if !slices.Contains(receivedKinds, kind) {
		return "", nil, 0, invalid("kind", "expected ADT or SIU, got %q", kind)
	}
	if limit, err = c.limit(); err != nil {
		return "", nil, 0, err
	}
	before, id, err := cursor(c.query("after"))
	if err != nil {
		return "", nil, 0, err
	}
	clause = "WHERE establishment = $1 AND (received_at < $2 OR (received_at = $2 AND id < $3))"
	arguments = []any{establishment, before, id, limit + 1}
	narrow := func(condition, value string) {
		if value != "" {
			arguments = append(arguments, value)
			clause += fmt.Sprintf(" AND "+condition, len(arguments))
		}
	}
	narrow("state = $%d", string(state))
	narrow("substr(event, 1, 3) = $%d", kind)
	narrow("control = $%d", c.query("control"))
	return clause + " ORDER BY received_at DESC, id DESC LIMIT $4", arguments, limit, nil
}

// found is the message that the address names, if the caller may see it.
func (hospital) found(c *call, tx *store.Tx) (practice.Received, error) {
	row, err := store.Get[practice.Received](tx.Across("whose it is is asked below"),
		"WHERE id = $1", c.path("id"))
	if err != nil {
		return row, err
	}
	return row, c.require(practice.ActionInteropManage, row.Establishment, "")
}

func (s hospital) show(c *call) error {
	var view ReceivedView
	err := c.read(func(tx *store.Tx) (err error) {
		if view.Received, err = s.found(c, tx); err != nil {
			return err
		}
		view.Text, err = hl7.Show(tx, view.Received)
		return err
	})
	if err != nil {
		return err
	}
	if err := c.note(practice.AuditEntry{Establishment: view.Received.Establishment,
		Action: "hl7.read", Patient: view.Received.Patient,
		Appointment: view.Received.Appointment, Object: view.Received.ID}); err != nil {
		return err
	}
	return c.reply(http.StatusOK, view)
}

func (s hospital) replay(c *call) error {
	var row practice.Received
	err := c.write(func(tx *store.Tx) (err error) {
		if row, err = s.found(c, tx); err != nil {
			return err
		}
		if s.receiver == nil {
			return invalid("id", "expected a server that takes messages of the hospital's "+
				"systems, got one that does not; set practice.hl7.listen")
		}
		if row, err = s.receiver.Replay(tx, row, c.caller.Person.ID); err != nil {
			return err
		}
		return c.audit(tx, practice.AuditEntry{Establishment: row.Establishment,
			Action: "hl7.replay", Patient: row.Patient, Appointment: row.Appointment,
			Object: row.ID})
	})
	for _, refused := range []error{hl7.ErrApplied, hl7.ErrForgotten, hl7.ErrNoSource} {
		if errors.Is(err, refused) {
			return invalid("id", "%v", refused)
		}
	}
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, row)
}

// maxMerges is how many merges are shown: the latest, for a mistake is found soon.
const maxMerges = 200

func (hospital) merges(c *call) error {
	establishment := c.query("establishment")
	if err := c.require(practice.ActionPatientWrite, establishment, ""); err != nil {
		return err
	}
	items := []MergeLine{}
	err := c.read(func(tx *store.Tx) error {
		found, err := store.Find[practice.Merge](tx,
			"WHERE establishment = $1 ORDER BY at DESC, id LIMIT $2", establishment, maxMerges)
		if err != nil {
			return err
		}
		owner, ids, lines := set{}, set{}, map[string]*PatientLine{}
		owner.add(establishment)
		for _, merge := range found {
			ids.add(merge.Survivor)
			ids.add(merge.Prior)
		}
		if err := within(tx, owner, ids, func(p practice.Patient) {
			lines[p.ID] = patientLine(p, sightFull)
		}); err != nil {
			return err
		}
		for _, merge := range found {
			items = append(items, MergeLine{Merge: merge, Survivor: lines[merge.Survivor],
				Prior: lines[merge.Prior]})
		}
		return nil
	})
	if err != nil {
		return err
	}
	var looks []practice.AuditEntry
	for _, line := range items { // by whom they were merged into: a search finds both
		looks = append(looks, practice.AuditEntry{Establishment: establishment,
			Action: "patient.merges", Patient: line.Merge.Survivor})
	}
	if err := c.noteListed(looks...); err != nil {
		return err
	}
	return c.reply(http.StatusOK, map[string]any{"items": items})
}

func (s hospital) undo(c *call) error {
	var merge practice.Merge
	err := c.write(func(tx *store.Tx) (err error) {
		merge, err = store.Get[practice.Merge](tx.Across("whose it is is asked below"),
			"WHERE id = $1", c.path("id"))
		if err != nil {
			return err
		}
		if err := c.require(practice.ActionPatientWrite, merge.Establishment, ""); err != nil {
			return err
		}
		if merge, err = s.agenda.UndoMerge(tx, merge, c.caller.Person.ID); err != nil {
			return err
		}
		return c.audit(tx, practice.AuditEntry{Establishment: merge.Establishment,
			Action: "patient.unmerge", Patient: merge.Survivor, Object: merge.ID})
	})
	for _, refused := range []error{agenda.ErrUndone, agenda.ErrMergedAlready} {
		if errors.Is(err, refused) {
			return invalid("id", "%v", refused)
		}
	}
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, merge)
}

// tellers say what is told of messages that were refused, or replayed.
func (hospital) tellers() []Teller {
	return []Teller{tellerOf[practice.Received](
		practice.TopicReceived, practice.ActionInteropManage, "received")}
}

// cursor reads where a page of a list begins.
func cursor(after string) (before int64, id string, err error) {
	if after == "" {
		return 1 << 62, "", nil
	}
	text, id, _ := strings.Cut(after, ".")
	if before, err = strconv.ParseInt(text, 36, 64); err != nil {
		return 0, "", invalid("after", "expected the next of a list, got %q", after)
	}
	return before, id, nil
}
