package command

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"draille/loadtest/link"
	"draille/loadtest/scenario"
)

// matrixTest is what a matrix was asked for.
type matrixTest struct {
	loadTest
	links  []string
	atOnce int
}

func newMatrix(program Program) *cobra.Command {
	test := &matrixTest{loadTest: loadTest{program: program}}
	command := &cobra.Command{
		Use:   "matrix [server]",
		Short: "One call over each link, with a verdict for each",
		Long: `Play the same call over every named link (draille loadtest links) and judge each:
green where nobody notices the link, yellow where the voice holds and something else does not, with
the reason in words, red where the voice does not hold.

Several links are tried at once, each in a room of its own. When the participants' machine does not
keep up, the same rooms are played again in halves, so that no verdict is the generator's.`,
		Example: `  draille loadtest matrix --local --html matrix.html
  draille loadtest matrix --local --links thin-60,thin-150 --duration 30s
  draille loadtest matrix --of document --local`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			return test.perform(command, arguments)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVar(&test.of, "of", "consultation", "what is played over each link")
	flags.StringSliceVar(&test.links, "links", nil, "links to try (default: all)")
	flags.IntVar(&test.atOnce, "at-once", 5, "links tried at once")
	flags.DurationVar(&test.Length, "duration", 75*time.Second, "how long each call lasts")
	test.addFlags(command)
	return command
}

func (t *matrixTest) perform(command *cobra.Command, arguments []string) error {
	s, err := scenario.Find(t.of)
	if err != nil {
		return err
	}
	links, err := findLinks(t.links)
	if err != nil {
		return err
	}
	if len(t.invites) > 0 {
		return errors.New("--invite opens one room: for a matrix give the secret of the server " +
			"(--data-directory or --secret-file)")
	}
	if t.atOnce < 1 {
		return fmt.Errorf("--at-once %d cannot be played: expected at least 1", t.atOnce)
	}
	t.of = "" // nothing is searched for
	if err := t.prepare(command, arguments, s); err != nil {
		return err
	}
	session, err := t.open(command, arguments)
	if err != nil {
		return err
	}
	defer session.close()
	t.Thin = 0 // as the scenario has it
	run, err := session.runner.Matrix(command.Context(), s, t.Options, links, t.atOnce,
		func(part []link.Profile) {
			session.progress.clear()
			names := make([]string, len(part))
			for i, l := range part {
				names[i] = l.Name
			}
			fmt.Fprintf(command.ErrOrStderr(), "over %s\n", strings.Join(names, ", "))
		})
	session.progress.clear()
	if err != nil {
		return err
	}
	return t.finish(command.OutOrStdout(), command.ErrOrStderr(), run)
}

// findLinks returns the profiles of these names, or all if none is named.
func findLinks(names []string) ([]link.Profile, error) {
	if len(names) == 0 {
		return link.Profiles(), nil
	}
	var links []link.Profile
	for _, name := range names {
		l, err := link.Find(name)
		if err != nil {
			return nil, err
		}
		links = append(links, l)
	}
	return links, nil
}
