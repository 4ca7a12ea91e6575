package desk

import (
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"draille/signaling/practice"
	"draille/signaling/practice/figures"
	"draille/signaling/practice/store"
)

// csvWords are what columns are called, in both languages: month, house, service, place, kind, and
// then each measure in the order of figures.Measures.
var csvWords = map[string][]string{
	"fr": {"mois", "établissement", "service", "lieu", "type", "actes", "absences", "annulés",
		"attentes mesurées", "attente totale (s)", "attentes de plus de 15 min",
		"séances mesurées", "durée totale (s)", "séances avec incident", "image figée",
		"voix seule", "images fixes", "reconnexion", "connexion perdue", "avis demandés",
		"avis rendus", "délai total de réponse (s)", "avis sans déplacement du patient"},
	"en": {"month", "establishment", "service", "place", "kind", "acts", "no-shows", "cancelled",
		"waits measured", "total wait (s)", "waits above 15 min", "sessions measured",
		"total duration (s)", "sessions with an incident", "picture frozen", "voice alone",
		"still pictures", "reconnected", "connection lost", "opinions asked for",
		"opinions given", "total delay of answers (s)", "opinions without travel of the patient"},
}

var csvKinds = map[string]map[practice.FigureKind]string{
	"fr": {practice.FigureConsultation: "téléconsultation",
		practice.FigureTelestaff: "réunion d’équipe", practice.FigureOpinion: "télé-expertise"},
	"en": {practice.FigureConsultation: "consultation",
		practice.FigureTelestaff: "staff meeting", practice.FigureOpinion: "expert opinion"},
}

// mark is the byte order mark by which Excel knows UTF-8; the separator is that of French Excel.
const (
	csvMark      = "\ufeff"
	csvSeparator = ';'
)

// csv is every figure of the months as a line, for a spreadsheet.
func (s statistics) csv(c *call) error {
	q, err := s.query(c)
	if err != nil {
		return err
	}
	var cells []practice.Figure
	var names partNames
	err = c.read(func(tx *store.Tx) (err error) {
		if cells, err = figures.Cells(tx, q); err != nil {
			return err
		}
		names, err = namesOf(tx, cells)
		return err
	})
	if err != nil {
		return err
	}
	language := "fr"
	if c.caller.Person.Language == "en" {
		language = "en"
	}
	c.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	c.w.Header().Set("Content-Disposition", fmt.Sprintf(
		`attachment; filename="draille-%s_%s.csv"`, monthText(q.From), monthText(q.Until)))
	_, _ = c.w.Write([]byte(csvMark + table(cells, names, language)))
	return nil
}

// table is figures as CSV (RFC 4180, with semicolons).
func table(cells []practice.Figure, names partNames, language string) string {
	var text strings.Builder
	out := csv.NewWriter(&text)
	out.Comma, out.UseCRLF = csvSeparator, true
	_ = out.Write(csvWords[language]) // into memory
	for _, f := range cells {
		line := []string{monthText(f.Month), names.names[f.Establishment], names.names[f.Service],
			names.names[f.Place], csvKinds[language][f.Kind]}
		for i := range line {
			line[i] = harmless(line[i])
		}
		for _, m := range figures.Measures {
			line = append(line, strconv.Itoa(*m.Of(&f)))
		}
		_ = out.Write(line)
	}
	out.Flush()
	return text.String()
}

// harmless keeps a spreadsheet from taking a name for a formula.
func harmless(text string) string {
	if strings.HasPrefix(text, "=") || strings.HasPrefix(text, "+") ||
		strings.HasPrefix(text, "-") || strings.HasPrefix(text, "@") {
		return "'" + text
	}
	return text
}
