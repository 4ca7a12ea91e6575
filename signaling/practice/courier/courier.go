// Package courier sends what is in the outbox, by mail and SMS. A message names records; its words
// are made when it is sent, without names of patients, services or motives. What cannot be sent now
// stays, in its order, until it would come too late.
//
// A message goes out once, except when the process is killed between the other end's acceptance and
// our note of it: then it goes out again with the same Message-ID or Idempotency-Key, by which mail
// servers and SMS gateways know it.
package courier

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"draille/signaling/practice"
	"draille/signaling/practice/store"
)

// Links tells addresses of this server.
type Links interface {
	Address(link string) string // of a link, given its id
	Page() string               // of the pages for people with an account
}

// Config is what a Courier needs. Store, Links and Public are required.
type Config struct {
	Store  *store.Store
	Links  Links
	Public *url.URL    // its host names messages
	Mail   *MailConfig // nil: no mail is sent
	SMS    *SMSConfig  // nil: no SMS is sent
	Record Recorder    // nil: reports go nowhere
	// Notices judges those to staff; nil: none go out
	Notices Judge
	Node    string // of this process; any name of its own
	Log     *zap.Logger
	Now     func() time.Time
}

// Courier sends messages. Its methods may be called concurrently.
type Courier struct {
	config   Config
	log      *zap.Logger
	now      func() time.Time
	carriers carriers
	counts   map[practice.Channel]*counts
	hurries  map[practice.Channel]chan struct{} // somebody wants it tried now
}

type counts struct{ sent, failed, retried, dropped atomic.Int64 }

// Counts are how many messages of a channel had which fate since the start.
type Counts struct{ Sent, Failed, Retried, Dropped int64 }

const (
	// claimFor is how long a node has for one message before another may take it: longer than
	// sendTimeout.
	claimFor    = time.Minute
	sendTimeout = 30 * time.Second
	// pollEvery finds what has become due; what is new is sent at once.
	pollEvery = 5 * time.Second
	// firstRetry doubles with each try, up to lastRetry.
	firstRetry = time.Minute
	lastRetry  = 30 * time.Minute
	// settleRetry is how often it is tried to note that a message was sent.
	settleRetry = time.Second
)

// New returns a Courier. Run sends.
func New(config Config) (*Courier, error) {
	if config.Store == nil || config.Links == nil || config.Public == nil {
		return nil, errors.New("expected Config.Store, Links and Public, got nil; give all")
	}
	if config.Log == nil {
		config.Log = zap.NewNop()
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Node == "" {
		config.Node = practice.NewID()
	}
	carriers, err := newCarriers(config.Mail, config.SMS, config.Public)
	if err != nil {
		return nil, err
	}
	if config.Record != nil {
		carriers[practice.ChannelRecord] = record{config.Record}
	}
	c := &Courier{config: config, log: config.Log, now: config.Now, carriers: carriers,
		counts:  map[practice.Channel]*counts{},
		hurries: map[practice.Channel]chan struct{}{}}
	for channel := range c.carriers {
		c.counts[channel] = &counts{}
		c.hurries[channel] = make(chan struct{}, 1)
	}
	return c, nil
}

// Can reports whether a channel is set up. Paper and no message at all need nothing.
func (c *Courier) Can(channel practice.Channel) bool {
	if channel == practice.ChannelPrint || channel == practice.ChannelNone {
		return true
	}
	return c.carriers[channel] != nil
}

// Records reports whether reports of an establishment go into a record.
func (c *Courier) Records(establishment practice.Establishment) bool {
	return c.config.Record != nil && c.config.Record.Takes(establishment)
}

// Counts returns what became of messages since the start, by channel.
func (c *Courier) Counts() map[practice.Channel]Counts {
	all := map[practice.Channel]Counts{}
	for channel, n := range c.counts {
		all[channel] = Counts{n.sent.Load(), n.failed.Load(), n.retried.Load(), n.dropped.Load()}
	}
	return all
}

// survive makes an error of a fault of the program, so that it ends neither the channel nor the
// calls of everybody. It is deferred.
func (c *Courier) survive(err *error) {
	if fault := recover(); fault != nil {
		c.log.Error("a fault of the program: a message is left for later",
			zap.Any("fault", fault), zap.Stack("stack"))
		*err = fmt.Errorf("a fault of the program: %v", fault)
	}
}

// Run sends what is due, each channel for itself, until ctx ends.
func (c *Courier) Run(ctx context.Context) {
	if err := c.ClockStepped(ctx); err != nil && ctx.Err() == nil {
		c.log.Warn("whether the clock was stepped was not looked at", zap.Error(err))
	}
	var running sync.WaitGroup
	for channel := range c.carriers {
		running.Go(func() { c.run(ctx, channel) })
	}
	running.Wait()
}

// run sends the messages of one channel, one after the other.
func (c *Courier) run(ctx context.Context, channel practice.Channel) {
	changes, stop := c.config.Store.Watch()
	defer stop()
	away := outage{}
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		if err := c.sendDue(ctx, channel, &away); err != nil && ctx.Err() == nil {
			c.log.Warn("the outbox could not be read; it is tried again",
				zap.String("channel", string(channel)), zap.Error(err))
		}
		if !c.wait(ctx, channel, changes, poll.C, &away) {
			return
		}
	}
}

