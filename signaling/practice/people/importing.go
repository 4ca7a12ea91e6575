package people

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// maxImportLines is more than the staff of a hospital group.
const maxImportLines = 20_000

// Verdicts on a line of an import.
const (
	LineNew     = "new"
	LineChanged = "changed"
	LineSame    = "same"
	LineWrong   = "wrong"
)

// ImportLine says what one line of a file does, or did.
type ImportLine struct {
	Line    int // in the file, from 1
	Verdict string
	Person  practice.Person
	Grants  []practice.Grant // that the person gets
	Field   string           // column that is wrong
	Problem string
	Reason  Reason
}

// Import says what a file does, or did.
type Import struct {
	Digest, Charset, Comma string
	Lines                  []ImportLine
}

// Importer reads lists of people into one establishment.
type Importer struct {
	Establishment string
	By            string // a person
	Now           time.Time
	// MayGive and MayChange are the rights of whoever imports.
	MayGive   func(practice.Grant) bool
	MayChange func(*store.Tx, practice.Person) bool
}

// columns are the names of a header line, as Search has them.
var columns = map[string]string{
	"nom": "familyName", "nom de famille": "familyName", "family name": "familyName",
	"last name": "familyName",
	"prenom":    "givenName", "given name": "givenName", "first name": "givenName",
	"titre": "title", "civilite": "title", "title": "title",
	"profession": "profession", "fonction": "profession",
	"courriel": "email", "email": "email", "e mail": "email", "mail": "email",
	"adresse mail": "email",
	"telephone":    "phone", "tel": "phone", "phone": "phone", "rpps": "rpps", "n rpps": "rpps",
	"numero rpps": "rpps",
	"role":        "role", "droit": "role", "service": "service",
}

// roles are those that a file may name, as Search has them.
var roles = map[string]practice.Role{
	"secretaire": practice.RoleSecretary, "secretary": practice.RoleSecretary,
	"infirmier": practice.RoleNurse, "infirmiere": practice.RoleNurse, "ide": practice.RoleNurse,
	"nurse":     practice.RoleNurse,
	"clinicien": practice.RoleClinician, "clinicienne": practice.RoleClinician,
	"medecin":    practice.RoleClinician,
	"psychiatre": practice.RoleClinician, "psychologue": practice.RoleClinician,
	"clinician": practice.RoleClinician,
	"expert":    practice.RoleExpert, "experte": practice.RoleExpert,
	"administrateur":  practice.RoleEstablishmentAdmin,
	"administratrice": practice.RoleEstablishmentAdmin,
	"administrator":   practice.RoleEstablishmentAdmin,
}

// ParseImport reads a file: UTF-8 or Windows-1252, with commas, semicolons or tabs.
func ParseImport(file []byte) (Import, [][]string, []int, error) {
	parsed := Import{Digest: digest(string(file)), Charset: "utf-8"}
	text := bytes.TrimPrefix(file, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(text) {
		parsed.Charset = "windows-1252"
		decoded, err := charmap.Windows1252.NewDecoder().Bytes(text)
		if err != nil {
			return parsed, nil, nil,
				wrongField("file", "expected UTF-8 or Windows-1252, got something else")
		}
		text = decoded
	}
	header, _, _ := bytes.Cut(text, []byte("\n"))
	parsed.Comma = ","
	for _, comma := range []string{";", "\t"} {
		if bytes.Count(header, []byte(comma)) > bytes.Count(header, []byte(parsed.Comma)) {
			parsed.Comma = comma
		}
	}
	reader := csv.NewReader(bytes.NewReader(text))
	reader.Comma, reader.FieldsPerRecord, reader.TrimLeadingSpace = rune(parsed.Comma[0]), -1, true
	var records [][]string
	var lines []int
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			return parsed, nil, nil,
				wrongField("file", "expected quotation marks in pairs, line %d has not: %s",
					wrong.Line, wrong.Err)
		}
		if err != nil {
			return parsed, nil, nil, err
		}
		line, _ := reader.FieldPos(0)
		records, lines = append(records, record), append(lines, line)
		if len(records) > maxImportLines {
			return parsed, nil, nil, wrongField("file", "expected at most %d lines", maxImportLines)
		}
	}
	return parsed, records, lines, nil
}

