package agenda

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"go.uber.org/zap"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// Rooms are those with somebody in them. Nobody waits for what is done to them.
type Rooms interface {
	// Revoke puts out whoever uses one of the invitations.
	Revoke(invitations []string)
	// Announce tells those who wait in front of a room how many minutes it takes longer; 0: none.
	Announce(room string, minutes int)
}

// Watch puts out those who are in a room, or wait in front of it, though they are no longer welcome
// there: the appointment was cancelled, they were taken off it, or their link was revoked. And it
// tells those who wait of delays. It looks at whatever changes in the store, on any node, until ctx
// ends. Whoever comes in at the same moment is found by the change that their arrival makes.
func (a *Agenda) Watch(ctx context.Context, rooms Rooms) {
	changes, stop := a.config.Store.Watch()
	defer stop()
	told := map[string]announced{} // by room
	ends := time.NewTicker(tidyEvery)
	defer ends.Stop()
	a.look(ctx, nil, rooms.Revoke)
	a.announce(ctx, nil, rooms, told)
	for {
		var some []practice.Change
		select {
		case <-ctx.Done():
			return
		case <-ends.C: // delays end by themselves
		case changed, open := <-changes:
			if !open {
				return
			}
			some = changed
			a.look(ctx, some, rooms.Revoke)
		}
		a.announce(ctx, some, rooms, told)
	}
}

// announced is what those who wait in front of a room were told.
type announced struct {
	appointment string // empty: a room of draille invite
	minutes     int
}

// announce tells those who wait of a delay, if it is another than what they were told. It looks at
// the rooms whose appointment or delay has changed, nil: at all.
func (a *Agenda) announce(ctx context.Context, some []practice.Change, to Rooms,
	told map[string]announced) {
	rooms := a.occupiedRooms()
	// Who left may come back, into a room that has forgotten, or that knows what holds no more.
	maps.DeleteFunc(told, func(room string, _ announced) bool {
		return !slices.Contains(rooms, room)
	})
	all := some == nil
	concerned := map[string]bool{}
	for _, change := range some {
		all = all || change.Topic == practice.TopicDelay
		concerned[change.ID] = true
	}
	for _, room := range rooms {
		if before, known := told[room]; known && !all && !concerned[before.appointment] {
			continue
		}
		if err := a.announceTo(ctx, room, to, told); err != nil && ctx.Err() == nil {
			a.log.Warn("those who wait were not told of a delay; it is tried again",
				zap.String("room", room), zap.Error(err))
		}
	}
}

func (a *Agenda) announceTo(ctx context.Context, room string, to Rooms,
	told map[string]announced) error {
	var now announced
	err := a.config.Store.Read(ctx, func(tx *store.Tx) error {
		appointment, err := store.Get[practice.Appointment](
			tx.Across("a room knows no establishment"), "WHERE room = $1", room)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		minutes := 0
		if err == nil {
			minutes, err = a.delayOf(tx, appointment)
		}
		now = announced{appointment.ID, minutes}
		return err
	})
	if err != nil {
		return err
	}
	if before, known := told[room]; !known || now.minutes != before.minutes {
		to.Announce(room, now.minutes)
	}
	told[room] = now
	return nil
}

// look looks at the appointments that have changed, nil: at all rooms with somebody in them.
func (a *Agenda) look(ctx context.Context, some []practice.Change, putOut func([]string)) {
	var concerned map[string]bool
	if some != nil {
		concerned = map[string]bool{}
		for _, change := range some {
			if change.Topic == practice.TopicAppointment {
				concerned[change.ID] = true
			}
		}
		if len(concerned) == 0 {
			return
		}
	}
	for _, room := range a.occupiedRooms() {
		out, err := a.unwelcome(ctx, room, concerned)
		if err != nil && ctx.Err() == nil {
			a.log.Warn("whether everybody in a room is still welcome was not found out; "+
				"the next change of the appointment asks again",
				zap.String("room", room), zap.Error(err))
		}
		if len(out) > 0 {
			putOut(out)
		}
	}
}

func (a *Agenda) occupiedRooms() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	rooms := make([]string, 0, len(a.rooms))
	for room := range a.rooms {
		rooms = append(rooms, room)
	}
	return rooms
}

// unwelcome are the invitations in a room that let nobody in any more. Concerned are the
// appointments that are looked at, nil: all.
func (a *Agenda) unwelcome(ctx context.Context, room string, concerned map[string]bool) (
	out []string, err error) {
	err = a.config.Store.Read(ctx, func(tx *store.Tx) error {
		appointment, err := store.Get[practice.Appointment](
			tx.Across("a room knows no establishment"), "WHERE room = $1", room)
		if errors.Is(err, store.ErrNotFound) {
			return nil // a room of draille invite
		}
		if err != nil || concerned != nil && !concerned[appointment.ID] {
			return err
		}
		for _, by := range a.bearers(room) {
			p, err := store.Get[practice.Participant](tx,
				"WHERE establishment = $1 AND id = $2", appointment.Establishment, by.participant)
			welcome := false
			if err == nil {
				welcome, err = a.welcome(tx, appointment, p, by)
			}
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			if !welcome {
				out = append(out, by.invitation())
			}
		}
		return nil
	})
	return out, err
}
