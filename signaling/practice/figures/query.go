package figures

import (
	"fmt"
	"strconv"
	"strings"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// Query says which figures are wanted. Empty members do not matter.
type Query struct {
	Establishment string // empty: of all
	Service       string
	Place         string // an id, or Elsewhere
	Kind          practice.FigureKind
	From, Until   int // months, both included
	// May says whose figures may be seen; required.
	May func(establishment, service string) bool
}

// Elsewhere stands for patients who were at no place of the practice.
const Elsewhere = "-"

// MaxMonths is how many months may be asked for at once: twenty years.
const MaxMonths = 240

// Check says what is wrong with a query.
func (q Query) Check() error {
	for _, month := range []int{q.From, q.Until} {
		if month%100 < 1 || month%100 > 12 || month < 190001 || month > 999912 {
			return fmt.Errorf("expected a month as in 2026-12, got %04d-%02d", month/100, month%100)
		}
	}
	if q.Until < q.From || number(q.Until)-number(q.From) >= MaxMonths {
		return fmt.Errorf("expected 1 to %d months, got %d to %d", MaxMonths, q.From, q.Until)
	}
	return nil
}

// number counts months.
func number(month int) int { return month/100*12 + month%100 - 1 }

// Months are those of the query, in order.
func (q Query) Months() []int {
	var months []int
	for n := number(q.From); n <= number(q.Until); n++ {
		months = append(months, n/12*100+n%12+1)
	}
	return months
}

// Cells returns the figures that the query wants and whoever asks may see, by month.
func Cells(tx *store.Tx, q Query) ([]practice.Figure, error) {
	clause, arguments, tx := q.where(tx)
	if q.Place != "" {
		place := q.Place
		if place == Elsewhere {
			place = ""
		}
		arguments = append(arguments, place)
		clause += " AND place = $" + strconv.Itoa(len(arguments))
	}
	if q.Kind != "" {
		arguments = append(arguments, string(q.Kind))
		clause += " AND kind = $" + strconv.Itoa(len(arguments))
	}
	found, err := store.Find[practice.Figure](tx,
		clause+" ORDER BY month, establishment, service, kind, place", arguments...)
	seen := found[:0]
	for _, f := range found {
		if q.May(f.Establishment, f.Service) {
			seen = append(seen, f)
		}
	}
	return seen, err
}

// Answers returns what patients have said, as far as it may be seen: whole parcels of a service.
// Of a place, or of what is no consultation, nothing is told.
func Answers(tx *store.Tx, q Query) ([]practice.Satisfaction, error) {
	if q.Place != "" || q.Kind != "" && q.Kind != practice.FigureConsultation {
		return []practice.Satisfaction{}, nil
	}
	clause, arguments, tx := q.where(tx)
	found, err := store.Find[practice.Satisfaction](tx,
		clause+" ORDER BY month, establishment, service", arguments...)
	seen := found[:0]
	for _, s := range found {
		if q.May(s.Establishment, s.Service) {
			seen = append(seen, s)
		}
	}
	return seen, err
}

// where is the condition that both tables know. Month 0 is in no query.
func (q Query) where(tx *store.Tx) (clause string, arguments []any, _ *store.Tx) {
	conditions := []string{"month >= $1", "month <= $2"}
	arguments = []any{q.From, q.Until}
	if q.Establishment == "" {
		tx = tx.Across("May leaves out what whoever asks may not see")
	} else {
		arguments = append(arguments, q.Establishment)
		conditions = append(conditions, "establishment = $"+strconv.Itoa(len(arguments)))
	}
	if q.Service != "" {
		arguments = append(arguments, q.Service)
		conditions = append(conditions, "service = $"+strconv.Itoa(len(arguments)))
	}
	return "WHERE " + strings.Join(conditions, " AND "), arguments, tx
}
