package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// lister makes lists of appointments: a day, a week's telestaffs, what is at a tablet's place.
//
// What a list is made of is remembered for each establishment and span of time, or for each person
// who is asked to appointments, until something changes. What of it somebody sees is decided anew
// for each request, by their rights at that moment.
type lister struct {
	houses *memory[houseSpan, *sheet]
	guests *memory[guestSpan, *sheet]
	zones  *memory[string, practice.Establishment]
	delays *memory[struct{}, []practice.Delay]
	ones   *memory[string, concerned]
}

// houseSpan is what belongs to an establishment or takes place there.
type houseSpan struct {
	establishment string
	from, until   practice.Instant
}

// guestSpan is what a person is asked to, wherever.
type guestSpan struct {
	person      string
	from, until practice.Instant
}

// Sizes of what is remembered, in entries. A sheet of a large hospital's day has some 100 KB.
const (
	maxHouses = 256
	maxGuests = 4096
	maxZones  = 1024
)

func newLister(from *store.Store) *lister {
	return &lister{houses: newMemory[houseSpan, *sheet](from, maxHouses),
		guests: newMemory[guestSpan, *sheet](from, maxGuests),
		zones:  newMemory[string, practice.Establishment](from, maxZones),
		delays: newMemory[struct{}, []practice.Delay](from, 2),
		ones:   newMemory[string, concerned](from, maxGuests)}
}

// concerned is one appointment, for all who listen.
type concerned struct {
	sheet *sheet // nil: it is not there
	gone  set    // people who were taken off it
}

// one reads the appointment that a change names.
func (l *lister) one(ctx context.Context, change practice.Change) (concerned, error) {
	return l.ones.get(ctx, change.ID, func(tx *store.Tx) (concerned, error) {
		found := concerned{gone: set{}}
		list, err := store.Find[practice.Appointment](tx, "WHERE establishment = $1 AND id = $2",
			change.Establishment, change.ID)
		if err != nil || len(list) == 0 {
			return found, err
		}
		left, err := store.Find[practice.Participant](tx, "WHERE establishment = $1 AND "+
			"appointment = $2 AND kind = 'gone'", change.Establishment, change.ID)
		if err != nil {
			return found, err
		}
		for _, p := range left {
			found.gone.add(p.Person)
		}
		found.sheet, err = sheetOf(tx, list)
		return found, err
	})
}

// span is what a list is about.
type span struct {
	from, until   practice.Instant // of starts, [from, until)
	establishment string           // empty: all
}

// listed is what a viewer sees of a span, the earliest first.
type listed struct {
	rows     []Row
	places   []practice.Place // those that are named
	services []practice.Service
}

// list returns what the viewer may list of a span.
func (l *lister) list(ctx context.Context, v viewer, now time.Time, asked span) (listed, error) {
	made := listed{rows: []Row{}, places: []practice.Place{}, services: []practice.Service{}}
	seen := set{}
	take := func(s *sheet) {
		r := rows{v, now}
		for _, a := range s.appointments {
			if _, twice := seen[a.ID]; twice || !v.lists(a, asked.establishment) {
				continue
			}
			row, visible := r.row(s, a)
			if !visible {
				continue
			}
			seen.add(a.ID)
			made.rows = append(made.rows, row)
			if place, named := s.places[a.Place]; named {
				made.places = append(made.places, place)
			}
			if service, named := s.services[a.Service]; named && row.ServiceName != "" {
				made.services = append(made.services, service)
			}
		}
	}
	for _, house := range v.houses(asked.establishment) {
		found, err := l.house(ctx, houseSpan{house, asked.from, asked.until})
		if err != nil {
			return made, err
		}
		take(found)
	}
	if v.person != "" {
		found, err := l.guest(ctx, guestSpan{v.person, asked.from, asked.until})
		if err != nil {
			return made, err
		}
		take(found)
	}
	slices.SortFunc(made.rows, func(a, b Row) int { return inOrder(a.Appointment, b.Appointment) })
	made.places = once(made.places, func(p practice.Place) string { return p.ID })
	made.services = once(made.services, func(s practice.Service) string { return s.ID })
	return made, nil
}

func inOrder(a, b practice.Appointment) int {
	if a.StartsAt != b.StartsAt {
		return int(a.StartsAt - b.StartsAt)
	}
	return strings.Compare(a.ID, b.ID)
}

// once leaves one of each id, in the order of the ids.
func once[T any](items []T, id func(T) string) []T {
	slices.SortFunc(items, func(a, b T) int { return strings.Compare(id(a), id(b)) })
	return slices.CompactFunc(items, func(a, b T) bool { return id(a) == id(b) })
}

// house reads what belongs to an establishment, and what takes place there.
func (l *lister) house(ctx context.Context, key houseSpan) (*sheet, error) {
	return l.houses.get(ctx, key, func(tx *store.Tx) (*sheet, error) {
		own, err := store.Find[practice.Appointment](tx,
			"WHERE establishment = $1 AND starts_at >= $2 AND starts_at < $3",
			key.establishment, int64(key.from), int64(key.until))
		if err != nil {
			return nil, err
		}
		hosted, err := store.Find[practice.Appointment](tx,
			"WHERE host_establishment = $1 AND establishment <> $1 AND starts_at >= $2 AND "+
				"starts_at < $3", key.establishment, int64(key.from), int64(key.until))
		if err != nil {
			return nil, err
		}
		return sheetOf(tx, append(own, hosted...))
	})
}

// guest reads what a person is asked to.
func (l *lister) guest(ctx context.Context, key guestSpan) (*sheet, error) {
	return l.guests.get(ctx, key, func(tx *store.Tx) (*sheet, error) {
		found, err := store.Find[practice.Appointment](tx,
			`JOIN participants ON participants.appointment = appointments.id
			WHERE participants.person = $1 AND participants.kind = 'person'
			AND participants.starts_at >= $2 AND participants.starts_at < $3`,
			key.person, int64(key.from), int64(key.until))
		if err != nil {
			return nil, err
		}
		return sheetOf(tx, found)
	})
}

// establishment returns the one with an id, or store.ErrNotFound.
func (l *lister) establishment(ctx context.Context, id string) (practice.Establishment, error) {
	return l.zones.get(ctx, id, func(tx *store.Tx) (practice.Establishment, error) {
		return store.Get[practice.Establishment](tx, "WHERE id = $1", id)
	})
}

// delaysFor are the delays of services whose day somebody sees.
func (l *lister) delaysFor(ctx context.Context, v viewer,
	now time.Time) ([]practice.Delay, error) {
	all, err := l.delays.get(ctx, struct{}{}, func(tx *store.Tx) ([]practice.Delay, error) {
		return store.Find[practice.Delay](tx.Across("who sees which is asked below, for each"),
			"WHERE clears_at > $1 AND minutes > 0 ORDER BY set_at, id",
			int64(practice.InstantOf(now)))
	})
	mine := []practice.Delay{}
	for _, delay := range all {
		if delay.ClearsAt > practice.InstantOf(now) &&
			v.may(practice.ActionDayView, delay.Establishment, delay.Service) {
			mine = append(mine, delay)
		}
	}
	return mine, err
}
