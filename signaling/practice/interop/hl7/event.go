package hl7

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/interop/hl7/er7"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

// event is one message while it is applied.
type event struct {
	*Receiver
	tx      *store.Tx
	house   *house
	source  Source
	message er7.Message

	row     practice.Received
	subject string // whose later events make this one old
	remarks []string
	by      string // who replays it, a person; empty: it has just come
	batch   *batch // in which others wait to be written; nil: none do
}

// ahead is how far the sender's clock may be before ours.
const ahead = 5 * time.Minute

// try applies the message so that it is applied as a whole or not at all, and notes in the row what
// came of it. An error means that the store failed.
func (e *event) try() error {
	if _, err := e.tx.Exec("SAVEPOINT message"); err != nil {
		return err
	}
	err := e.survive()
	if err == nil {
		_, err = e.tx.Exec("RELEASE SAVEPOINT message")
		return err
	}
	for _, fatal := range []error{store.ErrBusy, store.ErrFull, store.ErrAway, store.ErrCorrupt} {
		if errors.Is(err, fatal) {
			return err
		}
	}
	if _, problem := e.tx.Exec("ROLLBACK TO SAVEPOINT message"); problem != nil {
		return errors.Join(err, problem)
	}
	e.refuse(err)
	return nil
}

// survive is apply; a fault of the program is an error of this message alone.
func (e *event) survive() (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			e.log.Error("a fault of the program: a message is refused",
				zap.String("message", e.row.ID), zap.Any("fault", problem), zap.Stack("stack"))
			err = errInternal
		}
	}()
	if err = e.apply(); errors.Is(err, errMergedLater) {
		e.ignore(practice.OutcomeOlder)
		return nil
	}
	return err
}

var errInternal = errors.New("a fault of the program")

// apply does what the message says.
func (e *event) apply() error {
	if e.house.Closed {
		return &fault{failed, codeInternal, "MSH-4", "an establishment that takes patients",
			"one that is closed"}
	}
	if err := e.dated(); err != nil {
		return err
	}
	if e.message.Odd {
		e.remark(remarkEncoding)
	}
	kind, trigger, _ := strings.Cut(e.row.Event, "^")
	switch kind {
	case "ADT":
		if correction, there := identities[trigger]; there {
			return e.identity(correction)
		}
		if do := admissions[trigger]; do != nil {
			return do(e)
		}
	case "SIU":
		if do := schedules[trigger]; do != nil {
			return e.schedule(do)
		}
	default:
		return &fault{rejected, codeMessage, "MSH-9.1", "ADT or SIU", "another type of message"}
	}
	e.ignore(practice.OutcomeOtherEvent)
	return nil
}

// dated finds when the event was recorded.
func (e *event) dated() error {
	for field, value := range map[string]er7.Value{"EVN-2": e.message.First("EVN").Field(2)} {
		if value.Text() == "" {
			continue
		}
		at, ok := timestamp(value.Text(), e.house.zone)
		if !ok {
			return wrong(codeType, field, "a time that there is, as in 20261201090000", "%q",
				value.Text())
		}
		e.row.EventAt = practice.InstantOf(at)
	}
	if e.row.EventAt == 0 {
		at, ok := timestamp(e.message.First("MSH").Field(7).Text(), e.house.zone)
		if !ok {
			return wrong(codeRequired, "MSH-7", "the time of the message, as in 20261201090000",
				"%q", e.message.First("MSH").Field(7).Text())
		}
		e.row.EventAt = practice.InstantOf(at)
	}
	if e.row.EventAt > e.row.ReceivedAt.Add(ahead) {
		// It would make all that comes until then old.
		e.row.EventAt = e.row.ReceivedAt
		e.remark(remarkClock)
	}
	return nil
}

// old reports whether a later event of the subject was applied, or ignored, before.
func (e *event) old(subject string) (bool, error) {
	var last int64
	err := e.tx.Scan(`SELECT COALESCE(MAX(event_at), 0) FROM received WHERE establishment = $1
		AND subject = $2 AND subject <> '' AND state <> 'refused'`, []any{e.house.ID, subject},
		&last)
	return practice.Instant(last) > e.row.EventAt, err
}

func (e *event) remark(word string) {
	if !slices.Contains(e.remarks, word) {
		e.remarks = append(e.remarks, word)
	}
}

