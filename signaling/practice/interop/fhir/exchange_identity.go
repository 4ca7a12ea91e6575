package fhir

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/interop/fhir/fhirjson"
	"draille/signaling/practice/store"
)

// identity reads a Patient.
func (e *exchange) identity(said fhirjson.Element) (identity, error) {
	i := identity{inactive: said.Child("active"), links: said.Child("link").All()}
	var err error
	if i.IPP, err = e.number(said.Child("identifier")); err != nil {
		return i, err
	}
	if err := i.name(said.Child("name")); err != nil {
		return i, err
	}
	if err := i.born(said, e.now()); err != nil {
		return i, err
	}
	sexes := map[string]practice.Sex{"female": practice.SexFemale, "male": practice.SexMale,
		"other": practice.SexUnknown, "unknown": practice.SexUnknown, "": practice.SexUnknown}
	gender := said.Child("gender")
	sex, known := sexes[gender.Text()]
	if !known {
		return i, gender.Wrong("male, female, other or unknown")
	}
	i.Sex = sex
	if said.Child("deceasedBoolean").True() || said.Child("deceasedDateTime").Present() {
		i.remarks = append(i.remarks, remarkDeceased)
	}
	i.national(said)
	i.contact(said.Child("telecom"))
	return i, nil
}

// number is the hospital's number among the identifiers: those of the system that the machine was
// given, or else those of type PI.
func (e *exchange) number(list fhirjson.Element) (string, error) {
	authority := e.caller.Machine.Authority
	expected := "one identifier of type PI, the hospital's number"
	if authority != "" {
		expected = "one identifier of the system " + authority + ", the hospital's number"
	}
	var found []fhirjson.Element
	for _, one := range list.All() {
		if one.Child("use").Text() == "old" || isNational(one) {
			continue
		}
		mine := slices.Contains(one.Child("type").Codes(), "PI")
		if authority != "" {
			mine = one.Child("system").Text() == authority
		}
		if mine && !slices.ContainsFunc(found, func(other fhirjson.Element) bool {
			return other.Text() == one.Child("value").Text()
		}) {
			found = append(found, one.Child("value"))
		}
	}
	switch {
	case len(found) == 0:
		return "", list.WrongAs(expected, "none among "+strconv.Itoa(len(list.All())))
	case len(found) > 1:
		return "", list.WrongAs(expected, strconv.Itoa(len(found))+" different ones")
	case !agenda.IPPShape.MatchString(found[0].Text()):
		return "", found[0].Wrong("at most 40 letters, digits, dots, hyphens and slashes")
	}
	return found[0].Text(), nil
}

// mergedInto is the id of the patient who replaces this one; empty: nobody does.
func (e *exchange) mergedInto(tx *store.Tx, i identity) (string, error) {
	for _, link := range i.links {
		if link.Child("type").Text() != "replaced-by" {
			continue
		}
		p, err := e.patientIn(tx, link.Child("other"))
		return p.ID, err
	}
	return "", nil
}

// patientIn is the patient that a reference names, by id or by an identifier. One who was merged
// into another is that other one.
func (e *exchange) patientIn(tx *store.Tx, reference fhirjson.Element) (practice.Patient, error) {
	var found []practice.Patient
	var err error
	at := reference.Child("reference")
	id := strings.TrimPrefix(at.Text(), e.base+"/")
	id, isPatient := strings.CutPrefix(id, "Patient/")
	switch number := reference.Child("identifier"); {
	case isPatient:
		found, err = store.Find[practice.Patient](tx, "WHERE establishment = $1 AND id = $2",
			e.house.ID, id)
	case number.Present():
		at = number.Child("value")
		var value string
		if value, err = textOf(at, "the number of a patient here"); err != nil {
			return practice.Patient{}, err
		}
		found, err = withIdentifier(e, tx, identifier{number.Child("system").Text(), value,
			!number.Child("system").Present()})
	}
	if err == nil && len(found) != 1 {
		err = &refusal{http.StatusUnprocessableEntity, "not-found", at.Path(), at.Path() +
			": expected the reference Patient/id, or the identifier, of one patient who is here, " +
			"got that of " + strconv.Itoa(len(found)) + "; write the patient first"}
	}
	if err != nil {
		return practice.Patient{}, err
	}
	if found[0].MergedInto == "" {
		return found[0], nil
	}
	return patientByID(e, tx, found[0].MergedInto)
}

// alike remarks that another patient has the same national identity. They are not made one here.
func (e *exchange) alike(tx *store.Tx, known practice.Patient, said identity) error {
	if said.INS == "" {
		return nil
	}
	var others int
	err := tx.Scan(`SELECT COUNT(*) FROM (SELECT 1 FROM patients WHERE establishment = $1
		AND ins = $2 AND ins <> '' AND id <> $3 AND merged_into = ''
		LIMIT 1) AS another`, []any{e.house.ID, said.INS, known.ID}, &others)
	if others > 0 {
		e.remark(remarkSameINS)
	}
	return err
}
