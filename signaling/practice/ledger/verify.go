package ledger

import (
	"context"
	"fmt"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// batch is how many entries are read at once.
const batch = 1000

// Head is the last entry of the log. Whoever writes it down elsewhere can later show that nothing
// was cut off at the end.
type Head struct {
	Sequence int64
	Hash     string
}

// Verdict says whether the chain holds.
type Verdict struct {
	Entries  int64
	From, To practice.Instant // of the first and the last
	Head     Head
	Problem  string // where and how it is broken; empty: it holds
}

// Verify reads the whole log and checks that each entry follows the one before. Known is a head
// that was written down earlier; empty: none.
func Verify(ctx context.Context, s *store.Store, known Head) (Verdict, error) {
	v := verifier{known: known}
	err := s.Read(ctx, func(tx *store.Tx) error {
		wide := tx.Across("the chain runs through all establishments")
		if err := v.start(wide); err != nil {
			return err
		}
		for v.verdict.Problem == "" {
			entries, err := store.Find[practice.AuditEntry](wide,
				"WHERE sequence > $1 ORDER BY sequence LIMIT $2",
				v.verdict.Head.Sequence, batch)
			if err != nil {
				return err
			}
			if len(entries) == 0 {
				v.end()
				return nil
			}
			for _, entry := range entries {
				v.next(entry)
			}
		}
		return nil
	})
	return v.verdict, err
}

// verifier checks a chain entry by entry.
type verifier struct {
	known   Head
	met     bool // the known head
	verdict Verdict
}

// start goes back to where the log begins: at nothing, or behind the last anchor.
func (v *verifier) start(tx *store.Tx) error {
	anchors, err := anchorsOf(tx)
	if err != nil {
		return err
	}
	for _, anchor := range anchors {
		v.verdict.Head = anchor
		v.met = v.met || anchor == v.known
	}
	// What lies before the last anchor is gone, and rightly so.
	v.met = v.met || v.known.Sequence < v.verdict.Head.Sequence
	return nil
}

func anchorsOf(tx *store.Tx) (anchors []Head, err error) {
	err = tx.Query(func(scan func(...any) error) error {
		var anchor Head
		err := scan(&anchor.Sequence, &anchor.Hash)
		anchors = append(anchors, anchor)
		return err
	}, "SELECT sequence, hash FROM audit_anchors ORDER BY sequence")
	return anchors, err
}

func (v *verifier) next(entry practice.AuditEntry) {
	last := v.verdict.Head
	switch {
	case v.verdict.Problem != "":
		return
	case entry.Sequence != last.Sequence+1:
		v.verdict.Problem =
			fmt.Sprintf("expected entry %d after entry %d, got entry %d: entries are missing",
				last.Sequence+1, last.Sequence, entry.Sequence)
		return
	case chain(last.Hash, entry) != entry.Hash:
		v.verdict.Problem =
			fmt.Sprintf("entry %d does not follow from entry %d: one of them was changed",
				entry.Sequence, last.Sequence)
		return
	}
	if v.verdict.Entries++; v.verdict.Entries == 1 {
		v.verdict.From = entry.At
	}
	v.verdict.To = entry.At
	v.verdict.Head = Head{entry.Sequence, entry.Hash}
	v.met = v.met || v.verdict.Head == v.known
}

func (v *verifier) end() {
	if v.known != (Head{}) && !v.met {
		v.verdict.Problem = fmt.Sprintf("expected entry %d with the hash that was written down, "+
			"got none: the log ends at %d, or was written anew", v.known.Sequence,
			v.verdict.Head.Sequence)
	}
}
