package hl7

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/interop/hl7/er7"
)

// Remarks are what was left out of a message, or guessed.
const (
	remarkINS          = "ins-not-kept"
	remarkBirthDate    = "birth-date-partial"
	remarkBirthPlace   = "birth-place-not-kept"
	remarkEncoding     = "encoding"
	remarkClock        = "clock"
	remarkPractitioner = "practitioner-unknown"
	remarkPlace        = "place-unknown"
	remarkSameINS      = "same-ins"
	remarkUninvited    = "not-invited"
)

// identity is what a message says of a patient: what is not said is empty, and so is what is said
// to be nothing.
type identity struct {
	practice.Patient
	unsaid  unsaid
	remarks []string
}

// unsaid are the traits of which a message says nothing: an empty field leaves what is known, two
// quotation marks delete it (HL7 v2.5, chapter 2). The national identity is none of them: it holds
// as long as each message validates it.
type unsaid struct{ usedName, givenNames, birthDate, sex, birthPlace bool }

// over returns what is known of a patient after the message.
func (i identity) over(known practice.Patient) practice.Patient {
	p := i.Patient
	if known.ID == "" {
		return p
	}
	if i.unsaid.usedName && known.UsedName != p.BirthName {
		p.UsedName = known.UsedName
	}
	// The list begins with the first given name: it is of another name if that was corrected.
	if i.unsaid.givenNames &&
		agenda.Fold(known.BirthGivenName) == agenda.Fold(p.BirthGivenName) {
		p.BirthGivenNames = known.BirthGivenNames
	}
	if i.unsaid.birthDate {
		p.BirthDate = known.BirthDate
	}
	if i.unsaid.sex {
		p.Sex = known.Sex
	}
	if i.unsaid.birthPlace {
		p.BirthPlace = known.BirthPlace
	}
	return p
}

// identify reads PID. It computes and corrects nothing.
func identify(m er7.Message, source Source, now time.Time) (identity, error) {
	var i identity
	if !m.Has("PID") {
		return i, wrong(codeSegment, "PID", "the segment PID", "a message without it")
	}
	pid := m.First("PID")
	var err error
	if i.IPP, err = number(pid.Field(3), "PID-3", source.Authority); err != nil {
		return i, err
	}
	if err := i.name(pid.Field(5)); err != nil {
		return i, err
	}
	i.unsaid.birthDate = pid.Field(7).Component(1).Empty()
	if err := i.born(pid.Field(7).Text(), now); err != nil {
		return i, err
	}
	i.unsaid.sex, i.Sex = pid.Field(8).Component(1).Empty(), practice.SexUnknown
	if sex := practice.Sex(pid.Field(8).Text()); sex == practice.SexFemale ||
		sex == practice.SexMale {
		i.Sex = sex
	}
	i.unsaid.birthPlace = !pid.Field(11).IsNull()
	for _, address := range pid.Field(11).Repetitions() {
		if place := address.Component(9); address.Component(7).Text() == "BDL" && !place.Empty() {
			i.BirthPlace, i.unsaid.birthPlace = place.Text(), false
		}
	}
	if i.BirthPlace != "" && !agenda.BirthPlaceShape.MatchString(i.BirthPlace) {
		i.BirthPlace = ""
		i.remarks = append(i.remarks, remarkBirthPlace)
	}
	i.national(pid)
	i.contact(pid)
	return i, nil
}

// number is the hospital's number in a field of identifiers.
func number(field er7.Value, name, authority string) (string, error) {
	var found []string
	for _, one := range field.Repetitions() {
		kind, by := one.Component(5).Text(), one.Component(4)
		text := one.Text()
		if text == "" || kind != "PI" && (kind != "" || one.Component(4).Raw() == "") ||
			authority != "" && by.Text() != authority && by.Sub(2).Text() != authority {
			continue
		}
		if !slices.Contains(found, text) {
			found = append(found, text)
		}
	}
	expected := "one number of type PI, the hospital's"
	if authority != "" {
		expected += ", of the authority " + authority
	}
	switch {
	case len(found) == 0:
		return "", wrong(codeRequired, name, expected, "none among %d identifiers",
			len(field.Repetitions()))
	case len(found) > 1:
		return "", wrong(codeDuplicate, name, expected, "%d different ones", len(found))
	case !agenda.IPPShape.MatchString(found[0]):
		return "", wrong(codeType, name+".1",
			"at most 40 letters, digits, dots, hyphens and slashes", "%s, or others",
			length(found[0]))
	}
	return found[0], nil
}

