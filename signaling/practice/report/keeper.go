// Package report keeps the reports of appointments: a draft when a session has ended, with what the
// server has measured of it; versions that are signed and not changed any more; corrections.
package report

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

const (
	retryAfter = 2 * time.Second
	// draftsBack is how far back an appointment may have ended that gets its draft, as when the
	// server was away.
	draftsBack = 14 * 24 * time.Hour
)

// Config is what a Keeper needs. Store and ParticipantOf are required.
type Config struct {
	Store *store.Store
	// ParticipantOf says whose an invitation is; ok is false for those that are not the practice's.
	ParticipantOf func(invitation string) (participant string, ok bool)
	// Measured is told of an appointment of which an incident was measured, in the transaction that
	// writes it down; nil: nobody is.
	Measured func(tx *store.Tx, establishment, appointment string) error
	Log      *zap.Logger
	Now      func() time.Time
}

// Keeper hears how links are, and makes drafts. Its methods may be called concurrently.
type Keeper struct {
	config Config

	heard chan struct{} // something is in news

	mu    sync.Mutex // guards what follows
	rooms map[string]*Collector
	news  []roomEpisode // not written down yet
}

type roomEpisode struct {
	room    string
	episode practice.Episode
}

// NewKeeper returns a Keeper. Run writes down what it hears.
func NewKeeper(config Config) (*Keeper, error) {
	if config.Store == nil || config.ParticipantOf == nil {
		return nil, errors.New("expected Config.Store and ParticipantOf, got nil; give both")
	}
	if config.Log == nil {
		config.Log = zap.NewNop()
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Keeper{config: config, heard: make(chan struct{}, 1),
		rooms: map[string]*Collector{}}, nil
}

// Hear takes how the links of a room are now; Participant of each is its invitation. It does not
// wait: what follows is written down by Run.
func (k *Keeper) Hear(room string, links []Link) {
	var ours []Link
	for _, link := range links {
		if participant, ok := k.config.ParticipantOf(link.Participant); ok {
			link.Participant = participant
			ours = append(ours, link)
		}
	}
	k.mu.Lock()
	collector := k.rooms[room]
	if collector == nil {
		collector = &Collector{}
		k.rooms[room] = collector
	}
	for _, e := range collector.Observe(practice.InstantOf(k.config.Now()), ours) {
		e.ID = practice.NewID()
		k.news = append(k.news, roomEpisode{room, e})
	}
	if len(ours) == 0 {
		delete(k.rooms, room)
	}
	k.mu.Unlock()
	select {
	case k.heard <- struct{}{}:
	default: // Run has not looked yet
	}
}

// Run writes down what is heard and makes drafts of sessions that have ended, until ctx ends. What
// was heard before the end is written down.
func (k *Keeper) Run(ctx context.Context) {
	changes, stop := k.config.Store.Watch()
	defer stop()
	retry := time.NewTimer(0) // drafts that were missed while nobody ran
	defer retry.Stop()
	for {
		drafts := false
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), retryAfter)
			defer cancel()
			_ = k.writeNews(last)
			return
		case <-k.heard:
		case <-retry.C:
			drafts = true
		case heard, open := <-changes:
			if !open {
				return
			}
			drafts = heard == nil || slices.ContainsFunc(heard, func(c practice.Change) bool {
				return c.Topic == practice.TopicAppointment
			})
		}
		err := k.writeNews(ctx)
		if drafts {
			err = errors.Join(err, k.makeDrafts(ctx))
		}
		if err != nil && ctx.Err() == nil {
			k.config.Log.Warn("what happened in a session was not written down; it is tried again",
				zap.Error(err))
			retry.Reset(retryAfter)
		}
	}
}

// writeNews writes down what was heard, in its order.
func (k *Keeper) writeNews(ctx context.Context) error {
	for {
		k.mu.Lock()
		if len(k.news) == 0 {
			k.mu.Unlock()
			return nil
		}
		next := k.news[0]
		k.mu.Unlock()
		err := k.config.Store.Write(ctx, func(tx *store.Tx) error {
			a, err := store.Get[practice.Appointment](
				tx.Across("a room knows no establishment"), "WHERE room = $1", next.room)
			if errors.Is(err, store.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			next.episode.Establishment, next.episode.Appointment = a.Establishment, a.ID
			if err := store.Insert(tx, next.episode, nil); err != nil ||
				next.episode.Kind == practice.EpisodePresent || k.config.Measured == nil {
				return err
			}
			return k.config.Measured(tx, a.Establishment, a.ID)
		})
		if err != nil && !errors.Is(err, store.ErrDuplicate) { // it was written, and not told
			return err
		}
		k.mu.Lock()
		k.news = k.news[1:]
		k.mu.Unlock()
	}
}

// missing are consultations and staff meetings that took place and have no report, whatever is said
// of them: one may be cancelled while its people are let in. A call about an opinion is in the
// answer's document.
const missing = `WHERE ended_at > $1 AND began_at > 0 AND opinion = '' AND NOT EXISTS
	(SELECT 1 FROM reports WHERE reports.establishment = appointments.establishment
		AND reports.appointment = appointments.id)`

// makeDrafts makes the drafts that are missing. Looking disturbs no writer.
func (k *Keeper) makeDrafts(ctx context.Context) error {
	now := practice.InstantOf(k.config.Now())
	var ended []practice.Appointment
	err := k.config.Store.Read(ctx, func(tx *store.Tx) (err error) {
		ended, err = store.Find[practice.Appointment](
			tx.Across("a daemon looks after all establishments"), missing,
			int64(now.Add(-draftsBack)))
		return err
	})
	for _, a := range ended {
		err = errors.Join(err, k.config.Store.Write(ctx, func(tx *store.Tx) error {
			err := draft(tx, a, now)
			if errors.Is(err, store.ErrDuplicate) {
				return nil
			}
			return err
		}))
	}
	return err
}

// draft makes the first version of an appointment's report, unless there is one.
func draft(tx *store.Tx, a practice.Appointment, now practice.Instant) error {
	there, err := Versions(tx, a.Establishment, a.ID)
	if err != nil || len(there) > 0 {
		return err
	}
	tx.Changed(practice.TopicAppointment, a.Establishment, a.ID)
	return store.Insert(tx, practice.Report{ID: practice.NewID(), Establishment: a.Establishment,
		Appointment: a.ID, Document: uuid.NewString(), Number: 1, State: practice.ReportDraft,
		CreatedAt: now, Version: 1}, nil)
}

// Versions are those of an appointment's report, the newest first.
func Versions(tx *store.Tx, establishment, appointment string) ([]practice.Report, error) {
	return store.Find[practice.Report](tx, `WHERE establishment = $1 AND appointment = $2
		ORDER BY number DESC`, establishment, appointment)
}
