package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"draille/signaling/protocol"
)

const (
	firstRoom  = "first-consultation"
	firstValid = 24 * time.Hour
)

func newServe() *cobra.Command {
	var noInvite, demo bool
	command := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Run the server: web pages, signalling, media and relay.

Without any configuration it serves this machine alone on http://localhost:8080 and prints two
invitation links for a first room. To serve others, give it a certificate (browsers allow camera
and microphone only over HTTPS) and let these through the firewall: the port of listen (TCP), and
3478 (UDP and TCP).

Every key below can also stand in the configuration file (--config) and in the environment, where
turn.tcp-listen is DRAILLE_TURN_TCP_LISTEN. Flags win over the environment, the environment over
the file.

The first SIGTERM or Ctrl-C says goodbye to the participants and ends within 10 seconds; the second
ends at once. Whoever was in a room, waited, or was put out is found there again when the server is
started again, also after a crash. SIGHUP reads the certificate and log.level again; the
certificate is also read again when its files change.`,
		Example: `  draille serve
  draille serve --demo
  draille serve --listen :443 --tls.mode acme --tls.acme-domains visio.example.org
  draille serve --listen :443 --tls.mode files --tls.cert chain.pem --tls.key key.pem \
    --public-address 192.0.2.1
  DRAILLE_LOG_LEVEL=debug draille serve --config /etc/draille.yaml`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			hangups := catchHangups() // or one that comes while the server starts would end it
			defer hangups.stop()
			config, file, err := loadFor(command)
			if err != nil {
				return err
			}
			logger, level, err := newLogger(config.Log, command.ErrOrStderr())
			if err != nil {
				return err
			}
			defer func() { _ = logger.Sync() }()
			config.Practice.Demo = config.Practice.Demo || demo
			server, err := newServer(config, logger)
			if err != nil {
				return err
			}
			seeded := server.seedDemo(command.Context())
			// Links are printed for whoever tries the program out; where a configuration file says
			// how to run it, the output is likely to be kept, and links must not be.
			if file == "" && !noInvite {
				if err := server.printFirstLinks(command.OutOrStdout(), time.Now()); err != nil {
					logger.Warn("the first invitation links could not be printed", zap.Error(err))
				}
			}
			if err := server.offerAdministration(command.Context(), command.OutOrStdout(),
				file == "" && !noInvite,
				seeded); err != nil {
				logger.Error("no link could be made for the first administrator", zap.Error(err))
			}
			hangups.handle(func() {
				config, _, err := loadFor(command)
				server.reload(config, level, err)
			})
			return server.run(command.Context())
		},
	}
	command.Flags().BoolVar(&noInvite, "no-invite", false,
		"print no invitation links (with a configuration file, none are printed)")
	command.Flags().BoolVar(&demo, "demo", false,
		"short for --practice.demo: something to try out")
	addConfigFlags(command)
	return command
}

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

`, s.public, now.Add(firstValid).Format("2 January 15:04"), links[protocol.RoleHost],
		links[protocol.RoleGuest])
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
	if s.certificate != nil {
		s.logCertificate(s.certificate.load())
	}
}

func (s *server) logCertificate(err error) {
	if err != nil {
		s.logger.Error("the certificate cannot be read again: the one before goes on being served",
			zap.Error(err))
		return
	}
	s.logger.Info("the certificate was read again")
}

// run serves until the context ends or a part fails, then ends in order.
func (s *server) run(ctx context.Context) error {
	failed := s.serve()
	s.logStart()
	notify(s.logger, daemon.SdNotifyReady)
	var err error
	select {
	case <-ctx.Done():
		s.logger.Info("stopping: saying goodbye to the participants")
	case err = <-failed:
		s.logger.Error("stopping: a part of the server failed", zap.Error(err))
	}
	notify(s.logger, daemon.SdNotifyStopping)
	s.shutdown()
	s.logger.Info("stopped")
	return err
}
