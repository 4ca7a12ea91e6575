package desk

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/practice"
	"draille/signaling/practice/figures"
	"draille/signaling/practice/store"
)

// counted makes consultations that took place, some with names in everything, and counts them.
func (w *ward) counted(count int, adjust ...func(*practice.Appointment)) []practice.Appointment {
	w.t.Helper()
	var made []practice.Appointment
	for range count {
		view := w.appointment(func(n *NewAppointment) {
			n.LocalStart, n.Anyway = "2026-12-01T14:00", true
			n.Place = w.place.ID
		})
		w.write(func(tx *store.Tx) error {
			a := view.Row.Appointment
			a.Status, a.ArrivedAt = practice.StatusFulfilled, a.StartsAt
			a.BeganAt = a.StartsAt.Add(5 * time.Minute)
			a.EndedAt = a.BeganAt.Add(20 * time.Minute)
			for _, f := range adjust {
				f(&a)
			}
			made = append(made, a)
			return store.Update(tx, &a, nil)
		})
	}
	w.count()
	return made
}

func (w *ward) count() {
	counter, err := figures.NewCounter(figures.Config{Store: w.store})
	require.NoError(w.t, err)
	require.NoError(w.t, counter.Count(w.t.Context()))
}

const ofTheYear = "from=2026-01&until=2026-12"

func TestFiguresAreThoseOfWhatOneMaySee(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.counted(3)
	acts := func(b *browser, query string) int {
		var view FiguresView
		b.ask("GET", "/api/figures?"+ofTheYear+query, nil).is(200, &view)
		sum := 0
		for _, line := range view.Months {
			sum += line.Figure.Acts
		}
		require.Len(t, view.Months, 12)
		return sum
	}
	group, _ := w.somebody(practice.Grant{Role: practice.RoleGroupAdmin})
	for _, b := range []*browser{w.clinician, w.secretary, group} {
		require.Equal(t, 3, acts(b, ""))
		require.Equal(t, 3, acts(b, "&establishment="+w.hospital.ID))
		require.Equal(t, 3, acts(b, "&service="+w.service.ID+"&kind=consultation"))
		require.Equal(t, 3, acts(b, "&place="+w.place.ID))
		require.Zero(t, acts(b, "&place="+figures.Elsewhere))
		require.Zero(t, acts(b, "&kind=telestaff"))
	}
	require.Zero(t, acts(w.other, ""))
	w.other.ask("GET", "/api/figures?"+ofTheYear+"&establishment="+w.hospital.ID,
		nil).refused(CodeNotFound)
	w.nurse.ask("GET", "/api/figures?"+ofTheYear, nil).refused(CodeNotFound)
	second := practice.Service{ID: practice.NewID(), Establishment: w.hospital.ID,
		Name: "Gériatrie", Version: 1}
	w.write(func(tx *store.Tx) error { return store.Insert(tx, second, nil) })
	elsewhere, _ := w.somebody(practice.Grant{Role: practice.RoleClinician,
		Establishment: w.hospital.ID, Service: second.ID})
	require.Zero(t, acts(elsewhere, "&establishment="+w.hospital.ID))
	elsewhere.ask("GET", "/api/figures?"+ofTheYear+"&establishment="+w.hospital.ID+"&service="+
		w.service.ID, nil).refused(CodeForbidden)
	for _, months := range []string{"", "from=2026-13&until=2026-12", "from=2026-12&until=2026-11",
		"from=26-1&until=2026-12", "from=1950-01&until=2026-12"} {
		group.ask("GET", "/api/figures?"+months, nil).refused(CodeInvalid)
	}
}

// TestNoFigureNamesAnybody reads all that is told of figures, as everybody who may.
func TestNoFigureNamesAnybody(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.counted(6)
	words := []string{"SECRETNOM", "DOMINIQUESECRET", "770001", "1979-03-28", "Essai", "Camille",
		"patient@example.org", w.patient.ID, w.doctor.ID}
	for _, a := range w.counted(1) {
		words = append(words, a.ID, a.Room)
	}
	group, _ := w.somebody(practice.Grant{Role: practice.RoleGroupAdmin})
	for _, b := range []*browser{w.clinician, w.secretary, group} {
		for _, path := range []string{"/api/figures", "/api/figures/csv"} {
			for _, query := range []string{"", "&establishment=" + w.hospital.ID,
				"&service=" + w.service.ID, "&place=" + w.place.ID, "&kind=consultation"} {
				said := b.ask("GET", path+"?"+ofTheYear+query, nil).is(200)
				require.Contains(t, string(said.body), "Psychiatriesecrete")
				for _, word := range words {
					require.NotContains(t, strings.ToLower(string(said.body)),
						strings.ToLower(word), path+query)
				}
			}
		}
	}
	// Nor do the tables themselves.
	require.NoError(t, w.store.Read(t.Context(), func(tx *store.Tx) error {
		wide := tx.Across("a test")
		cells, err := store.Find[practice.Figure](wide, "")
		require.NoError(t, err)
		require.NotEmpty(t, cells)
		for _, f := range cells {
			for _, word := range words {
				require.NotContains(t, f.Establishment+f.Service+f.Place+string(f.Kind), word)
			}
		}
		return nil
	}))
}

