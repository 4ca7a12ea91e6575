package ledger

import (
	"errors"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// samePerson are the ids under which entries tell of a patient: theirs, those that they were merged
// into, and those of all who were merged into one of these. Entries keep the id of their time.
func samePerson(tx *store.Tx, establishment, patient string) ([]string, error) {
	if establishment == "" {
		found, err := store.Get[practice.Patient](
			tx.Across("an auditor of the group reads all of it"), "WHERE id = $1", patient)
		if errors.Is(err, store.ErrNotFound) {
			return []string{patient}, nil
		}
		if err != nil {
			return nil, err
		}
		establishment = found.Establishment
	}
	ids, known := []string{patient}, map[string]bool{patient: true}
	for i := 0; i < len(ids); i++ { // each adds whom it names, and who names it
		found, err := store.Find[practice.Patient](tx, "WHERE establishment = $1 AND id = $2",
			establishment, ids[i])
		if err != nil {
			return nil, err
		}
		merged, err := store.Find[practice.Patient](tx, "WHERE establishment = $1 "+
			"AND merged_into = $2 AND merged_into <> ''", establishment, ids[i])
		if err != nil {
			return nil, err
		}
		for _, p := range append(found, merged...) {
			for _, id := range []string{p.ID, p.MergedInto} {
				if id != "" && !known[id] {
					known[id] = true
					ids = append(ids, id)
				}
			}
		}
	}
	return ids, nil
}
