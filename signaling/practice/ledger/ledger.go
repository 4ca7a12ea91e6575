// Package ledger keeps the audit log: who saw and did what, for whom, when. Entries are only ever
// added, and each is chained to the one before by its hash, so that a change in the middle shows.
package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// Append adds an entry within the transaction that does what it tells of. Sequence, At and Hash are
// set here; At is now, but never before the entry it follows.
func Append(tx *store.Tx, now time.Time, entry practice.AuditEntry) error {
	return AppendAll(tx, now, []practice.AuditEntry{entry})
}

// AppendAll is Append for entries of one moment, in their order.
func AppendAll(tx *store.Tx, now time.Time, entries []practice.AuditEntry) error {
	if len(entries) == 0 {
		return nil
	}
	last, err := tail(tx)
	if err != nil {
		return err
	}
	rows := make([]store.Row[practice.AuditEntry], len(entries))
	for i, entry := range entries {
		entry.Sequence = last.Sequence + 1
		entry.At = max(practice.InstantOf(now), last.At)
		entry.Hash = chain(last.Hash, entry)
		last, rows[i].Row = entry, entry
	}
	return store.InsertAll(tx, rows)
}

// tail is the last entry; of an empty log, its last anchor or nothing.
func tail(tx *store.Tx) (practice.AuditEntry, error) {
	wide := tx.Across("the chain runs through all establishments")
	entry, err := store.Get[practice.AuditEntry](wide, "ORDER BY sequence DESC LIMIT 1")
	if !errors.Is(err, store.ErrNotFound) {
		return entry, err
	}
	anchor := practice.AuditEntry{}
	err = wide.Scan("SELECT sequence, hash FROM audit_anchors ORDER BY sequence DESC LIMIT 1", nil,
		&anchor.Sequence, &anchor.Hash)
	if errors.Is(err, store.ErrNotFound) {
		return anchor, nil
	}
	return anchor, err
}

// chain is the hash of an entry: SHA-256 over the hash before it and the entry's JSON without its
// own.
func chain(before string, entry practice.AuditEntry) string {
	entry.Hash = before
	text, err := json.Marshal(entry)
	if err != nil {
		panic(err) // strings and integers
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
