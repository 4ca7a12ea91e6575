package hl7

import (
	"slices"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// known is what the store has of whom messages of one establishment are about, asked for many
// messages at once: each question costs a way to the database and back.
//
// An answer is good for one message, which may change it. The next message of the same patient, or
// with the same national identity, asks again.
type known struct {
	patients map[string]practice.Patient // by number; without an id: there is none
	last     map[string]practice.Instant // by number: when their last event was
	merges   map[string]int              // by number: how often it was merged into another
	national map[string][]string         // by national identity: the numbers of all who have it
}

// ask asks for patients with these numbers and national identities, one at least.
func ask(tx *store.Tx, establishment string, about []practice.Patient) (*known, error) {
	k := &known{map[string]practice.Patient{}, map[string]practice.Instant{}, map[string]int{},
		map[string][]string{}}
	var numbers, subjects, national []string
	for _, p := range about {
		k.patients[p.IPP] = practice.Patient{}
		numbers, subjects = append(numbers, p.IPP), append(subjects, subjectOf(p.IPP))
		if p.INS != "" {
			national = append(national, p.INS)
			k.national[p.INS] = nil
		}
	}
	arguments, places := store.List([]any{establishment}, numbers)
	there, err := store.Find[practice.Patient](tx, "WHERE establishment = $1 AND ipp <> ''"+
		" AND ipp IN ("+places+")", arguments...)
	for _, p := range there {
		k.patients[p.IPP] = p
	}
	if err != nil {
		return nil, err
	}
	return k, k.more(tx, establishment, numbers, subjects, national)
}

// What the rows of the second question are of.
const (
	ofEvents = iota
	ofMerges
	ofNational
)

// more asks for what the rows of the patients do not say.
func (k *known) more(tx *store.Tx, establishment string,
	numbers, subjects, national []string) error {
	arguments, places := store.List([]any{establishment}, subjects)
	question := `SELECT 0, subject, MAX(event_at), '' FROM received WHERE establishment = $1
			AND subject <> '' AND subject IN (` + places + `) AND state <> 'refused'
			GROUP BY subject`
	arguments, places = store.List(arguments, numbers)
	question += ` UNION ALL SELECT 1, prior_ipp, COUNT(*), '' FROM merges WHERE establishment = $1
			AND prior_ipp IN (` + places + `) AND undone_at = 0 GROUP BY prior_ipp`
	if len(national) > 0 {
		arguments, places = store.List(arguments, national)
		question += ` UNION ALL SELECT 2, ins, 0, ipp FROM patients WHERE establishment = $1
			AND ins <> '' AND ins IN (` + places + `) AND merged_into = ''`
	}
	numberOf := map[string]string{}
	for i, subject := range subjects {
		numberOf[subject] = numbers[i]
	}
	return tx.Query(func(scan func(...any) error) error {
		var of int
		var key, ipp string
		var amount int64
		if err := scan(&of, &key, &amount, &ipp); err != nil {
			return err
		}
		switch of {
		case ofEvents:
			k.last[numberOf[key]] = practice.Instant(amount)
		case ofMerges:
			k.merges[key] = int(amount)
		case ofNational:
			k.national[key] = append(k.national[key], ipp)
		}
		return nil
	}, question, arguments...)
}

// record is what is known of whom a message is about.
type record struct {
	practice.Patient                  // without an id: the number is new
	last             practice.Instant // of their events
	merges           int              // of their number into others
	others           bool             // somebody else has their national identity
}

// of returns what is known of whom a message is about; false if not all of it was asked, or a
// message before may have changed it.
func (k *known) of(said practice.Patient) (record, bool) {
	found, asked := k.patients[said.IPP]
	same, askedSame := k.national[said.INS]
	if !asked || said.INS != "" && !askedSame {
		return record{}, false
	}
	return record{found, k.last[said.IPP], k.merges[said.IPP],
		slices.ContainsFunc(same, func(ipp string) bool { return ipp != said.IPP })}, true
}

// forget drops what a message of a patient may change.
func (k *known) forget(p practice.Patient) {
	delete(k.patients, p.IPP)
	delete(k.national, p.INS)
}
