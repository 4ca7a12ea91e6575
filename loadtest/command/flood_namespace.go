package command

import (
	"errors"
	"fmt"
	"os/exec"

	"github.com/spf13/cobra"

	"draille/loadtest/flood"
	"draille/loadtest/link/tun"
)

// insideFlag is given to the run that has a network namespace of its own.
const insideFlag = "inside"

// isolated runs the same command again in a network namespace of its own, where every address of
// flood.Network is the machine's.
func isolated(command *cobra.Command, f *floods) error {
	namespace, err := tun.NewNamespace()
	if err != nil {
		return err
	}
	defer namespace.Close()
	if err := namespace.Own(flood.Network); err != nil {
		return err
	}
	arguments := []string{"loadtest", "flood", "--" + insideFlag,
		"--duration", f.length.String(), "--rest", f.rest.String(), "--quiet", f.quiet.String()}
	if f.doors {
		arguments = append(arguments, "--doors")
	}
	for _, name := range f.only {
		arguments = append(arguments, "--only", name)
	}
	again, err := f.program.Command(arguments...)
	if err != nil {
		return err
	}
	inside := namespace.Command(command.Context(), again.Path, again.Args[1:]...)
	inside.Env = again.Env
	inside.Stdout, inside.Stderr = command.OutOrStdout(), command.ErrOrStderr()
	inside.Cancel = func() error { return interrupt(inside.Process) }
	inside.WaitDelay = attackStart
	err = inside.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return errors.New("the attacks in a network namespace of its own: see above")
	}
	return err
}

// withoutNetwork leaves out what cannot be done here.
func withoutNetwork(attacks []flood.Attack, told func(string)) []flood.Attack {
	var rest []flood.Attack
	for _, attack := range attacks {
		if attack.Network {
			told(fmt.Sprintf("%s is left out: it needs a network namespace of its own, which only "+
				"root has on Linux\n", attack.Name))
			continue
		}
		rest = append(rest, attack)
	}
	return rest
}
