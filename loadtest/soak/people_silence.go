package soak

import (
	"context"
	"sync"
	"time"

	"draille/signaling/protocol"
)

// silences notes for how long those who are in calls hear nothing, while a server goes away.
type silences struct {
	guests []Guest
	moves  []int // of each before
	most   []time.Duration
	stop   context.CancelFunc
	ended  sync.WaitGroup
}

// listen begins to listen with everybody's ears.
func (p *people) listen(ctx context.Context) *silences {
	s := &silences{}
	for _, one := range p.all {
		if one.place == protocol.PlaceRoom {
			s.guests = append(s.guests, one.guest)
			s.moves = append(s.moves, one.guest.Moves())
		}
	}
	s.most = make([]time.Duration, len(s.guests))
	ctx, s.stop = context.WithCancel(ctx)
	s.ended.Go(func() { s.hear(ctx) })
	return s
}

// hear looks at what arrives until the context ends.
func (s *silences) hear(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	heard, since := make([]int, len(s.guests)), make([]time.Time, len(s.guests))
	for i, guest := range s.guests {
		heard[i], since[i] = guest.Heard(), time.Now()
	}
	for {
		for i, guest := range s.guests {
			now := time.Now()
			if count := guest.Heard(); count != heard[i] { // a new connection counts from 0
				heard[i], since[i] = count, now
			}
			s.most[i] = max(s.most[i], now.Sub(since[i]))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// end returns the longest silence of each whose call was taken up by another connection.
func (s *silences) end() (moved []time.Duration) {
	s.stop()
	s.ended.Wait()
	for i, guest := range s.guests {
		if guest.Moves() > s.moves[i] {
			moved = append(moved, s.most[i])
		}
	}
	return moved
}
