package figures

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/store"
)

const (
	// countEvery is how often the counter looks though nobody told it of a change.
	countEvery = time.Minute
	// countedAtOnce bounds how long counting holds up other writers.
	countedAtOnce = 100
)

// Config is what a Counter needs. Store is required.
type Config struct {
	Store *store.Store
	Log   *zap.Logger
}

// Counter counts appointments once their outcome is known, and requests for opinions. Any number of
// them may run on one store.
type Counter struct {
	store *store.Store
	log   *zap.Logger
}

// NewCounter returns a Counter. Run counts.
func NewCounter(config Config) (*Counter, error) {
	if config.Store == nil {
		return nil, errors.New("expected Config.Store, got nil; give it")
	}
	if config.Log == nil {
		config.Log = zap.NewNop()
	}
	return &Counter{config.Store, config.Log}, nil
}

// Run counts what is there to be counted, and what comes, until ctx ends.
func (c *Counter) Run(ctx context.Context) {
	changes, stop := c.store.Watch()
	defer stop()
	poll := time.NewTicker(countEvery)
	defer poll.Stop()
	for {
		if err := c.Count(ctx); err != nil && ctx.Err() == nil {
			c.log.Warn("something was not counted; it is tried again", zap.Error(err))
		}
		if !waited(ctx, changes, poll.C) {
			return
		}
	}
}

// waited waits, and reports whether there may be something to count; false: it is over.
func waited(ctx context.Context, changes <-chan []practice.Change, poll <-chan time.Time) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-poll:
			return true
		case heard, open := <-changes:
			if !open {
				return false
			}
			if heard == nil || slices.ContainsFunc(heard, func(change practice.Change) bool {
				return change.Topic == practice.TopicAppointment ||
					change.Topic == practice.TopicOpinion
			}) {
				return true
			}
		}
	}
}

// things are what is counted. Of those that a condition finds something has changed since they were
// counted; the index of the condition holds nothing else.
type things struct {
	table, uncounted string
	count            func(tx *store.Tx, establishment, id string) error
}

// counted are all of them. Appointments that are only booked have not been counted, and need not
// be.
var counted = []things{
	{"appointments", "counted_version <> version AND (status <> 'booked' OR counted <> '')",
		countOne},
	{"opinions", "counted_version <> version", countOpinion},
}

// thing is one of them.
type thing struct{ establishment, id string }

// Count counts all that has changed since it was counted. What cannot be counted holds up nothing
// else.
func (c *Counter) Count(ctx context.Context) error {
	var problems error
	for _, kind := range counted {
		problems = errors.Join(problems, c.countKind(ctx, kind))
	}
	return problems
}

func (c *Counter) countKind(ctx context.Context, kind things) error {
	var problems error
	after := ""
	for {
		var found []thing
		if err := c.store.Read(ctx, func(tx *store.Tx) (err error) {
			found, err = kind.find(tx, after)
			return err
		}); err != nil || len(found) == 0 {
			return errors.Join(problems, err)
		}
		after = found[len(found)-1].id
		if c.countAll(ctx, kind, found) == nil {
			continue
		}
		for _, one := range found {
			problems = errors.Join(problems, c.countAll(ctx, kind, []thing{one}))
		}
	}
}

// find returns the next ones that are to be counted, in the order of their ids.
func (k things) find(tx *store.Tx, after string) (found []thing, err error) {
	err = tx.Across("a daemon looks after all establishments").Query(
		func(scan func(...any) error) error {
			var one thing
			err := scan(&one.establishment, &one.id)
			found = append(found, one)
			return err
		}, "SELECT establishment, id FROM "+k.table+" WHERE "+k.uncounted+
			" AND id > $1 ORDER BY id LIMIT $2", after, countedAtOnce)
	return found, err
}

// countAll counts some things in one transaction.
func (c *Counter) countAll(ctx context.Context, kind things, some []thing) error {
	return c.store.Write(ctx, func(tx *store.Tx) error {
		for _, one := range some {
			if err := kind.count(tx, one.establishment, one.id); err != nil {
				return fmt.Errorf("%s, %s: %w", kind.table, one.id, err)
			}
		}
		return nil
	})
}

// countOne counts an appointment as it is now. The mark and the counters change together.
func countOne(tx *store.Tx, establishment, id string) error {
	a, err := store.Get[practice.Appointment](tx, "WHERE establishment = $1 AND id = $2",
		establishment, id)
	if err != nil {
		return err
	}
	var mark string
	if err := tx.Scan("SELECT counted FROM appointments WHERE establishment = $1 AND id = $2",
		[]any{establishment, id}, &mark); err != nil {
		return err
	}
	episodes, err := store.Find[practice.Episode](tx,
		"WHERE establishment = $1 AND appointment = $2 ORDER BY began_at, id", establishment, id)
	if err != nil {
		return err
	}
	if mark, err = Recount(tx, mark, OfAppointment(a, episodes)); err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE appointments SET counted = $1, counted_version = version
		WHERE establishment = $2 AND id = $3`, mark, establishment, id)
	return err
}

// countOpinion counts a request for an opinion as it is now.
func countOpinion(tx *store.Tx, establishment, id string) error {
	o, err := store.Get[practice.Opinion](tx, "WHERE establishment = $1 AND id = $2",
		establishment, id)
	if err != nil {
		return err
	}
	house, err := store.Get[practice.Establishment](tx, "WHERE id = $1", o.AskedEstablishment)
	if err != nil {
		return err
	}
	zone, err := agenda.Zone(house.Zone)
	if err != nil {
		return err
	}
	var asked, answered string
	if err := tx.Scan(`SELECT counted_asked, counted FROM opinions
		WHERE establishment = $1 AND id = $2`, []any{establishment, id}, &asked,
		&answered); err != nil {
		return err
	}
	question, answer := OfOpinion(o, zone)
	if asked, err = Recount(tx, asked, question); err != nil {
		return err
	}
	if answered, err = Recount(tx, answered, answer); err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE opinions SET counted_asked = $1, counted = $2,
		counted_version = version WHERE establishment = $3 AND id = $4`, asked, answered,
		establishment, id)
	return err
}

// Again has an appointment counted once more, as when more was measured of it. It belongs into the
// transaction that writes that.
func Again(tx *store.Tx, establishment, appointment string) error {
	_, err := tx.Exec(`UPDATE appointments SET counted_version = -1
		WHERE establishment = $1 AND id = $2`, establishment, appointment)
	if err == nil {
		tx.Changed(practice.TopicAppointment, establishment, appointment)
	}
	return err
}
