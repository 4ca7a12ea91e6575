package opinion

import (
	"errors"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// Seen notes up to which version somebody has seen a request, never back.
func Seen(tx *store.Tx, o practice.Opinion, person string, version int) error {
	_, err := tx.Exec(`INSERT INTO opinion_reads (establishment, opinion, person, version)
		VALUES ($1, $2, $3, $4) ON CONFLICT (opinion, person)
		DO UPDATE SET version = excluded.version
		WHERE opinion_reads.version < excluded.version`, o.Establishment, o.ID, person,
		min(version, o.Version))
	return err
}

// SeenBy is the version up to which somebody has seen a request; 0: they have not.
func SeenBy(tx *store.Tx, o practice.Opinion, person string) (int, error) {
	read, err := store.Get[practice.OpinionRead](tx,
		"WHERE establishment = $1 AND opinion = $2 AND person = $3", o.Establishment, o.ID, person)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	return read.Version, err
}