// sendDue sends until nothing is due, or nothing goes out any more.
func (c *Courier) sendDue(ctx context.Context, channel practice.Channel, away *outage) (
	err error) {
	defer c.survive(&err)
	for away.passed(c.now()) && ctx.Err() == nil {
		if more, err := c.next(ctx, channel, away); err != nil || !more {
			return err
		}
	}
	return nil
}

// wait waits, and reports whether there may be something to send; false: it is over.
func (c *Courier) wait(ctx context.Context, channel practice.Channel,
	changes <-chan []practice.Change, poll <-chan time.Time, away *outage) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-poll:
			return true
		case <-c.hurries[channel]:
			*away = outage{}
			return true
		case heard, open := <-changes:
			if !open {
				return false
			}
			for _, change := range heard {
				if change.Topic == practice.TopicOutbox {
					return true
				}
			}
			if heard == nil {
				return true
			}
		}
	}
}

// outage is that a channel's server cannot be reached. The messages wait with it, in their order.
type outage struct {
	tries int
	until time.Time
}

func (o *outage) passed(now time.Time) bool { return !now.Before(o.until) }

func (o *outage) failed(now time.Time) {
	o.until = now.Add(backoff(o.tries))
	o.tries++
}

// backoff is how long to wait after a number of tries.
func backoff(tries int) time.Duration {
	wait := firstRetry
	for range tries {
		if wait *= 2; wait >= lastRetry {
			return lastRetry
		}
	}
	return wait
}

// next sends the oldest message that is due, and reports whether there was one.
func (c *Courier) next(
	ctx context.Context, channel practice.Channel, away *outage,
) (bool, error) {
	message, letter, err := c.claim(ctx, channel)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if letter == nil {
		return true, nil // dropped or put off, within the claim
	}
	c.hurried(channel)
	limited, cancel := context.WithTimeout(ctx, sendTimeout)
	err = c.carriers[channel].send(limited, *letter)
	cancel()
	if err == nil {
		*away = outage{}
	} else if isUnreachable(err) {
		away.failed(c.now())
	}
	c.settle(ctx, message, err)
	return true, nil
}

// oldest is the message to be sent next: due, claimed by nobody, and without an earlier one that
// still waits for the same participant. Patients do not wait until a whole sector has its notices.
// Notices have no appointment: to look for an earlier one of each were to read all of them each
// time.
const oldest = `WHERE outbox.state = 'waiting' AND outbox.next_at <= $1 AND outbox.channel = $2
	AND outbox.claimed_until <= $1 AND (outbox.participant = '' OR NOT EXISTS (
		SELECT 1 FROM outbox AS earlier WHERE earlier.appointment = outbox.appointment
		AND earlier.participant = outbox.participant AND earlier.state = 'waiting'
		AND earlier.due_at <= $1 AND earlier.ordinal < outbox.ordinal))
	ORDER BY CASE WHEN outbox.person = '' OR outbox.purpose = 'opinion-urgent' THEN 0 ELSE 1 END,
		outbox.ordinal LIMIT 1`

