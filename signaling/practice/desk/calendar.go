package desk

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/people"
	"draille/signaling/practice/rights"
	"draille/signaling/practice/store"
)

// calendar is the day, the telestaffs of a week, and how long those who wait still have to.
type calendar struct{ agenda *agenda.Agenda }

func (s calendar) routes() []route {
	return []route{
		{"GET /api/day", signedIn, s.day},
		{"GET /api/telestaffs", signedIn, s.telestaffs},
		{"PUT /api/delays", signedIn, s.delay},
	}
}

// defaultZone is that of somebody who has no establishment, such as an expert.
const defaultZone = "Europe/Paris"

// zone is the one in which the dates of a request are meant.
func (calendar) zone(c *call, tx *store.Tx, establishment string) (*time.Location, error) {
	if establishment == "" {
		_, reach := rights.Where(c.caller.Grants, practice.ActionDayView)
		if len(reach) == 0 {
			return agenda.Zone(defaultZone)
		}
		establishment = reach[0].Establishment
	}
	found, err := store.Get[practice.Establishment](tx, "WHERE id = $1", establishment)
	if errors.Is(err, store.ErrNotFound) || err == nil && !c.knows(establishment) {
		return nil, refuse(CodeNotFound, "there is no such establishment, or not for you")
	}
	if err != nil {
		return nil, err
	}
	return agenda.Zone(found.Zone)
}

func (s calendar) day(c *call) error {
	day := Day{Date: c.query("date"), Now: practice.InstantOf(c.now)}
	err := c.read(func(tx *store.Tx) error {
		zone, err := s.zone(c, tx, c.query("establishment"))
		if err != nil {
			return err
		}
		day.Zone = zone.String()
		if day.Date == "" {
			day.Date = c.now.In(zone).Format(time.DateOnly)
		}
		from, until, err := agenda.DayOf(day.Date, zone)
		if err != nil {
			return err
		}
		v := viewerOf(c.caller)
		list, err := v.between(tx, practice.InstantOf(from), practice.InstantOf(until),
			c.query("establishment"))
		if err != nil {
			return err
		}
		made, all, err := rowsOf(tx, s.agenda, v, c.now, list)
		if err != nil {
			return err
		}
		day.Appointments, day.Places, day.Services = made, sorted(all.places), sorted(all.services)
		day.Delays, err = delaysFor(tx, v, c.now)
		return err
	})
	if err != nil {
		return err
	}
	if err := c.noteDay(day.Date); err != nil {
		return err
	}
	return c.reply(http.StatusOK, day)
}

// noteEvery is how often the ledger notes that somebody looks at one day's list, which a page reads
// again and again.
const noteEvery = time.Hour

// sorted are the values of a map in the order of their keys.
func sorted[T any](values map[string]T) []T {
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	list := make([]T, 0, len(values))
	for _, key := range keys {
		list = append(list, values[key])
	}
	return list
}

// delaysFor are the delays of services whose day somebody sees.
func delaysFor(tx *store.Tx, v viewer, now time.Time) ([]practice.Delay, error) {
	all, err := store.Find[practice.Delay](tx.Across("who sees which is asked below, for each"),
		"WHERE clears_at > $1 AND minutes > 0 ORDER BY set_at, id", int64(practice.InstantOf(now)))
	if err != nil {
		return nil, err
	}
	mine := []practice.Delay{}
	for _, delay := range all {
		if v.may(practice.ActionDayView, delay.Establishment, delay.Service) {
			mine = append(mine, delay)
		}
	}
	return mine, nil
}

// maxTelestaffDays bounds a list of telestaffs.
const maxTelestaffDays = 31

func (s calendar) telestaffs(c *call) error {
	items := []Row{}
	err := c.read(func(tx *store.Tx) error {
		zone, err := s.zone(c, tx, c.query("establishment"))
		if err != nil {
			return err
		}
		from, _, err := agenda.DayOf(c.query("from"), zone)
		if err != nil {
			return err
		}
		_, until, err := agenda.DayOf(c.query("to"), zone)
		if err != nil {
			return err
		}
		if days := until.Sub(from).Hours() / 24; days < 0 || days > maxTelestaffDays+1 {
			return invalid("to", "expected at most %d days, got %.0f", maxTelestaffDays, days)
		}
		v := viewerOf(c.caller)
		list, err := v.between(
			tx,
			practice.InstantOf(from),
			practice.InstantOf(until),
			c.query("establishment"),
		)
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(a practice.Appointment) bool {
			return a.Kind != practice.KindTelestaff
		})
		items, _, err = rowsOf(tx, s.agenda, v, c.now, list)
		return err
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, map[string]any{"items": items})
}

