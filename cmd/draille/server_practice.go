package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"draille/signaling/practice"
	"draille/signaling/practice/demo"
	"draille/signaling/practice/people"
	"draille/signaling/practice/store"
)

// administratorLinkName is the file with the one-time link of the first administrator, where nobody
// reads what the server prints.
const administratorLinkName = "first-administrator"

// seedDemo fills an empty practice, if that was asked for. It returns who there is to sign in as.
func (s *server) seedDemo(ctx context.Context) *demo.Seeded {
	if s.practice == nil || !s.config.Practice.Demo {
		return nil
	}
	seeded, ok, err := demo.Seed(ctx, s.practice.store, s.practice.agenda, time.Now())
	if err != nil {
		s.logger.Error("the demonstration could not be made", zap.Error(err))
	}
	if !ok {
		return nil
	}
	return &seeded
}

// offerAdministration gives out the one-time link of the first administrator while there is none:
// printed for whoever tries the program out, otherwise in a file for the server's user alone.
func (s *server) offerAdministration(
	ctx context.Context, out io.Writer, print bool, seeded *demo.Seeded,
) error {
	if s.practice == nil {
		return nil
	}
	link, err := s.practice.firstAdministrator(ctx, s.public)
	if err != nil {
		return err
	}
	path := filepath.Join(s.config.DataDirectory, administratorLinkName)
	if link == "" {
		_ = os.Remove(path) // from before there was one
		return nil
	}
	if !print {
		s.logger.Info("nobody administers the practice yet: open the one-time link in the file",
			zap.String("file", path))
		return os.WriteFile(path, []byte(link+"\n"), 0o600)
	}
	if _, err := fmt.Fprintf(out,
		"  Administrator of the practice (once; choose how to sign in):\n  %s\n\n", link); err !=
		nil {
		return err
	}
	if seeded == nil {
		return nil
	}
	return s.offerDemo(ctx, out, *seeded)
}

// offerDemo prints one-time links for the people of the demonstration.
func (s *server) offerDemo(ctx context.Context, out io.Writer, seeded demo.Seeded) error {
	for _, one := range []struct {
		as     string
		person practice.Person
	}{{"Clinician", seeded.Clinician}, {"Secretary", seeded.Secretary}} {
		var key string
		err := s.practice.store.Write(ctx, func(tx *store.Tx) (err error) {
			key, _, err = s.practice.people.Accounts.Enrol(tx, people.EnrolNew, one.person.ID,
				one.person.ID)
			return err
		})
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "  %s of the demonstration (once):\n  %s\n\n", one.as,
			enrolment(s.public, key)); err != nil {
			return err
		}
	}
	return nil
}
