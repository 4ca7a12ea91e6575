package store

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"draille/signaling/practice"
)

// tables says where the rows of a type are. Columns are called as the type's JSON, with
// underscores.
var tables = map[reflect.Type]string{
	reflect.TypeFor[practice.Establishment](): "establishments",
	reflect.TypeFor[practice.Service]():       "services",
	reflect.TypeFor[practice.Place]():         "places",
	reflect.TypeFor[practice.Device]():        "devices",
	reflect.TypeFor[practice.Person]():        "people",
	reflect.TypeFor[practice.Identity]():      "identities",
	reflect.TypeFor[practice.Grant]():         "grants",
	reflect.TypeFor[practice.Patient]():       "patients",
	reflect.TypeFor[practice.Series]():        "series",
	reflect.TypeFor[practice.Appointment]():   "appointments",
	reflect.TypeFor[practice.Participant]():   "participants",
	reflect.TypeFor[practice.Link]():          "links",
	reflect.TypeFor[practice.Message]():       "outbox",
	reflect.TypeFor[practice.Consent]():       "consents",
	reflect.TypeFor[practice.IdentityCheck](): "identity_checks",
	reflect.TypeFor[practice.Delay]():         "delays",
	reflect.TypeFor[practice.Setting]():       "settings",
	reflect.TypeFor[practice.AuditEntry]():    "audit",
	reflect.TypeFor[practice.Session]():       "sessions",
	reflect.TypeFor[practice.Received]():      "received",
	reflect.TypeFor[practice.Merge]():         "merges",
	reflect.TypeFor[practice.Episode]():       "episodes",
	reflect.TypeFor[practice.Report]():        "reports",
	reflect.TypeFor[practice.Machine]():       "machines",
	reflect.TypeFor[practice.Opinion]():       "opinions",
	reflect.TypeFor[practice.OpinionNote]():   "opinion_notes",
	reflect.TypeFor[practice.OpinionRead]():   "opinion_reads",
	reflect.TypeFor[practice.Picture]():       "pictures",
	reflect.TypeFor[practice.Figure]():        "figures",
	reflect.TypeFor[practice.Thread]():        "threads",
	reflect.TypeFor[practice.ThreadMember]():  "thread_members",
	reflect.TypeFor[practice.ThreadMessage](): "thread_messages",
	reflect.TypeFor[practice.ThreadRead]():    "thread_reads",
	reflect.TypeFor[practice.Satisfaction]():  "satisfaction",
}

// With are columns that a type does not have, such as those for searching.
type With map[string]any

// Find returns the rows of T's table that the clause leaves, as in
//
//	store.Find[practice.Place](tx, "WHERE establishment = $1 ORDER BY name", id)
func Find[T any](tx *Tx, clause string, arguments ...any) ([]T, error) {
	shape := shapeOf[T]()
	found := []T{} // JSON: [] rather than null
	err := tx.Query(func(scan func(...any) error) error {
		var row T
		if err := scan(shape.pointers(&row)...); err != nil {
			return err
		}
		found = append(found, row)
		return nil
	}, shape.selection+" "+clause, arguments...)
	return found, err
}

// Get returns the one row that the clause leaves, or ErrNotFound.
func Get[T any](tx *Tx, clause string, arguments ...any) (T, error) {
	shape := shapeOf[T]()
	var row T
	err := tx.Scan(shape.selection+" "+clause, arguments, shape.pointers(&row)...)
	return row, err
}

// Insert adds a row.
func Insert[T any](tx *Tx, row T, with With) error {
	_, err := insert(tx, []Row[T]{{row, with}}, "")
	return err
}

// Update replaces the row with row's id and version, and sets row.Version to the next. It returns
// ErrVersion when somebody was faster, ErrNotFound when there is no row with the id, in the row's
// establishment where its table has one. The type must have an id and a version.
func Update[T any](tx *Tx, row *T, with With) error {
	shape := shapeOf[T]()
	values := shape.values(row)
	var assigned []string
	var arguments []any
	argument := func(value any) string {
		arguments = append(arguments, value)
		return "$" + strconv.Itoa(len(arguments))
	}
	where := ""
	for i, column := range shape.columns {
		switch column {
		case "id":
			where = " WHERE id = " + argument(values[i]) + where
		case "version":
		case "establishment":
			// People move between administrators; everything else stays where it is.
			if shape.table != "people" {
				where += " AND establishment = " + argument(values[i])
				continue
			}
			fallthrough
		default:
			assigned = append(assigned, column+" = "+argument(values[i]))
		}
	}
	for _, column := range with.columns() {
		assigned = append(assigned, column+" = "+argument(with[column]))
	}
	version := reflect.ValueOf(row).Elem().FieldByName("Version")
	changed, err :=
		tx.Exec(fmt.Sprintf("UPDATE %s SET %s, version = version + 1%s AND version = %s",
			shape.table,
			strings.Join(assigned, ", "), where, argument(version.Int())), arguments...)
	if err != nil {
		return err
	}
	if changed == 1 {
		version.SetInt(version.Int() + 1)
		return nil
	}
	return shape.whyNot(tx, row)
}

// Shape is how a type and its table belong together.
type shape struct {
	table     string
	columns   []string
	fields    []int
	selection string
}

var shapes sync.Map // reflect.Type → *shape

func shapeOf[T any]() *shape {
	of := reflect.TypeFor[T]()
	if known, ok := shapes.Load(of); ok {
		return known.(*shape)
	}
	table, ok := tables[of]
	if !ok {
		// a mistake in the program, found by its first use
		panic("store: no table for " + of.String())
	}
	made := &shape{table: table}
	for i := range of.NumField() {
		name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		if name == "current" { // of a session: not kept, but found
			continue
		}
		made.columns = append(made.columns, underscored(name))
		made.fields = append(made.fields, i)
	}
	made.selection = "SELECT " + strings.Join(qualified(table, made.columns), ", ") + " FROM " +
		table
	shapes.Store(of, made)
	return made
}

// whyNot says why an update met no row.
func (s *shape) whyNot(tx *Tx, row any) error {
	value := reflect.ValueOf(row).Elem()
	statement, arguments := "SELECT version FROM "+s.table+" WHERE id = $1",
		[]any{value.FieldByName("ID").String()}
	if owner := value.FieldByName("Establishment"); owner.IsValid() && s.table != "people" {
		statement, arguments = statement+" AND establishment = $2",
			append(arguments, owner.String())
	}
	var version int
	if err := tx.Scan(statement, arguments, &version); err != nil {
		return err
	}
	return ErrVersion
}

func (s *shape) pointers(row any) []any {
	value := reflect.ValueOf(row).Elem()
	pointers := make([]any, len(s.fields))
	for i, field := range s.fields {
		pointers[i] = value.Field(field).Addr().Interface()
	}
	return pointers
}

// values are those of the fields, as the drivers want them.
func (s *shape) values(row any) []any {
	value := reflect.ValueOf(row).Elem()
	values := make([]any, len(s.fields))
	for i, field := range s.fields {
		switch f := value.Field(field); f.Kind() {
		case reflect.String:
			values[i] = f.String()
		case reflect.Int, reflect.Int64:
			values[i] = f.Int()
		case reflect.Bool:
			values[i] = f.Bool()
		default:
			panic("store: no column for a field of type " + f.Type().String())
		}
	}
	return values
}

func (w With) columns() []string {
	names := make([]string, 0, len(w))
	for name := range w {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func qualified(table string, columns []string) []string {
	full := make([]string, len(columns))
	for i, column := range columns {
		full[i] = table + "." + column
	}
	return full
}

// underscored turns startsAt into starts_at.
func underscored(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
