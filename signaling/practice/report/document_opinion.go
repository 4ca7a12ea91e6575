package report

import (
	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/opinion"
	"draille/signaling/practice/store"
)

// PurposeOpinion is of a message that carries an expert's answer. Its subject is the request.
const PurposeOpinion = "opinion"

// PostOpinion puts the answer to a request into the outbox, once: it goes into the record of the
// establishment that has asked, whose patient it is about.
func PostOpinion(tx *store.Tx, o practice.Opinion, now practice.Instant) error {
	return postOnce(tx, practice.Message{Establishment: o.Establishment,
		Participant: uuidOf("draille opinion " + o.ID).String(), Subject: o.ID,
		Purpose: PurposeOpinion, Sequence: 1}, onceOf(o), now)
}

// SentOpinion is the message that carries an answer; nil: it does not go anywhere.
func SentOpinion(tx *store.Tx, o practice.Opinion) (*practice.Message, error) {
	return postedOnce(tx, o.Establishment, onceOf(o))
}

func onceOf(o practice.Opinion) string { return o.ID + "/" + PurposeOpinion }

// opinion is what a message carries an answer in. A record knows it as a report of one version that
// the expert has signed by answering.
func (d *Document) opinion(tx *store.Tx) error {
	o, err := store.Get[practice.Opinion](tx, "WHERE establishment = $1 AND id = $2",
		d.Message.Establishment, d.Message.Subject)
	if err != nil {
		return err
	}
	d.Gone = o.State != practice.OpinionAnswered || o.ForgottenAt != 0
	if d.House, err = store.Get[practice.Establishment](tx, "WHERE id = $1",
		o.Establishment); err != nil {
		return err
	}
	if d.Patient, err = store.Get[practice.Patient](tx, "WHERE establishment = $1 AND id = $2",
		o.Establishment, o.Patient); err != nil {
		return err
	}
	if d.Signer, err = optional[practice.Person](tx, "WHERE id = $1", o.TakenBy); err != nil {
		return err
	}
	page, err := OpinionPageOf(tx, o)
	if err != nil {
		return err
	}
	page.Language = d.Signer.Language
	page.Patient = PatientTraits(d.Patient)
	d.Opinion = &page
	d.Page = Page{Signer: page.Expert,
		Report: practice.Report{Establishment: o.Establishment, Document: d.Message.Participant,
			Number: 1, State: practice.ReportSigned, SignedBy: o.TakenBy, SignedAt: o.EndedAt,
			Language: page.Language},
		Facts: practice.ReportFacts{Zone: d.House.Zone, BeganAt: o.AskedAt, EndedAt: o.EndedAt}}
	return nil
}

// OpinionPageOf gathers what the document of a request says, but for the patient and the language.
func OpinionPageOf(tx *store.Tx, o practice.Opinion) (page OpinionPage, err error) {
	page = OpinionPage{Opinion: o, Names: map[string]string{}}
	asking, err := store.Get[practice.Establishment](tx, "WHERE id = $1", o.Establishment)
	if err != nil {
		return page, err
	}
	if page.Zone, err = agenda.Zone(asking.Zone); err != nil {
		return page, err
	}
	asked, err := optional[practice.Establishment](tx, "WHERE id = $1", o.AskedEstablishment)
	if err != nil {
		return page, err
	}
	service, err := optional[practice.Service](tx, "WHERE establishment = $1 AND id = $2",
		o.AskedEstablishment, o.Service)
	if err != nil {
		return page, err
	}
	page.AskingHouse, page.AskedHouse, page.Service = asking.Name, asked.Name, service.Name
	if page.Notes, err = opinion.Notes(tx, o); err != nil {
		return page, err
	}
	if page.Asker, err = personName(tx, o.AskedBy); err != nil {
		return page, err
	}
	if page.Expert, err = personName(tx, o.TakenBy); err != nil {
		return page, err
	}
	for _, note := range page.Notes {
		if page.Names[note.SaidBy], err = personName(tx, note.SaidBy); err != nil {
			return page, err
		}
	}
	return page, nil
}

func personName(tx *store.Tx, id string) (string, error) {
	who, err := optional[practice.Person](tx, "WHERE id = $1", id)
	return agenda.PersonName(who), err
}

// PatientTraits are those of a patient that a document says.
func PatientTraits(p practice.Patient) practice.ReportPatient {
	return practice.ReportPatient{BirthName: p.BirthName, UsedName: p.UsedName,
		BirthGivenName: p.BirthGivenName, Sex: p.Sex, BirthDate: p.BirthDate, IPP: p.IPP,
		INS: p.INS, INSAuthority: p.INSAuthority}
}
