package store

import (
	"context"
	"database/sql"

	"draille/signaling/practice"
)

// Tx is what Read and Write hand to their function: one consistent view of the store, and with
// Write the right to change it. It must not be kept.
//
// Statements are portable SQL with $1, $2, … for their arguments, the same for both engines.
type Tx struct {
	ctx     context.Context
	tx      *sql.Tx
	changes *[]practice.Change
	across  bool
}

// Across returns the same transaction for statements over all establishments: those of daemons, and
// lookups by a secret such as the hash of a link. The reason stands in the code for its readers.
func (t *Tx) Across(reason string) *Tx {
	_ = reason
	wide := *t
	wide.across = true
	return &wide
}

// Exec runs a statement and returns how many rows it has changed.
func (t *Tx) Exec(statement string, arguments ...any) (int64, error) {
	if err := t.check(statement); err != nil {
		return 0, err
	}
	result, err := t.tx.ExecContext(t.ctx, statement, arguments...)
	if err != nil {
		return 0, explain(err)
	}
	changed, err := result.RowsAffected()
	return changed, explain(err)
}

// Query runs a statement that returns rows, and calls row for each with what scans it.
func (t *Tx) Query(row func(scan func(...any) error) error, statement string,
	arguments ...any) error {
	if err := t.check(statement); err != nil {
		return err
	}
	rows, err := t.tx.QueryContext(t.ctx, statement, arguments...)
	if err != nil {
		return explain(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return explain(err)
		}
	}
	return explain(rows.Err())
}

// Scan runs a statement that returns one row, and puts its columns where they belong. It returns
// ErrNotFound when there is none.
func (t *Tx) Scan(statement string, arguments []any, into ...any) error {
	if err := t.check(statement); err != nil {
		return err
	}
	return explain(t.tx.QueryRowContext(t.ctx, statement, arguments...).Scan(into...))
}

// Changed tells everybody who watches the store, once what was written is there to stay.
func (t *Tx) Changed(topic practice.Topic, establishment, id string) {
	*t.changes = append(*t.changes, practice.Change{Topic: topic, Establishment: establishment,
		ID: id})
}

// Context is that of the transaction.
func (t *Tx) Context() context.Context { return t.ctx }

func (t *Tx) check(statement string) error {
	return look(statement, t.across)
}
