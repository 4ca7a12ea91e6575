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
// the lowest priority, so that an attack does not take from the call and from the server what it
// would not have if it came from elsewhere.
type order struct {
	Attack    string        `json:"attack"`
	URL       string        `json:"url"`
	UDP       string        `json:"udp"`
	TCP       string        `json:"tcp"`
	IPv6      string        `json:"ipv6"`      // of the web server; empty: none
	Directory string        `json:"directory"` // of the server's secret
	Length    time.Duration `json:"length"`
}

const lowestPriority = "19"

// attacker is the command of an attacking process.
func attacker(program Program) (*exec.Cmd, error) {
	command, err := program.Command("loadtest", "attack")
	if err != nil {
		return nil, err
	}
	if nice, err := exec.LookPath("nice"); err == nil {
		command.Args = append([]string{nice, "-n", lowestPriority, command.Path},
			command.Args[1:]...)
		command.Path = nice
	}
	return command, nil
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
		command, err := attacker(server.program)
		if err != nil {
			return err
		}
		detach(command)
		return follow(ctx, command, text, tally)
	}
	attack.Run = run
	return attack
}

// follow starts a process, gives it its order and reads what became of it.
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
	_, err = in.Write(order)
	err = errors.Join(err, in.Close())
	var counts flood.Counts
	err = errors.Join(err, json.NewDecoder(out).Decode(&counts), command.Wait())
	tally.Add(counts)
	if err == nil && counts.Failure != "" {
		return errors.New(counts.Failure)
	}
	return err
}

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
	return json.NewEncoder(out).Encode(counts)
}
