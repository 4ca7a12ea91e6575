package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"draille/signaling/practice/people"
	"draille/signaling/practice/store"
)

func newAdministrator() *cobra.Command {
	command := &cobra.Command{
		Use:   "administrator",
		Short: "A one-time link for each administrator of the practice, when none can sign in",
		Long: `Print a one-time link for each administrator of the group, by which they choose
anew how they sign in. It is for the day when none of them can: the telephone with the codes is
lost, or the server's secret was replaced. Nothing changes until a link is used; it is in the audit
log.

Stop the server before if the practice is kept in a file. Whoever can read the file needs no link:
protect both alike.`,
		Example: `  systemctl stop draille
  draille administrator --config /etc/draille.yaml
  systemctl start draille`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return recoverAccess(command) },
	}
	addConfigFlags(command, "data-directory", "secret-file", "practice.store", "public-url",
		"listen", "tls.mode")
	return command
}

func recoverAccess(command *cobra.Command) (err error) {
	config, _, err := loadFor(command)
	if err != nil {
		return err
	}
	// A file is not made here: of an empty one nobody would learn that it is the wrong one.
	if file, notAFile := practiceFile(config, ""); notAFile == nil {
		if err := existingFile(file); err != nil {
			return err
		}
	}
	keys, err := readSecrets(config)
	if err != nil {
		return err
	}
	opened, err := store.Open(command.Context(),
		store.Config{URL: practiceStore(config), Secret: keys.mark})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	public := config.publicURL(config.Listen)
	who, err := openPeople(config.Practice, opened, keys, public, zap.NewNop())
	if err != nil {
		return err
	}
	all, err := who.Accounts.Recover(command.Context())
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return errors.New("nobody administers the practice yet: start the server, which gives " +
			"out the link of the first administrator")
	}
	for _, one := range all {
		if _, err := fmt.Fprintf(command.OutOrStdout(), "%s, once, until %s:\n%s\n", nameOf(one),
			one.Expires.Time().Format(time.RFC3339), enrolment(public, one.Key)); err != nil {
			return err
		}
	}
	return nil
}

func nameOf(one people.Recovery) string {
	return strings.TrimSpace(one.Person.GivenName + " " + one.Person.FamilyName)
}
