package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"draille/signaling/homes/cluster"
	"draille/signaling/tenure"
)

const (
	// drainDeadline is how long rooms may take to go on elsewhere when a server of several stops.
	drainDeadline = time.Minute
	// goodbyeWithin is how long the register is waited for after that: for the last renewal, and
	// for the goodbye.
	goodbyeWithin = 5 * time.Second
	// noteDrainEvery is how often what has moved is written down meanwhile.
	noteDrainEvery = 200 * time.Millisecond
)

// drain lets the rooms go on elsewhere, before anybody is sent away.
func (s *server) drain() {
	if s.node == nil {
		return
	}
	s.stopping.Store(true)
	began := time.Now()
	s.logger.Info("handing the rooms over to the other servers", zap.Duration("within",
		drainDeadline))
	ctx, cancel := context.WithTimeout(context.Background(), drainDeadline+goodbyeWithin)
	defer cancel()
	before := s.node.Stats()
	report := drainReport{Instance: s.instance, Rooms: before.Rooms, Left: before.Rooms,
		Away: s.node.KeepersAway()}
	stop := s.noteDrain(report, before.Ended)
	err := s.node.Drain(ctx, drainDeadline)
	stop()
	report.Moved, report.Left = s.movedSince(before.Ended)
	report.Over = true
	s.noteLeft(&report, err)
	s.writeDrain(report)
	if err != nil {
		s.logger.Warn("the rooms could not all be handed over", zap.Duration("after",
			time.Since(began)), zap.Int("calls left", report.Calls),
			zap.Int("people left", report.People), zap.Error(err))
		return
	}
	s.logger.Info("the rooms are handed over", zap.Duration("after", time.Since(began)))
}

// noteDrain writes down what has moved, until the returned function is called.
func (s *server) noteDrain(report drainReport, ended uint64) (stop func()) {
	over := make(chan struct{})
	var noting sync.WaitGroup
	noting.Go(func() {
		s.writeDrain(report)
		again := time.NewTicker(noteDrainEvery)
		defer again.Stop()
		for {
			select {
			case <-again.C:
			case <-over:
				return
			}
			if moved, left := s.movedSince(ended); moved != report.Moved || left != report.Left {
				report.Moved, report.Left = moved, left
				s.writeDrain(report)
			}
		}
	})
	return func() {
		close(over)
		noting.Wait()
	}
}

// movedSince returns how many rooms went on elsewhere since so many had, and how many are here.
func (s *server) movedSince(ended uint64) (moved, left int) {
	stats := s.node.Stats()
	return int(stats.Ended - ended), stats.Rooms
}

// noteLeft adds what was left behind, and why.
func (s *server) noteLeft(report *drainReport, err error) {
	var left *cluster.LeftError
	switch {
	case errors.As(err, &left):
		report.Left, report.Reason = len(left.Rooms), left.Reason
		report.Calls, report.People = s.signaling.Inside(left.Rooms)
	case err != nil:
		report.Reason = tenure.OutOfTime
	default:
		report.Left = 0
	}
}

func (s *server) writeDrain(report drainReport) {
	if err := report.write(s.config.DataDirectory); err != nil {
		s.logger.Warn("draille drain cannot be told what becomes of the rooms", zap.Error(err))
	}
}