// Plan says what a file would do. It changes nothing.
func (i Importer) Plan(tx *store.Tx, file []byte) (Import, error) {
	planned, records, lines, err := ParseImport(file)
	if err != nil {
		return planned, err
	}
	if len(records) == 0 {
		return planned,
			wrongField("file", "expected a header line with nom and prénom, got an empty file")
	}
	header, err := readHeader(records[0])
	if err != nil {
		return planned, err
	}
	services, err := i.services(tx)
	if err != nil {
		return planned, err
	}
	seen := map[string]practice.Person{} // of lines above, by number and address
	given := map[practice.Grant]bool{}
	for n, record := range records[1:] {
		if strings.TrimSpace(strings.Join(record, "")) == "" {
			continue
		}
		line := ImportLine{Line: lines[n+1]}
		err := i.line(tx, &line, fieldsOf(header, record), services, seen, given)
		var wrong FieldError
		switch {
		case errors.As(err, &wrong):
			line.Verdict, line.Field, line.Problem, line.Reason, line.Grants = LineWrong,
				wrong.Field, wrong.Problem, wrong.Reason, nil
		case err != nil:
			return planned, err
		}
		planned.Lines = append(planned.Lines, line)
	}
	return planned, nil
}

// readHeader says which column is what.
func readHeader(record []string) ([]string, error) {
	header := make([]string, len(record))
	for n, name := range record {
		header[n] = columns[Search(strings.NewReplacer("°", " ", ".", " ", "_", " ").Replace(name))]
	}
	for _, needed := range []string{"familyName", "givenName"} {
		if !slices.Contains(header, needed) {
			return nil, wrongField("file",
				"expected a header line with the columns nom and prénom, got %.100q",
				strings.Join(record, " | "))
		}
	}
	return header, nil
}

func fieldsOf(header, record []string) map[string]string {
	fields := map[string]string{}
	for n, name := range header {
		if n < len(record) && name != "" {
			fields[name] = strings.TrimSpace(record[n])
		}
	}
	return fields
}

// services of the establishment, by name and by code.
func (i Importer) services(tx *store.Tx) (map[string]string, error) {
	found, err := store.Find[practice.Service](tx, "WHERE establishment = $1", i.Establishment)
	byName := map[string]string{}
	for _, service := range found {
		byName[Search(service.Name)] = service.ID
		if service.Code != "" {
			byName[Search(service.Code)] = service.ID
		}
	}
	return byName, err
}

// line finds out what one line does.
func (i Importer) line(tx *store.Tx, line *ImportLine, fields map[string]string,
	services map[string]string,
	seen map[string]practice.Person, given map[practice.Grant]bool) error {
	asked := practice.Person{FamilyName: fields["familyName"], GivenName: fields["givenName"],
		Title:      fields["title"],
		Profession: fields["profession"], Email: fields["email"], Phone: fields["phone"],
		RPPS: fields["rpps"], Establishment: i.Establishment}
	line.Person = asked
	if err := Check(&asked); err != nil {
		return err
	}
	if asked.Email == "" && asked.RPPS == "" {
		return wrongFor(ReasonMissing, "email",
			"expected an e-mail address or an RPPS number to know the person by, got neither")
	}
	grant, err := i.grant(fields, services)
	if err != nil {
		return err
	}
	if line.Person, line.Verdict, err = i.person(tx, asked, seen); err != nil {
		return err
	}
	for _, key := range []string{"r" + asked.RPPS, "e" + asked.Email} {
		if len(key) > 1 {
			seen[key] = line.Person
		}
	}
	if grant.Role == "" {
		return nil
	}
	grant.Person = line.Person.ID
	has, err := i.has(tx, grant)
	if err != nil || has || given[grant] {
		return err
	}
	given[grant] = true
	line.Grants = []practice.Grant{grant}
	if line.Verdict == LineSame {
		line.Verdict = LineChanged
	}
	return nil
}

