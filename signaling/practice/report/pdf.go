package report

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
)

// Sizes of a page, in millimetres and points.
const (
	margin    = 18
	line      = 5.2
	titleSize = 16
	headSize  = 11.5
	textSize  = 10.5
	smallSize = 8.5
)

// Page is what a PDF is made of: a version, its facts and the name of whoever signed it.
type Page struct {
	Report practice.Report
	Facts  practice.ReportFacts
	Signer string
}

// PDF writes a version as PDF whose text can be searched and copied. The same version makes the
// same bytes. It is not tagged, for the library cannot, and not PDF/A; its text stands in the order
// in which it is read.
func PDF(p Page) ([]byte, error) {
	zone, err := agenda.Zone(p.Facts.Zone)
	if err != nil {
		return nil, err
	}
	at := p.Report.SignedAt
	if at == 0 {
		at = max(p.Report.SavedAt, p.Report.CreatedAt)
	}
	s := newSheet(p.Report.Language, zone, at)
	s.write(p)
	return s.bytes()
}

// newSheet begins a document that was last changed at a time.
func newSheet(language string, zone *time.Location, at practice.Instant) *sheet {
	s := &sheet{Fpdf: fpdf.New("P", "mm", "A4", ""), words: wordsOf(language), zone: zone}
	s.SetCreationDate(at.Time())
	s.SetModificationDate(at.Time())
	s.SetCatalogSort(true)
	s.SetLang(map[bool]string{true: "en", false: "fr-FR"}[language == "en"])
	s.SetProducer("Draille", true)
	s.SetMargins(margin, margin, margin)
	s.SetAutoPageBreak(true, margin+line)
	s.AddUTF8FontFromBytes("go", "", goregular.TTF) // embedded: names of any European language
	s.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	return s
}

// bytes is the document.
func (s *sheet) bytes() ([]byte, error) {
	var out bytes.Buffer
	if err := s.Output(&out); err != nil {
		return nil, fmt.Errorf("the report could not be written as PDF: %w", err)
	}
	return out.Bytes(), nil
}

// sheet is a PDF that is being written.
type sheet struct {
	*fpdf.Fpdf
	words words
	zone  *time.Location
}

func (s *sheet) write(p Page) {
	w, f := s.words, p.Facts
	title := w.title
	if f.Kind == practice.KindTelestaff {
		title = w.telestaff
	}
	s.SetTitle(title, true)
	state := s.state(p)
	s.pages(p.Report.Document, " — "+state)
	s.SetFont("go", "B", titleSize)
	s.MultiCell(0, 2*line, title, "", "L", false)
	s.text(state)
	if p.Report.State == practice.ReportWithdrawn {
		s.section(w.withdrawn, p.Report.WithdrawnWhy)
	}
	s.section(w.patient, s.patient(f)...)
	s.section(w.sites, join(", ", f.Establishment, prefixed("FINESS ", f.FINESS), f.Service))
	if f.Kind == practice.KindConsultation {
		place := join(", ", f.Place, f.PlaceHouse)
		if place == "" {
			place = w.ownDevice
		}
		s.section(w.place, place)
	}
	s.section(w.session, fmt.Sprintf("%s, %s–%s", f.BeganAt.Time().In(s.zone).Format(w.date),
		clock(f.BeganAt, s.zone), clock(f.EndedAt, s.zone)))
	s.section(w.people, s.people(f)...)
	if f.Kind == practice.KindConsultation {
		s.section(w.identity, s.assent(f.Identity, w.checks))
		s.section(w.consent, s.assent(f.Consent, w.decisions))
	}
	s.section(w.motive, orElse(p.Report.Motive, w.unsaid))
	s.section(w.findings, orElse(p.Report.Findings, w.unsaid))
	s.section(w.conclusion, orElse(p.Report.Conclusion, w.unsaid))
	s.section(w.act, orElse(p.Report.Act, w.unsaid))
	incidents := Describe(f, p.Report.Language)
	if len(incidents) == 0 {
		incidents = []string{w.none}
	}
	s.section(w.incidents, incidents...)
}

// pages begins the pages of a document: each says which it is of what.
func (s *sheet) pages(document, state string) {
	s.SetFooterFunc(func() {
		s.SetY(-margin)
		s.SetFont("go", "", smallSize)
		s.CellFormat(0, line, fmt.Sprintf("%s — %d%s", document, s.PageNo(), state), "", 0, "C",
			false, 0, "")
	})
	s.AddPage()
}

// state is who signed which version, and when.
func (s *sheet) state(p Page) string {
	version := fmt.Sprintf("%s %d", s.words.version, p.Report.Number)
	if p.Report.SignedAt == 0 {
		return version + ". " + s.words.draft
	}
	at := p.Report.SignedAt.Time().In(s.zone)
	return fmt.Sprintf("%s. %s %s %s %s", version, s.words.signed, p.Signer, s.words.on,
		at.Format(s.words.date+" 15:04"))
}

func (s *sheet) section(head string, lines ...string) {
	s.Ln(line / 2)
	s.Bookmark(head, 0, -1)
	s.SetFont("go", "B", headSize)
	s.MultiCell(0, line+1, head, "", "L", false)
	for _, text := range lines {
		s.text(text)
	}
}

func (s *sheet) text(text string) {
	s.SetFont("go", "", textSize)
	s.MultiCell(0, line, text, "", "L", false)
}

func (s *sheet) patient(f practice.ReportFacts) []string {
	p := f.Patient
	if p == nil {
		return []string{f.Title}
	}
	born := s.words.unknown
	if day, err := time.Parse(time.DateOnly, p.BirthDate); err == nil {
		born = day.Format(s.words.date)
	}
	lines := []string{join(" ", p.BirthName, p.BirthGivenName) + prefixed(" / ", p.UsedName),
		fmt.Sprintf("%s %s, %s", s.words.born, born, s.words.sexes[p.Sex])}
	if ids := join(", ", prefixed("IPP ", p.IPP), prefixed("INS ", p.INS)); ids != "" {
		lines = append(lines, ids)
	}
	return lines
}

func (s *sheet) people(f practice.ReportFacts) []string {
	var lines []string
	for _, p := range f.People {
		role := s.words.roles[string(p.Kind)]
		if role == "" {
			role = s.words.roles[p.CallRole]
		}
		when := s.words.absent
		if p.BeganAt != 0 {
			when = clock(p.BeganAt, s.zone) + "–" + clock(p.EndedAt, s.zone)
		}
		lines = append(lines, join(", ", p.Name, p.Profession, prefixed("RPPS ", p.RPPS), role,
			when))
	}
	return lines
}

func (s *sheet) assent(a *practice.ReportAssent, decisions map[practice.Decision]string) string {
	if a == nil {
		return s.words.unknown
	}
	return join(", ", decisions[a.Decision], a.Representative, a.By,
		a.At.Time().In(s.zone).Format(s.words.date+" 15:04"))
}

func join(with string, parts ...string) string {
	var said []string
	for _, part := range parts {
		if part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, with)
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func (s *sheet) when(at practice.Instant) string {
	return at.Time().In(s.zone).Format(s.words.date + " 15:04")
}
