package report

import (
	"time"

	"draille/signaling/practice"
)

// OpinionPage is what the document of an opinion is made of. Both sides keep the same.
type OpinionPage struct {
	Opinion  practice.Opinion
	Notes    []practice.OpinionNote
	Patient  practice.ReportPatient
	Zone     *time.Location
	Language string
	// Names of who asked and who answered, with their establishments and services.
	Asker, Expert, AskingHouse, AskedHouse, Service string
	Names                                           map[string]string // of who wrote notes
}

// opinionWords are the sentences of an opinion in one language.
type opinionWords struct {
	title, asked, expert, question, answer, back, reply, acts, open, withdrawn string
}

var opinionLanguages = map[bool]opinionWords{
	false: {"Compte rendu de télé-expertise", "Demandé par", "Avis de", "Question", "Réponse",
		"Question en retour", "Précision", "Actes : demande RQD, réponse TE2", "en attente",
		"RETIRÉE : ne pas utiliser"},
	true: {"Report of an expert's opinion", "Asked by", "Opinion of", "Question", "Answer",
		"Asked back", "Said to it", "Acts: request RQD, answer TE2", "pending",
		"WITHDRAWN: do not use"},
}

// OpinionPDF writes an opinion as PDF: who asked, what, and what was answered by whom and when. The
// same version makes the same bytes.
func OpinionPDF(p OpinionPage) ([]byte, error) {
	at := max(p.Opinion.EndedAt, p.Opinion.TakenAt, p.Opinion.AskedAt)
	s := newSheet(p.Language, p.Zone, at)
	w := opinionLanguages[p.Language == "en"]
	s.SetTitle(w.title, true)
	s.pages(p.Opinion.ID, "")
	s.SetFont("go", "B", titleSize)
	s.MultiCell(0, 2*line, w.title, "", "L", false)
	if p.Opinion.State == practice.OpinionWithdrawn {
		s.text(w.withdrawn)
	}
	s.section(s.words.patient, s.patient(practice.ReportFacts{Patient: &p.Patient})...)
	s.section(w.asked, join(", ", p.Asker, p.AskingHouse, s.when(p.Opinion.AskedAt)))
	s.section(w.question, p.Opinion.Question)
	for _, note := range p.Notes {
		head := w.reply
		if note.Back {
			head = w.back
		}
		s.section(head, join(", ", p.Names[note.SaidBy], s.when(note.At)), note.Text)
	}
	expert := join(", ", p.Expert, p.AskedHouse, p.Service)
	if p.Opinion.State != practice.OpinionAnswered {
		s.section(w.expert, join(", ", expert, w.open))
		return s.bytes()
	}
	s.section(w.expert, join(", ", expert, s.when(p.Opinion.EndedAt)))
	s.section(w.answer, p.Opinion.Answer)
	s.text(w.acts)
	return s.bytes()
}
