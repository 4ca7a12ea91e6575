package ledger

import (
	"strconv"
	"strings"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// Query says which entries are wanted. Empty members do not matter.
type Query struct {
	Establishment string // required, unless Everywhere
	Everywhere    bool   // of all establishments and of the group
	Patient       string // also what was noted of those who were merged with them
	Actor         string
	From, Until   practice.Instant // Until is the first moment that is not wanted
	Before        int64            // entries before this one: the cursor
	Limit         int
}

// Search returns entries, the newest first.
func Search(tx *store.Tx, query Query) ([]practice.AuditEntry, error) {
	conditions, arguments := []string{}, []any{}
	where := func(condition string, value any) {
		arguments = append(arguments, value)
		conditions = append(conditions, condition+" $"+strconv.Itoa(len(arguments)))
	}
	if query.Everywhere {
		tx = tx.Across("an auditor of the group reads all of it")
		where("sequence >", 0)
	} else {
		where("establishment =", query.Establishment)
	}
	if query.Patient != "" {
		ids, err := samePerson(tx, query.Establishment, query.Patient)
		if err != nil {
			return nil, err
		}
		places := make([]string, len(ids))
		for i, id := range ids {
			arguments = append(arguments, id)
			places[i] = "$" + strconv.Itoa(len(arguments))
		}
		conditions = append(conditions, "patient IN ("+strings.Join(places, ", ")+")")
	}
	if query.Actor != "" {
		where("actor =", query.Actor)
	}
	if query.From != 0 {
		where("at >=", int64(query.From))
	}
	if query.Until != 0 {
		where("at <", int64(query.Until))
	}
	if query.Before != 0 {
		where("sequence <", query.Before)
	}
	arguments = append(arguments, query.Limit)
	return store.Find[practice.AuditEntry](tx, "WHERE "+strings.Join(conditions, " AND ")+
		" ORDER BY sequence DESC LIMIT $"+strconv.Itoa(len(arguments)), arguments...)
}
