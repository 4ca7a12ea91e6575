// Command draille is a video conference server for consultations and staff meetings over thin
// links: web pages, signalling, media (SFU) and relay (TURN) in one process.
//
// Each subcommand has a file of its own (serve.go, invite.go, version.go); config.go holds every
// knob; server.go puts the packages together.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	// --from is in local time, also where the system has no time zones (a container)
	_ "time/tzdata"

	"github.com/spf13/cobra"

	"draille/loadtest/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal the process ends in order; the second has its usual effect and ends it
	// at once.
	context.AfterFunc(ctx, stop)
	if err := newRoot(program{run: thisProgram}).ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "draille:", err)
		os.Exit(1)
	}
}

func newRoot(p program) *cobra.Command {
	root := &cobra.Command{
		Use:   "draille",
		Short: "Video consultations that hold on a thin link",
		Long: `Draille is a video conference server for consultations and staff meetings, made for
thin links: the voice is never cut, and the picture gets what is left.

One process serves everything: the web pages, the calls, and the relay for networks that block UDP.
Patients and third parties come in through links, without an account; the staff signs in.`,
		Example: `  draille serve                                    # here: prints two links
  draille serve --config /etc/draille.yaml         # run it for others
  draille doctor --config /etc/draille.yaml        # what keeps calls from working?
  draille invite --room ehpad-les-pins --role host # one more link`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetVersionTemplate(versionLine())
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(explainFlag)
	root.AddCommand(newServe(), newInvite(), newRevoke(), newDoctor(), newBackup(), newRestore(),
		newAudit(), newAdministrator(), newKeeper(), newDrain(), newCluster(), command.New(p),
		newVersion())
	sayWhatIsExpected(root)
	return root
}
