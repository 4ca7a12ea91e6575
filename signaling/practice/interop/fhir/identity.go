package fhir

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/interop/fhir/fhirjson"
)

// identity is what a resource says of a patient: what is not said is empty.
type identity struct {
	practice.Patient
	remarks  []string
	inactive fhirjson.Element   // active
	links    []fhirjson.Element // to other records
}

// isNational reports whether an identifier is a national identity.
func isNational(one fhirjson.Element) bool {
	authority, _ := strings.CutPrefix(one.Child("system").Text(), oid)
	return slices.Contains(agenda.INSAuthorities, authority) ||
		slices.ContainsFunc(one.Child("type").Codes(), func(code string) bool {
			return code == "INS-NIR" || code == "INS-NIA" || code == "INS"
		})
}

// name reads the birth name (use official, or the only one) and the used one (use usual).
func (i *identity) name(list fhirjson.Element) error {
	var official, usual fhirjson.Element
	for _, one := range list.All() {
		switch one.Child("use").Text() {
		case "official":
			official = one
		case "usual":
			usual = one
		}
	}
	if all := list.All(); !official.Present() && len(all) == 1 &&
		!all[0].Child("use").Present() {
		official = all[0]
	}
	if !official.Present() {
		return list.WrongAs("one name with use official, the birth name", "none")
	}
	given := official.Child("given")
	var all []string
	for _, one := range given.All() {
		all = append(all, agenda.OneLine(one.Text()))
	}
	i.BirthName, i.UsedName = agenda.OneLine(official.Child("family").Text()),
		agenda.OneLine(usual.Child("family").Text())
	if len(all) > 0 {
		i.BirthGivenName = all[0]
	}
	i.BirthGivenNames = agenda.OneLine(official.Extension("birth-list-given-name").
		Child("valueString").Text())
	if i.BirthGivenNames == "" && len(all) > 1 {
		i.BirthGivenNames = strings.Join(all, " ")
	}
	if i.UsedName == i.BirthName {
		i.UsedName = ""
	}
	if agenda.Fold(i.BirthName) == "" {
		return official.Child("family").Wrong("the birth name")
	}
	if agenda.Fold(i.BirthGivenName) == "" {
		return given.Wrong("the given names of birth, the first one first")
	}
	for text, element := range map[string]fhirjson.Element{i.BirthName: official.Child("family"),
		i.UsedName: usual.Child("family"), i.BirthGivenName: given, i.BirthGivenNames: given} {
		if utf8.RuneCountInString(text) > agenda.MaxName {
			return element.Wrong("at most 100 characters")
		}
	}
	return nil
}

// born reads birth date and place. A date without its day is not kept.
func (i *identity) born(said fhirjson.Element, now time.Time) error {
	date := said.Child("birthDate")
	if text := date.Text(); date.Present() {
		day, valid := agenda.BirthDate(time.DateOnly, text, now)
		switch {
		case partialDate.MatchString(text):
			i.remarks = append(i.remarks, remarkBirthDate)
		case !valid:
			return date.Wrong("a date that there is, as in 1979-03-28, not before 1900 and not " +
				"to come")
		default:
			i.BirthDate = day
		}
	}
	code := said.Extension("patient-birthPlace").Child("valueAddress").
		Extension("fr-core-address-insee-code")
	i.BirthPlace = code.Child("valueString").Text() + code.Child("valueCode").Text()
	if coded := code.Child("valueCoding").Codes(); len(coded) > 0 {
		i.BirthPlace = coded[0]
	}
	if i.BirthPlace != "" && !agenda.BirthPlaceShape.MatchString(i.BirthPlace) {
		i.BirthPlace = ""
		i.remarks = append(i.remarks, remarkBirthPlace)
	}
	return nil
}

var partialDate = regexp.MustCompile(`^[0-9]{4}(-[0-9]{2})?$`)

// national keeps the national identity if, and only if, the hospital has validated it.
func (i *identity) national(said fhirjson.Element) {
	status := said.Extension("fr-core-identity-reliability").Extension("identityStatus")
	valid := slices.Contains(slices.Concat(status.Child("valueCoding").Codes(),
		status.Child("valueCodeableConcept").Codes()), "VALI")
	for _, one := range said.Child("identifier").All() {
		if one.Child("use").Text() == "old" || !isNational(one) {
			continue
		}
		text := one.Child("value").Text()
		authority, _ := strings.CutPrefix(one.Child("system").Text(), oid)
		if !valid || i.INS != "" && i.INS != text || !agenda.INSShape.MatchString(text) ||
			!slices.Contains(agenda.INSAuthorities, authority) {
			i.INS, i.INSAuthority = "", ""
			i.remarks = append(i.remarks, remarkINS)
			return
		}
		i.INS, i.INSAuthority = text, authority
	}
}

// contact reads the first telephone number, a mobile one before others, and the first address of
// mail. What is none is left out.
func (i *identity) contact(list fhirjson.Element) {
	mobile := false
	for _, one := range list.All() {
		use, text := one.Child("use").Text(), one.Child("value").Text()
		if use == "old" {
			continue
		}
		switch one.Child("system").Text() {
		case "email":
			if address, ok := agenda.Mail(text); ok && i.Email == "" {
				i.Email = address
			}
		case "phone", "sms":
			if number, ok := agenda.Phone(text); ok &&
				(i.Phone == "" || use == "mobile" && !mobile) {
				i.Phone, mobile = number, use == "mobile"
			}
		}
	}
}

// standing refuses a record that is no longer in use and does not say what has become of it.
func (i identity) standing() error {
	if i.inactive.False() {
		return i.inactive.WrongAs("true, or link[type=replaced-by] with the patient who stays",
			"false")
	}
	return nil
}

func number(n int) string { return strconv.Itoa(n) }
