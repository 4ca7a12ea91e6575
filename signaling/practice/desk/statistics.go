package desk

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"draille/signaling/practice"
	"draille/signaling/practice/figures"
	"draille/signaling/practice/rights"
	"draille/signaling/practice/store"
)

// statistics is what was counted: figures without anybody in them.
type statistics struct{}

func (s statistics) routes() []route {
	return []route{
		{"GET /api/figures", signedIn, s.show},
		{"GET /api/figures/csv", signedIn, s.csv},
		{"POST /api/satisfaction", anybody, s.answer},
	}
}

// query reads what is asked for, and refuses what the caller may not see any of.
func (statistics) query(c *call) (figures.Query, error) {
	q := figures.Query{Establishment: c.query("establishment"), Service: c.query("service"),
		Place: c.query("place"), Kind: practice.FigureKind(c.query("kind")),
		May: func(establishment, service string) bool {
			return c.may(practice.ActionFiguresView, establishment, service)
		}}
	v := viewerOf(c.caller)
	everywhere, reach := rights.Where(c.caller.Grants, practice.ActionFiguresView)
	switch {
	case q.Establishment == "" && (everywhere || len(reach) > 0):
	case q.Service == "" && v.mayAnywhereIn(practice.ActionFiguresView, q.Establishment):
	default:
		if err := c.require(practice.ActionFiguresView, q.Establishment, q.Service); err != nil {
			return q, err
		}
	}
	var err error
	if q.From, err = monthIn("from", c.query("from")); err != nil {
		return q, err
	}
	if q.Until, err = monthIn("until", c.query("until")); err != nil {
		return q, err
	}
	if err := q.Check(); err != nil {
		return q, invalid("until", "%v", err)
	}
	return q, nil
}

// monthIn reads 2026-12.
func monthIn(field, text string) (int, error) {
	year, month, _ := strings.Cut(text, "-")
	number, err := strconv.Atoi(year + month)
	if err != nil || len(year) != 4 || len(month) != 2 {
		return 0, invalid(field, "expected a month as in 2026-12, got %q", text)
	}
	return number, nil
}

// monthText is the other way.
func monthText(month int) string { return fmt.Sprintf("%04d-%02d", month/100, month%100) }

// show is the figures of some months, summed up by everything that there is to choose.
func (s statistics) show(c *call) error {
	q, err := s.query(c)
	if err != nil {
		return err
	}
	var view FiguresView
	err = c.read(func(tx *store.Tx) error {
		cells, err := figures.Cells(tx, q)
		if err != nil {
			return err
		}
		names, err := namesOf(tx, cells)
		if err != nil {
			return err
		}
		said, err := figures.Answers(tx, q)
		if err != nil {
			return err
		}
		view = viewOf(q, cells, names, said)
		view.First, err = firstMonth(tx, q)
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, view)
}

// firstMonth is the first in which there is anything for whoever asks, whatever they chose.
func firstMonth(tx *store.Tx, q figures.Query) (string, error) {
	first := 0
	err := tx.Across("May leaves out what whoever asks may not see").Query(
		func(scan func(...any) error) error {
			var establishment, service string
			var month int
			if err := scan(&establishment, &service, &month); err != nil {
				return err
			}
			if q.May(establishment, service) && (first == 0 || month < first) {
				first = month
			}
			return nil
		}, "SELECT establishment, service, MIN(month) FROM figures GROUP BY establishment, service")
	if err != nil || first == 0 {
		return "", err
	}
	return monthText(first), nil
}

// partNames are what parts of the hospital are called, by id, and which houses are invented.
type partNames struct {
	names map[string]string
	demo  map[string]bool
}

// namesOf are those of the parts that figures are of.
func namesOf(tx *store.Tx, cells []practice.Figure) (partNames, error) {
	n := partNames{map[string]string{}, map[string]bool{}}
	houses, err := store.Find[practice.Establishment](tx, "")
	if err != nil {
		return n, err
	}
	for _, house := range houses {
		n.names[house.ID], n.demo[house.ID] = house.Name, house.Demo
	}
	wanted := map[string]bool{}
	for _, f := range cells {
		wanted[f.Service], wanted[f.Place] = true, true
	}
	wide := tx.Across("the figures of whoever asks name services, and places of any establishment")
	services, err := store.Find[practice.Service](wide, "")
	if err != nil {
		return n, err
	}
	for _, service := range services {
		if wanted[service.ID] {
			n.names[service.ID] = service.Name
		}
	}
	places, err := store.Find[practice.Place](wide, "")
	for _, place := range places {
		if wanted[place.ID] {
			n.names[place.ID] = place.Name + " – " + n.names[place.Establishment]
		}
	}
	return n, err
}

// viewOf sums figures up.
func viewOf(q figures.Query, cells []practice.Figure, names partNames,
	said []practice.Satisfaction) FiguresView {
	view := FiguresView{From: monthText(q.From), Until: monthText(q.Until),
		Months: []FigureLine{}, Satisfaction: []SatisfactionLine{}}
	by := func(key func(practice.Figure) string) []FigureLine {
		lines, index := []FigureLine{}, map[string]int{}
		for _, f := range cells {
			k := key(f)
			at, known := index[k]
			if !known {
				at = len(lines)
				index[k] = at
				lines = append(lines, FigureLine{Key: k, Name: names.names[k]})
			}
			figures.Add(&lines[at].Figure, f)
		}
		slices.SortStableFunc(lines, func(x, y FigureLine) int {
			return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Key, y.Key))
		})
		return lines
	}
	view.Kinds = by(func(f practice.Figure) string { return string(f.Kind) })
	view.Houses = by(func(f practice.Figure) string { return f.Establishment })
	view.Services = by(func(f practice.Figure) string { return f.Service })
	view.Places = by(func(f practice.Figure) string { return cmp.Or(f.Place, figures.Elsewhere) })
	months := by(func(f practice.Figure) string { return monthText(f.Month) })
	for _, month := range q.Months() {
		line := FigureLine{Key: monthText(month)}
		for _, known := range months {
			if known.Key == line.Key {
				line = known
			}
		}
		view.Months = append(view.Months, line)
	}
	for _, f := range cells {
		view.Demo = view.Demo || names.demo[f.Establishment]
	}
	for _, month := range q.Months() {
		var sum practice.Satisfaction
		for _, s := range said {
			if s.Month == month {
				figures.AddSatisfaction(&sum, s)
			}
		}
		if figures.AnswersIn(sum) > 0 {
			view.Satisfaction = append(view.Satisfaction, SatisfactionLine{monthText(month),
				[]int{sum.Face1, sum.Face2, sum.Face3, sum.Face4, sum.Face5}})
		}
	}
	return view
}

// answer takes what somebody says of the consultation that they were in.
func (statistics) answer(c *call) error {
	if err := c.slow(); err != nil {
		return err
	}
	var asked NewSatisfaction
	if err := c.body(&asked); err != nil {
		return err
	}
	if asked.Face < 1 || asked.Face > figures.Faces {
		return invalid("face", "expected 1 to %d, got %d", figures.Faces, asked.Face)
	}
	participant, ok := "", false
	if c.config.Bearer != nil {
		participant, ok = c.config.Bearer(asked.Invitation)
	}
	if !ok {
		return refuse(CodeNotFound, "there is none, or not for you")
	}
	err := c.write(func(tx *store.Tx) error {
		return figures.Answer(tx, c.now, participant, asked.Face)
	})
	if errors.Is(err, figures.ErrNotMet) {
		return refuse(CodeNotFound, "there is none, or not for you")
	}
	if err != nil {
		return err
	}
	return c.done()
}
