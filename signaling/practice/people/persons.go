package people

import (
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

const maxName = 100 // characters

var (
	rppsShape  = regexp.MustCompile(`^\d{11}$`)
	phoneShape = regexp.MustCompile(`^\+?[0-9]{4,15}$`)
)

// Search is the form in which names are compared: lower case, without accents, hyphens and
// apostrophes as spaces.
func Search(names ...string) string {
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)),
		norm.NFC), strings.Join(names, " "))
	if err != nil {
		plain = strings.Join(names, " ")
	}
	plain = strings.NewReplacer("œ", "oe", "Œ", "oe", "æ", "ae", "Æ", "ae", "-", " ", "'", " ", "’",
		" ").Replace(plain)
	return strings.Join(strings.Fields(strings.ToLower(plain)), " ")
}

// Insert adds a person who was checked by Check.
func Insert(tx *store.Tx, person practice.Person, now time.Time) error {
	return store.Insert(tx, person,
		store.With{"search": Search(person.FamilyName, person.GivenName),
			"created_at": int64(practice.InstantOf(now))})
}

// Update replaces a person, by their version.
func Update(tx *store.Tx, person *practice.Person) error {
	return store.Update(tx, person,
		store.With{"search": Search(person.FamilyName, person.GivenName)})
}

// Check brings what was typed into its form, and says what of it cannot be.
func Check(person *practice.Person) error {
	for _, text := range []*string{&person.FamilyName, &person.GivenName, &person.Title,
		&person.Profession, &person.Email, &person.Phone, &person.RPPS} {
		*text = strings.TrimSpace(*text)
	}
	person.Email = strings.ToLower(person.Email)
	person.Phone = normalPhone(person.Phone)
	person.RPPS = strings.ReplaceAll(person.RPPS, " ", "")
	if person.Language == "" {
		person.Language = "fr"
	}
	if err := checkNames(person.GivenName, person.FamilyName); err != nil {
		return err
	}
	address, err := mail.ParseAddress(person.Email)
	switch {
	case person.Email != "" && (err != nil || address.Address != person.Email):
		return wrongField("email", "expected an address such as claire.bonnet@example.org, got %q",
			person.Email)
	case person.Phone != "" && !phoneShape.MatchString(person.Phone):
		return wrongField("phone", "expected a number such as +33612345678, got %q", person.Phone)
	case person.RPPS != "" && !rppsShape.MatchString(person.RPPS):
		return wrongField("rpps", "expected 11 digits, got %q", person.RPPS)
	case person.Language != "fr" && person.Language != "en":
		return wrongField("language", "expected fr or en, got %q", person.Language)
	case utf8.RuneCountInString(person.Title) > maxName:
		return wrongField("title", "expected at most %d characters", maxName)
	case utf8.RuneCountInString(person.Profession) > maxName:
		return wrongField("profession", "expected at most %d characters", maxName)
	}
	return nil
}

func checkNames(given, family string) error {
	if err := checkName("familyName", family); err != nil {
		return err
	}
	return checkName("givenName", given)
}

func checkName(field, name string) error {
	switch {
	case name == "":
		return wrongFor(ReasonMissing, field, "expected a name, got nothing")
	case utf8.RuneCountInString(name) > maxName:
		return wrongField(field, "expected at most %d characters, got %d", maxName,
			utf8.RuneCountInString(name))
	case strings.ContainsFunc(name, unicode.IsControl):
		return wrongField(field, "expected letters, got a control character")
	}
	return nil
}

// normalPhone leaves out what people write between digits.
func normalPhone(text string) string {
	return strings.NewReplacer(" ", "", ".", "", "-", "", "(", "", ")", "", "\u00a0", "", "\u202f",
		"").Replace(text)
}
