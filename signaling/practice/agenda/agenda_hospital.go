package agenda

import (
	"encoding/json"
	"errors"
	"fmt"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// Mismatch is why a patient of whom the hospital's system speaks is not the one who has their
// number here.
type Mismatch int

const (
	// SamePerson is that they may be.
	SamePerson Mismatch = iota
	// TypedAsAnother is that somebody has typed another birth name or birth date with the number.
	TypedAsAnother
	// KnownAsAnother is that the hospital's system has given another birth name and birth date.
	KnownAsAnother
)

// Compare says whether known, who has a number here unless their id is empty, may be the patient of
// whom the hospital's system speaks by that number; correction: it says that it was wrong before.
func Compare(known, said practice.Patient, correction bool) Mismatch {
	if known.ID == "" {
		return SamePerson
	}
	name := Fold(known.BirthName) == Fold(said.BirthName)
	day := known.BirthDate == said.BirthDate || known.BirthDate == "" || said.BirthDate == ""
	switch {
	case known.Source == practice.SourceTyped && (!name || !day):
		return TypedAsAnother
	case known.Source == practice.SourceHospital && !correction && !name && !day:
		return KnownAsAnother
	}
	return SamePerson
}

// TakePatient writes down what the hospital's system says of a patient: a new one without an id, or
// all traits of one that there is, of whom TellOf then tells. It is not for what people type. A
// birth date may be missing.
func (a *Agenda) TakePatient(tx *store.Tx, p practice.Patient) (practice.Patient, error) {
	p.Source = practice.SourceHospital
	if err := checkTraits(&p); err != nil {
		return p, err
	}
	if p.BirthDate != "" {
		if err := checkBirthDate(p.BirthDate, a.now()); err != nil {
			return p, err
		}
	}
	if err := patientContact(&p); err != nil {
		return p, err
	}
	with := searchColumns(p)
	with["updated_at"] = int64(practice.InstantOf(a.now()))
	if p.ID == "" {
		p.ID, p.Version = practice.NewID(), 1
		with["created_at"] = with["updated_at"]
		return p, store.Insert(tx, p, with)
	}
	return p, store.Update(tx, &p, with)
}

// patientTables are those whose rows are a patient's, beside the audit log, which nobody changes,
// and the queue of messages.
var patientTables = []string{"appointments", "consents", "identity_checks", "opinions"}

// Errors of merges.
var (
	ErrMergedAlready = errors.New("the patient was merged into another one meanwhile; undo that " +
		"merge first")
	ErrUndone = errors.New("the merge was undone already")
)

// MergePatients makes what is the prior's the survivor's: appointments, also one that goes on,
// consents, identity checks, and who was merged into the prior before. Rooms, links and messages
// belong to appointments and stay as they are. A prior without an id was not known here: only their
// number is no longer used. The merge says by which message and event.
func (a *Agenda) MergePatients(tx *store.Tx, survivor, prior practice.Patient,
	merge practice.Merge) (practice.Merge, error) {
	if survivor.MergedInto != "" || prior.MergedInto != "" {
		return merge, ErrMergedAlready
	}
	moved := map[string][]string{}
	if prior.ID != "" {
		var err error
		if moved, err = move(tx, survivor, prior); err != nil {
			return merge, err
		}
	}
	text, err := json.Marshal(moved)
	if err != nil {
		return merge, err
	}
	merge.ID, merge.Version, merge.Establishment = practice.NewID(), 1, survivor.Establishment
	merge.Survivor, merge.Prior, merge.PriorIPP = survivor.ID, prior.ID, prior.IPP
	merge.At, merge.Moved = practice.InstantOf(a.now()), string(text)
	if err := store.Insert(tx, merge, nil); err != nil {
		return merge, err
	}
	return merge, a.TellOf(tx, survivor.Establishment, survivor.ID)
}

// move gives what is the prior's, and the prior, to the survivor.
func move(tx *store.Tx, survivor, prior practice.Patient) (map[string][]string, error) {
	moved := map[string][]string{}
	for _, table := range patientTables {
		ids, err := idsOf(tx, table, "patient", prior)
		if err != nil {
			return nil, err
		}
		moved[table] = ids
		if err := give(tx, table, "patient", prior.Establishment, ids, survivor.ID); err != nil {
			return nil, err
		}
	}
	ids, err := idsOf(tx, "patients", "merged_into", prior)
	if err != nil {
		return nil, err
	}
	moved["patients"] = ids
	return moved, give(tx, "patients", "merged_into", prior.Establishment,
		append([]string{prior.ID}, ids...), survivor.ID)
}

// UndoMerge gives back to the prior what a merge has taken, as far as it is still the survivor's.
// What was made for the survivor since stays theirs.
func (a *Agenda) UndoMerge(tx *store.Tx, merge practice.Merge,
	by string) (practice.Merge, error) {
	if merge.UndoneAt != 0 {
		return merge, ErrUndone
	}
	survivor, err := store.Get[practice.Patient](tx, "WHERE establishment = $1 AND id = $2",
		merge.Establishment, merge.Survivor)
	if err != nil {
		return merge, err
	}
	if survivor.MergedInto != "" {
		return merge, ErrMergedAlready
	}
	moved := map[string][]string{}
	if err := json.Unmarshal([]byte(merge.Moved), &moved); err != nil {
		return merge, err
	}
	for _, table := range patientTables {
		if err := giveBack(tx, table, "patient", survivor, moved[table], merge.Prior); err != nil {
			return merge, err
		}
	}
	if err := giveBack(tx, "patients", "merged_into", survivor, moved["patients"],
		merge.Prior); err != nil {
		return merge, err
	}
	if merge.Prior != "" {
		if err := giveBack(tx, "patients", "merged_into", survivor, []string{merge.Prior},
			""); err != nil {
			return merge, err
		}
	}
	merge.UndoneBy, merge.UndoneAt = by, practice.InstantOf(a.now())
	if err := store.Update(tx, &merge, nil); err != nil {
		return merge, err
	}
	if err := a.TellOf(tx, survivor.Establishment, survivor.ID); err != nil || merge.Prior == "" {
		return merge, err
	}
	prior, err := store.Get[practice.Patient](tx, "WHERE establishment = $1 AND id = $2",
		merge.Establishment, merge.Prior)
	if err != nil {
		return merge, err
	}
	return merge, a.TellOf(tx, prior.Establishment, prior.ID)
}

// idsOf are the rows of a table that are a patient's.
func idsOf(tx *store.Tx, table, column string, of practice.Patient) ([]string, error) {
	ids := []string{}
	err := tx.Query(func(scan func(...any) error) error {
		var id string
		if err := scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
		return nil
	}, fmt.Sprintf("SELECT id FROM %s WHERE establishment = $1 AND %s = $2 AND %[2]s <> ''", table,
		column), of.Establishment, of.ID)
	return ids, err
}

// versioned says which tables have a version, which grows with each change.
var versioned = map[string]string{"appointments": ", version = version + 1",
	"patients": ", version = version + 1", "opinions": ", version = version + 1"}

func give(tx *store.Tx, table, column, establishment string, ids []string, to string) error {
	for _, id := range ids {
		if _, err := tx.Exec("UPDATE "+table+" SET "+column+" = $1"+versioned[table]+
			" WHERE establishment = $2 AND id = $3", to, establishment, id); err != nil {
			return err
		}
	}
	return nil
}

// giveBack is give for rows that are still the survivor's.
func giveBack(tx *store.Tx, table, column string, survivor practice.Patient, ids []string,
	to string) error {
	for _, id := range ids {
		if _, err := tx.Exec(fmt.Sprintf("UPDATE %s SET %s = $1%s WHERE establishment = $2 "+
			"AND id = $3 AND %[2]s = $4 AND %[2]s <> ''", table, column, versioned[table]), to,
			survivor.Establishment, id, survivor.ID); err != nil {
			return err
		}
	}
	return nil
}