// delayMinutes are those that can be told, and delayHolds how long they are shown.
var delayMinutes = []int{0, 5, 10, 15, 20, 30, 45, 60}

const delayHolds = 2 * time.Hour

func (calendar) delay(c *call) error {
	var wanted NewDelay
	if err := c.body(&wanted); err != nil {
		return err
	}
	if err := c.require(practice.ActionDelayWrite, wanted.Establishment, wanted.Service); err !=
		nil {
		return err
	}
	if !slices.Contains(delayMinutes, wanted.Minutes) {
		return invalid("minutes", "expected one of %v, got %d", delayMinutes, wanted.Minutes)
	}
	at := practice.InstantOf(c.now)
	delay := practice.Delay{ID: practice.NewID(), Establishment: wanted.Establishment,
		Service: wanted.Service,
		Minutes: wanted.Minutes, SetBy: c.caller.Person.ID, SetAt: at, ClearsAt: at.Add(delayHolds)}
	if wanted.Mine {
		delay.Person = c.caller.Person.ID
	}
	if delay.Minutes == 0 {
		delay.ClearsAt = at
	}
	err := c.write(func(tx *store.Tx) error {
		if _, err := store.Get[practice.Service](tx, "WHERE establishment = $1 AND id = $2",
			delay.Establishment, delay.Service); err != nil {
			return err
		}
		if _, err :=
			tx.Exec("DELETE FROM delays WHERE establishment = $1 AND service = $2 AND person = $3",
				delay.Establishment, delay.Service, delay.Person); err != nil {
			return err
		}
		if err := store.Insert(tx, delay, nil); err != nil {
			return err
		}
		tx.Changed(practice.TopicDelay, delay.Establishment, delay.ID)
		return c.audit(tx,
			practice.AuditEntry{Establishment: delay.Establishment, Action: "delay.set",
				Object: delay.Service})
	})
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, delay)
}

// tellers say what listeners are told of appointments and delays.
func (s calendar) tellers() []Teller {
	return []Teller{{practice.TopicAppointment, s.tellAppointment},
		{practice.TopicDelay, s.tellDelay}}
}

func (s calendar) tellAppointment(tx *store.Tx, now time.Time, listener people.Signed,
	change practice.Change) ([]Event, error) {
	a, err := store.Get[practice.Appointment](tx, "WHERE establishment = $1 AND id = $2",
		change.Establishment, change.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	made, _, err := rowsOf(tx, s.agenda, viewerOf(listener), now, []practice.Appointment{a})
	if err != nil {
		return nil, err
	}
	if len(made) == 0 {
		return s.tellGone(tx, listener, a)
	}
	events := []Event{{"appointment", made[0]}}
	if made[0].Mine && made[0].Live == LiveWaiting {
		arrival := Arrival{Appointment: a.ID, At: a.ArrivedAt}
		if len(made[0].Present) > 0 {
			arrival.Participant = made[0].Present[0]
		}
		events = append(events, Event{"arrival", arrival})
	}
	return events, nil
}

// tellGone tells somebody who was taken off an appointment, and the tablet of a place that it was
// moved from.
func (calendar) tellGone(tx *store.Tx, listener people.Signed,
	a practice.Appointment) ([]Event, error) {
	if listener.Device.ID != "" {
		// an id that it never heard of means nothing to it
		return []Event{{"gone", Gone{a.ID}}}, nil
	}
	_, err := store.Get[practice.Participant](tx,
		"WHERE establishment = $1 AND appointment = $2 AND person = $3 AND kind = 'gone'",
		a.Establishment, a.ID, listener.Person.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return []Event{{"gone", Gone{a.ID}}}, err
}

func (calendar) tellDelay(tx *store.Tx, _ time.Time, listener people.Signed,
	change practice.Change) ([]Event, error) {
	delay, err := store.Get[practice.Delay](tx, "WHERE establishment = $1 AND id = $2",
		change.Establishment, change.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil // another one has taken its place, and is told
	}
	if err != nil {
		return nil, err
	}
	v := viewerOf(listener)
	if listener.Device.ID == "" &&
		!v.may(practice.ActionDayView, delay.Establishment, delay.Service) {
		return nil, nil
	}
	if listener.Device.ID != "" && delay.Establishment != listener.Device.Establishment {
		return nil, nil
	}
	return []Event{{"delay", delay}}, nil
}
