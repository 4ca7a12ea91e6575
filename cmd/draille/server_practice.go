package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"draille/signaling/practice/courier"
	"draille/signaling/practice/demo"
	"draille/signaling/practice/people"
	"draille/signaling/practice/store"
)

// administratorLinkName is the file with the one-time link of the first administrator, where nobody
// reads what the server prints.
const administratorLinkName = "first-administrator"

// seedDemo fills an empty practice, if that was asked for.
func (s *server) seedDemo(ctx context.Context) {
	if s.practice == nil || !s.config.Practice.Demo {
		return
	}
	if err := demo.Seed(ctx, s.practice.store, s.practice.agenda, time.Now()); err != nil {
		s.logger.Error("the demonstration could not be made", zap.Error(err))
	}
}

// offerAdministration gives out the one-time link of the first administrator while there is none:
// printed for whoever tries the program out, otherwise in a file for the server's user alone.
func (s *server) offerAdministration(ctx context.Context, out io.Writer, print bool) error {
	if s.practice == nil {
		return nil
	}
	link, err := s.practice.firstAdministrator(ctx, s.public)
	if err != nil {
		return err
	}
	path := filepath.Join(s.config.DataDirectory, administratorLinkName)
	switch {
	case link == "":
		_ = os.Remove(path) // from before there was one
	case print:
		_, err = fmt.Fprintf(out,
			"  Administrator of the practice (once; choose how to sign in):\n  %s\n\n", link)
	default:
		s.logger.Info("nobody administers the practice yet: open the one-time link in the file",
			zap.String("file", path))
		err = os.WriteFile(path, []byte(link+"\n"), 0o600)
	}
	if err != nil || !print || !s.config.Practice.Demo {
		return err
	}
	return s.offerDemo(ctx, out)
}

// demoMailsName is the folder of the mails of a demonstration without a mail server.
const demoMailsName = "mails"

// demoMail lets a demonstration show what would be sent.
func demoMail(config Config) *courier.MailConfig {
	return &courier.MailConfig{Folder: filepath.Join(config.DataDirectory, demoMailsName),
		From: "Démonstration <rendez-vous@localhost>"}
}

// offerDemo prints one-time links for those of the demonstration who have not signed in yet. Links
// that were printed before are good no longer.
func (s *server) offerDemo(ctx context.Context, out io.Writer) error {
	var waiting []demo.Waiting
	keys := map[string]string{}
	err := s.practice.store.Write(ctx, func(tx *store.Tx) (err error) {
		if waiting, err = demo.WhoWaits(tx); err != nil {
			return err
		}
		for _, one := range waiting {
			// Whoever runs the server makes it: nobody of them may give such rights.
			if keys[one.Person], _, err = s.practice.people.Accounts.Enrol(tx, people.EnrolNew,
				one.Person, ""); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if s.config.Practice.Mail.Server == "" {
		if _, err := fmt.Fprintf(out, "  Mails of the demonstration are put into %s.\n\n",
			filepath.Join(s.config.DataDirectory, demoMailsName)); err != nil {
			return err
		}
	}
	for _, one := range waiting {
		if _, err := fmt.Fprintf(out, "  %s of the demonstration (once):\n  %s\n\n", one.As,
			enrolment(s.public, keys[one.Person])); err != nil {
			return err
		}
	}
	return nil
}
