// Package opinion keeps questions to experts (télé-expertise): who asks which service about whom,
// and what is answered. What may be done when is a table and one pure function over it
// (decide.go); who may do it is asked by whoever calls, of package rights.
package opinion

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// maxText is how long a question or an answer may be, in characters.
const maxText = 8000

// kept is how long requests that are over stay in lists.
const kept = 30 * 24 * time.Hour

// worded is a text without the spaces around it, if there is one and it is not too long.
func worded(field, text string) (string, error) {
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n == 0 || n > maxText {
		return "", agenda.Wrong(field, "expected 1 to %d characters, got %d", maxText, n)
	}
	return text, nil
}

// Ask puts a question into the queue of a service. The same key makes nothing new.
func Ask(tx *store.Tx, o practice.Opinion, key string, now time.Time) (practice.Opinion, error) {
	if len(key) < 16 || len(key) > 64 {
		return o, agenda.Wrong("key", "expected 16 to 64 characters of chance, got %d", len(key))
	}
	before, err := store.Get[practice.Opinion](tx,
		"WHERE establishment = $1 AND request_key = $2", o.Establishment, key)
	if !errors.Is(err, store.ErrNotFound) {
		return before, err
	}
	if o.Question, err = worded("question", o.Question); err != nil {
		return o, err
	}
	lasts, known := within[o.Urgency]
	if !known {
		return o, agenda.Wrong("urgency", "expected urgent, soon or routine, got %q", o.Urgency)
	}
	patient, err := store.Get[practice.Patient](tx,
		"WHERE establishment = $1 AND id = $2 AND merged_into = ''", o.Establishment, o.Patient)
	if errors.Is(err, store.ErrNotFound) {
		return o, agenda.Wrong("patient", "expected the id of a patient here, got another")
	}
	if err != nil {
		return o, err
	}
	service, err := store.Get[practice.Service](
		tx.Across("a question may go to a service of another establishment"),
		`WHERE id = $1 AND closed = $2
		AND establishment IN (SELECT id FROM establishments WHERE closed = $2)`, o.Service, false)
	if errors.Is(err, store.ErrNotFound) {
		return o, agenda.Wrong("service", "expected the id of a service that is open, got another")
	}
	if err != nil {
		return o, err
	}
	o.ID, o.Version, o.State, o.Patient = practice.NewID(), 1, practice.OpinionWaiting, patient.ID
	o.AskedEstablishment, o.AskedAt = service.Establishment, practice.InstantOf(now)
	o.DueAt = o.AskedAt.Add(lasts)
	o.Answer, o.Distant, o.TakenBy, o.TakenAt, o.EndedAt = "", false, "", 0, 0
	if err := store.Insert(tx, o, store.With{"request_key": key}); err != nil {
		return o, err
	}
	changed(tx, o)
	return o, nil
}

// Said is what goes with a deed.
type Said struct {
	Text    string // where the deed needs words
	Distant bool   // of an answer: the patient need not travel
}

// Do does something with a request, which somebody has read at a version.
func Do(tx *store.Tx, o practice.Opinion, deed Deed, version int, by string, said Said,
	now time.Time) (practice.Opinion, error) {
	if o.Version != version {
		return o, store.ErrVersion
	}
	after, err := next(o, deed, by, practice.InstantOf(now))
	if err != nil {
		return o, err
	}
	text := said.Text
	if rules[deed].text {
		if text, err = worded("text", text); err != nil {
			return o, err
		}
	}
	switch deed {
	case Answer:
		after.Answer, after.Distant = text, said.Distant
	case AskBack, Reply:
		note := practice.OpinionNote{ID: practice.NewID(), Establishment: o.Establishment,
			Opinion: o.ID, Back: deed == AskBack, SaidBy: by, At: practice.InstantOf(now),
			Text: text}
		if err := store.Insert(tx, note, nil); err != nil {
			return o, err
		}
	}
	if err := store.Update(tx, &after, nil); err != nil {
		return o, err
	}
	changed(tx, after)
	return after, nil
}

// changed tells both sides.
func changed(tx *store.Tx, o practice.Opinion) {
	tx.Changed(practice.TopicOpinion, o.Establishment, o.ID)
}

// Notes are what was asked back about a request, and said to it, in order.
func Notes(tx *store.Tx, o practice.Opinion) ([]practice.OpinionNote, error) {
	return store.Find[practice.OpinionNote](tx,
		"WHERE establishment = $1 AND opinion = $2 ORDER BY at, id", o.Establishment, o.ID)
}

// Asked are the requests of an establishment, those that are over for a month.
func Asked(tx *store.Tx, establishment string, now time.Time) ([]practice.Opinion, error) {
	return store.Find[practice.Opinion](tx, `WHERE establishment = $1
		AND (ended_at = 0 OR ended_at > $2) ORDER BY due_at, id`, establishment,
		int64(practice.InstantOf(now.Add(-kept))))
}

// Queue are the requests to a service, or to all of an establishment, the most urgent first.
func Queue(tx *store.Tx, establishment, service string, now time.Time) ([]practice.Opinion,
	error) {
	return store.Find[practice.Opinion](
		tx.Across("who is asked may be of another establishment than who asks"),
		`WHERE asked_establishment = $1 AND (service = $2 OR $2 = '')
		AND (ended_at = 0 OR ended_at > $3) ORDER BY due_at, id`, establishment, service,
		int64(practice.InstantOf(now.Add(-kept))))
}
