package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"draille/loadtest/flood"
	"draille/loadtest/link/tun"
	"draille/loadtest/media"
	"draille/loadtest/participant"
	"draille/signaling/protocol"
)

// floods is one run of attacks.
type floods struct {
	length, rest time.Duration
	quiet        time.Duration
	only         []string
	inside       bool // a network namespace of its own
	doors        bool // one of several servers is attacked, the call goes on at others
	program      Program
}

const (
	floodRoom    = "measured"
	floodPrepare = 3 * time.Second  // the call finds its rates
	attackStart  = 20 * time.Second // most that an attacking process takes to begin and to end
)

func newFlood(program Program) *cobra.Command {
	f := &floods{program: program}
	var names []string
	for _, attack := range flood.Attacks() {
		names = append(names, attack.Name)
	}
	command := &cobra.Command{
		Use:   "flood",
		Short: "Attack a server of one's own while a call goes on",
		Long: fmt.Sprintf(
			`Start a server, hold a consultation on it, and attack it meanwhile in %d ways, one
after the other. The table tells for each how fast it came, what the server answered, how much of
the voice the call lost and how many frames/s it saw, how much memory and how many descriptors the
server took at most, and how long a new patient took to connect meanwhile. An attack is held when
less than %.0f %% of the voice is lost, the frames/s fall by less than %.0f %%, the patient connects
within %.0f s, the server stays below %d MB and %.0f %% of its descriptors, and still answers.

With --doors three servers of one name are started, of which one is attacked: the call goes on at
the two others, and the patient comes there.

The server has the limits that it has by default, but trusts no proxy. Attackers come from the
loopback network; as root on Linux all of it is in a network namespace of its own, which one of the
attacks needs.

Attacks: %s.`, len(names), 100*flood.MaxConcealed, 100*flood.MaxFall,
			flood.MaxJoin.Seconds(), flood.MaxMemoryBytes>>20,
			100*flood.MaxDescriptors, strings.Join(names, ", ")),
		Example: `  draille loadtest flood
  draille loadtest flood --only half-open,bombs --duration 20s
  draille loadtest flood --doors`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if _, err := f.chosen(); err != nil {
				return err
			}
			if !f.inside && tun.Supported() == nil {
				return isolated(command, f)
			}
			return f.run(command)
		},
	}
	flags := command.Flags()
	flags.BoolVar(&f.inside, insideFlag, false, "it runs in a network namespace of its own already")
	_ = flags.MarkHidden(insideFlag) // the flag is there
	flags.BoolVar(&f.doors, "doors", false, "attack one of three servers of one name, while the "+
		"call goes on at the others")
	flags.DurationVar(&f.quiet, "quiet", 15*time.Second,
		"how long the frames/s of the call are counted before the first")
	flags.DurationVar(&f.length, "duration", 5*time.Second, "how long each attack lasts")
	flags.DurationVar(&f.rest, "rest", time.Second, "how long the call is listened to after each")
	flags.StringSliceVar(&f.only, "only", nil, "names of attacks; empty: all")
	return command
}

func (f *floods) run(command *cobra.Command) error {
	attacks, err := f.chosen()
	if err != nil {
		return err
	}
	out := command.ErrOrStderr()
	if !f.inside {
		attacks = withoutNetwork(attacks, func(text string) { fmt.Fprint(out, text) })
	}
	servers, err := f.start()
	if err != nil {
		return err
	}
	defer servers.Close()
	server := servers[0]
	call, err := servers.open(command.Context())
	if err != nil {
		return err
	}
	defer call.close()
	if err := call.settle(command.Context(), floodPrepare); err != nil {
		return err
	}
	for i, attack := range attacks {
		attacks[i] = remote(attack, server, f.length)
	}
	results := flood.Run(command.Context(), flood.Options{
		Call: call.listeners(), Server: loadOf{server}, Attacks: attacks,
		Length: f.length + attackStart, Rest: f.rest, Quiet: f.quiet,
		Joins: func(ctx context.Context) (time.Duration, error) {
			return patientJoins(ctx, servers.other(1))
		},
		Told: func(r flood.Result) {
			fmt.Fprintf(out, "%-18s %7.0f/s  %5.2f %% of the voice lost  %4.1f frames/s "+
				"(%+.0f %%)  %4.0f MB  %5.0f descriptors  a patient joins in %.2f s  %s %s\n",
				r.Attack.Name, r.PerSecond, 100*r.Concealed, r.Framerate, -100*r.Fall,
				r.Most.Memory/(1<<20), r.Most.Descriptors, r.Join.Seconds(), r.Answers, r.Failure)
		},
	})
	if err := flood.WriteTable(command.OutOrStdout(), results); err != nil {
		return err
	}
	var fallen []string
	for _, r := range results {
		if !r.Held() {
			fallen = append(fallen, r.Attack.Name)
		}
	}
	if len(fallen) > 0 {
		return fmt.Errorf("not held: %s", strings.Join(fallen, ", "))
	}
	return command.Context().Err()
}

