package hl7

import (
	"fmt"
	"maps"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// known is what the store has of whom messages are about, asked for many messages of one
// establishment at once, since each question costs a way to the database and back.
//
// An answer is good for one message, which may change it: the next one of the same patient, or with
// the same national identity, asks again.
type known map[string]record // by number

// record is what is known of whom a message is about.
type record struct {
	practice.Patient                  // without an id: the number is new
	last             practice.Instant // of their events
	merges           int              // of their number into others
	national         string           // the identity that the message says
	others           bool             // somebody else has that
}

// What asks for records compares with single values, and finds rows by several ids at most: what
// PostgreSQL expects of a list of other values is a guess until it has analysed a table, and it
// reads all rows of the establishment then.
const question = `WITH about (establishment, ipp, subject, ins) AS (VALUES %s) SELECT ipp, ins,
		(SELECT COALESCE(MAX(event_at), 0) FROM received
			WHERE received.establishment = about.establishment
			AND received.subject = about.subject AND received.subject <> ''
			AND state <> 'refused'),
		(SELECT COUNT(*) FROM merges WHERE merges.establishment = about.establishment
			AND prior_ipp = about.ipp AND undone_at = 0),
		(SELECT COUNT(*) FROM (SELECT 1 FROM patients
			WHERE patients.establishment = about.establishment AND patients.ins = about.ins
			AND patients.ins <> '' AND patients.ipp <> about.ipp AND merged_into = ''
			LIMIT 1) AS another),
		COALESCE((SELECT id FROM patients WHERE patients.establishment = about.establishment
			AND patients.ipp = about.ipp AND patients.ipp <> ''), '')
		FROM about`

// ask asks for what is known of patients with these numbers and national identities, one at least.
func ask(tx *store.Tx, establishment string, about []practice.Patient) (known, error) {
	var rows [][]string
	for _, p := range about {
		rows = append(rows, []string{establishment, p.IPP, subjectOf(p.IPP), p.INS})
	}
	arguments, list := store.Values(rows)
	found, ids := known{}, []string(nil)
	err := tx.Query(func(scan func(...any) error) error {
		var r record
		var last int64
		var others int
		var ipp, id string
		if err := scan(&ipp, &r.national, &last, &r.merges, &others, &id); err != nil {
			return err
		}
		r.last, r.others = practice.Instant(last), others > 0
		found[ipp] = r
		if id != "" {
			ids = append(ids, id)
		}
		return nil
	}, fmt.Sprintf(question, list), arguments...)
	if err != nil || len(ids) == 0 {
		return found, err
	}
	return found, found.read(tx, establishment, ids)
}

// read completes the records of the patients with these ids.
func (k known) read(tx *store.Tx, establishment string, ids []string) error {
	arguments, list := store.List([]any{establishment}, ids)
	patients, err := store.Find[practice.Patient](tx, "WHERE establishment = $1 AND id IN "+list,
		arguments...)
	for _, p := range patients {
		r := k[p.IPP]
		r.Patient = p
		k[p.IPP] = r
	}
	return err
}

// of returns what is known of whom a message is about; false if not all of it was asked, or a
// message before may have changed it.
func (k known) of(said practice.Patient) (record, bool) {
	r, asked := k[said.IPP]
	return r, asked && r.national == said.INS
}

// forget drops what a message of a patient may change.
func (k known) forget(p practice.Patient) {
	delete(k, p.IPP)
	maps.DeleteFunc(k, func(_ string, r record) bool {
		return p.INS != "" && r.national == p.INS
	})
}
