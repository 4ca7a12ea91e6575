package desk

import (
	"errors"

	"draille/signaling/practice"
	"draille/signaling/practice/opinion"
	"draille/signaling/practice/store"
)

// maxSeen is how many requests a page says at once that it has shown.
const maxSeen = 200

// seen notes which requests the caller has seen. Of what is not for them nothing is said.
func (opinions) seen(c *call) error {
	var seen SeenOpinions
	if err := c.body(&seen); err != nil {
		return err
	}
	if n := len(seen.Items); n > maxSeen {
		return invalid("items", "expected at most %d, got %d", maxSeen, n)
	}
	err := c.write(func(tx *store.Tx) error {
		for _, one := range seen.Items {
			o, err := store.Get[practice.Opinion](tx.Across("whose it is is asked below"),
				"WHERE id = $1", one.ID)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if asks, answers := viewerOf(c.caller).sides(o); !asks && !answers {
				continue
			}
			if err := opinion.Seen(tx, o, c.caller.Person.ID, one.Version); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.done()
}
