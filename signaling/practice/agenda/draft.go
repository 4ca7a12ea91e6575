package agenda

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"draille/signaling/practice"
	"draille/signaling/practice/rights"
	"draille/signaling/practice/store"
)

// Draft is what somebody wants to be an appointment.
type Draft struct {
	Key           string // 16 to 64 characters: the same twice makes one
	Establishment string
	Service       string
	Kind          practice.AppointmentKind
	Title         string
	Patient       string
	Place         string
	LocalStart    string
	Later         bool // of two such times the second
	Minutes       int
	Participants  []practice.Participant // kind, person or name, contact, channel
	Rule          string                 // of a series
	Anyway        bool                   // in spite of conflicts
	By            string                 // a person
	SourceSystem  string                 // of the hospital's identifier, or empty
	SourceValue   string
}

const (
	shortest     = 5 // minutes
	maxTitle     = 120
	maxNameRunes = 60 // what signalling allows
	maxPeople    = 50
)

// newRoom is the name of a room in signalling, from which nothing can be learnt.
func newRoom() string { return "a-" + practice.NewID() }

func checkMinutes(minutes int) error {
	if minutes < shortest || minutes > longest {
		return Wrong("minutes", "expected %d to %d, got %d", shortest, longest, minutes)
	}
	return nil
}

// place finds the establishment of the place, which may be another one.
func place(tx *store.Tx, a *practice.Appointment) error {
	a.HostEstablishment = ""
	if a.Place == "" {
		return nil
	}
	found, err := store.Get[practice.Place](
		tx.Across("a patient may be at a place of another establishment"),
		"WHERE id = $1",
		a.Place,
	)
	if err != nil {
		return missing(err, "place", a.Place)
	}
	if found.Closed {
		return Wrong("place", "expected one that is in use, got one that is closed")
	}
	a.HostEstablishment = found.Establishment
	return nil
}

func missing(err error, field, id string) error {
	if errors.Is(err, store.ErrNotFound) {
		return Wrong(field, "expected the id of one that there is, got %q", id)
	}
	return err
}

// participants checks the list and gives everybody an id, a role in the call and a channel. The
// tablet of a place is one of them.
func participants(
	tx *store.Tx,
	now practice.Instant,
	a practice.Appointment,
	wanted []practice.Participant,
) ([]practice.Participant, error) {
	if len(wanted) > maxPeople {
		return nil, Wrong("participants", "expected at most %d, got %d", maxPeople, len(wanted))
	}
	list := slices.Clone(wanted)
	has := func(kind practice.ParticipantKind) bool {
		return slices.ContainsFunc(
			list,
			func(p practice.Participant) bool { return p.Kind == kind },
		)
	}
	if a.Place != "" && !has(practice.ParticipantPlace) {
		list = append(list, practice.Participant{Kind: practice.ParticipantPlace})
	}
	seen := map[string]bool{}
	for i := range list {
		p := &list[i]
		field := fmt.Sprintf("participants.%d", i)
		p.ID, p.Establishment, p.Appointment, p.Version = practice.NewID(), a.Establishment, a.ID, 1
		if err := checkParticipant(tx, now, a, p, field); err != nil {
			return nil, err
		}
		once := string(p.Kind) + "/" + p.Person
		if alone := p.Person != "" || p.Kind == practice.ParticipantPatient ||
			p.Kind == practice.ParticipantPlace; alone &&
			seen[once] {
			return nil, Wrong(field, "expected everybody once, got the same twice")
		}
		seen[once] = true
	}
	reached := slices.ContainsFunc(list, func(p practice.Participant) bool {
		return p.Kind == practice.ParticipantPatient && p.Channel != practice.ChannelNone
	})
	if a.Kind == practice.KindConsultation && a.Place == "" && !reached {
		return nil, Wrong(
			"participants",
			"expected a place with a tablet, or the patient with a channel (sms, mail, print), "+
				"got neither; say how the patient comes in",
		)
	}
	return list, nil
}

