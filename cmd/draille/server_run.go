package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"draille/signaling/protocol"
)

// printFirstLinks prints a host's and a guest's link for a first room.
func (s *server) printFirstLinks(out io.Writer, now time.Time) error {
	links := map[protocol.Role]string{}
	for _, role := range []protocol.Role{protocol.RoleHost, protocol.RoleGuest} {
		link, err := s.invitations.Link(firstRoom, protocol.KindConsultation, role, "", now,
			firstValid)
		if err != nil {
			return err
		}
		links[role] = link
	}
	_, err := fmt.Fprintf(out, `
  Draille is running on %s

  Open these two links in two windows. They work until %s.

  Host (lets the other in):
  %s

  Guest:
  %s

  More links: draille invite --help. Stop with Ctrl-C.
  Everything is kept in %s, the data-directory.

`, s.public, now.Add(firstValid).Format("2 January 15:04"), links[protocol.RoleHost],
		links[protocol.RoleGuest], s.config.DataDirectory)
	return err
}

// reload takes over what may change while the server runs. err is why the configuration cannot be
// read, if so.
func (s *server) reload(config Config, level zap.AtomicLevel, err error) {
	if err != nil {
		s.logger.Error("the configuration cannot be read again: what was read before goes on",
			zap.Error(err))
		return
	}
	// checked when it was read
	if wanted, err := zapcore.ParseLevel(config.Log.Level); err == nil && wanted != level.Level() {
		level.SetLevel(wanted)
		s.logger.Warn("the log level was changed", zap.Stringer("level", wanted))
	}
	for _, c := range s.certificates() {
		s.logCertificate(c, c.load())
	}
}

// certificates are those out of files: of the web, and of the addresses for hospitals' programs.
func (s *server) certificates() []*certificate {
	all := s.practice.certificates()
	if s.certificate != nil {
		all = append(all, s.certificate)
	}
	return all
}

func (s *server) logCertificate(c *certificate, err error) {
	log := s.logger.With(zap.String("of", c.of))
	if err != nil {
		log.Error("the certificate cannot be read again: the one before goes on being served",
			zap.Error(err))
		return
	}
	log.Info("the certificate was read again")
}

// run serves until the context ends or a part fails, then ends in order.
func (s *server) run(ctx context.Context) error {
	failed := s.serve()
	s.logStart()
	notify(s.logger, daemon.SdNotifyReady)
	var err error
	select {
	case <-ctx.Done():
		s.drain()
		s.logger.Info("stopping: saying goodbye to the participants")
	case err = <-failed:
		s.logger.Error("stopping: a part of the server failed", zap.Error(err))
	}
	notify(s.logger, daemon.SdNotifyStopping)
	s.shutdown()
	s.logger.Info("stopped")
	return err
}