// claim takes the message to be sent next and makes its letter. Without a letter it has been
// dropped, or put off.
func (c *Courier) claim(
	ctx context.Context, channel practice.Channel,
) (practice.Message, *letter, error) {
	at := practice.InstantOf(c.now())
	var message practice.Message
	var made *letter
	if err := c.anythingDue(ctx, channel, at); err != nil {
		return message, nil, err
	}
	err := c.config.Store.Write(ctx, func(tx *store.Tx) error {
		wide := tx.Across("the courier sends for all establishments")
		var err error
		message, err = store.Get[practice.Message](wide, oldest, int64(at), string(channel))
		if err != nil {
			return err
		}
		d, err := c.compose(tx, message)
		if err != nil {
			return err
		}
		made = d.letter
		return c.noteDraft(tx, message, d, at)
	})
	return message, made, err
}

// noteDraft notes what a message was made into.
func (c *Courier) noteDraft(tx *store.Tx, m practice.Message, d draft, at practice.Instant) error {
	var err error
	switch {
	case d.letter != nil:
		_, err = tx.Exec(`UPDATE outbox SET claimed_by = $1, claimed_until = $2, sequence = $3
			WHERE establishment = $4 AND id = $5`, c.config.Node, int64(at.Add(claimFor)),
			d.sequence, m.Establishment, m.ID)
		if err == nil && d.gathers {
			err = c.hold(tx, m, at)
		}
	case d.later != 0:
		_, err = tx.Exec(`UPDATE outbox SET due_at = $1, next_at = $1, sequence = $2
			WHERE establishment = $3 AND id = $4`, int64(d.later), d.sequence, m.Establishment,
			m.ID)
	default:
		c.counts[m.Channel].dropped.Add(1)
		tx.Changed(practice.TopicOutbox, m.Establishment, m.ID)
		_, err = tx.Exec(`UPDATE outbox SET state = 'dropped', reason = $1
			WHERE establishment = $2 AND id = $3`, string(d.why), m.Establishment, m.ID)
	}
	return err
}

// anythingDue returns store.ErrNotFound while there is nothing to claim: looking disturbs no
// writer.
func (c *Courier) anythingDue(
	ctx context.Context, channel practice.Channel, at practice.Instant,
) error {
	return c.config.Store.Read(ctx, func(tx *store.Tx) error {
		wide := tx.Across("the courier sends for all establishments")
		_, err := store.Get[practice.Message](wide, `WHERE state = 'waiting' AND next_at <= $1
			AND channel = $2 AND claimed_until <= $1 LIMIT 1`, int64(at), string(channel))
		return err
	})
}

// fate is what is noted of a message after a try.
type fate struct {
	state  practice.OutboxState
	next   time.Time
	sentAt practice.Instant
	reason practice.Reason
	said   string // by the other end
}

// fateOf judges a try.
func (c *Courier) fateOf(message practice.Message, problem error) fate {
	now, n := c.now(), c.counts[message.Channel]
	switch {
	case problem == nil:
		n.sent.Add(1)
		return fate{state: practice.OutboxSent, next: now, sentAt: practice.InstantOf(now)}
	case isUseless(problem):
		n.dropped.Add(1)
		return fate{state: practice.OutboxDropped, next: now, reason: reasonOf(problem)}
	case isPermanent(problem):
		n.failed.Add(1)
		return fate{state: practice.OutboxFailed, next: now, reason: reasonOf(problem),
			said: scrub(problem.Error())}
	}
	n.retried.Add(1)
	f := fate{state: practice.OutboxWaiting, next: now, reason: reasonOf(problem),
		said: scrub(problem.Error())}
	if !isUnreachable(problem) { // otherwise the whole channel waits, and this one goes first
		f.next = now.Add(backoff(message.Attempts))
	}
	return f
}

