package hl7

import (
	"errors"
	"slices"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// identities are the events of ADT that say who a patient is: of an admission or a new record, or,
// true, that it was corrected.
var identities = map[string]bool{"A01": false, "A04": false, "A05": false, "A28": false,
	"A08": true, "A31": true}

// admissions are the other events of ADT that are taken.
var admissions = map[string]func(*event) error{"A40": (*event).merged, "A47": (*event).renumbered}

// identity takes the identity of a message.
func (e *event) identity(correction bool) error {
	said, err := identify(e.message, e.source, e.now())
	if err != nil {
		return err
	}
	e.subject = subjectOf(said.IPP)
	if e.batch != nil {
		if err := e.batch.settled(e.subject); err != nil {
			return err
		}
	}
	here, err := e.record(said)
	if err != nil {
		return err
	}
	if here.merges > 0 {
		if err := e.standing(said.IPP, "PID-3.1"); err != nil {
			return err
		}
	}
	e.row.Patient = here.ID
	if here.last > e.row.EventAt {
		e.ignore(practice.OutcomeOlder)
		return nil
	}
	return e.accept(here.Patient, said, here.others, correction)
}

// record returns what is known of whom the message is about.
func (e *event) record(said identity) (record, error) {
	var before known // as asked for all messages of the transaction
	if e.batch != nil {
		before = e.batch.known[e.house.ID]
	}
	found, asked := before.of(said.Patient)
	if !asked {
		now, err := ask(e.tx, e.house.ID, []practice.Patient{said.Patient})
		if err != nil {
			return record{}, err
		}
		found, _ = now.of(said.Patient)
	}
	before.forget(said.Patient)
	before.forget(found.Patient)
	return found, nil
}

func subjectOf(ipp string) string { return "patient/" + ipp }

// errMergedLater is that a number was still in use when the event happened.
var errMergedLater = errors.New("a later event has merged the number into another")

// patient finds the patient with a number. One without an id is not known here.
func (e *event) patient(ipp, field string) (practice.Patient, error) {
	if err := e.standing(ipp, field); err != nil {
		return practice.Patient{}, err
	}
	return e.numbered(ipp)
}

// standing refuses a number that was merged into another.
func (e *event) standing(ipp, field string) error {
	merges, err := store.Find[practice.Merge](e.tx,
		"WHERE establishment = $1 AND prior_ipp = $2 AND undone_at = 0", e.house.ID, ipp)
	if err != nil {
		return err
	}
	later := slices.IndexFunc(merges, func(merge practice.Merge) bool {
		return merge.EventAt >= e.row.EventAt
	})
	if later >= 0 {
		e.row.Patient = merges[later].Prior
		return errMergedLater
	}
	if len(merges) > 0 {
		return wrong(codeUnknown, field, "a number that is in use",
			"one that was merged into another; if that was wrong, undo the merge and replay")
	}
	return nil
}

// numbered finds the patient with a number, whatever became of it.
func (e *event) numbered(ipp string) (practice.Patient, error) {
	found, err := store.Get[practice.Patient](e.tx,
		"WHERE establishment = $1 AND ipp = $2 AND ipp <> ''", e.house.ID, ipp)
	if errors.Is(err, store.ErrNotFound) {
		return practice.Patient{}, nil
	}
	return found, err
}

// take writes an identity down.
func (e *event) take(known practice.Patient, said identity, correction bool) error {
	others, err := e.alike(known, said)
	if err != nil {
		return err
	}
	return e.accept(known, said, others, correction)
}

// accept is take; others is whether somebody else has the same national identity.
func (e *event) accept(known practice.Patient, said identity, others, correction bool) error {
	if err := samePerson(known, said, correction); err != nil {
		return err
	}
	for _, word := range said.remarks {
		e.remark(word)
	}
	if others { // they are not made one here
		e.remark(remarkSameINS)
	}
	p := said.over(known)
	p.ID, p.Version, p.Demo, p.Establishment = known.ID, known.Version, known.Demo, e.house.ID
	p.Source, p.MergedInto = practice.SourceHospital, known.MergedInto
	if known.Phone != "" { // what was typed here reaches the patient: somebody has tried
		p.Phone = known.Phone
	}
	if known.Email != "" {
		p.Email = known.Email
	}
	if p == known {
		e.done(practice.OutcomeUnchanged)
		return nil
	}
	taken, err := e.config.Agenda.TakePatient(e.tx, p)
	if err != nil {
		return err
	}
	e.row.Patient = taken.ID
	e.done(practice.OutcomePatientUpdated)
	if known.ID == "" {
		e.done(practice.OutcomePatientCreated)
		return nil
	}
	if e.batch != nil {
		e.batch.changed[e.house.ID] = append(e.batch.changed[e.house.ID], known.ID)
		return nil
	}
	return e.config.Agenda.TellOf(e.tx, e.house.ID, known.ID)
}

// samePerson refuses a number that is somebody else's here.
func samePerson(known practice.Patient, said identity, correction bool) error {
	switch agenda.Compare(known, said.Patient, correction) {
	case agenda.TypedAsAnother:
		return wrong(codeDuplicate, "PID-3.1",
			"a number of the patient whom somebody typed with it here",
			"another birth name or birth date; correct the record here, then replay")
	case agenda.KnownAsAnother:
		return wrong(codeDuplicate, "PID-3.1", "a number of one patient",
			"one of a patient with another birth name and another birth date; if both are one, "+
				"send A31")
	}
	return nil
}

// alike reports whether another patient has the same national identity.
func (e *event) alike(known practice.Patient, said identity) (bool, error) {
	if said.INS == "" {
		return false, nil
	}
	var others int
	err := e.tx.Scan(`SELECT COUNT(*) FROM (SELECT 1 FROM patients WHERE establishment = $1
		AND ins = $2 AND ins <> '' AND id <> $3 AND merged_into = ''
		LIMIT 1) AS another`, []any{e.house.ID, said.INS, known.ID},
		&others)
	return others > 0, err
}

// merged makes one patient of two (A40): MRG-1 is of the one that is no longer used.
func (e *event) merged() error {
	said, prior, err := e.both()
	if err != nil {
		return err
	}
	survivor, err := e.survivor(said)
	if err != nil {
		return err
	}
	before, err := store.Find[practice.Merge](e.tx, `WHERE establishment = $1 AND prior_ipp = $2
		AND undone_at = 0`, e.house.ID, prior)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(before, func(m practice.Merge) bool {
		return m.Survivor == survivor.ID
	}) {
		e.done(practice.OutcomeUnchanged)
		return nil
	}
	gone, err := e.patient(prior, "MRG-1.1")
	if err != nil {
		return err
	}
	gone.IPP = prior
	merge := practice.Merge{Establishment: e.house.ID, Received: e.row.ID, EventAt: e.row.EventAt}
	if _, err := e.config.Agenda.MergePatients(e.tx, survivor, gone, merge); err != nil {
		return err
	}
	e.done(practice.OutcomePatientMerged)
	return nil
}

// both reads who stays and the number that goes.
func (e *event) both() (said identity, prior string, err error) {
	if said, err = identify(e.message, e.source, e.now()); err != nil {
		return said, "", err
	}
	for segment, expected := range map[string]string{"PID": "one patient", "MRG": "one MRG"} {
		if len(e.message.All(segment)) > 1 {
			return said, "", wrong(codeSegment, segment, expected+" a message", "several")
		}
	}
	if !e.message.Has("MRG") {
		return said, "", wrong(codeSegment, "MRG", "the segment MRG", "a message without it")
	}
	if prior, err = number(e.message.First("MRG").Field(1), "MRG-1",
		e.source.Authority); err != nil {
		return said, "", err
	}
	if prior == said.IPP {
		return said, "", wrong(codeDuplicate, "MRG-1.1", "another number than PID-3",
			"the same")
	}
	e.subject = subjectOf(said.IPP)
	return said, prior, nil
}

// survivor is the patient who stays, with the traits of the message unless later ones are known.
func (e *event) survivor(said identity) (practice.Patient, error) {
	known, err := e.patient(said.IPP, "PID-3.1")
	if errors.Is(err, errMergedLater) {
		return known, wrong(codeUnknown, "PID-3.1", "a number that is in use",
			"one that was merged into another since")
	}
	if err != nil {
		return known, err
	}
	old, err := e.old(e.subject)
	if err != nil {
		return known, err
	}
	e.row.Patient = known.ID
	if known.ID != "" && old {
		return known, nil
	}
	if err := e.take(known, said, true); err != nil {
		return known, err
	}
	return store.Get[practice.Patient](e.tx, "WHERE establishment = $1 AND id = $2", e.house.ID,
		e.row.Patient)
}

// renumbered gives a patient another number (A47): MRG-1 is the one before.
func (e *event) renumbered() error {
	said, prior, err := e.both()
	if err != nil {
		return err
	}
	known, err := e.patient(prior, "MRG-1.1")
	if err != nil {
		return err
	}
	taken, err := e.patient(said.IPP, "PID-3.1")
	if err != nil {
		return err
	}
	switch {
	case known.ID == "":
		return e.take(taken, said, true)
	case taken.ID != "":
		return wrong(codeDuplicate, "PID-3.1", "a number that nobody has yet",
			"one of another patient; if both are one, send A40")
	}
	known.IPP = said.IPP
	if known.Version, err = e.renumber(known); err != nil {
		return err
	}
	e.row.Patient = known.ID
	// The number before is nobody's from here on.
	if _, err := e.config.Agenda.MergePatients(e.tx, known, practice.Patient{IPP: prior},
		practice.Merge{Received: e.row.ID, EventAt: e.row.EventAt}); err != nil {
		return err
	}
	old, err := e.old(subjectOf(prior))
	if err == nil && !old {
		err = e.take(known, said, true)
	}
	e.done(practice.OutcomePatientRenumbered)
	return err
}

func (e *event) renumber(p practice.Patient) (version int, err error) {
	_, err = e.tx.Exec(`UPDATE patients SET ipp = $1, version = version + 1
		WHERE establishment = $2 AND id = $3`, p.IPP, e.house.ID, p.ID)
	return p.Version + 1, err
}
