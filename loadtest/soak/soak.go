// Package soak lets rooms come and go on a server for a long time while things go wrong: links
// flap, pages are reloaded, the server is killed, stopped, attacked, cannot write its disk, gets a
// new certificate. All of it is drawn from a seed.
//
// It goes in rounds. In each, people come, one mishap follows the other, and after each it is
// awaited that everybody stands in their place and hears the others again; then all leave, and when
// the server has come to rest its figures are read. At the end these must not have grown.
package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"draille/loadtest/scenario"
	"draille/signaling/protocol"
)

// Server is the server under test. Its process belongs to the soak.
type Server interface {
	Link(room string, kind protocol.Kind, role protocol.Role) (string, error)
	Reading(ctx context.Context) (scenario.Reading, error)
	Alive() bool
	Start() error
	Stop() // says goodbye first
	Kill() // does not
	RenewCertificate() error
	Reload() error // reads the certificate again
	// BreakDisk makes the state of rooms impossible to write until MendDisk.
	BreakDisk() error
	MendDisk() error
	// Attack floods the server and says how it was answered.
	Attack(ctx context.Context, name string, length time.Duration) (answers string, err error)
	Attacks() []string
}

// Guest is one who takes part; Crowd lets them in.
type Guest interface {
	ID() string
	Place() (place protocol.Place, connected bool)
	Heard() int // packets of voice since their connection was made
	Moves() int // how often another connection took the call up
	Admit(id string) error
	CutSocket()
	SetLink(up bool)
	Vanish()
	Leave()
	Err() error
}

// Crowd lets people in.
type Crowd interface {
	// Join is somebody with an invitation; equal seeds are equal devices. It returns when they are
	// in the room or waits.
	Join(ctx context.Context, link string, role protocol.Role, seed uint64, talks bool) (Guest,
		error)
}

// Options of Run.
type Options struct {
	Server Server
	Crowd  Crowd
	// Servers is how many there are behind Server; Without are mishaps that cannot happen to them.
	Servers int
	Without []string
	Length  time.Duration // rounds begin until it has passed
	Seed    uint64
	Told    func(line string)
}

// Times of a soak.
const (
	mishaps     = 6                // in a round
	pauseMost   = 3 * time.Second  // before each
	recoverWith = 15 * time.Second // after a mishap
	joinWithin  = 20 * time.Second
	// a place is held for a minute: whoever attacked said no goodbye
	restWithin   = 90 * time.Second
	rest         = 18 * time.Second // until memory has been given back
	lookEvery    = 100 * time.Millisecond
	attackLength = 3 * time.Second
)

// goneKinds are the mishaps in which a server goes away, and comes back.
var goneKinds = []string{"kill", "stop"}

// Mishap is one thing that went wrong.
type Mishap struct {
	Kind    string
	Detail  string
	Took    time.Duration // from its end until everybody was well
	Failure string        // empty: everybody recovered
	// Silences, where a server went away, are how long each was without a voice whose call was
	// taken up by another connection.
	Silences []time.Duration
}

// Idle are the figures of the server at rest after a round.
type Idle struct {
	Round                              int
	Goroutines, Files                  float64
	MemoryBytes, HeapBytes, CPUSeconds float64
	Process                            int // counts up with each restart
}

// Run soaks until the length has passed and the round at that time is over.
func Run(ctx context.Context, o Options) *Report {
	s := &soak{Options: o, random: rand.New(rand.NewPCG(o.Seed, 0x50a6)), report: &Report{}}
	started := time.Now()
	if err := s.settle(ctx); err != nil {
		s.fail("before anybody came: %v", err)
		return s.report
	}
	for ctx.Err() == nil && time.Since(started) < o.Length && s.report.broken() < 3 {
		s.report.Rounds++
		s.round(ctx)
	}
	s.report.judge(float64(max(1, o.Servers)))
	return s.report
}

type soak struct {
	Options
	random  *rand.Rand
	report  *Report
	process int
}

func (s *soak) fail(format string, arguments ...any) {
	text := fmt.Sprintf("round %d: ", s.report.Rounds) + fmt.Sprintf(format, arguments...)
	s.report.Failures = append(s.report.Failures, text)
	s.Told("FAILED " + text)
}

