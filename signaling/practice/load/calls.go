package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"
)

const (
	// noSlower is how much a figure with the practice may be above the one without. Two runs of the
	// same server differ by up to a tenth on two cores.
	noSlower = 1.15
	// callRooms are the consultations of a round, all of which begin at once.
	callRooms = 4
	// callTime is how long they last: longer than it takes to see the first frame.
	callTime = 4 * time.Second
	// callLists is how often a list is asked for meanwhile, a second: a hospital's busy morning.
	callLists = 5
	// forwardingRounds are the runs of the forwarding test on either server.
	forwardingRounds = 3
)

// side is one of the two servers, and what was measured on it.
type side struct {
	name       string
	serve      []string // flags of the server
	directory  string
	tokens     []string // of those who ask for lists
	address    string
	frames     []float64 // s, from joining to the first frame, of each participant
	forwarding []float64 // µs of CPU a forwarded packet
}

// compare measures calls on a server with a practice of a size, and on one without any.
func compare(program string, s size, rounds int) error {
	if program == "" {
		return errors.New("expected the path of draille, got nothing; build it with make build")
	}
	directory, err := os.MkdirTemp("", "draille-practice-calls-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)
	without := &side{name: "without", serve: []string{"--practice.enabled=false"},
		directory: filepath.Join(directory, "without")}
	with := &side{name: "with", directory: filepath.Join(directory, "with")}
	if err := os.Mkdir(with.directory, 0o700); err != nil {
		return err
	}
	if with.tokens, err = fill(filepath.Join(with.directory, "practice.db"), s, 20); err != nil {
		return err
	}
	sides := []*side{without, with}
	for _, one := range sides {
		address, stop, err := serve(program, one.directory, one.serve...)
		if err != nil {
			return err
		}
		defer stop()
		one.address = address
	}
	for round := range rounds {
		for i := range sides {
			if err := sides[(round+i)%2].calls(program); err != nil { // none is always the first
				return err
			}
		}
	}
	for range forwardingRounds {
		for _, one := range sides {
			if err := one.forward(program); err != nil {
				return err
			}
		}
	}
	return errors.Join(
		verdict("first frame after joining", "ms", 1000, without.frames, with.frames),
		verdict("CPU of a forwarded packet, 12 → 12", "µs", 1, without.forwarding, with.forwarding))
}

// calls plays one round of consultations, while lists are asked for if there are any.
func (s *side) calls(program string) error {
	ctx, stop := context.WithCancel(context.Background())
	asked := make(chan error, 1)
	go func() { asked <- s.lists(ctx) }()
	report := filepath.Join(s.directory, "report.json")
	playing := exec.Command(program, "loadtest", "consultation", s.address, "--rooms",
		strconv.Itoa(callRooms), "--link", "fibre", "--data-directory", s.directory, "--duration",
		callTime.String(), "--json", report)
	said, err := playing.CombinedOutput()
	stop()
	if err = errors.Join(err, <-asked); err != nil {
		return fmt.Errorf("%w: %s", err, said)
	}
	text, err := os.ReadFile(report)
	if err != nil {
		return err
	}
	var found struct {
		Participants []struct {
			Figures struct{ JoinToFirstFrameSeconds float64 }
		}
	}
	if err := json.Unmarshal(text, &found); err != nil {
		return err
	}
	for _, p := range found.Participants {
		if p.Figures.JoinToFirstFrameSeconds == 0 {
			return fmt.Errorf("%s: somebody saw no frame within %s", s.name, callTime)
		}
		s.frames = append(s.frames, p.Figures.JoinToFirstFrameSeconds)
	}
	return nil
}

// lists asks for lists until ctx ends.
func (s *side) lists(ctx context.Context) error {
	if len(s.tokens) == 0 {
		return nil
	}
	ticker := time.NewTicker(time.Second / callLists)
	defer ticker.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		token := s.tokens[i%len(s.tokens)]
		_, err := ask(ctx, http.DefaultClient, s.address, token)
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
}

var microseconds = regexp.MustCompile(`run 1: ([0-9.]+) µs`)

// forward runs the forwarding test once, against a server of its own with the flags of this side.
func (s *side) forward(program string) error {
	arguments := []string{"loadtest", "forwarding", "--case", "12-12", "--runs", "1"}
	for _, flag := range s.serve {
		arguments = append(arguments, "--serve", flag)
	}
	said, err := exec.Command(program, arguments...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, said)
	}
	found := microseconds.FindSubmatch(said)
	if found == nil {
		return fmt.Errorf("expected the CPU of a packet, got %s", said)
	}
	cost, err := strconv.ParseFloat(string(found[1]), 64)
	s.forwarding = append(s.forwarding, cost)
	return err
}

// verdict prints the medians of both sides, and says when the practice makes calls slower.
func verdict(what, unit string, scale float64, without, with []float64) error {
	before, after := share(without, 0.5)*scale, share(with, 0.5)*scale
	ratio := after / before
	fmt.Printf("%s: %.4g %s without the practice, %.4g with it (ratio %.2f; quartiles %.4g and "+
		"%.4g, %.4g and %.4g; %d each)\n", what, before, unit, after, ratio,
		share(without, 0.25)*scale, share(without, 0.75)*scale, share(with, 0.25)*scale,
		share(with, 0.75)*scale, len(with))
	if ratio > noSlower {
		return fmt.Errorf("%s: expected a ratio of at most %.2f, got %.2f; try again on a quiet "+
			"machine", what, noSlower, ratio)
	}
	return nil
}

// share returns the value below which so much of the others lie.
func share(values []float64, part float64) float64 {
	slices.SortFunc(values, cmp.Compare[float64])
	return values[int(part*float64(len(values)))]
}