// name reads PID-5: the birth name (L, or without a type) and the used one (D).
func (i *identity) name(field er7.Value) error {
	said := false
	i.unsaid.usedName = true
	for _, one := range field.Repetitions() {
		switch one.Component(7).Text() {
		case "L", "":
			if said && one.Component(7).Text() == "" {
				continue
			}
			said = true
			i.BirthName = agenda.OneLine(one.Component(1).Text())
			i.BirthGivenName = agenda.OneLine(one.Component(2).Text())
			i.BirthGivenNames = agenda.OneLine(one.Component(3).Text())
			i.unsaid.givenNames = one.Component(3).Empty()
		case "D":
			i.UsedName = agenda.OneLine(one.Component(1).Text())
			i.unsaid.usedName = one.Component(1).Empty()
		}
	}
	if i.UsedName == i.BirthName {
		i.UsedName = ""
	}
	if agenda.Fold(i.BirthName) == "" {
		return missing("PID-5.1", "the birth name, in the repetition of type L")
	}
	if agenda.Fold(i.BirthGivenName) == "" {
		return missing("PID-5.2", "the first given name of birth, in the repetition of type L")
	}
	for part, text := range map[string]string{"PID-5.1": i.BirthName, "PID-5.2": i.BirthGivenName,
		"PID-5.3": i.BirthGivenNames} {
		if utf8.RuneCountInString(text) > agenda.MaxName {
			return wrong(codeType, part, "at most 100 characters", "%s", length(text))
		}
	}
	if utf8.RuneCountInString(i.UsedName) > agenda.MaxName {
		return wrong(codeType, "PID-5.1", "at most 100 characters", "%s", length(i.UsedName))
	}
	return nil
}

// born reads PID-7. A date without its day, or with the day 00, is not kept.
func (i *identity) born(text string, now time.Time) error {
	if text == "" {
		return nil
	}
	if _, partial := timestamp(text, time.UTC); len(text) < 8 && partial ||
		len(text) == 8 && strings.HasSuffix(text, "00") {
		i.remarks = append(i.remarks, remarkBirthDate)
		return nil
	}
	const expected = "a date that there is, as in 19790328, not before 1900 and not to come"
	if len(text) < 8 {
		return wrong(codeType, "PID-7", expected, "%s", length(text))
	}
	day, valid := agenda.BirthDate("20060102", text[:8], now)
	if !valid {
		return wrong(codeType, "PID-7", expected, "%s that are none", length(text))
	}
	i.BirthDate = day
	return nil
}

// national keeps the national identity if, and only if, the hospital has validated it.
func (i *identity) national(pid er7.Segment) {
	valid := slices.ContainsFunc(pid.Field(32).Repetitions(), func(v er7.Value) bool {
		return v.Text() == "VALI"
	})
	for _, one := range pid.Field(3).Repetitions() {
		if kind := one.Component(5).Text(); kind != "INS" && kind != "INS-NIR" &&
			kind != "INS-NIA" {
			continue
		}
		text, authority := one.Text(), one.Component(4).Sub(2).Text()
		if !valid || i.INS != "" && i.INS != text || !agenda.INSShape.MatchString(text) ||
			!slices.Contains(agenda.INSAuthorities, authority) {
			i.INS, i.INSAuthority = "", ""
			i.remarks = append(i.remarks, remarkINS)
			return
		}
		i.INS, i.INSAuthority = text, authority
	}
}

// contact reads PID-13: the first telephone number, a mobile one before others, and the first mail
// address. What is none is left out.
func (i *identity) contact(pid er7.Segment) {
	mobile := false
	for _, one := range pid.Field(13).Repetitions() {
		use, equipment := one.Component(2).Text(), one.Component(3).Text()
		if use == "NET" || strings.EqualFold(equipment, "Internet") {
			if address, ok := agenda.Mail(one.Component(4).Text()); ok && i.Email == "" {
				i.Email = address
			}
			continue
		}
		text := one.Component(12).Text()
		if text == "" {
			text = one.Component(1).Text()
		}
		if number, ok := agenda.Phone(text); ok && (i.Phone == "" || equipment == "CP" && !mobile) {
			i.Phone, mobile = number, equipment == "CP"
		}
	}
}
