package agenda

import (
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// ErrHospitalRecord says that a patient is kept by the hospital's system.
var ErrHospitalRecord = errors.New("the hospital's system keeps this record; change it there")

// DuplicateError says that a patient is there already.
type DuplicateError struct{ ID string }

func (e *DuplicateError) Error() string {
	return "expected a new patient, got one with the number, or the name and birth date, of one " +
		"that there is"
}

const (
	leastName = 3 // letters, with a birth date
	maxFound  = 20
)

// Fold returns a name as it is searched by: lower case, without accents, with single spaces for
// whatever is not a letter or a digit.
func Fold(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(name) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(unicode.ToLower(r))
		default:
			gap = true
		}
	}
	return b.String()
}

// FindByNumber returns the patients of an establishment with the hospital's number.
func FindByNumber(tx *store.Tx, establishment, ipp string) ([]practice.Patient, error) {
	return store.Find[practice.Patient](
		tx,
		"WHERE establishment = $1 AND ipp = $2 AND ipp <> '' AND merged_into = ''",
		establishment,
		strings.TrimSpace(ipp),
	)
}

// FindByName returns those whose birth or used name begins as asked and who were born that day, or,
// without a date, whose whole name it is. It returns at most 20.
func FindByName(tx *store.Tx, establishment, name, birthDate string) ([]practice.Patient, error) {
	folded := Fold(name)
	if birthDate == "" {
		if folded == "" {
			return nil, Wrong(
				"name",
				"expected the whole name, or three letters of it and the birth date, got nothing",
			)
		}
		return store.Find[practice.Patient](
			tx,
			`WHERE establishment = $1 AND merged_into = '' AND (search LIKE $2 OR search = $3
			OR search_used LIKE $2 OR search_used = $3) ORDER BY search, id LIMIT $4`,
			establishment,
			folded+" %",
			folded,
			maxFound,
		)
	}
	if err := checkBirthDate(birthDate, time.Now()); err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(folded) < leastName {
		return nil, Wrong(
			"name",
			"expected %d letters or more beside the birth date, got %q",
			leastName,
			name,
		)
	}
	return store.Find[practice.Patient](
		tx,
		`WHERE establishment = $1 AND birth_date = $2 AND merged_into = ''
		AND (search LIKE $3 OR search_used LIKE $3) ORDER BY search, id LIMIT $4`,
		establishment,
		birthDate,
		folded+"%",
		maxFound,
	)
}

// AddPatient writes down a patient whom a person has typed. One with the same number, or the same
// name and birth date, is a DuplicateError; anyway allows the latter.
func (a *Agenda) AddPatient(
	tx *store.Tx,
	p practice.Patient,
	anyway bool,
) (practice.Patient, error) {
	p.ID, p.Version, p.Source = practice.NewID(), 1, practice.SourceTyped
	p.INS, p.INSAuthority, p.MergedInto, p.Demo = "", "", "", false
	if err := a.checkPatient(&p); err != nil {
		return p, err
	}
	same, err := FindByNumber(tx, p.Establishment, p.IPP)
	if err != nil {
		return p, err
	}
	if len(same) == 0 && !anyway {
		if same, err = store.Find[practice.Patient](tx,
			"WHERE establishment = $1 AND search = $2 AND birth_date = $3 AND merged_into = ''",
			p.Establishment, searchOf(p), p.BirthDate); err != nil {
			return p, err
		}
	}
	if len(same) > 0 {
		return p, &DuplicateError{ID: same[0].ID}
	}
	at := int64(practice.InstantOf(a.now()))
	with := searchColumns(p)
	with["created_at"], with["updated_at"] = at, at
	return p, store.Insert(tx, p, with)
}

// ChangePatient replaces what a person has typed of a patient. Of a record of the hospital only the
// contact may differ.
func (a *Agenda) ChangePatient(
	tx *store.Tx,
	before, after practice.Patient,
) (practice.Patient, error) {
	kept := after
	after = before
	after.Version, after.Phone, after.Email = kept.Version, kept.Phone, kept.Email
	if before.Source == practice.SourceTyped {
		after.IPP, after.BirthName, after.UsedName, after.BirthGivenName = kept.IPP, kept.BirthName,
			kept.UsedName, kept.BirthGivenName
		after.BirthGivenNames, after.Sex, after.BirthDate, after.BirthPlace = kept.BirthGivenNames,
			kept.Sex, kept.BirthDate, kept.BirthPlace
	} else if kept.BirthName != before.BirthName || kept.UsedName != before.UsedName ||
		kept.BirthGivenName != before.BirthGivenName ||
		kept.BirthGivenNames != before.BirthGivenNames || kept.Sex != before.Sex ||
		kept.BirthDate != before.BirthDate ||
		kept.BirthPlace != before.BirthPlace || kept.IPP != before.IPP {
		return before, ErrHospitalRecord
	}
	if err := a.checkPatient(&after); err != nil {
		return before, err
	}
	with := searchColumns(after)
	with["updated_at"] = int64(practice.InstantOf(a.now()))
	if err := store.Update(tx, &after, with); err != nil {
		return after, err
	}
	return after, a.TellOf(tx, after.Establishment, after.ID)
}

