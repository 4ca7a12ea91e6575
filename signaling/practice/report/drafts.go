package report

import (
	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// maxUnsigned bounds a list: who has more finds the next ones when these are signed.
const maxUnsigned = 100

// Unsigned are the appointments whose report is a draft that somebody has to sign, the oldest
// first: they were expected there, or have written in it. Whether they still may is asked by
// whoever calls.
func Unsigned(tx *store.Tx, person string) ([]practice.Appointment, error) {
	return store.Find[practice.Appointment](
		tx.Across("somebody may conduct appointments of several establishments"),
		`WHERE id IN (SELECT appointment FROM reports WHERE state = 'draft' AND (saved_by = $1
		OR appointment IN (SELECT appointment FROM participants WHERE person = $1)))
		ORDER BY starts_at, id LIMIT $2`, person, maxUnsigned)
}
