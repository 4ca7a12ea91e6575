package report

import (
	"errors"
	"slices"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

// FactsOf gathers what a report says that nobody types, as it is now.
func FactsOf(tx *store.Tx, a practice.Appointment) (practice.ReportFacts, error) {
	f := practice.ReportFacts{Kind: a.Kind, Title: a.Title, Zone: a.Zone, StartsAt: a.StartsAt,
		BeganAt: a.BeganAt, EndedAt: a.EndedAt, People: []practice.ReportPerson{},
		Incidents: []practice.ReportIncident{}}
	for _, step := range []func(*store.Tx, practice.Appointment, *practice.ReportFacts) error{
		sites, patient, people, identity, consent,
	} {
		if err := step(tx, a, &f); err != nil {
			return f, err
		}
	}
	return f, nil
}

// optional is a row that need not be there.
func optional[T any](tx *store.Tx, clause string, arguments ...any) (T, error) {
	row, err := store.Get[T](tx, clause, arguments...)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return row, err
}

func sites(tx *store.Tx, a practice.Appointment, f *practice.ReportFacts) error {
	house, err := optional[practice.Establishment](tx, "WHERE id = $1", a.Establishment)
	if err != nil {
		return err
	}
	f.Establishment, f.FINESS = house.Name, house.FINESS
	service, err := optional[practice.Service](tx, "WHERE establishment = $1 AND id = $2",
		a.Establishment, a.Service)
	f.Service = service.Name
	if err != nil || a.Place == "" {
		return err
	}
	host, err := optional[practice.Establishment](tx, "WHERE id = $1", a.HostEstablishment)
	if err != nil {
		return err
	}
	place, err := optional[practice.Place](tx, "WHERE establishment = $1 AND id = $2",
		a.HostEstablishment, a.Place)
	f.Place, f.PlaceHouse = place.Name, host.Name
	return err
}

func patient(tx *store.Tx, a practice.Appointment, f *practice.ReportFacts) error {
	if a.Patient == "" {
		return nil
	}
	p, err := store.Get[practice.Patient](tx, "WHERE establishment = $1 AND id = $2",
		a.Establishment, a.Patient)
	traits := PatientTraits(p)
	f.Patient = &traits
	return err
}

// people are those who were expected, with when they were inside, and what happened to their links.
func people(tx *store.Tx, a practice.Appointment, f *practice.ReportFacts) error {
	guests, err := agenda.Participants(tx, a)
	if err != nil {
		return err
	}
	names, err := agenda.Names(tx, a, guests)
	if err != nil {
		return err
	}
	episodes, err := store.Find[practice.Episode](tx, `WHERE establishment = $1
		AND appointment = $2 ORDER BY began_at, id`, a.Establishment, a.ID)
	if err != nil {
		return err
	}
	for _, g := range guests {
		person := practice.ReportPerson{Participant: g.ID, Name: names[g.ID], Kind: g.Kind,
			CallRole: g.CallRole}
		if g.Person != "" {
			who, err := optional[practice.Person](tx, "WHERE id = $1", g.Person)
			if err != nil {
				return err
			}
			person.Profession, person.RPPS = who.Profession, who.RPPS
		}
		for _, e := range episodes {
			if e.Participant != g.ID || e.Kind != practice.EpisodePresent {
				continue
			}
			if person.BeganAt == 0 {
				person.BeganAt = e.BeganAt
			}
			person.EndedAt = max(person.EndedAt, e.EndedAt)
		}
		f.People = append(f.People, person)
	}
	f.Incidents = Incidents(a, episodes, names)
	return nil
}

// Incidents sums up episodes: one line for each participant, kind and way, for what happened while
// they met.
func Incidents(a practice.Appointment, episodes []practice.Episode,
	names map[string]string) []practice.ReportIncident {
	found, index := []practice.ReportIncident{}, map[track]int{}
	for _, e := range episodes {
		from, to := max(e.BeganAt, a.BeganAt), e.EndedAt
		if e.Kind == practice.EpisodePresent || a.BeganAt == 0 || to < from ||
			a.EndedAt != 0 && from > a.EndedAt {
			continue
		}
		if a.EndedAt != 0 && e.Kind != practice.EpisodeLost {
			to = min(to, a.EndedAt)
		}
		key := track{e.Participant, e.Kind, e.Way}
		i, known := index[key]
		if !known {
			i = len(found)
			index[key] = i
			found = append(found, practice.ReportIncident{Name: names[e.Participant],
				Kind: e.Kind, Way: e.Way, FirstAt: from})
		}
		found[i].Times++
		found[i].Seconds += int((to - from + 500) / 1000)
		found[i].LastAt = max(found[i].LastAt, to)
	}
	slices.SortStableFunc(found, func(x, y practice.ReportIncident) int {
		return int(x.FirstAt - y.FirstAt)
	})
	return found
}

func identity(tx *store.Tx, a practice.Appointment, f *practice.ReportFacts) error {
	var assent practice.ReportAssent
	var agreed bool
	err := tx.Scan(`SELECT agreed, checked_by, authenticated, at FROM identity_checks
		WHERE establishment = $1 AND appointment = $2 ORDER BY at DESC LIMIT 1`,
		[]any{a.Establishment, a.ID}, &agreed, &assent.By, &assent.Authenticated, &assent.At)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	assent.Decision = practice.DecisionRefused
	if agreed {
		assent.Decision = practice.DecisionGiven
	}
	f.Identity = &assent
	return named(tx, &assent)
}

func consent(tx *store.Tx, a practice.Appointment, f *practice.ReportFacts) error {
	c, err := store.Get[practice.Consent](tx, `WHERE establishment = $1 AND appointment = $2
		ORDER BY at DESC LIMIT 1`, a.Establishment, a.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	f.Consent = &practice.ReportAssent{Decision: c.Decision, By: c.InformedBy, Means: c.Means,
		Authenticated: c.Authenticated, Representative: c.Representative, At: c.At}
	if err != nil {
		return err
	}
	return named(tx, f.Consent)
}

// named gives whoever had signed in their name.
func named(tx *store.Tx, assent *practice.ReportAssent) error {
	if !assent.Authenticated {
		return nil
	}
	who, err := optional[practice.Person](tx, "WHERE id = $1", assent.By)
	assent.By = agenda.PersonName(who)
	return err
}