// checkParticipant checks one of them and fills in what was left out.
//
// Long: what holds for each kind and each role, as in a table.
func checkParticipant(
	tx *store.Tx,
	now practice.Instant,
	a practice.Appointment,
	p *practice.Participant,
	field string,
) error {
	if p.Language == "" {
		p.Language = "fr"
	}
	if p.Language != "fr" && p.Language != "en" {
		return Wrong(field+".language", "expected fr or en, got %q", p.Language)
	}
	if p.Channel == "" {
		p.Channel = practice.ChannelNone
	}
	p.Name = strings.TrimSpace(p.Name)
	if utf8.RuneCountInString(p.Name) > maxNameRunes {
		return Wrong(field+".name", "expected at most %d characters, got more", maxNameRunes)
	}
	consultation := a.Kind == practice.KindConsultation
	role := "guest"
	switch p.Kind {
	case practice.ParticipantPerson:
		var err error
		if role, err = checkPerson(tx, now, a, p, field); err != nil {
			return err
		}
	case practice.ParticipantPatient, practice.ParticipantPlace:
		if p.Kind == practice.ParticipantPatient && !consultation ||
			p.Kind == practice.ParticipantPlace && a.Place == "" {
			return Wrong(field+".kind", "expected one that the appointment has, got %s", p.Kind)
		}
		p.Name, p.Person = "", ""
		if p.Kind == practice.ParticipantPlace {
			p.Channel = practice.ChannelNone
		}
	case practice.ParticipantRelative,
		practice.ParticipantInterpreter,
		practice.ParticipantExternal,
		practice.ParticipantCalled:
		if p.Name == "" {
			return Wrong(field+".name", "expected a name, got nothing")
		}
		if p.Channel == practice.ChannelNone {
			return Wrong(
				field+".channel",
				"expected mail, sms or print for somebody without an account, got none",
			)
		}
		if p.Kind == practice.ParticipantExternal && !consultation {
			role = "clinician"
		}
	default:
		return Wrong(
			field+".kind",
			"expected person, patient, place, relative, interpreter, external or called, got %q",
			p.Kind,
		)
	}
	switch p.CallRole {
	case "":
		p.CallRole = role
	case "guest":
	case "clinician", "host":
		if role == "guest" { // nobody without an account lets others in
			return Wrong(field+".callRole", "expected guest, got %s", p.CallRole)
		}
		if p.CallRole == "host" && role != "host" {
			return Wrong(field+".callRole",
				"expected clinician or guest for somebody who may not conduct calls here, got host")
		}
	default:
		return Wrong(field+".callRole", "expected host, clinician or guest, got %q", p.CallRole)
	}
	return checkContact(p, field)
}

// MayAttend reports whether somebody may be asked to an appointment: by a right in its
// establishment, or in that of its place.
func MayAttend(grants []practice.Grant, a practice.Appointment) bool {
	return rights.May(grants, practice.ActionAppointmentAttend, a.Establishment, "") ||
		rights.May(grants, practice.ActionAppointmentAttend, a.HostEstablishment, "")
}

// checkPerson returns the role in the call of somebody with an account: host if they may conduct
// it.
func checkPerson(
	tx *store.Tx,
	now practice.Instant,
	a practice.Appointment,
	p *practice.Participant,
	field string,
) (string, error) {
	person, err := store.Get[practice.Person](tx, "WHERE id = $1 AND disabled_at = 0", p.Person)
	if err != nil {
		return "", missing(err, field+".person", p.Person)
	}
	grants, err := store.Find[practice.Grant](tx,
		"WHERE person = $1 AND (ends_at = 0 OR ends_at > $2)", person.ID, int64(now))
	if err != nil {
		return "", err
	}
	if !MayAttend(grants, a) {
		return "", &NoRightError{Field: field + ".person"}
	}
	p.Name = ""
	if p.Email == "" {
		p.Email = person.Email
	}
	if p.Phone == "" {
		p.Phone = person.Phone
	}
	if rights.May(grants, practice.ActionCallHost, a.Establishment, a.Service) {
		return "host", nil
	}
	return "clinician", nil
}

var (
	phoneFormat = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	phoneNoise  = strings.NewReplacer(
		" ",
		"",
		".",
		"",
		"-",
		"",
		"(",
		"",
		")",
		"",
		"\u00a0",
		"",
		"\u202f",
		"",
	)
)

// Phone returns a telephone number in the form of E.164; a national one of France gets its country.
// Ok is false if it is none.
func Phone(text string) (number string, ok bool) {
	number = phoneNoise.Replace(text)
	switch {
	case strings.HasPrefix(number, "00"):
		number = "+" + number[2:]
	case len(number) == 10 && number[0] == '0':
		number = "+33" + number[1:]
	}
	return number, phoneFormat.MatchString(number)
}

// Mail returns a mail address in the form that it is compared in. Ok is false if it is none.
func Mail(text string) (address string, ok bool) {
	parsed, err := mail.ParseAddress(strings.TrimSpace(text))
	if err != nil || parsed.Name != "" || len(parsed.Address) > 254 {
		return "", false
	}
	return strings.ToLower(parsed.Address), true
}

// checkContact brings address and number into one form, and wants that of the channel.
func checkContact(p *practice.Participant, field string) error {
	if p.Phone != "" {
		number, ok := Phone(p.Phone)
		if !ok {
			return Wrong(
				field+".phone",
				"expected a number such as +33 6 12 34 56 78, got %q",
				p.Phone,
			)
		}
		p.Phone = number
	}
	if p.Email != "" {
		address, ok := Mail(p.Email)
		if !ok {
			return Wrong(
				field+".email",
				"expected an address such as nom@exemple.fr, got %q",
				p.Email,
			)
		}
		p.Email = address
	}
	switch p.Channel {
	case practice.ChannelNone, practice.ChannelPrint:
	case practice.ChannelMail:
		if p.Email == "" {
			return Wrong(field+".email", "expected an address for the channel mail, got nothing")
		}
	case practice.ChannelSMS:
		if p.Phone == "" {
			return Wrong(field+".phone", "expected a number for the channel sms, got nothing")
		}
	default:
		return Wrong(field+".channel", "expected mail, sms, print or none, got %q", p.Channel)
	}
	return nil
}