// settle notes what became of a message. It does not give up before ctx ends: an unnoted message
// would go out twice.
func (c *Courier) settle(ctx context.Context, message practice.Message, problem error) {
	f := c.fateOf(message, problem)
	c.log.Info("a message", zap.String("message", message.ID),
		zap.String("channel", string(message.Channel)), zap.String("state", string(f.state)),
		zap.Int("attempt", message.Attempts+1), zap.String("problem", f.said))
	for {
		// The message is out: noting that does not end with whoever wanted it sent.
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
		err := c.note(limited, message, f)
		cancel()
		if err == nil {
			return
		}
		c.log.Error("what became of a message was not noted; it is tried again",
			zap.String("message", message.ID), zap.Error(err))
		select {
		case <-ctx.Done():
			return
		case <-time.After(settleRetry):
		}
	}
}

// changedAbout tells whoever looks at what a message is about: the day's list shows what failed,
// and an answer how far it is into the record.
func changedAbout(tx *store.Tx, message practice.Message) {
	switch {
	case message.Appointment != "":
		tx.Changed(practice.TopicAppointment, message.Establishment, message.Appointment)
	case message.Channel == practice.ChannelRecord:
		tx.Changed(practice.TopicOpinion, message.Establishment, message.Subject)
	}
}

func (c *Courier) note(ctx context.Context, message practice.Message, f fate) error {
	return c.config.Store.Write(ctx, func(tx *store.Tx) error {
		tx.Changed(practice.TopicOutbox, message.Establishment, message.ID)
		if f.state == practice.OutboxFailed || message.Attempts > 0 ||
			message.Channel == practice.ChannelRecord {
			changedAbout(tx, message)
		}
		_, err := tx.Exec(`UPDATE outbox SET state = $1, attempts = attempts + 1, next_at = $2,
			error = $3, reason = $4, sent_at = $5, claimed_by = '', claimed_until = 0
			WHERE establishment = $6 AND id = $7`, string(f.state),
			int64(practice.InstantOf(f.next)), f.said, string(f.reason), int64(f.sentAt),
			message.Establishment, message.ID)
		if err != nil || message.Person == "" || f.state != practice.OutboxSent {
			return err
		}
		return gathered(tx, message)
	})
}

// ErrNotFailed says that a message has nothing to be sent again.
var ErrNotFailed = errors.New("the message was sent or dropped")

// Hurry has a channel tried at once, though its server was away a moment ago. It is called in the
// transaction that makes the message due, before that is written: whoever reads the message then
// knows of the hurry.
func (c *Courier) Hurry(channel practice.Channel) {
	select {
	case c.hurries[channel] <- struct{}{}:
	default: // it is about to be, or there is no such channel
	}
}

// hurried notes that a channel is being tried: what was wanted at once before is this try, and no
// second one after it.
func (c *Courier) hurried(channel practice.Channel) {
	select {
	case <-c.hurries[channel]:
	default:
	}
}

// Resend lets a message that failed, or that waits for its next try, go out at once, though its
// channel's server was away a moment ago.
func (c *Courier) Resend(tx *store.Tx, message practice.Message) (practice.Message, error) {
	if message.State != practice.OutboxFailed && message.State != practice.OutboxWaiting {
		return message, ErrNotFailed
	}
	message.State, message.NextAt = practice.OutboxWaiting, practice.InstantOf(c.now())
	c.Hurry(message.Channel)
	tx.Changed(practice.TopicOutbox, message.Establishment, message.ID)
	changedAbout(tx, message)
	_, err := tx.Exec(`UPDATE outbox SET state = 'waiting', next_at = $1
		WHERE establishment = $2 AND id = $3`, int64(message.NextAt), message.Establishment,
		message.ID)
	return message, err
}
