package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

// verdict of one check, from good to bad.
type verdict string

const (
	verdictOK   verdict = "ok"
	verdictWarn verdict = "warn" // works, but not for everybody or not for long
	verdictFail verdict = "fail" // does not work
)

// finding is one line of the doctor's report.
type finding struct {
	Check   string  `json:"check"`
	Verdict verdict `json:"verdict"`
	Found   string  `json:"found"`
	Do      string  `json:"do,omitempty"` // what to change
}

func ok(check, found string, args ...any) finding {
	return finding{Check: check, Verdict: verdictOK, Found: fmt.Sprintf(found, args...)}
}

func warn(check, do, found string, args ...any) finding {
	return finding{Check: check, Verdict: verdictWarn, Do: do, Found: fmt.Sprintf(found, args...)}
}

func fail(check, do, found string, args ...any) finding {
	return finding{Check: check, Verdict: verdictFail, Do: do, Found: fmt.Sprintf(found, args...)}
}

// doctorPatience bounds all checks together.
const doctorPatience = 30 * time.Second

var errUnhealthy = errors.New("something does not work: see the lines that begin with fail")

func newDoctor() *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Check from the server's own view what keeps calls from working",
		Long: `Check the configuration against this machine, as the server would see it, and say
what to change:

  ports         can be opened, or are open already by a running server
  certificate   can be read, is valid, for which names and how long
  UDP buffers   hold the burst of a keyframe to a full room
  descriptors   are enough for all connections that may be held
  address       told to browsers: is it this machine's, or who translates it?
  clock         can be right, and is kept right
  relay         an allocation over UDP, TCP and TLS that may reach the media
  from inside   a router's public address leads back in, for browsers beside the server
  cluster       the register answers, the other servers have this secret, their clocks are right
  practice      its store can be read, identity providers know this server, and messages of
                hospitals' systems (HL7) can come in

Each line is ok, warn (works, but not for everybody or not for long) or fail, and says what to do.
Nothing is changed, and a running server is not disturbed: the relay is tried with credentials made
from its own secret.

The exit code is 0 when nothing fails, 1 otherwise. Give it the same configuration as draille
serve. What it cannot see is the way from outside: « Tester ma connexion » in the lobby shows that,
from the browser's side.`,
		Example: `  draille doctor --config /etc/draille.yaml
  draille doctor --listen :443 --tls.mode files --tls.cert chain.pem --tls.key key.pem --json`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			config, _, err := loadFor(command)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(command.Context(), doctorPatience)
			defer cancel()
			return printFindings(command.OutOrStdout(), examine(ctx, config), asJSON)
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print a JSON list instead of lines")
	addConfigFlags(command)
	return command
}

// examine runs all checks; a later one may need what an earlier one found.
func examine(ctx context.Context, config Config) []finding {
	found := checkPorts(config)
	found = append(found, checkCertificate(ctx, config, time.Now())...)
	found = append(found, checkBuffers(), checkDescriptors(config), checkAddress(ctx, config),
		checkClock(time.Now()))
	found = append(found, checkRelay(ctx, config)...)
	found = append(found, checkCluster(ctx, config)...)
	return append(found, checkPractice(ctx, config)...)
}

// printFindings prints the findings. The error decides the exit code.
func printFindings(out io.Writer, findings []finding, asJSON bool) error {
	if asJSON {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(findings); err != nil {
			return err
		}
	} else {
		table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
		for _, f := range findings {
			fmt.Fprintf(table, "%s\t%s\t%s\n", f.Verdict, f.Check, f.Found)
			if f.Do != "" {
				fmt.Fprintf(table, "\t\t→ %s\n", f.Do)
			}
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	for _, f := range findings {
		if f.Verdict == verdictFail {
			return errUnhealthy
		}
	}
	return nil
}