// person finds somebody again, by number, then by address; or makes them.
func (i Importer) person(tx *store.Tx, asked practice.Person,
	seen map[string]practice.Person) (practice.Person, string, error) {
	for _, key := range []string{"r" + asked.RPPS, "e" + asked.Email} {
		if above, there := seen[key]; there && len(key) > 1 {
			if Search(above.FamilyName, above.GivenName) != Search(asked.FamilyName,
				asked.GivenName) {
				return asked, "",
					wrongFor(ReasonOtherName, "familyName",
						"expected the name of a line above with the same "+
							"number or address, got another")
			}
			return above, LineSame, nil
		}
	}
	found, err := store.Find[practice.Person](tx,
		"WHERE (rpps <> '' AND rpps = $1) OR (email <> '' AND email = $2)", asked.RPPS, asked.Email)
	if err != nil {
		return asked, "", err
	}
	switch len(found) {
	case 0:
		asked.ID, asked.Version = practice.NewID(), 1
		return asked, LineNew, nil
	case 1:
	default:
		return asked, "",
			wrongFor(ReasonTwoPeople, "email",
				"expected the number and the address of one person, got those of two")
	}
	was := found[0]
	if Search(was.FamilyName, was.GivenName) != Search(asked.FamilyName, asked.GivenName) {
		return asked, "",
			wrongFor(ReasonOtherName, "familyName",
				"expected the name of whoever has this number or address already, got another")
	}
	is := was
	for _, pair := range []struct {
		to, from *string
	}{{&is.Title, &asked.Title}, {&is.Profession, &asked.Profession}, {&is.Email, &asked.Email},
		{&is.Phone, &asked.Phone}, {&is.RPPS, &asked.RPPS}} {
		if *pair.from != "" { // nothing is taken away
			*pair.to = *pair.from
		}
	}
	// others' people keep what they have, and may get rights here
	if is == was || !i.MayChange(tx, was) {
		return was, LineSame, nil
	}
	return is, LineChanged, nil
}

// grant is the right that a line names; without a role when it names none.
func (i Importer) grant(fields map[string]string,
	services map[string]string) (practice.Grant, error) {
	grant := practice.Grant{Establishment: i.Establishment}
	if fields["role"] == "" {
		if fields["service"] != "" {
			return grant,
				wrongFor(ReasonMissing, "role", "expected a role for the service, got none")
		}
		return grant, nil
	}
	role, known := roles[Search(fields["role"])]
	if !known {
		return grant,
			wrongFor(ReasonUnknown, "role",
				"expected secrétaire, infirmier, clinicien, expert or administrateur, got %.50q",
				fields["role"])
	}
	grant.Role = role
	if name := fields["service"]; name != "" {
		if grant.Service, known = services[Search(name)]; !known {
			return grant,
				wrongFor(ReasonUnknown, "service",
					"expected a service of the establishment, got %.50q", name)
		}
	}
	if !i.MayGive(grant) {
		return grant, wrongFor(ReasonNotYours, "role", "expected a right that you may give, got %s",
			grant.Role)
	}
	return grant, nil
}

func (i Importer) has(tx *store.Tx, grant practice.Grant) (bool, error) {
	var count int
	err := tx.Scan("SELECT COUNT(*) FROM grants WHERE person = $1 AND role = $2 AND "+
		"establishment = $3 AND service = $4",
		[]any{grant.Person, string(grant.Role), grant.Establishment, grant.Service}, &count)
	return count > 0, err
}

// Do does what Plan says of the same file, in one transaction. Lines that are wrong are left out.
func (i Importer) Do(tx *store.Tx, file []byte) (Import, error) {
	planned, err := i.Plan(tx, file)
	if err != nil {
		return planned, err
	}
	for _, line := range planned.Lines {
		switch line.Verdict {
		case LineNew:
			err = Insert(tx, line.Person, i.Now)
		case LineChanged:
			err = i.change(tx, line.Person)
		case LineWrong:
			continue
		}
		if err != nil {
			return planned, err
		}
		for _, grant := range line.Grants {
			grant.ID, grant.GrantedBy, grant.GrantedAt = practice.NewID(), i.By,
				practice.InstantOf(i.Now)
			if err := Give(tx, grant); err != nil {
				return planned, err
			}
		}
	}
	tx.Changed(practice.TopicDirectory, i.Establishment, i.Establishment)
	return planned, nil
}

// change replaces a person whose data are others now; of a line that only adds a right they are the
// same.
func (i Importer) change(tx *store.Tx, person practice.Person) error {
	was, err := store.Get[practice.Person](tx, "WHERE id = $1", person.ID)
	if err != nil {
		return err
	}
	if person.Version = was.Version; person == was {
		return nil
	}
	return Update(tx, &person)
}
