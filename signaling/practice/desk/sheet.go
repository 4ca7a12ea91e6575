package desk

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// sheet is some appointments and what lists show of other tables beside them, whoever looks. It
// asks the store once for all of them, and does not change once it is made.
type sheet struct {
	appointments []practice.Appointment
	participants map[string][]practice.Participant // by appointment
	people       map[string]practice.Person
	patients     map[string]practice.Patient
	places       map[string]practice.Place
	services     map[string]practice.Service
	undelivered  map[string]int
	consents     map[string]practice.Decision
	policies     map[string]agenda.Policy
	present      map[string][]string // participants in the call or waiting, by appointment
}

func sheetOf(tx *store.Tx, appointments []practice.Appointment) (*sheet, error) {
	s := &sheet{appointments: appointments, participants: map[string][]practice.Participant{},
		people: map[string]practice.Person{}, patients: map[string]practice.Patient{},
		places:   map[string]practice.Place{},
		services: map[string]practice.Service{}, undelivered: map[string]int{},
		consents: map[string]practice.Decision{}, policies: map[string]agenda.Policy{}}
	return s, s.load(tx)
}

// set is a set of texts that becomes the arguments of a statement.
type set map[string]struct{}

func (s set) add(texts ...string) {
	for _, text := range texts {
		if text != "" {
			s[text] = struct{}{}
		}
	}
}

// in writes the sets as lists of arguments: $1, $2, … in the order of the sets.
func in(sets ...set) (lists []string, arguments []any) {
	for _, s := range sets {
		var marks []string
		for text := range s {
			arguments = append(arguments, text)
			marks = append(marks, "$"+strconv.Itoa(len(arguments)))
		}
		lists = append(lists, "("+strings.Join(marks, ", ")+")")
	}
	return lists, arguments
}

// load reads what rows show of other tables.
func (s *sheet) load(tx *store.Tx) error {
	if len(s.appointments) == 0 {
		return nil
	}
	ids, owners, hosts, patients, places, services := set{}, set{}, set{}, set{}, set{}, set{}
	for _, a := range s.appointments {
		ids.add(a.ID)
		owners.add(a.Establishment)
		hosts.add(a.HostEstablishment)
		patients.add(a.Patient)
		places.add(a.Place)
		services.add(a.Service)
	}
	if err := s.loadParticipants(tx, owners, ids); err != nil {
		return err
	}
	if err := within(tx, owners, patients, func(p practice.Patient) {
		s.patients[p.ID] = p
	}); err != nil {
		return err
	}
	if err := within(tx, hosts, places, func(p practice.Place) { s.places[p.ID] = p }); err !=
		nil {
		return err
	}
	if err := within(tx, owners, services, func(one practice.Service) {
		s.services[one.ID] = one
	}); err != nil {
		return err
	}
	if err := s.loadMarks(tx, owners, ids); err != nil {
		return err
	}
	present, err := agenda.Present(tx, slices.Collect(maps.Keys(ids))...)
	if err != nil {
		return err
	}
	s.present = present
	for owner := range owners {
		policy, err := agenda.PolicyOf(tx, owner)
		if err != nil {
			return err
		}
		s.policies[owner] = policy
	}
	return nil
}

// within reads rows by their ids, in some establishments. The database looks for the ids alone:
// given both, SQLite reads all patients of an establishment.
func within[T any](tx *store.Tx, establishments, ids set, each func(T)) error {
	if len(establishments) == 0 || len(ids) == 0 {
		return nil
	}
	lists, arguments := in(ids)
	found, err := store.Find[T](tx.Across("the establishment is compared below"),
		"WHERE id IN "+lists[0], arguments...)
	for _, one := range found {
		owner := reflect.ValueOf(one).FieldByName("Establishment").String()
		if _, ours := establishments[owner]; ours {
			each(one)
		}
	}
	return err
}

func (s *sheet) loadParticipants(tx *store.Tx, owners, ids set) error {
	lists, arguments := in(owners, ids)
	found, err := store.Find[practice.Participant](tx,
		"WHERE establishment IN "+lists[0]+" AND appointment IN "+lists[1]+
			" AND kind <> 'gone' ORDER BY kind, id", arguments...)
	if err != nil {
		return err
	}
	known := set{}
	for _, p := range found {
		s.participants[p.Appointment] = append(s.participants[p.Appointment], p)
		known.add(p.Person)
	}
	if len(known) == 0 {
		return nil
	}
	lists, arguments = in(known)
	names, err := store.Find[practice.Person](tx, "WHERE id IN "+lists[0], arguments...)
	for _, person := range names {
		s.people[person.ID] = person
	}
	return err
}

// loadMarks reads what failed to be sent, and what patients have decided.
func (s *sheet) loadMarks(tx *store.Tx, owners, ids set) error {
	lists, arguments := in(owners, ids)
	where := " WHERE establishment IN " + lists[0] + " AND appointment IN " + lists[1]
	err := tx.Query(func(scan func(...any) error) error {
		var id string
		var count int
		err := scan(&id, &count)
		s.undelivered[id] = count
		return err
	}, "SELECT appointment, COUNT(*) FROM outbox"+where+` AND state = 'failed'
		AND NOT EXISTS (SELECT 1 FROM outbox AS later WHERE later.appointment = outbox.appointment
			AND later.participant = outbox.participant AND later.state = 'sent'
			AND later.ordinal > outbox.ordinal) GROUP BY appointment`, arguments...)
	if err != nil {
		return err
	}
	return tx.Query(func(scan func(...any) error) error {
		var id string
		var decision practice.Decision
		err := scan(&id, &decision)
		s.consents[id] = decision // the last one counts
		return err
	}, "SELECT appointment, decision FROM consents"+where+" ORDER BY at, id", arguments...)
}

// line is what a list shows of a participant.
func (s *sheet) line(a practice.Appointment, p practice.Participant) ParticipantLine {
	name := p.Name
	switch p.Kind {
	case practice.ParticipantPerson:
		name = agenda.PersonName(s.people[p.Person])
	case practice.ParticipantPlace:
		name = s.places[a.Place].Name
	case practice.ParticipantPatient:
		name = "" // the row's patient says who
	}
	return ParticipantLine{ID: p.ID, Kind: p.Kind, Person: p.Person, Name: name,
		CallRole: p.CallRole, Channel: p.Channel}
}
