package agenda

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"go.uber.org/zap"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// presenceLasts is how long what a server says of its rooms counts if it says nothing more. It says
// so every tidyEvery: two may fail. Clocks of servers may stand apart by less.
const presenceLasts = 3 * tidyEvery

// Present are the ids of the participants who are in the calls of some appointments or wait in
// front of them, on whatever server, by appointment.
func Present(tx *store.Tx, appointments ...string) (map[string][]string, error) {
	present := map[string][]string{}
	if len(appointments) == 0 {
		return present, nil
	}
	arguments, list := store.List(nil, appointments)
	err := tx.Across("the appointments were found before").Query(
		func(scan func(...any) error) error {
			var appointment, participants string
			err := scan(&appointment, &participants)
			present[appointment] = strings.Fields(participants)
			return err
		}, "SELECT appointment, participants FROM presences WHERE appointment IN "+list,
		arguments...)
	return present, err
}

// Leave takes it that a room is in the hands of this server no more and is not over: it goes on
// after a restart, or on another server. Who is there is what was said last, until somebody says
// otherwise or presenceLasts is over: whoever changes servers is not gone meanwhile.
func (a *Agenda) Leave(room string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.rooms, room)
}

// notePresence writes down who is in an appointment's room, and reports whether what p tells of the
// appointment counts: that a room is empty counts from the server that has it, not from one that it
// was taken from.
func (a *Agenda) notePresence(tx *store.Tx, appointment practice.Appointment, p Presence) (
	counts bool, err error) {
	if len(p.Guests) == 0 {
		var holder string
		err := tx.Scan("SELECT node FROM presences WHERE establishment = $1 AND appointment = $2",
			[]any{appointment.Establishment, appointment.ID}, &holder)
		if errors.Is(err, store.ErrNotFound) {
			return true, nil
		}
		if err != nil || holder != a.config.Node {
			return false, err
		}
		_, err = tx.Exec("DELETE FROM presences WHERE establishment = $1 AND appointment = $2",
			appointment.Establishment, appointment.ID)
		return true, err
	}
	a.mu.Lock()
	_, here := a.rooms[p.Room]
	a.mu.Unlock()
	if !here { // it was left since: what has become of it is for the next server to say
		return appointment.EndedAt == 0, nil
	}
	_, err = tx.Exec(`INSERT INTO presences (appointment, establishment, node, participants, until)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT (appointment) DO UPDATE
		SET node = excluded.node, participants = excluded.participants, until = excluded.until`,
		appointment.ID, appointment.Establishment, a.config.Node,
		strings.Join(participantsOf(p), " "), a.presenceUntil())
	return true, err
}

func (a *Agenda) presenceUntil() int64 {
	return int64(practice.InstantOf(a.now().Add(presenceLasts)))
}

// participantsOf are those whom a room tells of, each once, in the order of their ids.
func participantsOf(p Presence) []string {
	found := []string{}
	for _, guest := range p.Guests {
		if b, ours := bearerOf(guest.ID); ours {
			found = append(found, b.participant)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// renewPresence says again who is in the rooms of this server. A room that the others have
// forgotten, as when the store was out of reach for long, is told of anew.
func (a *Agenda) renewPresence(ctx context.Context) error {
	a.mu.Lock()
	rooms := maps.Clone(a.rooms)
	a.mu.Unlock()
	if len(rooms) == 0 {
		return nil
	}
	return a.config.Store.Write(ctx, func(tx *store.Tx) error {
		wide := tx.Across("a room knows no establishment")
		if _, err := wide.Exec("UPDATE presences SET until = $1 WHERE node = $2",
			a.presenceUntil(), a.config.Node); err != nil {
			return err
		}
		err := wide.Query(func(scan func(...any) error) error {
			var room string
			err := scan(&room)
			delete(rooms, room)
			return err
		}, `SELECT appointments.room FROM presences JOIN appointments
			ON appointments.id = presences.appointment`)
		for _, forgotten := range rooms {
			err = errors.Join(err, a.progress(tx, forgotten))
		}
		return err
	})
}

// forgetPresence forgets what servers have said that say nothing more.
func (a *Agenda) forgetPresence(ctx context.Context) error {
	return a.config.Store.Write(ctx, func(tx *store.Tx) error {
		wide := tx.Across("a daemon looks after all establishments")
		now := int64(practice.InstantOf(a.now()))
		silent, err := store.Find[practice.Appointment](wide,
			"WHERE id IN (SELECT appointment FROM presences WHERE until < $1)", now)
		if err != nil || len(silent) == 0 {
			return err
		}
		for _, appointment := range silent {
			a.log.Warn("the server of a call says nothing more; the call is taken to be empty",
				zap.String("appointment", appointment.ID))
			changed(tx, appointment)
			err = errors.Join(err, tellOpinion(tx, appointment))
		}
		_, problem := wide.Exec("DELETE FROM presences WHERE until < $1", now)
		return errors.Join(err, problem)
	})
}
