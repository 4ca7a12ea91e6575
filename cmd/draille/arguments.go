package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// sayWhatIsExpected makes a command, and those below it, refuse wrong arguments in a sentence that
// says what was expected and what to do. A command that only holds others refuses what it does not
// know: as Cobra leaves it, it would show its help and end well.
func sayWhatIsExpected(command *cobra.Command) {
	if !command.Runnable() {
		command.Args = knowsTheCommand
		command.RunE = func(command *cobra.Command, _ []string) error { return command.Help() }
	} else if takes := command.Args; takes != nil {
		command.Args = func(command *cobra.Command, arguments []string) error {
			if takes(command, arguments) == nil {
				return nil
			}
			return fmt.Errorf("expected %s, got %s: %s --help has examples",
				command.UseLine(), quoted(arguments), command.CommandPath())
		}
	}
	for _, below := range command.Commands() {
		sayWhatIsExpected(below)
	}
}

func knowsTheCommand(command *cobra.Command, arguments []string) error {
	if len(arguments) == 0 {
		return nil
	}
	command.SuggestionsMinimumDistance = 2
	meant := "see " + command.CommandPath() + " --help"
	if alike := command.SuggestionsFor(arguments[0]); len(alike) > 0 {
		meant = "did you mean " + strings.Join(alike, " or ") + "?"
	}
	return fmt.Errorf("%s is not a command of %s: %s", arguments[0], command.CommandPath(), meant)
}

func quoted(arguments []string) string {
	if len(arguments) == 0 {
		return "no argument"
	}
	return fmt.Sprintf("%q", strings.Join(arguments, " "))
}

// explainFlag says of a flag what was expected: the nearest one, or which values it takes.
func explainFlag(command *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	switch {
	case errors.As(err, &invalid):
		return fmt.Errorf("--%s %q cannot be used: expected %s", invalid.GetFlag().Name,
			invalid.GetValue(), valuesOf(invalid.GetFlag()))
	case errors.As(err, &missing):
		return fmt.Errorf("--%s has no value: expected %s", missing.GetFlag().Name,
			valuesOf(missing.GetFlag()))
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "":
		var known []string
		command.Flags().VisitAll(func(flag *pflag.Flag) { known = append(known, flag.Name) })
		return fmt.Errorf("--%s is not a flag of %s: did you mean --%s?",
			unknown.GetSpecifiedName(), command.CommandPath(),
			nearest(unknown.GetSpecifiedName(), known))
	}
	return fmt.Errorf("%w: see %s --help", err, command.CommandPath())
}

func valuesOf(flag *pflag.Flag) string {
	switch flag.Value.Type() {
	case "duration":
		return "a time, as in 90s, 30m or 2h"
	case "int", "int64", "uint", "uint16", "uint32", "uint64":
		return "a whole number"
	case "float64":
		return "a number"
	case "bool":
		return "true or false"
	}
	return flag.Usage
}
