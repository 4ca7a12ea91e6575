package desk

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// rows makes rows of appointments, for lists and events. It asks the store once for all of them.
type rows struct {
	tx     *store.Tx
	agenda *agenda.Agenda
	viewer viewer
	now    time.Time

	participants map[string][]practice.Participant // by appointment
	people       map[string]practice.Person
	patients     map[string]practice.Patient
	places       map[string]practice.Place
	services     map[string]practice.Service
	undelivered  map[string]int
	consents     map[string]practice.Decision
	policies     map[string]agenda.Policy
}

// rowsOf returns the rows of those appointments that the viewer may see, in their order.
func rowsOf(tx *store.Tx, from *agenda.Agenda, v viewer, now time.Time,
	appointments []practice.Appointment) ([]Row, *rows, error) {
	r := &rows{tx: tx, agenda: from, viewer: v, now: now,
		participants: map[string][]practice.Participant{},
		people:       map[string]practice.Person{}, patients: map[string]practice.Patient{},
		places:   map[string]practice.Place{},
		services: map[string]practice.Service{}, undelivered: map[string]int{},
		consents: map[string]practice.Decision{},
		policies: map[string]agenda.Policy{}}
	if err := r.load(appointments); err != nil {
		return nil, nil, err
	}
	list := []Row{}
	for _, a := range appointments {
		if row, ok := r.row(a); ok {
			list = append(list, row)
		}
	}
	return list, r, nil
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
func (r *rows) load(appointments []practice.Appointment) error {
	if len(appointments) == 0 {
		return nil
	}
	ids, owners, hosts, patients, places, services := set{}, set{}, set{}, set{}, set{}, set{}
	for _, a := range appointments {
		ids.add(a.ID)
		owners.add(a.Establishment)
		hosts.add(a.HostEstablishment)
		patients.add(a.Patient)
		places.add(a.Place)
		services.add(a.Service)
	}
	if err := r.loadParticipants(owners, ids); err != nil {
		return err
	}
	if err := within(r.tx, owners, patients, func(p practice.Patient) {
		r.patients[p.ID] = p
	}); err != nil {
		return err
	}
	if err := within(r.tx, hosts, places, func(p practice.Place) { r.places[p.ID] = p }); err !=
		nil {
		return err
	}
	if err := within(r.tx, owners, services, func(s practice.Service) {
		r.services[s.ID] = s
	}); err != nil {
		return err
	}
	if err := r.loadMarks(owners, ids); err != nil {
		return err
	}
	for owner := range owners {
		policy, err := agenda.PolicyOf(r.tx, owner)
		if err != nil {
			return err
		}
		r.policies[owner] = policy
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

func (r *rows) loadParticipants(owners, ids set) error {
	lists, arguments := in(owners, ids)
	found, err := store.Find[practice.Participant](r.tx,
		"WHERE establishment IN "+lists[0]+" AND appointment IN "+lists[1]+
			" AND kind <> 'gone' ORDER BY kind, id", arguments...)
	if err != nil {
		return err
	}
	known := set{}
	for _, p := range found {
		r.participants[p.Appointment] = append(r.participants[p.Appointment], p)
		known.add(p.Person)
	}
	if len(known) == 0 {
		return nil
	}
	lists, arguments = in(known)
	names, err := store.Find[practice.Person](r.tx, "WHERE id IN "+lists[0], arguments...)
	for _, person := range names {
		r.people[person.ID] = person
	}
	return err
}

// loadMarks reads what failed to be sent, and what patients have decided.
func (r *rows) loadMarks(owners, ids set) error {
	lists, arguments := in(owners, ids)
	where := " WHERE establishment IN " + lists[0] + " AND appointment IN " + lists[1]
	err := r.tx.Query(func(scan func(...any) error) error {
		var id string
		var count int
		err := scan(&id, &count)
		r.undelivered[id] = count
		return err
	}, "SELECT appointment, COUNT(*) FROM outbox"+where+
		" AND state = 'failed' GROUP BY appointment", arguments...)
	if err != nil {
		return err
	}
	return r.tx.Query(func(scan func(...any) error) error {
		var id string
		var decision practice.Decision
		err := scan(&id, &decision)
		r.consents[id] = decision // the last one counts
		return err
	}, "SELECT appointment, decision FROM consents"+where+" ORDER BY at, id", arguments...)
}

// row makes one row as the viewer may see it.
func (r *rows) row(a practice.Appointment) (Row, bool) {
	guests := r.participants[a.ID]
	participant := slices.ContainsFunc(guests, func(p practice.Participant) bool {
		return r.viewer.person != "" && p.Person == r.viewer.person
	})
	sight := r.viewer.sees(a, participant)
	if sight == sightNone {
		return Row{}, false
	}
	queue := a.Kind == practice.KindConsultation &&
		!slices.ContainsFunc(guests, func(p practice.Participant) bool {
			return p.Kind == practice.ParticipantPerson && p.CallRole == "host"
		})
	row := Row{Appointment: a, Live: liveOf(a), Participants: []ParticipantLine{},
		PlaceName:   r.places[a.Place].Name,
		ServiceName: r.services[a.Service].Name, Queue: queue, Consent: r.consents[a.ID],
		Present: r.agenda.Present(a.Room)}
	for _, p := range guests {
		row.Participants = append(row.Participants, r.line(a, p))
	}
	if patient, there := r.patients[a.Patient]; there {
		row.Patient = patientLine(patient, sight)
	}
	row.Mine = participant || queue &&
		r.viewer.may(practice.ActionCallHost, a.Establishment, a.Service)
	row.MayBegin = r.mayBegin(a, participant)
	if sight == sightFull {
		row.MayWrite = a.Status != practice.StatusCancelled &&
			r.viewer.may(practice.ActionAppointmentWrite, a.Establishment, a.Service)
		row.Undelivered = r.undelivered[a.ID]
	} else {
		row.Appointment.SourceSystem, row.Appointment.SourceValue, row.ServiceName = "", "", ""
	}
	return row, true
}

func (r *rows) mayBegin(a practice.Appointment, participant bool) bool {
	if r.policies[a.Establishment].Within(a, r.now) != nil {
		return false
	}
	return participant || r.viewer.device.ID != "" ||
		r.viewer.mayBeside(practice.ActionCallJoin, a) ||
		r.viewer.may(practice.ActionCallHost, a.Establishment, a.Service)
}

// line is what a list shows of a participant.
func (r *rows) line(a practice.Appointment, p practice.Participant) ParticipantLine {
	name := p.Name
	switch p.Kind {
	case practice.ParticipantPerson:
		name = agenda.PersonName(r.people[p.Person])
	case practice.ParticipantPlace:
		name = r.places[a.Place].Name
	case practice.ParticipantPatient:
		name = "" // the row's patient says who
	}
	return ParticipantLine{ID: p.ID, Kind: p.Kind, Person: p.Person, Name: name,
		CallRole: p.CallRole, Channel: p.Channel}
}

// patientLine is what a list shows of a patient.
func patientLine(p practice.Patient, s sight) *PatientLine {
	line := &PatientLine{ID: p.ID, BirthName: p.BirthName, BirthGivenName: p.BirthGivenName,
		BirthDate: p.BirthDate, Sex: p.Sex}
	if s == sightFull {
		line.UsedName, line.IPP, line.Qualified = p.UsedName, p.IPP, p.INS != ""
	}
	return line
}

// liveOf is the state that « Ma journée » shows.
func liveOf(a practice.Appointment) LiveState {
	switch {
	case a.Status == practice.StatusCancelled:
		return LiveCancelled
	case a.Status == practice.StatusNoShow:
		return LiveNoShow
	case a.Status == practice.StatusFulfilled:
		return LiveOver
	case a.BeganAt != 0 && a.EndedAt == 0:
		return LiveOngoing
	case a.ArrivedAt != 0 && a.BeganAt == 0:
		return LiveWaiting
	}
	return LiveExpected
}
