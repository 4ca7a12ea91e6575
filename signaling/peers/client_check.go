package peers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"draille/signaling/peers/identity"
	"draille/signaling/peers/wire"
)

// checks is how often a node is asked for the time. The fastest round trip tells its clock best.
const checks = 5

// State is what is known of one part of a peer.
type State string

// The states.
const (
	Good    State = "good"
	Bad     State = "bad"
	Unknown State = "unknown"
)

// Report is what a check of a node has found.
type Report struct {
	Target   Target
	Instance string
	Version  string
	Formats  wire.Formats

	RoundTrip time.Duration // the fastest
	// Offset is how far the node's clock is ahead of this machine's, to within Uncertainty.
	Offset, Uncertainty time.Duration
	Ends                time.Time // of its certificate

	Reached, Secret, Certificate, Clock, Format State

	Condition *wire.Condition // nil: it does not say

	// Problems are sentences that say what is wrong, and what to do.
	Problems []string
}

// Check measures how far a node is and what its clock says, and tells the state of its certificate
// and of its secret. It makes a connection of its own and goes on where Ask and Open would refuse;
// what is wrong is in the report.
func (c *Client) Check(ctx context.Context, target Target) Report {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout+time.Second)
	defer cancel()
	report := Report{Target: target, Reached: Unknown, Secret: Unknown, Certificate: Unknown,
		Clock: Unknown, Format: Unknown}
	conn, err := (&peer{config: &c.config, target: target}).handshake(ctx)
	if err != nil {
		report.unreached(err)
		return report
	}
	defer conn.Close()
	report.Secret = Good // the handshake has shown it
	var best sighting
	for n := range checks {
		hello, seen, err := greet(ctx, &c.config, conn, target)
		if err != nil {
			report.unreached(err)
			return report
		}
		if n == 0 || seen.trip < best.trip {
			best = seen
		}
		report.hear(hello)
	}
	report.Reached = Good
	report.RoundTrip, report.Ends = best.trip, best.peer.NotAfter
	report.Offset, report.Uncertainty = best.offset, best.trip/2+time.Millisecond
	report.judge(&c.config, best)
	return report
}

// hear notes what a node says of itself.
func (r *Report) hear(hello wire.Hello) {
	r.Instance, r.Version, r.Formats = hello.Instance, hello.Version, hello.Formats
	r.Condition = hello.Condition
	if hello.Problem != "" && len(r.Problems) == 0 {
		r.Problems = []string{hello.Problem}
	}
}

// unreached notes why nothing could be measured.
func (r *Report) unreached(err error) {
	r.Problems = append(r.Problems, err.Error())
	var problem *identity.Problem
	if !errors.As(err, &problem) {
		r.Reached = Bad
		return
	}
	switch problem.Kind {
	case identity.OtherSecret:
		r.Reached, r.Secret = Good, Bad
	default:
		r.Reached = Bad
	}
}

// judge notes what is wrong with a node that was reached.
func (r *Report) judge(config *Config, seen sighting) {
	r.Clock, r.Certificate, r.Format = Good, Good, Good
	err := config.Identity.Judge(seen.peer, seen.clock, config.Now())
	var problem *identity.Problem
	if errors.As(err, &problem) {
		if problem.Kind == identity.Clock {
			r.Clock, r.Certificate = Bad, Unknown
		} else {
			r.Certificate = Bad
		}
		r.Problems = append(r.Problems, problem.Words)
	}
	if _, err := config.Formats.Common(r.Formats, r.Target.Node); err != nil {
		r.Format = Bad
		r.Problems = append(r.Problems, err.Error())
	}
	if r.Target.Instance != "" && r.Target.Instance != r.Instance {
		r.Problems = append(r.Problems, fmt.Sprintf("expected process %q of node %q, got %q: "+
			"it was restarted, or two run under one id; give each an id of its own",
			r.Target.Instance, r.Target.Node, r.Instance))
	}
	r.judgeCondition()
}

// judgeCondition notes what is wrong between a node and the register.
func (r *Report) judgeCondition() {
	c := r.Condition
	switch {
	case c == nil:
	case c.Full:
		r.Problems = append(r.Problems, fmt.Sprintf("the register is full, as node %q sees it: "+
			"calls go on, but no new room is opened; it goes on by itself once what removed rooms "+
			"left behind is taken away, within two hours, or once its keepers' disks, or the "+
			"account of NATS, have room", r.Target.Node))
	case c.Slow:
		words := "calls go on, but whoever comes, is admitted or removed waits for it"
		if !c.Decides {
			words = "calls go on, but nobody gets into a room or is admitted there"
		}
		r.Problems = append(r.Problems, fmt.Sprintf("the register takes %s to answer node %q: %s; "+
			"look at the disks of its keepers and at the network between them",
			(time.Duration(c.Register)*time.Millisecond).Round(100*time.Millisecond),
			r.Target.Node, words))
	case !c.Decides:
		r.Problems = append(r.Problems, fmt.Sprintf("the register does not answer node %q: calls "+
			"go on, but nobody gets into a room or is admitted there; let it reach the keepers",
			r.Target.Node))
	}
}

// String puts the figures into a line.
func (r *Report) String() string {
	if r.Reached != Good || r.Secret != Good {
		return fmt.Sprintf("node %q at %s: not reached", r.Target.Node, r.Target.Address)
	}
	return fmt.Sprintf("node %q at %s: %s, round trip %s, clock %+d ms (± %d ms), certificate %s, "+
		"clock %s, formats %d to %d", r.Target.Node, r.Target.Address, r.Version,
		r.RoundTrip.Round(10*time.Microsecond), r.Offset.Milliseconds(),
		r.Uncertainty.Milliseconds(), r.Certificate, r.Clock, r.Formats.Oldest, r.Formats.Newest)
}
