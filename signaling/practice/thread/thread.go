// Package thread keeps conversations that stay: of a staff meeting, of a team such as those on
// call, and to all who work in a sector. Who belongs to one is asked anew whenever somebody reads
// or writes: whoever loses their rights, or leaves the team, reads no more.
package thread

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

const (
	// MaxText bounds a message, in characters: two pages. What is longer belongs into a document.
	MaxText = 4000
	maxKey  = 64
	maxName = 80
	// MaxMembers bounds a team or a sector: those of the largest hospitals.
	MaxMembers = 300
	// perMinute is how many messages one person may write in a minute: faster than anybody types.
	perMinute = 20
)

// Errors that callers tell apart.
var (
	// ErrNone says that there is no such thread, or not for whoever asks.
	ErrNone = errors.New("there is no such thread, or not for you")
	// ErrReadOnly says that somebody reads a thread into which others write.
	ErrReadOnly = errors.New("expected somebody who may write to the sector, got a reader of it")
	// ErrTooMany says that somebody writes faster than people do.
	ErrTooMany = fmt.Errorf("expected at most %d messages a minute, got more; wait a minute",
		perMinute)
)

// By is who does something to a thread, and when.
type By struct {
	Person string
	Grants []practice.Grant
	At     time.Time
}

// Post writes a message, cleaned already, into a thread that the writer may write into. The same
// key again returns the message that was written.
func Post(tx *store.Tx, t practice.Thread, by By, key, text string) (practice.ThreadMessage,
	error) {
	var m practice.ThreadMessage
	access, err := AccessOf(tx, t, by)
	switch {
	case err != nil:
		return m, err
	case !access.Read:
		return m, ErrNone
	case !access.Write:
		return m, ErrReadOnly
	case key == "" || len(key) > maxKey:
		return m, agenda.Wrong("key", "expected 1 to %d characters of chance, got %d", maxKey,
			len(key))
	}
	if n := utf8.RuneCountInString(text); strings.TrimSpace(text) == "" || n > MaxText {
		return m, agenda.Wrong("text", "expected 1 to %d characters, got %d", MaxText, n)
	}
	m, err = store.Get[practice.ThreadMessage](tx, `WHERE establishment = $1 AND thread = $2
		AND author = $3 AND request_key = $4`, t.Establishment, t.ID, by.Person, key)
	if !errors.Is(err, store.ErrNotFound) {
		return m, err
	}
	now := practice.InstantOf(by.At)
	var recent int
	if err := tx.Across("how much somebody writes is asked of all threads").Scan(
		"SELECT COUNT(*) FROM thread_messages WHERE author = $1 AND at > $2",
		[]any{by.Person, int64(now.Add(-time.Minute))}, &recent); err != nil {
		return m, err
	}
	if recent >= perMinute {
		return m, ErrTooMany
	}
	last, err := lastNumber(tx, t)
	if err != nil {
		return m, err
	}
	m = practice.ThreadMessage{ID: practice.NewID(), Establishment: t.Establishment, Thread: t.ID,
		Number: last + 1, Author: by.Person, At: now, Text: text}
	if err := store.Insert(tx, m, store.With{"request_key": key}); err != nil {
		return m, err
	}
	if err := mark(tx, t, by, m.Number); err != nil {
		return m, err
	}
	return m, note(tx, t, by, "thread.post", m.ID, fmt.Sprintf(`{"number":"%d"}`, m.Number))
}

// lastNumber is that of the last message, also of one that is no longer kept.
func lastNumber(tx *store.Tx, t practice.Thread) (last int64, err error) {
	err = tx.Scan(`SELECT MAX(n) FROM (
		SELECT COALESCE(MAX(number), 0) AS n FROM thread_messages
			WHERE establishment = $1 AND thread = $2
		UNION ALL SELECT COALESCE(MAX(number), 0) AS n FROM thread_reads
			WHERE establishment = $1 AND thread = $2) AS numbers`,
		[]any{t.Establishment, t.ID}, &last)
	return last, err
}

