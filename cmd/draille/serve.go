package main

import (
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
)

const (
	firstRoom  = "first-consultation"
	firstValid = 24 * time.Hour
)

// Long: half of it is the help that people read.
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
			server.seedDemo(command.Context())
			// Links are printed for whoever tries the program out; where a configuration file says
			// how to run it, the output is likely to be kept, and links must not be.
			if file == "" && !noInvite {
				if err := server.printFirstLinks(command.OutOrStdout(), time.Now()); err != nil {
					logger.Warn("the first invitation links could not be printed", zap.Error(err))
				}
			}
			if err := server.offerAdministration(command.Context(), command.OutOrStdout(),
				file == "" && !noInvite); err != nil {
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
