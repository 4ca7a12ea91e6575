// Package hl7 takes patients and appointments from hospitals' systems: HL7 v2 messages (ADT and
// SIU) over MLLP, each for the establishment that its connection belongs to.
//
// A message is answered when what it has changed is on the disk, and answered the same when it
// comes again. What cannot be applied is refused with the field that is wrong, and kept for whoever
// replays it. Nothing of a patient stands in logs.
package hl7

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"draille/signaling/practice"
	"draille/signaling/practice/agenda"
	"draille/signaling/practice/interop/hl7/er7"
	"draille/signaling/practice/interop/hl7/mllp"
	"draille/signaling/practice/store"
)

// Config is what a Receiver needs. Store, Agenda and Sources are required.
type Config struct {
	Store   *store.Store
	Agenda  *agenda.Agenda
	Sources []Source
	// Can reports whether messages of a channel are sent; nil: none are.
	Can func(practice.Channel) bool
	Log *zap.Logger
	Now func() time.Time
}

// Receiver applies messages. Its methods may be called concurrently.
type Receiver struct {
	config Config
	log    *zap.Logger
	now    func() time.Time
	jobs   chan *job
}

// job is one message on its way into the store.
type job struct {
	source  Source
	message er7.Message
	raw     []byte
	answer  chan []byte // one; nil: it could not be kept
}

// maxBatch is how many messages share one commit. Each connection has one at a time.
const maxBatch = 64

// New returns a Receiver. Run has to run while it handles.
func New(config Config) (*Receiver, error) {
	if config.Store == nil || config.Agenda == nil {
		return nil, errors.New("expected Config.Store and Agenda, got nil; give both")
	}
	for _, source := range config.Sources {
		if err := source.Check(); err != nil {
			return nil, err
		}
	}
	if config.Log == nil {
		config.Log = zap.NewNop()
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Can == nil {
		config.Can = func(practice.Channel) bool { return false }
	}
	return &Receiver{config: config, log: config.Log, now: config.Now,
		jobs: make(chan *job)}, nil
}

// Serve takes messages over a listener until the context ends. What was read then is answered.
func (r *Receiver) Serve(ctx context.Context, listener net.Listener, server mllp.Config) error {
	server.Handle, server.TooLarge, server.MaxBytes = r.Handle, r.TooLarge, er7.MaxBytes
	server.Admits, server.Log = r.admits, r.log
	// The writer ends after whoever waits for it.
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.Run(running)
	}()
	err := mllp.NewServer(server).Serve(ctx, listener)
	stop()
	<-ended
	return err
}

// admits reports whether a source may be at an address.
func (r *Receiver) admits(address netip.Addr) bool {
	return slices.ContainsFunc(r.config.Sources, func(s Source) bool { return s.admits(address) })
}

// TooLarge answers a message that is larger than any may be.
func (r *Receiver) TooLarge(from mllp.Peer, beginning []byte, size int64) []byte {
	r.log.Warn("a message was refused: it is too large", zap.Stringer("from", from.Address),
		zap.Int64("bytes", size))
	return refusal(head(beginning), &fault{rejected, codeType, "MSH",
		fmt.Sprintf("a message of at most %d bytes", er7.MaxBytes),
		fmt.Sprintf("one of %d; send documents elsewhere", size)}, r.now())
}

// Handle applies a message and returns its answer; nil if it could not be kept now.
func (r *Receiver) Handle(ctx context.Context, from mllp.Peer, raw []byte) []byte {
	m, err := er7.Parse(raw)
	if err != nil {
		r.log.Warn("a message was refused: it cannot be read",
			zap.Stringer("from", from.Address), zap.Error(err))
		return unreadable(raw, err, r.now())
	}
	source, err := sourceOf(r.config.Sources, from, m)
	if err == nil && m.First("MSH").Field(10).Text() == "" {
		err = &fault{rejected, codeRequired, "MSH-10", "an identifier of the message", "nothing"}
	}
	if err != nil {
		r.log.Warn("a message was refused", zap.Stringer("from", from.Address), zap.Error(err))
		return refusal(m, err, r.now())
	}
	from.Known()
	j := &job{source, m, raw, make(chan []byte, 1)}
	select {
	case r.jobs <- j:
		return <-j.answer
	case <-ctx.Done():
		return nil
	}
}

// Run writes what Handle is given until the context ends: what waits at the same time, or comes
// while others are applied, in one transaction, for a commit costs more than a message.
func (r *Receiver) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-r.jobs:
			r.write(context.WithoutCancel(ctx), j)
		}
	}
}