func (e *event) done(outcome practice.ReceivedOutcome) {
	e.row.State, e.row.Outcome, e.row.Answer = practice.ReceivedApplied, outcome, accepted
	e.row.Code, e.row.Field, e.row.Problem = 0, "", ""
}

func (e *event) ignore(outcome practice.ReceivedOutcome) {
	e.done(outcome)
	e.row.State = practice.ReceivedIgnored
}

// refuse notes why nothing came of the message.
func (e *event) refuse(err error) {
	f := asFault(translated(err))
	if f.code == codeInternal {
		e.log.Error("a message could not be applied", zap.String("message", e.row.ID),
			zap.String("event", e.row.Event), zap.Error(err))
	}
	e.row.State, e.row.Outcome = practice.ReceivedRefused, ""
	e.row.Answer, e.row.Code, e.row.Field, e.row.Problem = f.answer, f.code, f.field, cut(f.Error())
	e.row.Patient, e.row.Appointment, e.subject, e.remarks = "", "", "", nil
}

// translated makes a fault of what the agenda refuses.
func translated(err error) error {
	var field *agenda.FieldError
	var noRight *agenda.NoRightError
	switch {
	case errors.As(err, &field):
		expected, _, _ := strings.Cut(strings.TrimPrefix(field.Problem, "expected "), ", got")
		place, known := agendaFields[field.Field]
		if !known {
			place = "SCH"
		}
		return &fault{failed, codeTable, place, expected, "something else"}
	case errors.As(err, &noRight):
		return &fault{failed, codeUnknown, "AIP-3", "somebody who has a right here",
			"a person who has none; ask an administrator to give it"}
	case errors.Is(err, agenda.ErrCancelled):
		return &fault{failed, codeUnknown, "SCH-2", "an appointment that was not cancelled",
			"one that was; give the new one a new identifier"}
	case errors.Is(err, agenda.ErrTooEarly):
		return &fault{failed, codeTable, "MSH-9.2", "an appointment that has begun",
			"one that is to come"}
	}
	return err
}

// agendaFields are the fields of messages that the agenda's are taken from.
var agendaFields = map[string]string{"localStart": "SCH-11.4", "minutes": "AIS-7",
	"service": "AIS-3", "place": "AIL-3", "establishment": "MSH-4", "participants": "AIL-3",
	"ipp": "PID-3", "birthName": "PID-5.1", "birthGivenName": "PID-5.2", "birthDate": "PID-7"}

// insert writes the message and what came of it down, into the queue and the audit log.
func (e *event) insert(digest string) error {
	kept := e.kept(digest)
	if err := store.Insert(e.tx, kept.Row, kept.With); err != nil {
		return err
	}
	return e.note()
}

// kept is what the queue has of the message.
func (e *event) kept(digest string) store.Row[practice.Received] {
	e.row.Remarks = strings.Join(e.remarks, ",")
	return store.Row[practice.Received]{Row: e.row, With: store.With{"digest": digest,
		"subject": e.subject, "body": string(e.message.Bytes())}}
}

// note writes into the audit log what came of the message.
func (e *event) note() error {
	entry, err := e.entry()
	if err != nil || entry == nil {
		return err
	}
	return ledger.Append(e.tx, e.now(), *entry)
}

// entry is what the audit log has of the message; nil if it changes nothing.
func (e *event) entry() (*practice.AuditEntry, error) {
	if e.row.State == practice.ReceivedIgnored {
		return nil, nil
	}
	if e.row.State == practice.ReceivedRefused {
		e.tx.Changed(practice.TopicReceived, e.house.ID, e.row.ID)
	}
	detail, err := json.Marshal(map[string]string{"event": e.row.Event,
		"outcome": string(e.row.Outcome), "source": e.row.Source})
	if err != nil {
		return nil, err
	}
	entry := practice.AuditEntry{Establishment: e.house.ID, ActorKind: practice.ActorSystem,
		Actor: e.source.Name, Action: "hl7.apply", Patient: e.row.Patient,
		Appointment: e.row.Appointment, Object: e.row.ID, Detail: string(detail)}
	if e.row.State == practice.ReceivedRefused {
		entry.Action = "hl7.refuse"
	}
	return &entry, nil
}