// TellOf tells those who see the appointments of patients, from yesterday on, what has become of
// the patients.
func (a *Agenda) TellOf(tx *store.Tx, establishment string, patients ...string) error {
	arguments, list := store.List([]any{establishment,
		int64(practice.InstantOf(a.now().Add(-day)))}, patients)
	shown, err := store.Find[practice.Appointment](tx, `WHERE establishment = $1
		AND starts_at > $2 AND patient IN `+list, arguments...)
	for _, appointment := range shown {
		changed(tx, appointment)
	}
	return err
}

func searchOf(p practice.Patient) string { return Fold(p.BirthName + " " + p.BirthGivenName) }

// searchColumns are what patients are found by.
func searchColumns(p practice.Patient) store.With {
	used := ""
	if p.UsedName != "" {
		used = Fold(p.UsedName + " " + p.BirthGivenName)
	}
	return store.With{"search": searchOf(p), "search_used": used}
}

// checkPatient brings what a person has typed into one form and refuses what cannot be.
func (a *Agenda) checkPatient(p *practice.Patient) error {
	if err := checkTraits(p); err != nil {
		return err
	}
	if err := checkBirthDate(p.BirthDate, a.now()); err != nil {
		return err
	}
	return patientContact(p)
}

// checkTraits brings all traits but the birth date into one form and refuses what cannot be.
func checkTraits(p *practice.Patient) error {
	p.IPP = strings.TrimSpace(p.IPP)
	p.BirthName, p.BirthGivenName = OneLine(p.BirthName), OneLine(p.BirthGivenName)
	p.UsedName, p.BirthGivenNames = OneLine(p.UsedName), OneLine(p.BirthGivenNames)
	for field, name := range map[string]string{"birthName": p.BirthName,
		"birthGivenName": p.BirthGivenName} {
		if Fold(name) == "" {
			return Wrong(field, "expected a name, got %q", name)
		}
	}
	for field, name := range map[string]string{"birthName": p.BirthName,
		"birthGivenName": p.BirthGivenName,
		"usedName":       p.UsedName, "birthGivenNames": p.BirthGivenNames} {
		if utf8.RuneCountInString(name) > MaxName {
			return Wrong(field, "expected at most %d characters, got more", MaxName)
		}
	}
	if p.IPP != "" && !IPPShape.MatchString(p.IPP) {
		return Wrong("ipp", "expected the hospital's number, letters and digits, got %q", p.IPP)
	}
	switch p.Sex {
	case practice.SexFemale, practice.SexMale, practice.SexUnknown:
	default:
		return Wrong("sex", "expected F, M or U, got %q", p.Sex)
	}
	if p.BirthPlace != "" && !BirthPlaceShape.MatchString(p.BirthPlace) {
		return Wrong(
			"birthPlace",
			"expected the INSEE code of a commune or a country, five characters, got %q",
			p.BirthPlace,
		)
	}
	return nil
}

func patientContact(p *practice.Patient) error {
	if p.Phone != "" {
		number, ok := Phone(p.Phone)
		if !ok {
			return Wrong("phone", "expected a number such as +33 6 12 34 56 78, got %q", p.Phone)
		}
		p.Phone = number
	}
	if p.Email != "" {
		address, ok := Mail(p.Email)
		if !ok {
			return Wrong("email", "expected an address such as nom@exemple.fr, got %q", p.Email)
		}
		p.Email = address
	}
	return nil
}

func checkBirthDate(date string, now time.Time) error {
	if _, valid := BirthDate(time.DateOnly, date, now); !valid {
		return Wrong(
			"birthDate",
			"expected a date such as 1979-03-28, not before %d and not to come, got %q",
			oldestYear,
			date,
		)
	}
	return nil
}
