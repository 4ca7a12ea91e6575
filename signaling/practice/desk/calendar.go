package desk

import (
	"context"
	"errors"
	"maps"
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
type calendar struct {
	lists *lister
}

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
func (s calendar) zone(c *call, establishment string) (*time.Location, error) {
	if establishment == "" {
		_, reach := rights.Where(c.caller.Grants, practice.ActionDayView)
		if len(reach) == 0 {
			return agenda.Zone(defaultZone)
		}
		establishment = reach[0].Establishment
	}
	found, err := s.lists.establishment(c.r.Context(), establishment)
	if errors.Is(err, store.ErrNotFound) || err == nil && !c.knows(establishment) {
		return nil, refuse(CodeNotFound, "there is no such establishment, or not for you")
	}
	if err != nil {
		return nil, err
	}
	return agenda.Zone(found.Zone)
}

func (s calendar) day(c *call) error {
	establishment := c.query("establishment")
	zone, err := s.zone(c, establishment)
	if err != nil {
		return err
	}
	day := Day{Date: c.query("date"), Zone: zone.String(), Now: practice.InstantOf(c.now)}
	if day.Date == "" {
		day.Date = c.now.In(zone).Format(time.DateOnly)
	}
	from, until, err := agenda.DayOf(day.Date, zone)
	if err != nil {
		return err
	}
	v := viewerOf(c.caller)
	made, err := s.lists.list(c.r.Context(), v, c.now,
		span{practice.InstantOf(from), practice.InstantOf(until), establishment})
	if err != nil {
		return err
	}
	day.Appointments, day.Places, day.Services = made.rows, made.places, made.services
	if day.Delays, err = s.lists.delaysFor(c.r.Context(), v, c.now); err != nil {
		return err
	}
	if err := c.noteLook(daysSeen(establishment, day)...); err != nil {
		return err
	}
	return c.reply(http.StatusOK, day)
}

// daysSeen are the looks at a day: at that of the establishment which was asked for, and at that of
// each whose appointments are shown.
func daysSeen(asked string, day Day) (looks []practice.AuditEntry) {
	houses := set{}
	if asked != "" {
		houses.add(asked)
	}
	for _, row := range day.Appointments {
		houses.add(row.Appointment.Establishment)
	}
	for _, house := range slices.Sorted(maps.Keys(houses)) {
		looks = append(looks, practice.AuditEntry{Establishment: house, Action: "day.view",
			Object: day.Date})
	}
	return looks
}

// maxTelestaffDays bounds a list of telestaffs.
const maxTelestaffDays = 31

func (s calendar) telestaffs(c *call) error {
	establishment := c.query("establishment")
	zone, err := s.zone(c, establishment)
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
	made, err := s.lists.list(c.r.Context(), viewerOf(c.caller), c.now,
		span{practice.InstantOf(from), practice.InstantOf(until), establishment})
	if err != nil {
		return err
	}
	items := slices.DeleteFunc(made.rows, func(row Row) bool {
		return row.Appointment.Kind != practice.KindTelestaff
	})
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

func (s calendar) tellAppointment(ctx context.Context, _ *store.Store, now time.Time,
	listener people.Signed, change practice.Change) ([]Event, error) {
	found, err := s.lists.one(ctx, change)
	if err != nil || found.sheet == nil {
		return nil, err
	}
	a := found.sheet.appointments[0]
	row, visible := rows{viewerOf(listener), now}.row(found.sheet, a)
	if !visible {
		_, left := found.gone[listener.Person.ID]
		// A tablet is told, too: its place may be one that the appointment was moved from. An id
		// that it never heard of means nothing to it.
		if left || listener.Device.ID != "" {
			return []Event{{"gone", Gone{a.ID}}}, nil
		}
		return nil, nil
	}
	events := []Event{{"appointment", row}}
	if row.Mine && row.Live == LiveWaiting {
		arrival := Arrival{Appointment: a.ID, At: a.ArrivedAt}
		if len(row.Present) > 0 {
			arrival.Participant = row.Present[0]
		}
		events = append(events, Event{"arrival", arrival})
	}
	return events, nil
}

func (calendar) tellDelay(ctx context.Context, from *store.Store, _ time.Time,
	listener people.Signed, change practice.Change) ([]Event, error) {
	v := viewerOf(listener)
	if listener.Device.ID != "" && change.Establishment != listener.Device.Establishment {
		return nil, nil
	}
	delay, err := changed[practice.Delay](ctx, from, change)
	if delay == nil {
		return nil, err // another one has taken its place, and is told
	}
	if listener.Device.ID == "" &&
		!v.may(practice.ActionDayView, delay.Establishment, delay.Service) {
		return nil, nil
	}
	return []Event{{"delay", *delay}}, nil
}
