package store

import (
	"fmt"
	"regexp"
	"sync"
)

// scoped are the tables whose rows belong to one establishment.
var scoped = regexp.MustCompile(`(?i)\b(FROM|JOIN|UPDATE|INTO)\s+(services|places|` +
	`devices|patients|series|appointments|` +
	`participants|links|outbox|audit|consents|identity_checks|delays|received|merges|` +
	`presences|episodes|reports|figures|satisfaction|machines|` +
	`opinions|opinion_notes|opinion_reads|pictures|picture_parts|` +
	`threads|thread_members|thread_messages|thread_reads)\b`)

// bound are the ways in which a statement says whose rows it means.
var bound = regexp.MustCompile(
	`(?is)\b(host_)?establishment\s*(=|IN\b)|\bINTO\b[^)]*\bestablishment\b|\bperson\s*=\s*\$`)

// verdict is what is wrong with a statement.
type verdict struct{ scope, index error }

// verdicts remembers the statements that were looked at: there are some hundred, and they do not
// change.
var verdicts sync.Map // statement → verdict

// look refuses statements with mistakes that show in their text.
func look(statement string, across bool) error {
	found, known := verdicts.Load(statement)
	if !known {
		found = verdict{checkScope(statement), checkIndex(statement)}
		verdicts.Store(statement, found)
	}
	if v := found.(verdict); v.scope != nil && !across {
		return v.scope
	} else {
		return v.index
	}
}

// checkScope refuses a statement on rows of establishments that does not say of which. It does not
// prove that the right one is meant; it finds what was forgotten, wherever it is.
func checkScope(statement string) error {
	if table := scoped.FindStringSubmatch(statement); table != nil &&
		!bound.MatchString(statement) {
		return fmt.Errorf("%w, though rows of %s belong to one: add a condition on establishment, "+
			"or say Across and why",
			ErrUnscoped, table[2])
	}
	return nil
}
