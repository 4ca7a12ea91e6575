package hl7

import (
	"context"
	"errors"
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/interop/hl7/er7"
	"draille/signaling/practice/store"
)

// How long messages are kept. Their texts hold what patients are called; without the rows a message
// that comes again is new.
const (
	keepText    = 7 * 24 * time.Hour  // of what was applied or changes nothing
	keepRefused = 30 * 24 * time.Hour // to be replayed
	keepRow     = 90 * 24 * time.Hour
)

// Errors of replays.
var (
	ErrApplied   = errors.New("expected a message that was refused, got one that was not")
	ErrForgotten = errors.New("expected a message whose text is kept, got one from too long ago; " +
		"let the sender send it again with a new control id")
	ErrNoSource = errors.New("expected a message of a source that is set up, got one of " +
		"another; see practice.hl7.sources-file")
)

// Replay applies a message that was refused once more, because what was wrong here was mended. It
// is applied with the event's own time; by is the person who wants it.
func (r *Receiver) Replay(tx *store.Tx, row practice.Received, by string) (practice.Received,
	error) {
	if row.State != practice.ReceivedRefused {
		return row, ErrApplied
	}
	body, err := bodyOf(tx, row)
	if err != nil {
		return row, err
	}
	if body == "" {
		return row, ErrForgotten
	}
	m, err := er7.Parse([]byte(body))
	if err != nil {
		return row, err
	}
	for _, source := range r.config.Sources {
		if source.Name != row.Source {
			continue
		}
		h, err := r.house(tx, map[string]*house{}, source)
		if err != nil {
			return row, err
		}
		if h == nil || h.ID != row.Establishment {
			continue
		}
		return r.replay(tx, &event{Receiver: r, tx: tx, house: h, source: source, message: m,
			row: row, by: by})
	}
	return row, ErrNoSource
}

func (r *Receiver) replay(tx *store.Tx, e *event) (practice.Received, error) {
	if err := e.try(); err != nil {
		return e.row, err
	}
	e.row.ReplayedBy, e.row.ReplayedAt = e.by, practice.InstantOf(r.now())
	e.row.Remarks = strings.Join(e.remarks, ",")
	if err := store.Update(tx, &e.row, store.With{"subject": e.subject}); err != nil {
		return e.row, err
	}
	tx.Changed(practice.TopicReceived, e.row.Establishment, e.row.ID)
	return e.row, e.note()
}

// Show is a message's text without what its patient's traits are; empty once it is forgotten.
func Show(tx *store.Tx, row practice.Received) (string, error) {
	body, err := bodyOf(tx, row)
	if err != nil || body == "" {
		return "", err
	}
	return Mask(body), nil
}

func bodyOf(tx *store.Tx, row practice.Received) (body string, err error) {
	err = tx.Scan("SELECT body FROM received WHERE establishment = $1 AND id = $2",
		[]any{row.Establishment, row.ID}, &body)
	return body, err
}

// Forget deletes the texts of messages, and messages, that are older than they are kept.
func Forget(ctx context.Context, s *store.Store, now time.Time) (texts, rows int64, err error) {
	at := func(before time.Duration) int64 {
		return int64(practice.InstantOf(now.Add(-before)))
	}
	err = s.Write(ctx, func(tx *store.Tx) error {
		wide := tx.Across("messages are kept equally long everywhere")
		if rows, err = wide.Exec("DELETE FROM received WHERE received_at < $1",
			at(keepRow)); err != nil {
			return err
		}
		texts, err = wide.Exec(`UPDATE received SET body = '', forgotten_at = $1,
			version = version + 1 WHERE forgotten_at = 0 AND (received_at < $2
			OR (received_at < $3 AND state <> 'refused'))`, at(0), at(keepRefused), at(keepText))
		return err
	})
	return texts, rows, err
}
