package people

import (
	"errors"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// putSignIn remembers a sign-in that has begun, until it is finished or too old.
func putSignIn(tx *store.Tx, state, kind, person, data string, expires time.Time) error {
	_, err := tx.Exec("INSERT INTO signins (state_hash, kind, person, data, expires_at) VALUES "+
		"($1, $2, $3, $4, $5)",
		hashOf(state), kind, person, data, int64(practice.InstantOf(expires)))
	return err
}

// getSignIn returns one that was begun. It returns ErrExpired if there is none.
func getSignIn(tx *store.Tx, state, kind string, now time.Time) (person, data string, err error) {
	err = tx.Scan("SELECT person, data FROM signins WHERE state_hash = $1 AND kind = $2 AND "+
		"expires_at > $3",
		[]any{hashOf(state), kind, int64(practice.InstantOf(now))}, &person, &data)
	if errors.Is(err, store.ErrNotFound) {
		err = ErrExpired
	}
	return person, data, err
}

// spendSignIn forgets one: it is finished once. It returns ErrUsed when somebody was faster.
func spendSignIn(tx *store.Tx, state string) error {
	spent, err := tx.Exec("DELETE FROM signins WHERE state_hash = $1", hashOf(state))
	if err == nil && spent == 0 {
		err = ErrUsed
	}
	return err
}

// Sweep forgets sign-ins, one-time links and what was spent once they are too old to matter.
func Sweep(tx *store.Tx, now time.Time) error {
	at := int64(practice.InstantOf(now))
	for _, statement := range []string{
		"DELETE FROM signins WHERE expires_at <= $1",
		"DELETE FROM enrolments WHERE expires_at <= $1",
		"DELETE FROM spent WHERE expires_at <= $1",
	} {
		if _, err := tx.Exec(statement, at); err != nil {
			return err
		}
	}
	return nil
}