func (f *floods) chosen() ([]flood.Attack, error) {
	all := flood.Attacks()
	if len(f.only) == 0 {
		return all, nil
	}
	var some []flood.Attack
	for _, name := range f.only {
		i := slices.IndexFunc(all, func(a flood.Attack) bool { return a.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("%q is no attack: see draille loadtest flood --help", name)
		}
		some = append(some, all[i])
	}
	return some, nil
}

// start starts the server under attack, and others of its name if there are to be any.
func (f *floods) start() (group, error) {
	if f.doors {
		return startGroup(f.program, f.inside)
	}
	server, err := newOwn(f.program, "--trusted-proxies", "")
	if err != nil {
		return nil, err
	}
	if f.inside {
		server.inFloodNetwork()
	}
	if err := server.Start(); err != nil {
		server.Close()
		return nil, err
	}
	return group{server}, nil
}

type loadOf struct{ server *ownServer }

// Load implements flood.Server.
func (l loadOf) Load() (flood.Load, error) {
	if !l.server.Alive() {
		return flood.Load{}, errors.New("its process has ended:\n" + l.server.process.lastLines())
	}
	reading, err := l.server.Reading(context.Background())
	return flood.Load{Memory: reading.MemoryBytes, Descriptors: reading.OpenFiles,
		Limit: reading.MaxFiles}, err
}

// floodCall is the consultation that goes on meanwhile: both speak all the time, so that every loss
// is heard.
type floodCall struct{ host, guest *participant.Participant }

func openCall(ctx context.Context, hosts, guests *ownServer) (*floodCall, error) {
	library, err := media.Load()
	if err != nil {
		return nil, err
	}
	join := func(server *ownServer, role protocol.Role, seed uint64) (*participant.Participant,
		error) {
		link, err := server.Link(floodRoom, protocol.KindConsultation, role)
		if err != nil {
			return nil, err
		}
		return participant.Join(ctx, participant.Options{URL: link, Name: string(role), Seed: seed,
			Microphone: true, Camera: true, Single: true, Steady: true,
			AutoAdmit: role == protocol.RoleHost, Speech: func(time.Duration) bool { return true },
			Media: library, Insecure: true})
	}
	call := &floodCall{}
	if call.host, err = join(hosts, protocol.RoleHost, 1); err != nil {
		return nil, err
	}
	if call.guest, err = join(guests, protocol.RoleGuest, 2); err != nil {
		call.close()
		return nil, err
	}
	return call, nil
}

// patientJoins lets a patient come into the waiting room of another room and leave again. It
// returns how long they took from their first request until their media were connected.
func patientJoins(ctx context.Context, server *ownServer) (time.Duration, error) {
	link, err := server.Link("newcomer", protocol.KindConsultation, protocol.RoleGuest)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	p, err := participant.Join(ctx, participant.Options{URL: link, Name: "Newcomer", Seed: 3,
		Insecure: true})
	if err != nil {
		return 0, err
	}
	defer func() { _ = p.Leave(context.WithoutCancel(ctx)) }()
	err = p.AwaitConnection(ctx)
	return time.Since(began), err
}

func (c *floodCall) listeners() []flood.Listener { return []flood.Listener{c.host, c.guest} }

// settle waits until both have heard each other for a while.
func (c *floodCall) settle(ctx context.Context, heard time.Duration) error {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	timeout := time.NewTimer(startPatience)
	defer timeout.Stop()
	for {
		enough := func(p *participant.Participant) bool {
			return p.Figures().Audio.Total >= float64(heard.Milliseconds())
		}
		if enough(c.host) && enough(c.guest) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timeout.C:
			return errors.New("the call to be measured did not begin: nobody hears anything")
		case <-ticker.C:
		}
	}
}

func (c *floodCall) close() {
	for _, p := range []*participant.Participant{c.guest, c.host} {
		if p != nil {
			_ = p.Leave(context.Background()) // they are gone in any case
		}
	}
}
