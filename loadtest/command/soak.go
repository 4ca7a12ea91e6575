package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"draille/loadtest/flood"
	"draille/loadtest/link"
	"draille/loadtest/link/userspace"
	"draille/loadtest/media"
	"draille/loadtest/participant"
	"draille/loadtest/report"
	"draille/loadtest/soak"
	"draille/signaling/protocol"
)

func newSoak(program Program) *cobra.Command {
	var length time.Duration
	var seed uint64
	var several bool
	command := &cobra.Command{
		Use:   "soak",
		Short: "Let rooms come and go for a long time while things go wrong",
		Long: `Start a server and let rooms come and go on it, round after round: a consultation,
and a staff meeting with somebody who waits. Meanwhile, drawn from the seed, pages are reloaded,
websockets cut, links taken away for seconds, the server is killed or stopped and started again,
its certificate renewed, its disk made impossible to write, and the floods of draille loadtest
flood come in. After each it is awaited that everybody stands in their place and hears the others;
after each round the server must come to rest. At the end its goroutines, files and memory at rest
must not have grown.

With --doors three servers of one name are started: people come by any of them, what happens to a
server happens to the one on which most rooms live, and the report tells where rooms lived, and what
a death cost.`,
		Example: `  draille loadtest soak --duration 5m
  draille loadtest soak --duration 30m --seed 7
  draille loadtest soak --duration 10m --doors`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return runSoak(command, program, length, seed, several)
		},
	}
	command.Flags().DurationVar(&length, "duration", 30*time.Minute, "how long rounds begin")
	command.Flags().BoolVar(&several, "doors", false, "three servers of one name")
	command.Flags().Uint64Var(&seed, "seed", 1, "of all that is random in it")
	return command
}

// soakTarget is what a soak is played against.
type soakTarget struct {
	soak.Options
	first *ownServer
	doors []door
	told  func(out io.Writer) error // where rooms lived
	close func()
}

func startSoaked(program Program, several bool) (*soakTarget, error) {
	if several {
		servers, err := startGroup(program, false)
		if err != nil {
			return nil, err
		}
		g := newSoakedGroup(servers)
		ctx, stop := context.WithCancel(context.Background())
		var looking sync.WaitGroup
		looking.Go(func() { g.look(ctx) })
		end := func() {
			stop()
			looking.Wait()
			servers.Close()
		}
		return &soakTarget{first: servers[0], doors: g.doors(), close: end,
			told: func(out io.Writer) error { return report.WriteDoors(out, g.metrics.Doors()) },
			Options: soak.Options{Server: g, Servers: len(servers),
				Without: []string{"disk"}}}, nil
	}
	server, err := startOwn(program, "--trusted-proxies", "")
	if err != nil {
		return nil, err
	}
	return &soakTarget{first: server, close: server.Close,
		told:    func(io.Writer) error { return nil },
		Options: soak.Options{Server: soaked{server}, Servers: 1}}, nil
}

func runSoak(command *cobra.Command, program Program, length time.Duration, seed uint64,
	several bool) error {
	target, err := startSoaked(program, several)
	if err != nil {
		return err
	}
	defer target.close()
	library, err := media.Load()
	if err != nil {
		return err
	}
	scheduler := userspace.NewScheduler()
	defer scheduler.Close()
	started := time.Now()
	target.Crowd = &soakCrowd{library, scheduler, target.doors}
	target.Length, target.Seed = length, seed
	target.Told = func(line string) {
		fmt.Fprintf(command.ErrOrStderr(), "%7s  %s\n",
			time.Since(started).Truncate(time.Second), line)
	}
	happened := soak.Run(command.Context(), target.Options)
	if err := errors.Join(happened.WriteTable(command.OutOrStdout()),
		target.told(command.OutOrStdout())); err != nil {
		return err
	}
	if len(happened.Failures) > 0 {
		return fmt.Errorf("%d failures; the server said last:\n%s", len(happened.Failures),
			target.first.lastWords())
	}
	return command.Context().Err()
}

// soaked is the server as a soak needs it.
type soaked struct{ *ownServer }

// Reload implements soak.Server.
func (s soaked) Reload() error { return hangup(s.process.command.Process) }

// BreakDisk implements soak.Server. A file in the place of the folder stops every user, root too.
func (s soaked) BreakDisk() error {
	return errors.Join(os.Rename(s.path("rooms"), s.path("rooms.kept")),
		os.WriteFile(s.path("rooms"), nil, 0o600))
}

// MendDisk implements soak.Server.
func (s soaked) MendDisk() error {
	return errors.Join(os.Remove(s.path("rooms")), os.Rename(s.path("rooms.kept"), s.path("rooms")))
}

// Attacks implements soak.Server: those that need no call of their own.
func (s soaked) Attacks() []string {
	var names []string
	for _, attack := range flood.Strangers() {
		names = append(names, attack.Name)
	}
	return names
}

// Attack implements soak.Server.
func (s soaked) Attack(ctx context.Context, name string, length time.Duration) (string, error) {
	all := flood.Strangers()
	i := slices.IndexFunc(all, func(a flood.Attack) bool { return a.Name == name })
	if i < 0 {
		return "", fmt.Errorf("%q is no attack", name)
	}
	var tally flood.Tally
	err := remote(all[i], s.ownServer, length).Run(ctx, nil, &tally)
	return tally.Answers(), err
}

// soakCrowd lets virtual participants in, each behind a link of their own.
type soakCrowd struct {
	media     *media.Library
	scheduler *userspace.Scheduler
	doors     []door
}

// Join implements soak.Crowd.
func (c *soakCrowd) Join(ctx context.Context, invitation string, role protocol.Role, seed uint64,
	talks bool) (soak.Guest, error) {
	profile, err := link.Find([]string{"fibre", "adsl", "ehpad-wifi"}[seed%3])
	if err != nil {
		return nil, err
	}
	access, err := userspace.NewLink(c.scheduler, profile, seed)
	if err != nil {
		return nil, err
	}
	line := &soak.Line{}
	joined, err := participant.Join(ctx, participant.Options{
		URL: invitation, Name: strings.ToUpper(string(role)), Seed: seed, Link: access,
		LinkName: profile.Name, Net: line.Wrap,
		Microphone: talks, Camera: talks, Single: true, Speech: func(time.Duration) bool {
			return talks
		},
		Media: c.media, Insecure: true, Doors: from(c.doors, seed),
	})
	if err != nil {
		return nil, err
	}
	return &soakGuest{joined, line}, nil
}

// soakGuest is a participant as a soak needs them.
type soakGuest struct {
	*participant.Participant
	line *soak.Line
}

// Heard implements soak.Guest.
func (g *soakGuest) Heard() int { return g.Figures().Audio.Packets }

// SetLink implements soak.Guest.
func (g *soakGuest) SetLink(up bool) { g.line.Set(up) }

// Vanish implements soak.Guest.
func (g *soakGuest) Vanish() { _ = g.Participant.Vanish() }

// Leave implements soak.Guest. They are gone in any case.
func (g *soakGuest) Leave() { _ = g.Participant.Leave(context.Background()) }
