package signaling

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"draille/signaling/protocol"
)

const (
	answerTimeout = 10 * time.Second
	maxJobs       = 64 // offers and candidates that may wait
	// A page offers once, again when it needs more slots or changes network, and every few seconds while nothing gets
	// through. An answer costs milliseconds of a core.
	offersPerSecond = 1
	offersAtOnce    = 10
)

// seat is the media plane of one participant. It belongs to the room's goroutine; its own goroutine does, in order, what
// may take long: certificates and SDP must not hold up the room.
type seat struct {
	id         string
	room       *room
	media      MediaParticipant
	connection *connection             // nil: away
	wants      []protocol.Subscription // what the page shows
	blind      bool                    // by choice no picture is forwarded to him, whatever the page shows

	jobs    *mailbox[func(context.Context)]
	pending atomic.Int32 // jobs not done yet
	offers  *rate.Limiter
	cancel  context.CancelFunc

	// What the media plane said last, for a websocket that resumes.
	slots      *protocol.Slots
	uplinkLoss *protocol.UplinkLoss
	encodings  map[protocol.Source]protocol.Encode
}

func newSeat(r *room, id string) (*seat, error) {
	s := &seat{
		id: id, room: r,
		jobs:      newMailbox[func(context.Context)](),
		encodings: map[protocol.Source]protocol.Encode{},
		offers:    rate.NewLimiter(offersPerSecond, offersAtOnce),
	}
	media, err := r.media.Join(id, listener{s})
	if err != nil {
		return nil, err
	}
	s.media = media
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	r.working.Add(1)
	go s.run(ctx)
	return s, nil
}

func (s *seat) run(ctx context.Context) {
	defer s.room.working.Done()
	defer s.media.Close()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.jobs.wake:
		}
		for _, job := range s.jobs.take() {
			if ctx.Err() != nil {
				return
			}
			job(ctx)
			s.pending.Add(-1)
		}
	}
}

// leave closes the media plane, without waiting.
func (s *seat) leave() {
	s.connection = nil
	s.cancel()
}

// look tells what the page shows.
func (s *seat) look(wants []protocol.Subscription) {
	s.wants = wants
	if !s.blind {
		s.media.SetView(wants)
	}
}

func (s *seat) setPictures(on bool) {
	s.blind = !on
	if s.blind {
		s.media.SetView(nil)
	} else {
		s.media.SetView(s.wants)
	}
}

func (s *seat) enqueue(of string, job func(context.Context)) {
	if s.pending.Load() >= maxJobs {
		s.fail(protocol.ErrorTooFast, of, "expected the answers before to be awaited, got too many offers and candidates; wait")
		return
	}
	s.pending.Add(1)
	s.jobs.put(job)
}

func (s *seat) offer(m protocol.Offer) {
	if !s.offers.AllowN(s.room.server.config.Now(), 1) {
		s.fail(protocol.ErrorTooFast, "offer", fmt.Sprintf("expected at most %d offers a second, got more; await the answer, or wait", offersPerSecond))
		return
	}
	s.enqueue("offer", func(ctx context.Context) {
		limited, cancel := context.WithTimeout(ctx, answerTimeout)
		defer cancel()
		answer, err := s.media.Answer(limited, m.Connection, m.SDP)
		s.later(func() {
			if err != nil {
				s.fail(protocol.ErrorSDP, "offer", err.Error())
				return
			}
			s.send(protocol.Answer{Connection: m.Connection, SDP: answer})
		})
	})
}

func (s *seat) candidate(m protocol.Candidate) {
	s.enqueue("candidate", func(context.Context) {
		if err := s.media.AddCandidate(m.Connection, m.Candidate, m.MID); err != nil {
			s.later(func() { s.fail(protocol.ErrorSDP, "candidate", err.Error()) })
		}
	})
}

// later does something in the room's goroutine.
func (s *seat) later(do func()) { s.room.inbox.put(event{do: do}) }

func (s *seat) send(message protocol.ServerMessage) {
	if s.connection != nil {
		s.connection.send(message)
	}
}

func (s *seat) fail(code protocol.ErrorCode, of, text string) {
	if s.connection != nil {
		s.connection.fail(code, of, text)
	}
}

func (s *seat) replay() {
	if s.slots != nil {
		s.send(*s.slots)
	}
	if s.uplinkLoss != nil {
		s.send(*s.uplinkLoss)
	}
	for _, source := range []protocol.Source{protocol.SourceMicrophone, protocol.SourceCamera, protocol.SourceScreen} {
		if encode, ok := s.encodings[source]; ok {
			s.send(encode)
		}
	}
}

func (s *seat) admitted() bool {
	place, ok := s.room.rules.Place(s.id)
	return ok && place == protocol.PlaceRoom
}

// listener hears the media plane of a seat and passes on, in the room's goroutine.
type listener struct{ seat *seat }

// Slots implements Listener. Whoever stands outside hears nothing of who is inside, whatever the media plane says.
func (l listener) Slots(slots []protocol.Slot) {
	l.seat.later(func() {
		if !l.seat.admitted() {
			return
		}
		message := protocol.Slots{Slots: slots}
		l.seat.slots = &message
		l.seat.send(message)
	})
}

// Encode implements Listener.
func (l listener) Encode(source protocol.Source, encodings []protocol.Encoding) {
	l.seat.later(func() {
		message := protocol.Encode{Source: source, Encodings: encodings}
		l.seat.encodings[source] = message
		l.seat.send(message)
	})
}

// Speakers implements Listener. Who speaks is out of date within a second: the unreliable channel suits it better.
func (l listener) Speakers(participants []string) {
	l.seat.later(func() {
		s := l.seat
		if !s.admitted() {
			return
		}
		message := protocol.Speakers{Participants: participants}
		data, err := protocol.Marshal(message)
		if err != nil {
			s.room.log.Error("message cannot be written", zap.Error(err))
			return
		}
		if s.media.Send(data) {
			s.room.server.counters.sent.add(protocol.TypeOf(message))
			return
		}
		s.send(message)
	})
}

// UplinkLoss implements Listener.
func (l listener) UplinkLoss(participants []string) {
	l.seat.later(func() {
		if !l.seat.admitted() {
			return
		}
		message := protocol.UplinkLoss{Participants: participants}
		l.seat.uplinkLoss = &message
		l.seat.send(message)
	})
}

// Transport implements Listener.
func (l listener) Transport(state string) {
	l.seat.room.log.Info("transport", zap.String("participant", l.seat.id), zap.String("state", state))
}
