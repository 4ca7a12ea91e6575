package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Long: "Print the version, the commit it was built from, and the Go version " +
			"that built it.",
		Example: "  draille version",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(command.OutOrStdout(), versionLine())
			return err
		},
	}
}

func versionLine() string {
	return fmt.Sprintf("draille %s (%s, %s/%s)\n", version(), runtime.Version(), runtime.GOOS,
		runtime.GOARCH)
}

// version of the running program.
func version() string {
	info, _ := debug.ReadBuildInfo()
	return versionOf(info)
}

// versionOf reads what the Go tool wrote into the binary: a module version, or the commit of a
// working tree.
func versionOf(info *debug.BuildInfo) string {
	if info == nil {
		return "unknown"
	}
	text := info.Main.Version
	if text == "" || text == "(devel)" {
		text = "development"
	}
	values := map[string]string{}
	for _, s := range info.Settings {
		values[s.Key] = s.Value
	}
	if commit := values["vcs.revision"]; commit != "" {
		text += " " + commit[:min(len(commit), 12)]
		if values["vcs.modified"] == "true" {
			text += " with changes"
		}
	}
	return text
}
