package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

// Text is what a clinician writes into a report.
type Text struct {
	Motive     string `json:"motive"`
	Findings   string `json:"findings"`
	Conclusion string `json:"conclusion"`
	Act        string `json:"act"`
}

// maxText bounds one part of a report, in characters: some ten pages.
const maxText = 12_000

// acts are the codes of the TLM-CR value set; empty: none.
var acts = []string{"", "TCG", "TC", "TE1", "TE2", "TLD", "TLL", "TLM", "TLS"}

// Acts are the codes that a report may have; the empty one is none.
func Acts() []string { return append([]string(nil), acts...) }

// Errors of reports.
var (
	ErrSigned = errors.New("expected a draft, got a version that was signed and is not changed " +
		"any more; make a correction")
	ErrNotSigned = errors.New("expected a version that was signed and is valid, got another one")
	ErrNobody    = errors.New("expected a session that has ended, got one that goes on")
)

// By is who does something to a report, and when.
type By struct {
	Person practice.Person
	At     time.Time
}

func (t *Text) check() error {
	for _, part := range []struct {
		name string
		text *string
	}{{"motive", &t.Motive}, {"findings", &t.Findings}, {"conclusion", &t.Conclusion}} {
		*part.text = strings.TrimSpace(*part.text)
		if n := utf8.RuneCountInString(*part.text); n > maxText {
			return agenda.Wrong(part.name, "expected at most %d characters, got %d", maxText, n)
		}
	}
	for _, act := range acts {
		if t.Act == act {
			return nil
		}
	}
	return agenda.Wrong("act", "expected one of %s, or none, got %q", strings.Join(acts[1:], ", "),
		t.Act)
}

func textOf(r practice.Report) Text { return Text{r.Motive, r.Findings, r.Conclusion, r.Act} }

// Save writes down what a clinician has typed into a draft of a version. Saying the same again, as
// a page does that has not heard the answer, changes nothing.
func Save(tx *store.Tx, r practice.Report, version int, text Text, by By) (practice.Report, error) {
	if err := text.check(); err != nil {
		return r, err
	}
	if r.SavedBy == by.Person.ID && textOf(r) == text {
		return r, nil
	}
	if r.State != practice.ReportDraft {
		return r, ErrSigned
	}
	if r.Version != version {
		return r, store.ErrVersion
	}
	r.Motive, r.Findings = text.Motive, text.Findings
	r.Conclusion, r.Act = text.Conclusion, text.Act
	r.SavedBy, r.SavedAt = by.Person.ID, practice.InstantOf(by.At)
	return r, change(tx, &r, "report.save", by)
}

// Sign saves and signs a draft: it and what is known of the session are not changed any more. An
// earlier version is replaced. Signing again what one has signed changes nothing.
func Sign(tx *store.Tx, r practice.Report, version int, text Text, by By) (practice.Report, error) {
	if err := text.check(); err != nil {
		return r, err
	}
	if r.SignedBy == by.Person.ID && textOf(r) == text {
		return r, nil
	}
	r, err := Save(tx, r, version, text, by)
	if err != nil {
		return r, err
	}
	if r.State != practice.ReportDraft {
		return r, ErrSigned
	}
	a, err := appointmentOf(tx, r)
	if err != nil {
		return r, err
	}
	if a.EndedAt == 0 {
		return r, ErrNobody
	}
	facts, err := FactsOf(tx, a)
	if err != nil {
		return r, err
	}
	frozen, err := json.Marshal(facts)
	if err != nil {
		return r, err
	}
	r.Facts, r.State, r.Language = string(frozen), practice.ReportSigned, "fr"
	if by.Person.Language == "en" {
		r.Language = "en"
	}
	r.SignedBy, r.SignedAt = by.Person.ID, practice.InstantOf(by.At)
	before, err := Versions(tx, r.Establishment, r.Appointment)
	if err != nil {
		return r, err
	}
	for _, old := range before {
		if old.State == practice.ReportSigned {
			old.State = practice.ReportReplaced
			if err := store.Update(tx, &old, nil); err != nil {
				return r, err
			}
		}
	}
	return r, change(tx, &r, "report.sign", by)
}

// Correct makes a draft of a new version of a report that was signed; if there is one, it is that.
func Correct(tx *store.Tx, r practice.Report, by By) (practice.Report, error) {
	all, err := Versions(tx, r.Establishment, r.Appointment)
	if err != nil {
		return r, err
	}
	newest := all[0]
	if newest.State == practice.ReportDraft {
		return newest, nil
	}
	now := practice.InstantOf(by.At)
	made := practice.Report{ID: practice.NewID(), Establishment: r.Establishment,
		Appointment: r.Appointment, Document: r.Document, Number: newest.Number + 1,
		State: practice.ReportDraft, Motive: newest.Motive, Findings: newest.Findings,
		Conclusion: newest.Conclusion, Act: newest.Act, CreatedAt: now, SavedBy: by.Person.ID,
		SavedAt: now, Version: 1}
	if err := store.Insert(tx, made, nil); err != nil {
		return made, err
	}
	return made, note(tx, made, "report.correct", by)
}

// Withdraw marks a version that was signed as not to be used. Withdrawing again changes nothing.
func Withdraw(tx *store.Tx, r practice.Report, why string, by By) (practice.Report, error) {
	if r.State == practice.ReportWithdrawn {
		return r, nil
	}
	if r.State != practice.ReportSigned {
		return r, ErrNotSigned
	}
	why = strings.TrimSpace(why)
	if why == "" || utf8.RuneCountInString(why) > maxText {
		return r, agenda.Wrong("why", "expected why the report is withdrawn, got nothing, or too "+
			"much")
	}
	r.State, r.WithdrawnWhy = practice.ReportWithdrawn, why
	r.WithdrawnBy, r.WithdrawnAt = by.Person.ID, practice.InstantOf(by.At)
	return r, change(tx, &r, "report.withdraw", by)
}

func change(tx *store.Tx, r *practice.Report, action string, by By) error {
	if err := store.Update(tx, r, nil); err != nil {
		return err
	}
	return note(tx, *r, action, by)
}

// note tells watchers and the audit log what was done to a report.
func note(tx *store.Tx, r practice.Report, action string, by By) error {
	a, err := appointmentOf(tx, r)
	if err != nil {
		return err
	}
	tx.Changed(practice.TopicAppointment, r.Establishment, r.Appointment)
	return ledger.Append(tx, by.At, practice.AuditEntry{Establishment: r.Establishment,
		ActorKind: practice.ActorPerson, Actor: by.Person.ID, Action: action, Patient: a.Patient,
		Appointment: a.ID, Object: r.ID, Detail: fmt.Sprintf(`{"number":"%d"}`, r.Number)})
}

func appointmentOf(tx *store.Tx, r practice.Report) (practice.Appointment, error) {
	return store.Get[practice.Appointment](tx, "WHERE establishment = $1 AND id = $2",
		r.Establishment, r.Appointment)
}

// Facts are those of a version: frozen in what was signed, as they are now in a draft.
func Facts(tx *store.Tx, r practice.Report) (practice.ReportFacts, error) {
	var facts practice.ReportFacts
	if r.Facts != "" {
		return facts, json.Unmarshal([]byte(r.Facts), &facts)
	}
	a, err := appointmentOf(tx, r)
	if err != nil {
		return facts, err
	}
	return FactsOf(tx, a)
}
