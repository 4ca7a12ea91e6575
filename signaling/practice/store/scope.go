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
	`episodes|reports|figures|satisfaction|machines|` +
	`opinions|opinion_notes|pictures|picture_parts|` +
	`threads|thread_members|thread_messages|thread_reads)\b`)

// bound are the ways in which a statement says whose rows it means.
var bound = regexp.MustCompile(
	`(?is)\b(host_)?establishment\s*(=|IN\b)|\bINTO\b[^)]*\bestablishment\b|\bperson\s*=\s*\$`)

// verdicts remembers the statements that were looked at: there are some hundred, and they do not
// change.
var verdicts sync.Map // statement → error or nil

// checkScope refuses a statement on rows of establishments that does not say of which. It does not
// prove that the right one is meant; it finds what was forgotten, wherever it is.
func checkScope(statement string) error {
	if verdict, known := verdicts.Load(statement); known {
		err, _ := verdict.(error)
		return err
	}
	var err error
	if table := scoped.FindStringSubmatch(statement); table != nil &&
		!bound.MatchString(statement) {
		err = fmt.Errorf("%w, though rows of %s belong to one: add a condition on establishment, "+
			"or say Across and why",
			ErrUnscoped, table[2])
	}
	verdicts.Store(statement, err)
	return err
}
