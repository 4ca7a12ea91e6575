package people

import (
	"errors"

	"draille/signaling/practice/store"
)

// WantsNotices reports whether somebody is told by mail of what waits for them. Everybody is who
// has not said otherwise.
func WantsNotices(tx *store.Tx, person string) (bool, error) {
	var off bool
	err := tx.Scan("SELECT notices_off FROM people WHERE id = $1", []any{person}, &off)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return !off, err
}

// WantNotices notes whether somebody wants to be told by mail of what waits for them.
func WantNotices(tx *store.Tx, person string, on bool) error {
	_, err := tx.Exec("UPDATE people SET notices_off = $1 WHERE id = $2", !on, person)
	return err
}