// Read notes how far somebody has read. The log is told who has read what, once.
func Read(tx *store.Tx, t practice.Thread, by By, number int64) error {
	access, err := AccessOf(tx, t, by)
	if err != nil {
		return err
	}
	if !access.Read {
		return ErrNone
	}
	last, err := lastNumber(tx, t)
	if err != nil {
		return err
	}
	if number < 1 || number > last {
		return agenda.Wrong("number", "expected that of a message, 1 to %d, got %d", last, number)
	}
	before, err := ReadBy(tx, t, by.Person)
	if err != nil || number <= before {
		return err
	}
	if err := mark(tx, t, by, number); err != nil {
		return err
	}
	return note(tx, t, by, "thread.read", "", fmt.Sprintf(`{"from":"%d","to":"%d"}`, before+1,
		number))
}

// ReadBy is the number of the last message that somebody has read; 0: none.
func ReadBy(tx *store.Tx, t practice.Thread, person string) (int64, error) {
	read, err := store.Get[practice.ThreadRead](tx,
		"WHERE establishment = $1 AND thread = $2 AND person = $3", t.Establishment, t.ID, person)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	return read.Number, err
}

// FirstUnread is the first message of others that somebody has not read, or store.ErrNotFound.
func FirstUnread(tx *store.Tx, t practice.Thread, person string) (practice.ThreadMessage, error) {
	read, err := ReadBy(tx, t, person)
	if err != nil {
		return practice.ThreadMessage{}, err
	}
	return store.Get[practice.ThreadMessage](tx, `WHERE establishment = $1 AND thread = $2
		AND number > $3 AND author <> $4 AND deleted_at = 0 ORDER BY number LIMIT 1`,
		t.Establishment, t.ID, read, person)
}

// mark moves the mark of how far somebody has read, never back.
func mark(tx *store.Tx, t practice.Thread, by By, number int64) error {
	_, err := tx.Exec(`INSERT INTO thread_reads (establishment, thread, person, number, at)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT (thread, person)
		DO UPDATE SET number = excluded.number, at = excluded.at
		WHERE thread_reads.number < excluded.number`, t.Establishment, t.ID, by.Person, number,
		int64(practice.InstantOf(by.At)))
	return err
}

// Delete takes the text of a message away: the author's own, or anybody's for whoever manages
// threads, who does not read them. That there was one stays, and who has deleted it.
func Delete(tx *store.Tx, t practice.Thread, by By, message string) (practice.ThreadMessage,
	error) {
	m, err := store.Get[practice.ThreadMessage](tx,
		"WHERE establishment = $1 AND thread = $2 AND id = $3", t.Establishment, t.ID, message)
	if errors.Is(err, store.ErrNotFound) {
		return m, ErrNone
	}
	if err != nil {
		return m, err
	}
	access, err := AccessOf(tx, t, by)
	if err != nil {
		return m, err
	}
	if own := access.Read && m.Author == by.Person; !own && !access.Manage {
		return m, ErrNone
	}
	if m.DeletedAt != 0 {
		return m, nil
	}
	m.Text, m.DeletedBy, m.DeletedAt = "", by.Person, practice.InstantOf(by.At)
	if _, err := tx.Exec(`UPDATE thread_messages SET text = '', deleted_by = $1, deleted_at = $2
		WHERE establishment = $3 AND id = $4`, m.DeletedBy, int64(m.DeletedAt), t.Establishment,
		m.ID); err != nil {
		return m, err
	}
	return m, note(tx, t, by, "thread.delete", m.ID, fmt.Sprintf(`{"author":%q,"number":"%d"}`,
		m.Author, m.Number))
}

// note tells watchers and the audit log what was done in a thread.
func note(tx *store.Tx, t practice.Thread, by By, action, object, detail string) error {
	if object == "" {
		object = t.ID
	}
	tx.Changed(practice.TopicThread, t.Establishment, t.ID)
	return ledger.Append(tx, by.At, practice.AuditEntry{Establishment: t.Establishment,
		ActorKind: practice.ActorPerson, Actor: by.Person, Action: action, Object: object,
		Detail: detail})
}