// round is one coming and going.
func (s *soak) round(ctx context.Context) {
	people := &people{soak: s}
	defer people.leave()
	if err := people.arrive(ctx); err != nil {
		s.fail("%v", err)
		return
	}
	s.report.Joined += len(people.all)
	if _, err := s.well(ctx, people); err != nil {
		s.fail("at the beginning: %v", err)
	}
	kinds := s.draw()
	for _, kind := range kinds {
		if !s.wait(ctx, time.Duration(s.random.Int64N(int64(pauseMost)))) {
			return
		}
		s.mishap(ctx, people, kind)
	}
	people.leave()
	if err := s.settle(ctx); err != nil && ctx.Err() == nil {
		s.fail("%v", err)
	}
}

// draw chooses what goes wrong in a round. Restarts come in every other one at most: what leaks
// shows in a process that lives.
func (s *soak) draw() []string {
	kinds := []string{"reload", "cut", "flap", "comes and goes", "certificate", "disk", "attack",
		"attack", "flap", "reload"}
	kinds = slices.DeleteFunc(kinds, func(kind string) bool {
		return slices.Contains(s.Without, kind)
	})
	s.random.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	kinds = kinds[:mishaps]
	if s.report.Rounds%2 == 1 {
		kinds[s.random.IntN(len(kinds))] = goneKinds[s.random.IntN(len(goneKinds))]
	}
	return kinds
}

func (s *soak) mishap(ctx context.Context, people *people, kind string) {
	m := Mishap{Kind: kind}
	gone := slices.Contains(goneKinds, kind)
	var ears *silences
	if gone {
		ears = people.listen(ctx)
	}
	err := people.suffer(ctx, &m)
	if err == nil {
		m.Took, err = s.well(ctx, people)
	}
	if gone {
		m.Silences = ears.end()
	}
	if ctx.Err() != nil {
		return
	}
	told := fmt.Sprintf("round %d: %s %s: everybody well after %.1f s", s.report.Rounds, m.Kind,
		m.Detail, m.Took.Seconds())
	if err != nil {
		m.Failure = err.Error()
		s.fail("%s %s: %v", m.Kind, m.Detail, err)
	} else {
		s.Told(told)
	}
	s.report.Mishaps = append(s.report.Mishaps, m)
}

// well waits until everybody stands where they should and hears the others.
func (s *soak) well(ctx context.Context, people *people) (time.Duration, error) {
	started := time.Now()
	heard := people.heard()
	for {
		missing := people.missing(heard)
		if missing == "" {
			return time.Since(started), nil
		}
		switch {
		case !s.Server.Alive():
			return 0, fmt.Errorf("the server has ended by itself")
		case time.Since(started) > recoverWith:
			return 0, fmt.Errorf("after %v %s", recoverWith, missing)
		case !s.wait(ctx, lookEvery):
			return 0, ctx.Err()
		}
	}
}

// settle waits until the server has come to rest, and reads its figures.
func (s *soak) settle(ctx context.Context) error {
	deadline := time.Now().Add(restWithin)
	for {
		reading, err := s.Server.Reading(ctx)
		if err == nil && reading.Rooms == 0 {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%.0f rooms are still open %v after everybody has left (%v)",
				reading.Rooms, restWithin, err)
		}
		if !s.wait(ctx, lookEvery) {
			return ctx.Err()
		}
	}
	if !s.wait(ctx, rest) {
		return ctx.Err()
	}
	reading, err := s.Server.Reading(ctx)
	if err != nil {
		return fmt.Errorf("the server's figures cannot be read: %w", err)
	}
	idle := Idle{Round: s.report.Rounds, Goroutines: reading.Goroutines, Files: reading.OpenFiles,
		MemoryBytes: reading.MemoryBytes,
		HeapBytes:   reading.HeapBytes, CPUSeconds: reading.CPUSeconds, Process: s.process}
	s.report.Idle = append(s.report.Idle, idle)
	s.Told(fmt.Sprintf("round %d: at rest: %.0f goroutines, %.0f files, %.1f MB resident, "+
		"%.1f MB heap", idle.Round, idle.Goroutines, idle.Files,
		idle.MemoryBytes/(1<<20), idle.HeapBytes/(1<<20)))
	return nil
}

func (s *soak) wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// By how much the figures at rest may differ, for reasons that are no leak: goroutines of the
// runtime and of the metrics' own connection, and pages that the runtime keeps.
const (
	looseGoroutines = 4
	looseFiles      = 3
	looseMemory     = 12 << 20
)