// write applies a message, and those that come meanwhile, and answers them once they are on the
// disk.
func (r *Receiver) write(ctx context.Context, first *job) {
	b := &batch{Receiver: r, jobs: []*job{first}}
	answers, err := b.commit(ctx)
	if err != nil {
		r.log.Error("messages were not kept and are not answered; their senders send them again",
			zap.Int("messages", len(b.jobs)), zap.Error(err))
	}
	for i, j := range b.jobs {
		if err != nil {
			j.answer <- nil
		} else {
			j.answer <- answers[i]
		}
	}
}

// more are messages that wait, at most so many.
func (r *Receiver) more(most int) (jobs []*job) {
	for range most {
		select {
		case j := <-r.jobs:
			jobs = append(jobs, j)
		default:
			return jobs
		}
	}
	return jobs
}

// house is an establishment that messages are for.
type house struct {
	practice.Establishment
	zone *time.Location
}

// house finds the establishment of a source; nil if there is none.
func (r *Receiver) house(tx *store.Tx, known map[string]*house, source Source) (*house, error) {
	if h, there := known[source.Establishment]; there {
		return h, nil
	}
	found, err := store.Get[practice.Establishment](tx,
		"WHERE id = $1 OR (finess = $1 AND finess <> '') ORDER BY id LIMIT 1",
		source.Establishment)
	if errors.Is(err, store.ErrNotFound) {
		known[source.Establishment] = nil
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	zone, err := agenda.Zone(found.Zone)
	if err != nil {
		return nil, err
	}
	known[source.Establishment] = &house{found, zone}
	return known[source.Establishment], nil
}

// keep writes a message down with what was made of it, and returns its answer. One that has come
// before is answered as then.
func (r *Receiver) keep(tx *store.Tx, h *house, j *job) ([]byte, error) {
	row, digest := r.row(h, j), digestOf(j)
	before, same, err := earlier(tx, row, digest)
	if err != nil {
		return nil, err
	}
	if same {
		return answerTo(j.message, before, h.zone), nil
	}
	e := &event{Receiver: r, tx: tx, house: h, source: j.source, message: j.message, row: row}
	if before.ID != "" {
		// Another message had this control id: it is kept beside it, and answered the same again.
		e.row.Control = row.Control + "#" + digest[:16]
		if before, same, err = earlier(tx, e.row, digest); err != nil || same {
			return answerTo(j.message, before, h.zone), err
		}
		e.refuse(wrong(codeDuplicate, "MSH-10", "an identifier that no message had before",
			"one that another had; if this is a message of its own, replay it here"))
	} else if err := e.try(); err != nil {
		return nil, err
	}
	if err := e.insert(digest); err != nil {
		return nil, err
	}
	return answerTo(j.message, e.row, h.zone), nil
}

// row is what is kept of a message before it is applied.
func (r *Receiver) row(h *house, j *job) practice.Received {
	head := j.message.First("MSH")
	return practice.Received{ID: practice.NewID(), Establishment: h.ID, Source: j.source.Name,
		Sender:  clean(head.Field(3).Text() + "^" + head.Field(4).Text()),
		Control: clean(head.Field(10).Text()),
		Event: clean(head.Field(9).Component(1).Text() + "^" +
			head.Field(9).Component(2).Text()),
		ReceivedAt: practice.InstantOf(r.now()), Version: 1}
}

func digestOf(j *job) string {
	sum := sha256.Sum256(j.raw)
	return hex.EncodeToString(sum[:])
}

// earlier finds the message with the same sender and control id, and says whether it is the same.
func earlier(tx *store.Tx, row practice.Received, digest string) (practice.Received, bool, error) {
	const of = "WHERE establishment = $1 AND sender = $2 AND control = $3"
	before, err := store.Get[practice.Received](tx, of, row.Establishment, row.Sender, row.Control)
	if errors.Is(err, store.ErrNotFound) {
		return practice.Received{}, false, nil
	}
	if err != nil {
		return before, false, err
	}
	var was string
	err = tx.Scan("SELECT digest FROM received "+of, []any{row.Establishment, row.Sender,
		row.Control}, &was)
	return before, was == digest, err
}

// clean is a text of a message's head as it may stand in a table and in a log.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > maxHead {
		return string(runes[:maxHead])
	}
	return text
}

const maxHead = 200
