package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"draille/signaling/practice/ledger"
	"draille/signaling/practice/store"
)

// practiceStore is where the practice is kept: a file, or the address of a database.
func practiceStore(config Config) string {
	if config.Practice.Store == "" {
		return filepath.Join(config.DataDirectory, practiceStoreName)
	}
	return config.Practice.Store
}

// practiceFile is the practice's file. Of a database its own administrators make backups.
func practiceFile(config Config, instead string) (string, error) {
	place := practiceStore(config)
	if strings.Contains(place, "://") {
		return "", errors.New("practice.store is a PostgreSQL database, not a file: use " + instead)
	}
	return place, nil
}

// existingFile refuses to look for a practice where none was ever kept: mostly the configuration
// of another server, or none, was given.
func existingFile(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return fmt.Errorf("there is no practice in %s: give the server's configuration with --config, "+
		"or its --data-directory", path)
}

func newBackup() *cobra.Command {
	command := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy people, appointments and the audit log into a new file",
		Long: `Copy what the practice keeps into a new file, as it is at one moment. The server may
run meanwhile: nobody waits. The copy is whole and on the disk when the command ends, or it is not
there.

Keep the server's secret with it (the file secret in the data directory): without it one-time codes
and links of appointments are worth nothing. Both are readable by their owner alone.`,
		Example: `  draille backup /var/backups/draille-$(date +%F).db --config /etc/draille.yaml`,
		Args:    cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			config, _, err := loadFor(command)
			if err != nil {
				return err
			}
			from, err := practiceFile(config, "pg_dump")
			if err != nil {
				return err
			}
			if err := existingFile(from); err != nil {
				return err
			}
			if err := store.BackupFile(command.Context(), from, arguments[0]); err != nil {
				return err
			}
			_, err = fmt.Fprintf(command.OutOrStdout(), "Copied into %s\nKeep %s with it: "+
				"without it sign-in codes and links of appointments are worth nothing.\n",
				arguments[0], secretPath(config))
			return err
		},
	}
	addConfigFlags(command, "data-directory", "secret-file", "practice.store")
	return command
}

func newRestore() *cobra.Command {
	command := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup in the place of what the practice keeps",
		Long: `Put a backup in the place of what the practice keeps. Stop the server before. The
backup is looked at first; what was there is kept beside it, under a name that is printed.`,
		Example: `  systemctl stop draille
  draille restore /var/backups/draille-2026-12-01.db --config /etc/draille.yaml
  systemctl start draille`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			config, _, err := loadFor(command)
			if err != nil {
				return err
			}
			to, err := practiceFile(config, "pg_restore")
			if err != nil {
				return err
			}
			if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
				return err // on a new machine nothing was there yet
			}
			kept, err := store.RestoreFile(command.Context(), arguments[0], to, time.Now())
			if errors.Is(err, store.ErrCorrupt) {
				return fmt.Errorf("%s is damaged, or not a file that draille backup has made: "+
					"nothing was changed; give another backup", arguments[0])
			}
			if err != nil {
				return err
			}
			if kept == "" {
				kept = "nothing"
			}
			_, err = fmt.Fprintf(command.OutOrStdout(), "Restored %s; what was there is kept: %s\n",
				to, kept)
			return err
		},
	}
	addConfigFlags(command, "data-directory", "practice.store")
	return command
}

func newAudit() *cobra.Command {
	command := &cobra.Command{
		Use:   "audit",
		Short: "The audit log of the practice",
		Long: `The audit log says who did what in the practice, and when. Each entry is chained to
the one before it, so that a change shows.`,
		Example: `  draille audit verify --config /etc/draille.yaml`,
	}
	command.AddCommand(newAuditVerify())
	return command
}

func newAuditVerify() *cobra.Command {
	var known string
	command := &cobra.Command{
		Use:   "verify",
		Short: "Check that nothing in the audit log was changed, taken out or cut off",
		Long: `Check the chain of the audit log, entry by entry. The server may run meanwhile: of a
file a copy is looked at.

The last line is the head of the log. Write it down elsewhere: given with --known the next time, it
shows that nothing was cut off at the end and that the log was not written anew.`,
		Example: `  draille audit verify --config /etc/draille.yaml
  draille audit verify --known 1041:5f2c…`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			config, _, err := loadFor(command)
			if err != nil {
				return err
			}
			head, err := parseHead(known)
			if err != nil {
				return err
			}
			return verifyAudit(command, config, head)
		},
	}
	command.Flags().StringVar(&known, "known", "", "head of the log that was printed before")
	addConfigFlags(command, "data-directory", "practice.store")
	return command
}

func parseHead(text string) (ledger.Head, error) {
	if text == "" {
		return ledger.Head{}, nil
	}
	sequence, hash, found := strings.Cut(text, ":")
	number, err := strconv.ParseInt(sequence, 10, 64)
	if !found || err != nil {
		return ledger.Head{},
			fmt.Errorf("--known: expected a head as draille audit verify prints it, got %q", text)
	}
	return ledger.Head{Sequence: number, Hash: hash}, nil
}

func verifyAudit(command *cobra.Command, config Config, known ledger.Head) (err error) {
	place := practiceStore(config)
	if file, notAFile := practiceFile(config, ""); notAFile == nil {
		if err := existingFile(file); err != nil {
			return err
		}
		folder, err := os.MkdirTemp("", "draille-audit-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder)
		place = filepath.Join(folder, practiceStoreName)
		if err := store.BackupFile(command.Context(), file, place); err != nil {
			return err
		}
	}
	opened, err := store.Open(command.Context(), store.Config{URL: place})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	verdict, err := ledger.Verify(command.Context(), opened, known)
	if err != nil {
		return err
	}
	if verdict.Problem != "" {
		return fmt.Errorf("the audit log does not hold: %s", verdict.Problem)
	}
	if verdict.Entries == 0 {
		_, err = fmt.Fprintln(command.OutOrStdout(), "The audit log is empty.")
		return err
	}
	_, err = fmt.Fprintf(command.OutOrStdout(),
		"%d entries from %s to %s follow each other. Keep this elsewhere, for --known:\n%d:%s\n",
		verdict.Entries,
		verdict.From.Time().Format(time.RFC3339), verdict.To.Time().Format(time.RFC3339),
		verdict.Head.Sequence, verdict.Head.Hash)
	return err
}
