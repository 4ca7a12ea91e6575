package hl7

import (
	"context"
	"errors"
	"maps"
	"slices"

	"go.uber.org/zap"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

// batch is what is applied in one transaction.
//
// Most messages are of patients, are new and do what they say. Those are applied swiftly: nobody
// asks whether they came before, since the queue takes no message twice, and the queue and the
// audit log get them together at the end. Where that turns out wrong nothing is kept, and the batch
// is applied again carefully, one message after the other.
type batch struct {
	*Receiver
	jobs []*job

	// Of one attempt:
	tx      *store.Tx
	careful bool
	houses  map[string]*house
	known   map[string]known // by establishment

	// What waits to be written.
	subjects map[string]bool
	changed  map[string][]string // by establishment: patients of whom others are to be told
	rows     []store.Row[practice.Received]
	entries  []practice.AuditEntry
}

// errCarefully is that a batch cannot be applied swiftly.
var errCarefully = errors.New("a message came before, or failed after it had changed something")

// commit applies the messages, swiftly or carefully, and returns their answers, which are true once
// it has returned without an error.
func (b *batch) commit(ctx context.Context) ([][]byte, error) {
	answers, err := b.attempt(ctx, false)
	if errors.Is(err, errCarefully) {
		answers, err = b.attempt(ctx, true)
	}
	return answers, err
}

// attempt applies messages in one transaction. A fault of the program is an error of all of them.
func (b *batch) attempt(ctx context.Context, careful bool) (answers [][]byte, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			b.log.Error("a fault of the program", zap.Any("fault", problem), zap.Stack("stack"))
			err = errInternal
		}
	}()
	b.careful, b.houses, b.subjects = careful, map[string]*house{}, map[string]bool{}
	b.known = map[string]known{}
	b.rows, b.entries, b.changed = nil, nil, map[string][]string{}
	err = b.config.Store.Write(ctx, func(tx *store.Tx) error {
		b.tx = tx
		foreseen := 0
		for i := 0; i < len(b.jobs); i++ {
			// A file is asked faster for one after the other.
			if i == foreseen && !careful && b.config.Store.Remote() {
				if err := b.foresee(b.jobs[i:]); err != nil {
					return err
				}
				foreseen = len(b.jobs)
			}
			answer, err := b.take(b.jobs[i])
			if err != nil {
				return err
			}
			answers = append(answers, answer)
			if i == len(b.jobs)-1 && !careful {
				b.jobs = append(b.jobs, b.more(maxBatch-len(b.jobs))...)
			}
		}
		return b.flush()
	})
	return answers, err
}

// foresee asks for all that the messages are about, but for patients of whom something waits to be
// written. What cannot be read is refused later.
func (b *batch) foresee(jobs []*job) error {
	about := map[*house]map[string]practice.Patient{}
	for _, j := range jobs {
		h, err := b.house(b.tx, b.houses, j.source)
		if err != nil {
			return err
		}
		if h == nil || !swift(j) {
			continue
		}
		said, err := identify(j.message, j.source, b.now())
		if err != nil || b.subjects[subjectOf(said.IPP)] {
			continue
		}
		if about[h] == nil {
			about[h] = map[string]practice.Patient{}
		}
		about[h][said.IPP] = said.Patient
	}
	for h, patients := range about {
		known, err := ask(b.tx, h.ID, slices.Collect(maps.Values(patients)))
		if err != nil {
			return err
		}
		b.known[h.ID] = known
	}
	return nil
}

// take applies a message and returns its answer.
func (b *batch) take(j *job) ([]byte, error) {
	h, err := b.house(b.tx, b.houses, j.source)
	if err != nil {
		return nil, err
	}
	if h == nil {
		return refusal(j.message, &fault{failed, codeInternal, "MSH-4",
			"a source whose establishment is here",
			"one whose is not; mend practice.hl7.sources-file"}, b.now()), nil
	}
	if b.careful || !swift(j) {
		if err := b.flush(); err != nil {
			return nil, err
		}
		clear(b.known) // this one may change anything
		return b.keep(b.tx, h, j)
	}
	e := &event{Receiver: b.Receiver, tx: b.tx, house: h, source: j.source, message: j.message,
		row: b.row(h, j), batch: b}
	if err := e.survive(); err != nil {
		if !harmless(err) {
			return nil, errors.Join(errCarefully, err)
		}
		e.refuse(err)
	}
	if err := b.add(e, digestOf(j)); err != nil {
		return nil, err
	}
	return answerTo(j.message, e.row, h.zone), nil
}

// swift reports whether a message changes nothing but one patient, as the last thing it does.
func swift(j *job) bool {
	kind := j.message.First("MSH").Field(9)
	return kind.Component(1).Text() == "ADT" && admissions[kind.Component(2).Text()] == nil
}

// harmless reports whether a message that failed so has changed nothing: what is wrong with a
// patient is found before anything is written.
func harmless(err error) bool {
	var wrong *fault
	var field *agenda.FieldError
	return errors.As(err, &wrong) || errors.As(err, &field)
}

// add keeps what came of a message until it is written.
func (b *batch) add(e *event, digest string) error {
	b.rows = append(b.rows, e.kept(digest))
	if e.subject != "" {
		b.subjects[e.subject] = true
	}
	entry, err := e.entry()
	if err == nil && entry != nil {
		b.entries = append(b.entries, *entry)
	}
	return err
}

// settled writes what waits if the subject is in it.
func (b *batch) settled(subject string) error {
	if !b.subjects[subject] {
		return nil
	}
	return b.flush()
}

// flush writes what waits, in its order.
func (b *batch) flush() error {
	added, err := store.InsertMissing(b.tx, b.rows, "establishment, sender, control")
	if err != nil {
		return err
	}
	if added < int64(len(b.rows)) {
		return errCarefully
	}
	if err := ledger.AppendAll(b.tx, b.now(), b.entries); err != nil {
		return err
	}
	for house, patients := range b.changed {
		if err := b.config.Agenda.TellOf(b.tx, house, patients...); err != nil {
			return err
		}
	}
	b.rows, b.entries = nil, nil
	clear(b.subjects)
	clear(b.changed)
	return nil
}
