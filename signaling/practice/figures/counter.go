package figures

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"

	"draille/signaling/practice"
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

// Counter counts appointments once their outcome is known. Any number of them may run on one store.
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
			c.log.Warn("an appointment was not counted; it is tried again", zap.Error(err))
		}
		if !waited(ctx, changes, poll.C) {
			return
		}
	}
}

// waited returns true when there may be something to count, false when it is over.
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
				return change.Topic == practice.TopicAppointment
			}) {
				return true
			}
		}
	}
}

// uncounted are the appointments that have changed since they were counted. Those that are only
// booked have not been, and need not be. The index of this condition holds nothing else.
const uncounted = `WHERE counted_version <> version AND (status <> 'booked' OR counted <> '')`

// Count counts all appointments that have changed since they were counted. One that cannot be
// counted holds up no other.
func (c *Counter) Count(ctx context.Context) error {
	var problems error
	after := ""
	for {
		var found []practice.Appointment
		if err := c.store.Read(ctx, func(tx *store.Tx) (err error) {
			found, err = store.Find[practice.Appointment](
				tx.Across("a daemon looks after all establishments"),
				uncounted+" AND id > $1 ORDER BY id LIMIT $2", after, countedAtOnce)
			return err
		}); err != nil || len(found) == 0 {
			return errors.Join(problems, err)
		}
		after = found[len(found)-1].ID
		if c.countAll(ctx, found) == nil {
			continue
		}
		for _, a := range found {
			problems = errors.Join(problems, c.countAll(ctx, []practice.Appointment{a}))
		}
	}
}

// countAll counts some appointments in one transaction.
func (c *Counter) countAll(ctx context.Context, some []practice.Appointment) error {
	return c.store.Write(ctx, func(tx *store.Tx) error {
		for _, a := range some {
			if err := countOne(tx, a.Establishment, a.ID); err != nil {
				return errors.Join(errors.New("appointment "+a.ID), err)
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
