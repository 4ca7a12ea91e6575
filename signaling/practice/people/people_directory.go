package people

import (
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// Shut closes or opens a person's account, by their DisabledAt, after an Update. Their sessions
// end.
func (p *People) Shut(tx *store.Tx, person practice.Person, now time.Time) error {
	if person.DisabledAt == 0 {
		return nil
	}
	if _, err := p.Sessions.EndOthers(tx, person.ID, ""); err != nil {
		return err
	}
	return somebodyIsLeft(tx, now)
}

// Assign says who an identity is, or with an empty person that nobody is. Sessions that it opened
// end.
func (p *People) Assign(tx *store.Tx, identity *practice.Identity, person string) error {
	if person != "" {
		if _, err := store.Get[practice.Person](tx, "WHERE id = $1", person); err != nil {
			return absent(err, "person")
		}
	}
	if identity.Person != "" && identity.Person != person {
		if _, err := p.Sessions.EndOthers(tx, identity.Person, ""); err != nil {
			return err
		}
	}
	identity.Person = person
	_, err := tx.Exec("UPDATE identities SET person = $1 WHERE id = $2", person, identity.ID)
	return err
}
