package command

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"draille/loadtest/link/userspace"
	"draille/loadtest/media"
	"draille/loadtest/participant"
	"draille/loadtest/scenario"
	"draille/signaling/protocol"
)

// stage lets virtual participants into the rooms of a server. Close it when they have left.
type stage struct {
	target    *target
	insecure  bool
	media     *media.Library
	scheduler *userspace.Scheduler
}

func newStage(target *target, insecure bool) (*stage, error) {
	library, err := media.Load()
	if err != nil {
		return nil, err
	}
	return &stage{target: target, insecure: insecure, media: library,
		scheduler: userspace.NewScheduler()}, nil
}

func (s *stage) Close() { s.scheduler.Close() }

// Join implements scenario.Stage.
func (s *stage) Join(ctx context.Context, seat scenario.Seat) (scenario.Participant, error) {
	invitation, err := s.target.link(seat)
	if err != nil {
		return nil, err
	}
	line, err := userspace.NewLink(s.scheduler, seat.Link, seat.Seed)
	if err != nil {
		return nil, err
	}
	view := participant.Everybody
	if seat.Kind == protocol.KindTelestaff {
		view = participant.Speaker
	}
	joined, err := participant.Join(ctx, participant.Options{
		URL: invitation, Name: seat.Name, Seed: seat.Seed, Link: line, LinkName: seat.Link.Name,
		Microphone: true, Camera: true, Small: seat.Small, View: view,
		AutoAdmit: seat.Role == protocol.RoleHost,
		Doors:     from(s.target.doors, seat.Seed),
		Media:     s.media, Insecure: s.insecure,
	})
	if err != nil {
		return nil, err
	}
	a := &actor{Participant: joined, left: make(chan struct{}), ended: make(chan struct{})}
	a.watching.Go(a.watch)
	return a, nil
}

// actor is a participant as scenarios need them.
type actor struct {
	*participant.Participant
	watching sync.WaitGroup
	left     chan struct{} // by Leave
	ended    chan struct{} // by the server, or the network
	err      atomic.Pointer[error]
}

// watch waits for the end of the call.
func (a *actor) watch() {
	for {
		select {
		case <-a.left:
			return
		case event := <-a.Events():
			if event.Kind != participant.Ended {
				continue
			}
			err := errors.New("the connection to the server was lost")
			if event.Bye != "" {
				err = fmt.Errorf("the server said goodbye (%s)", event.Bye)
			}
			a.err.Store(&err)
			close(a.ended)
			return
		}
	}
}

// Share implements scenario.Participant. A document that cannot be shared shows in the figures of
// those who wait for it.
func (a *actor) Share(sharing bool) { _ = a.Participant.Share(sharing) }

// Leave implements scenario.Participant.
func (a *actor) Leave() {
	close(a.left)
	a.watching.Wait()
	_ = a.Participant.Leave(context.Background()) // they are gone in any case
}

func (a *actor) Ended() <-chan struct{} { return a.ended }

func (a *actor) Err() error {
	if err := a.err.Load(); err != nil {
		return *err
	}
	return nil
}
