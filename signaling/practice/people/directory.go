package people

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// Query says which people are wanted.
type Query struct {
	Establishment string // who have a right there, or are looked after there; empty: all
	Text          string // the beginning of a name; empty: all
	After         string // cursor
	Limit         int
}

// List returns people by name, and the cursor of those who follow; empty at the end.
func List(tx *store.Tx, query Query) (found []practice.Person, next string, err error) {
	conditions, arguments := []string{"1 = 1"}, []any{}
	argument := func(value any) string {
		arguments = append(arguments, value)
		return "$" + strconv.Itoa(len(arguments))
	}
	if query.After != "" {
		search, id, err := readCursor(query.After)
		if err != nil {
			return nil, "", err
		}
		conditions = append(conditions, "(search, id) > ("+argument(search)+", "+argument(id)+")")
	}
	if text := Search(query.Text); text != "" {
		text = strings.NewReplacer("%", "", "_", "", `\`, "").Replace(text)
		conditions = append(conditions, "(search LIKE "+argument(text+"%")+" OR search LIKE "+
			argument("% "+text+"%")+")")
	}
	if query.Establishment != "" {
		place := argument(query.Establishment)
		conditions = append(conditions, "(establishment = "+place+
			" OR EXISTS (SELECT 1 FROM grants WHERE grants.person = people.id AND "+
			"grants.establishment = "+place+"))")
	}
	found, err = store.Find[practice.Person](tx, "WHERE "+strings.Join(conditions, " AND ")+
		" ORDER BY search, id LIMIT "+argument(query.Limit+1), arguments...)
	if err != nil || len(found) <= query.Limit {
		return found, "", err
	}
	found = found[:query.Limit]
	last := found[query.Limit-1]
	return found, cursor(Search(last.FamilyName, last.GivenName), last.ID), nil
}

func cursor(search, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(search + "\n" + id))
}

func readCursor(text string) (search, id string, err error) {
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	search, id, ok := strings.Cut(string(decoded), "\n")
	if err != nil || !ok {
		return "", "", wrongField("after", "expected the cursor of a page, got something else")
	}
	return search, id, nil
}

// Give adds a grant. It returns store.ErrDuplicate if the person has it.
func Give(tx *store.Tx, grant practice.Grant) error {
	if _, err := store.Get[practice.Person](tx, "WHERE id = $1", grant.Person); err != nil {
		return err
	}
	if grant.Establishment != "" {
		_, err := store.Get[practice.Establishment](tx, "WHERE id = $1", grant.Establishment)
		if err = absent(err, "establishment"); err != nil {
			return err
		}
	}
	if grant.Service != "" {
		_, err := store.Get[practice.Service](tx, "WHERE establishment = $1 AND id = $2",
			grant.Establishment, grant.Service)
		if err = absent(err, "service"); err != nil {
			return err
		}
	}
	if err := store.Insert(tx, grant, nil); err != nil {
		return err
	}
	tx.Changed(practice.TopicGrants, grant.Establishment, grant.Person)
	return nil
}

// absent says which field names what is not there.
func absent(err error, field string) error {
	if errors.Is(err, store.ErrNotFound) {
		return wrongField(field, "expected one that there is, got another")
	}
	return err
}

// Take takes a grant back. It returns ErrLast if nobody could give rights any more.
func Take(tx *store.Tx, grant practice.Grant, now time.Time) error {
	if _, err := tx.Exec("DELETE FROM grants WHERE id = $1", grant.ID); err != nil {
		return err
	}
	tx.Changed(practice.TopicGrants, grant.Establishment, grant.Person)
	if grant.Role != practice.RoleGroupAdmin {
		return nil
	}
	return somebodyIsLeft(tx, now)
}

func somebodyIsLeft(tx *store.Tx, now time.Time) error {
	left, err := groupAdministrators(tx, now)
	if err == nil && left == 0 {
		err = ErrLast
	}
	return err
}
