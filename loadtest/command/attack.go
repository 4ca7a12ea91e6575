package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"draille/loadtest/flood"
	"draille/signaling/protocol"
)

// order is what an attacking process is told on its standard input. It is a process of its own, of
// the lowest priority from its order on, so that an attack does not take from the call and from the
// server what it would not have if it came from elsewhere. It starts as any other process does:
// beside busy processors, a program of the lowest priority takes longer to start than to attack.
type order struct {
	Attack    string        `json:"attack"`
	URL       string        `json:"url"`
	UDP       string        `json:"udp"`
	TCP       string        `json:"tcp"`
	IPv6      string        `json:"ipv6"`      // of the web server; empty: none
	Directory string        `json:"directory"` // of the server's secret
	Length    time.Duration `json:"length"`
}

// remote makes an attack that a process of its own carries out.
func remote(attack flood.Attack, server *ownServer, length time.Duration) flood.Attack {
	name := attack.Name
	run := func(ctx context.Context, _ *flood.Target, tally *flood.Tally) error {
		text, err := json.Marshal(order{Attack: name, URL: server.url.String(),
			UDP: server.udp, TCP: server.tcp, IPv6: server.inNetwork(),
			Directory: server.directory, Length: length})
		if err != nil {
			return err
		}
		command, err := server.program.Command("loadtest", "attack")
		if err != nil {
			return err
		}
		detach(command)
		return follow(ctx, command, text, tally)
	}
	attack.Run = run
	return attack
}

// follow starts an attacking process, gives it its order once it is ready, and reads what became of
// it. An attack that ends with ctx before its first try has not failed: it was not made.
func follow(ctx context.Context, command *exec.Cmd, order []byte, tally *flood.Tally) error {
	in, err := command.StdinPipe()
	if err != nil {
		return err
	}
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return fmt.Errorf("the attacking process cannot be started: %w", err)
	}
	// it may have ended by itself
	stop := context.AfterFunc(ctx, func() { _ = interrupt(command.Process) })
	defer stop()
	says := json.NewDecoder(out)
	var counts flood.Counts
	err = says.Decode(&ready{})
	if err == nil {
		err = lowestPriority(command.Process)
	}
	if err == nil {
		_, err = in.Write(order)
	}
	err = errors.Join(err, in.Close())
	if err == nil {
		err = says.Decode(&counts)
	}
	err = errors.Join(err, command.Wait())
	tally.Add(counts)
	if err == nil && counts.Failure != "" {
		err = errors.New(counts.Failure)
	}
	if ctx.Err() != nil && counts.Tries == 0 {
		return nil
	}
	return err
}

// ready is the first thing that an attacking process says.
type ready struct{}

// newAttack is the attacking process.
func newAttack(program Program) *cobra.Command {
	return &cobra.Command{
		Use:    "attack",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(command.Context(), os.Interrupt)
			defer stop()
			return attack(ctx, program, command.InOrStdin(), command.OutOrStdout())
		},
	}
}

func attack(ctx context.Context, program Program, in io.Reader, out io.Writer) error {
	says := json.NewEncoder(out)
	if err := says.Encode(ready{}); err != nil {
		return err
	}
	var o order
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return err
	}
	all := flood.Attacks()
	i := slices.IndexFunc(all, func(a flood.Attack) bool { return a.Name == o.Attack })
	address, err := url.Parse(o.URL)
	if i < 0 || err != nil {
		return fmt.Errorf("expected an attack and an address, got %q and %q", o.Attack, o.URL)
	}
	invitations, err := program.OwnInvitations(o.Directory, address)
	if err != nil {
		return err
	}
	link := func(room, role string) (string, error) {
		return invitations.Link(room, protocol.KindConsultation, protocol.Role(role), "",
			time.Now(), validFor)
	}
	target := &flood.Target{HTTP: address.Host, UDP: o.UDP, TCP: o.TCP, IPv6: o.IPv6,
		Room: floodRoom, Link: link, Length: o.Length}
	var tally flood.Tally
	err = all[i].Run(ctx, target, &tally)
	counts := tally.Counts()
	if err != nil {
		counts.Failure = err.Error()
	}
	return says.Encode(counts)
}
