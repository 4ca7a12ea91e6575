package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"draille/signaling/node"
	"draille/signaling/protocol"
	"draille/signaling/token"
)

// revokedName is the folder of withdrawn invitations in the data directory.
const revokedName = "revoked"

func revocations(config Config) token.Revocations {
	return token.Revocations{Directory: filepath.Join(config.DataDirectory, revokedName)}
}

func newRevoke() *cobra.Command {
	command := &cobra.Command{
		Use:   "revoke LINK|ID",
		Short: "Withdraw an invitation link",
		Long: `Withdraw an invitation: its link opens the room no more, and within some seconds
whoever is inside with it is put out. Give the link itself, or its id as draille invite tells it.
Run this as the user and with the configuration of the server, which need not be restarted. Where
several servers serve one name, run it on any of them: all are told.`,
		Example: `  draille revoke 5QJ7C3NRSVXQ2MZC4VJ7FZQK3E
  draille revoke 'https://visio.example.org/#eyJhbGciOi...' --config /etc/draille.yaml`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			config, _, err := loadFor(command)
			if err != nil {
				return err
			}
			id, expires, err := revokedInvitation(config, arguments[0], time.Now())
			if err != nil {
				return err
			}
			if err := revocations(config).Add(id, expires); err != nil {
				return err
			}
			if err := tellRevoked(command, config, id, expires); err != nil {
				return fmt.Errorf("%s is withdrawn on this server, which tells the others as soon "+
					"as it runs and the register answers; they could not be told now: %w", id,
					err)
			}
			said := "Withdrawn"
			if id == arguments[0] { // of an id alone nobody knows whether an invitation has it
				said = "Withdrawn, if this server has made it"
			}
			_, err = fmt.Fprintf(command.OutOrStdout(), "%s: %s\n", said, id)
			return err
		},
	}
	addConfigFlags(command, clusterKeys...)
	return command
}

// tellRevoked tells the servers that serve the same name, if there are any.
func tellRevoked(command *cobra.Command, config Config, id string, expires time.Time) error {
	if config.Cluster.Node == "" {
		return nil
	}
	_, of, err := loadCluster(command)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(command.Context(), observePatience)
	defer cancel()
	return node.Revoke(ctx, of, id, expires)
}

// revokedInvitation finds out what is to be withdrawn. Of an id alone nobody knows when it expires.
func revokedInvitation(config Config, argument string, now time.Time) (string, time.Time, error) {
	link, err := url.Parse(argument)
	if err != nil || link.Fragment == "" {
		if protocol.CheckIdentifier("id", argument) != nil {
			return "", time.Time{},
				fmt.Errorf("%q is neither a link of an invitation nor the id of "+
					"one: give what draille invite has printed", argument)
		}
		return argument, now.Add(longestInvitation), nil
	}
	keys, err := readSecrets(config)
	if err != nil {
		return "", time.Time{}, err
	}
	made, err := newInvitations(keys, link)
	if err != nil {
		return "", time.Time{}, err
	}
	invitation, err := made.signer.Verify(link.Fragment, now)
	switch {
	case errors.Is(err, token.ErrExpired):
		return "", time.Time{}, errors.New("that invitation has expired already")
	case errors.Is(err, token.ErrNotYet):
		return "", time.Time{},
			errors.New("that invitation is not valid yet, and so its link does " +
				"not tell its id here: give the id that draille invite has printed")
	case err != nil:
		return "", time.Time{},
			fmt.Errorf("that link was not made with the secret of this server: "+
				"give the server's configuration, or the id of the invitation (%w)", err)
	}
	return cmp.Or(invitation.Family, invitation.ID), invitation.Expires, nil
}
