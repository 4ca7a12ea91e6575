package command

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"draille/loadtest/report"
	"draille/loadtest/scenario"
	"draille/signaling/protocol"
)

// target is the server under test, and how its rooms are opened.
type target struct {
	url       *url.URL
	metrics   string // address; empty: none
	firstLink string // tried out before the run
	doors     []door // of several servers that serve one name; empty: there is one
	link      func(scenario.Seat) (string, error)
	process   *localProcess // nil: it was there before
	close     func()
}

// validFor is longer than any load test.
const validFor = 24 * time.Hour

// signedTarget makes links itself, one for each seat.
func signedTarget(invitations Invitations, server *url.URL) (*target, error) {
	run := "loadtest-" + rand.Text()[:8]
	link := func(seat scenario.Seat) (string, error) {
		room := fmt.Sprintf("%s-%d", run, seat.Room)
		return invitations.Link(room, seat.Kind, seat.Role, seat.Name, time.Now(), validFor)
	}
	first, err := invitations.Link(run+"-preflight", protocol.KindConsultation, protocol.RoleHost,
		"", time.Now(), validFor)
	if err != nil {
		return nil, err
	}
	return &target{url: server, firstLink: first, link: link, close: func() {}}, nil
}

// startTarget starts a server for one run, without relay, that keeps its secret in a folder which
// goes with it.
func startTarget(program Program, arguments ...string) (*target, error) {
	directory, err := os.MkdirTemp("", "draille-loadtest-")
	if err != nil {
		return nil, fmt.Errorf("no folder for the local server: %w", err)
	}
	made, err := startIn(program, directory, arguments)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(directory))
	}
	return made, nil
}

func startIn(program Program, directory string, arguments []string) (*target, error) {
	process, err := serve(program, append([]string{"--turn.enabled=false", "--metrics.listen",
		"127.0.0.1:0",
		"--data-directory", directory, "--log.level", "info"}, arguments...)...)
	if err != nil {
		return nil, err
	}
	made, err := readyTarget(program, directory, process)
	if err != nil {
		process.stop()
		return nil, err
	}
	made.process = process
	made.close = func() {
		process.stop()
		_ = os.RemoveAll(directory) // a folder in /tmp is no reason to fail
	}
	return made, nil
}

func readyTarget(program Program, directory string, process *localProcess) (*target, error) {
	serving, err := process.ready()
	if err != nil {
		return nil, fmt.Errorf("the local server did not start: %w", err)
	}
	invitations, err := program.OwnInvitations(directory, serving.server)
	if err != nil {
		return nil, err
	}
	made, err := signedTarget(invitations, serving.server)
	if err == nil {
		made.metrics = "http://" + serving.metrics + "/metrics"
	}
	return made, err
}

// runner plays calls against a target.
func runner(program Program, target *target, stage scenario.Stage,
	shown *progress) *scenario.Runner {
	r := &scenario.Runner{
		Stage: stage, Progress: shown.show, Generator: "draille " + program.Version(),
		Server: report.Server{URL: target.url.String(), Software: program.Version(),
			Local: target.process != nil},
	}
	switch {
	case len(target.doors) > 0:
		r.Metrics = metricsOf(target.doors)
	case target.metrics != "":
		r.Metrics = scenario.MetricsEndpoint{URL: target.metrics}
	}
	return r
}

// playOnce plays a plan against a target once, with its progress shown on hints.
func playOnce(ctx context.Context, program Program, target *target, stage scenario.Stage,
	machine scenario.Machine,
	plan *scenario.Plan, hints *progress) (*report.Run, error) {
	defer hints.clear()
	r := runner(program, target, stage, hints)
	r.Machine = machine
	return r.Run(ctx, plan)
}
