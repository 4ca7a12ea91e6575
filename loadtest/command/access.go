package command

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"draille/loadtest/link"
	"draille/loadtest/thinlink"
)

// newAccess is for browser tests of our own: they start a browser behind a link and break the link
// when they like.
func newAccess() *cobra.Command {
	var profile, program string
	command := &cobra.Command{
		Use:   "access",
		Short: "Hold a link open for a program that a browser test starts behind it",
		Long: `Open an emulated link in a network namespace of its own, and print one line of JSON:
the address of this machine at its near end, and a program that starts --program behind it. A line
"break" on standard input loses all packets from then on, "heal" none any more; each is answered
with the same word. The link goes with the end of the input.

It needs root and /dev/net/tun.`,
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return holdAccess(command.InOrStdin(), command.OutOrStdout(), profile, program)
		},
	}
	command.Flags().StringVar(&profile, "profile", "adsl-end", "link (draille loadtest links)")
	command.Flags().StringVar(&program, "program", "chromium", "what is to be started behind it")
	return command
}

func holdAccess(in io.Reader, out io.Writer, name, program string) error {
	profile, err := link.Find(name)
	if err != nil {
		return err
	}
	access, err := thinlink.Open(profile, 1)
	if err != nil {
		return err
	}
	defer access.Close() //nolint:errcheck // whatever made it fail is in the test's figures
	folder, err := os.MkdirTemp("", "draille-access-")
	if err != nil {
		return fmt.Errorf("no folder for the program behind the link: %w", err)
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a folder in /tmp
	inside, err := access.Wrapper(folder, program)
	if err != nil {
		return err
	}
	err = json.NewEncoder(out).Encode(map[string]string{
		"address": access.ServerAddr().String(), "inside": inside,
	})
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		access.Break(lines.Text() == "break")
		fmt.Fprintln(out, lines.Text())
	}
	if remark := access.Remark(); remark != "" {
		fmt.Fprintln(out, remark)
	}
	return lines.Err()
}