func TestTheFileIsOneThatFrenchExcelOpens(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.counted(2)
	w.write(func(tx *store.Tx) error {
		w.service.Name = "=1+1;\"Équipe\""
		return store.Update(tx, &w.service, nil)
	})
	file := w.secretary.ask("GET", "/api/figures/csv?"+ofTheYear, nil).is(200)
	require.Equal(t, "text/csv; charset=utf-8", file.header.Get("Content-Type"))
	require.Equal(t, `attachment; filename="draille-2026-01_2026-12.csv"`,
		file.header.Get("Content-Disposition"))
	text, marked := strings.CutPrefix(string(file.body), "\ufeff")
	require.True(t, marked, "Excel takes it for Windows-1252 otherwise")
	require.Equal(t, strings.Count(text, "\n"), strings.Count(text, "\r\n"))
	lines := csv.NewReader(strings.NewReader(text))
	lines.Comma = ';'
	rows, err := lines.ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 2)
	require.Equal(t, []string{"mois", "établissement", "service", "lieu", "type", "actes"},
		rows[0][:6])
	require.Equal(t, []string{"2026-12", "CH Secretetablissement", "'=1+1;\"Équipe\"",
		"Salle 2 – Les Pins", "téléconsultation", "2", "0", "0", "2", "600", "0", "2", "2400"},
		rows[1][:13])
	for language, words := range csvWords {
		require.Len(t, words, 5+len(figures.Measures), language)
	}
}

// TestAnAnswerStandsInTheFigures has one that took a day: on the page by its specialty, and in the
// file, without a word of it.
func TestAnAnswerStandsInTheFigures(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	expert, _ := w.somebody(practice.Grant{Role: practice.RoleExpert,
		Establishment: w.hospital.ID, Service: w.service.ID})
	asker, _ := w.somebody(practice.Grant{Role: practice.RoleNurse, Establishment: w.hospital.ID})
	var line OpinionLine
	for _, question := range []string{"Lésion du dos", "Retirée"} {
		asker.ask("POST", "/api/opinions", NewOpinion{Key: practice.NewID(),
			Establishment: w.hospital.ID, Patient: w.patient.ID, Service: w.service.ID,
			Urgency: practice.UrgencySoon, Question: question}).is(201, &line)
		path := "/api/opinions/" + line.Opinion.ID
		if question == "Retirée" {
			asker.ask("POST", path+"/withdraw", OpinionText{}, 1).is(200)
			continue
		}
		w.write(func(tx *store.Tx) error { // asked for a day ago
			_, err := tx.Across("a test").Exec("UPDATE opinions SET asked_at = asked_at - 86400000")
			return err
		})
		expert.ask("POST", path+"/take", OpinionText{}, 1).is(200)
		expert.ask("POST", path+"/answer", OpinionText{Text: "Exérèse", Distant: true}, 2).is(200)
	}
	w.count()
	var view FiguresView
	w.secretary.ask("GET", "/api/figures?"+ofTheYear, nil).is(200, &view)
	require.Equal(t, []FigureLine{{Key: w.service.ID, Name: w.service.Name, Figure: practice.Figure{
		Acts: 1, Cancelled: 1, Asked: 2, Answers: 1, AnswerSeconds: 86400, Distant: 1}}},
		view.Services)
	file := w.secretary.ask("GET", "/api/figures/csv?"+ofTheYear, nil).is(200)
	require.Contains(t, string(file.body), ";avis demandés;avis rendus;délai total")
	rest := strings.Repeat(";0", 11)
	require.Contains(t, string(file.body), ";télé-expertise;0;0;0"+rest+";1;0;0;0\r\n")
	require.Contains(t, string(file.body), ";télé-expertise;1;0;1"+rest+";1;1;86400;1\r\n")
	for _, word := range []string{"Lésion", "Exérèse", w.patient.BirthName, line.Opinion.ID} {
		require.NotContains(t, string(file.body), word)
	}
}

func TestAPatientSaysOnceHowItWas(t *testing.T) {
	t.Parallel()
	bearers := map[string]string{}
	w := newWard(t, func(c *Config) {
		c.Bearer = func(signed string) (string, bool) {
			participant, ok := bearers[signed]
			return participant, ok
		}
	})
	guest := w.browser()
	say := func(invitation string, face int) answered {
		return guest.ask("POST", "/api/satisfaction", NewSatisfaction{invitation, face})
	}
	for i, a := range w.counted(5) {
		invitation := string(rune('a' + i))
		w.write(func(tx *store.Tx) error {
			return tx.Scan("SELECT id FROM participants WHERE establishment = $1 AND "+
				"appointment = $2 AND kind = 'patient'", []any{w.hospital.ID, a.ID},
				scanned{func(id string) { bearers[invitation] = id }})
		})
		var view FiguresView
		w.secretary.ask("GET", "/api/figures?"+ofTheYear, nil).is(200, &view)
		require.Empty(t, view.Satisfaction)
		say(invitation, 4).is(204)
		say(invitation, 1).is(204)
	}
	var view FiguresView
	w.secretary.ask("GET", "/api/figures?"+ofTheYear, nil).is(200, &view)
	require.Equal(t, []SatisfactionLine{{"2026-12", []int{0, 0, 0, 5, 0}}}, view.Satisfaction)
	say("a", 6).refused(CodeInvalid)
	say("forged", 5).refused(CodeNotFound)
	bearers["nobody"] = "nobody"
	say("nobody", 5).refused(CodeNotFound)
}

// scanned hands on a text that a statement returns.
type scanned struct{ to func(string) }

// Scan implements sql.Scanner.
func (s scanned) Scan(value any) error { s.to(value.(string)); return nil }
