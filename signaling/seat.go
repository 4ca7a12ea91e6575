package signaling

import (
	"context"
	"sync/atomic"
	"time"

	"draille/signaling/protocol"

	"go.uber.org/zap"
)

const (
	answerTimeout = 10 * time.Second
	maxJobs       = 64 // offers and candidates that may wait
)

// seat is the media plane of one participant. It belongs to the room's goroutine; its own goroutine
// does, in order, what may take long: certificates and SDP must not hold up the room.
type seat struct {
	id            string
	room          *room
	media         MediaParticipant
	connection    *connection             // nil: away
	subscriptions []protocol.Subscription // what the page shows
	voiceOnly     bool                    // no picture is forwarded, whatever the page shows

	reached atomic.Bool // a transport of theirs stands, or is being made
	jobs    *mailbox[func(context.Context)]
	pending atomic.Int32 // jobs not done yet
	cancel  context.CancelFunc

	// What the media plane said last, for a websocket that resumes.
	slots      *protocol.Slots
	uplinkLoss *protocol.UplinkLoss
	encodings  map[protocol.Source]protocol.Encode
	cut        bool // its transport was lost and has not come back

	photos seatPhotos
}

func newSeat(r *room, id string) (*seat, error) {
	s := &seat{
		id: id, room: r,
		jobs:      newMailbox[func(context.Context)](),
		encodings: map[protocol.Source]protocol.Encode{},
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
			s.guarded(ctx, job)
			s.pending.Add(-1)
		}
	}
}

// guarded does a job. A fault in it ends the stay of this participant alone.
func (s *seat) guarded(ctx context.Context, job func(context.Context)) {
	defer func() {
		if problem := recover(); problem != nil {
			s.room.log.Error("a fault in the media plane", zap.String("participant", s.id),
				zap.Any("fault", problem), zap.Stack("stack"))
			s.later(func() { panic(problem) }) // the room ends the stay
		}
	}()
	job(ctx)
}

// leave closes the media plane, without waiting.
func (s *seat) leave() {
	s.connection = nil
	s.cancel()
}

// look tells what the page shows.
func (s *seat) look(wants []protocol.Subscription) {
	s.subscriptions = wants
	if !s.voiceOnly {
		s.media.SetSubscriptions(wants)
	}
}

func (s *seat) setPictures(on bool) {
	s.voiceOnly = !on
	if s.voiceOnly {
		s.media.SetSubscriptions(nil)
	} else {
		s.media.SetSubscriptions(s.subscriptions)
	}
}

func (s *seat) enqueue(of string, job func(context.Context)) {
	if s.pending.Load() >= maxJobs {
		s.fail(protocol.ErrorTooFast, of,
			"expected the answers before to be awaited, got too many offers and candidates; wait")
		return
	}
	s.pending.Add(1)
	s.jobs.put(job)
}

func (s *seat) offer(m protocol.Offer) {
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
func (s *seat) later(do func()) {
	s.room.inbox.put(event{do: do, from: func() *connection { return s.connection }})
}

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
	sources := []protocol.Source{
		protocol.SourceMicrophone, protocol.SourceCamera, protocol.SourceScreen,
	}
	for _, source := range sources {
		if encode, ok := s.encodings[source]; ok {
			s.send(encode)
		}
	}
}

func (s *seat) admitted() bool {
	place, ok := s.room.rules.Place(s.id)
	return ok && place == protocol.PlaceRoom
}
