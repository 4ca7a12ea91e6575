package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"draille/signaling/node"
)

// clusterKeys are those of the configuration that say how the cluster is reached.
var clusterKeys = []string{"cluster.node", "cluster.keepers", "cluster.nats.servers",
	"cluster.nats.ca", "cluster.nats.credentials", "secret-file", "data-directory"}

// observePatience bounds how long the register is asked.
const observePatience = 10 * time.Second

func newKeeper() *cobra.Command {
	command := &cobra.Command{
		Use:   "keeper",
		Short: "Keep the register of a cluster, and do nothing else",
		Long: `Keep what several servers agree on, as one of its three keepers, and do nothing else.
It needs some 64 MB of memory and a disk that keeps what is written. Two servers need it on any
third machine: two alone cannot tell the death of the other from a cut cable. Servers that are
named as keepers keep the register themselves.`,
		Example: `  draille keeper --cluster.node k3 --secret-file /etc/draille.secret \
    --cluster.keepers n1=192.0.2.1:7422,n2=192.0.2.2:7422,k3=192.0.2.3:7422`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			config, of, err := loadCluster(command)
			if err != nil {
				return err
			}
			logger, _, err := newLogger(config.Log, command.ErrOrStderr())
			if err != nil {
				return err
			}
			defer func() { _ = logger.Sync() }()
			return node.Keep(command.Context(), of, logger)
		},
	}
	addConfigFlags(command, append(clusterKeys, "log.level", "log.format")...)
	return command
}

// loadCluster loads the configuration of a command that reaches the cluster.
func loadCluster(command *cobra.Command) (Config, node.Config, error) {
	config, _, err := loadFor(command)
	if err != nil {
		return config, node.Config{}, err
	}
	if config.Cluster.Node == "" {
		return config, node.Config{}, errors.New("cluster.node is empty: give the configuration " +
			"of a server of a cluster")
	}
	keys, err := readSecrets(config)
	if err != nil {
		return config, node.Config{}, err
	}
	of, err := config.Cluster.node(&config, keys)
	of.Log = zap.NewNop()
	return config, of, err
}

func newCluster() *cobra.Command {
	command := &cobra.Command{
		Use:   "cluster",
		Short: "Look at the servers that serve one name",
		Long: `Look at the servers that serve one name together, as their register has it, and take
out one that is gone for good. Give the configuration of any of them.`,
		Example: `  draille cluster status --config /etc/draille.yaml`,
	}
	status := &cobra.Command{
		Use:   "status",
		Short: "Which servers there are, where rooms live, and what is wrong",
		Example: `  draille cluster status --config /etc/draille.yaml
  draille cluster status --secret-file /etc/draille.secret --cluster.node look \
    --cluster.keepers n1=192.0.2.1:7422,n2=192.0.2.2:7422,k3=192.0.2.3:7422`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			_, of, err := loadCluster(command)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(command.Context(), observePatience)
			defer cancel()
			seen, err := node.Observe(ctx, of)
			if err != nil {
				return err
			}
			return printStatus(command.OutOrStdout(), seen)
		},
	}
	force := &cobra.Command{
		Use:   "force NODE",
		Short: "Declare a server dead, so that its rooms go on elsewhere",
		Long: `Declare a server dead that has not renewed its lease for 4.5 s. The others do so by
themselves as soon as somebody waits for one of its rooms; this does it now. A server that renews is
not declared dead: drain it, or end its process.`,
		Example: `  draille cluster force n2 --config /etc/draille.yaml`,
		Args:    cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			_, of, err := loadCluster(command)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(command.Context(), 2*observePatience)
			defer cancel()
			if err := node.Force(ctx, of, arguments[0]); err != nil {
				return err
			}
			_, err = fmt.Fprintf(command.OutOrStdout(), "Declared dead: %s\n", arguments[0])
			return err
		},
	}
	for _, one := range []*cobra.Command{status, force} {
		addConfigFlags(one, clusterKeys...)
	}
	command.AddCommand(status, newDrain(), force)
	return command
}

// printStatus prints one line for each server.
func printStatus(out io.Writer, seen node.Status) error {
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "node\taddress\tversion\trooms\tload\tstate\tround trip\tclock")
	var problems []string
	for _, n := range seen.Nodes {
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%.0f %%\t%s\t%s\t%+d ms\n", n.ID, n.Address, n.Version,
			n.Rooms, 100*n.Load, n.State(), n.Report.RoundTrip.Round(10*time.Microsecond),
			n.Report.Offset.Milliseconds())
		problems = append(problems, n.Report.Problems...)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(seen.Nodes) == 0 {
		fmt.Fprintln(out, "→ no server runs: nobody gets into a room until one of them is started")
	}
	if seen.Leader != "" {
		fmt.Fprintf(out, "%s leads the register: if it dies, nothing is decided for some seconds "+
			"more.\n", seen.Leader)
	}
	for _, keeper := range seen.Away {
		fmt.Fprintf(out, "→ keeper %s of the register is not reached: start it again, since the "+
			"next one that is lost takes the register with it\n", keeper)
	}
	if seen.Unowned > 0 {
		fmt.Fprintf(out, "%d rooms live nowhere, and something is remembered of them.\n",
			seen.Unowned)
	}
	for _, problem := range problems {
		fmt.Fprintln(out, "→", problem)
	}
	return nil
}

// checkCluster asks the register, and each of the other servers.
func checkCluster(ctx context.Context, config Config) []finding {
	if config.Cluster.Node == "" {
		return nil
	}
	const check = "cluster"
	keys, err := readSecrets(config)
	if err != nil {
		return []finding{fail(check, "give all servers the same secret file", "%v", err)}
	}
	of, err := config.Cluster.node(&config, keys)
	if err != nil {
		return []finding{fail(check, "correct the configuration", "%v", err)}
	}
	of.Log = zap.NewNop()
	ctx, cancel := context.WithTimeout(ctx, observePatience)
	defer cancel()
	seen, err := node.Observe(ctx, of)
	if err != nil {
		return []finding{fail(check, "start two of its three keepers, and let them and the "+
			"servers reach each other's ports", "the register does not answer: %v", err)}
	}
	found := []finding{ok(check, "the register answers; %d servers", len(seen.Nodes))}
	for _, n := range seen.Nodes {
		switch {
		case n.Record.Fenced != "":
			found = append(found, warn(check, "start it again",
				"node %q at %s was declared dead", n.ID, n.Address))
		case len(n.Report.Problems) > 0:
			for _, problem := range n.Report.Problems {
				found = append(found, fail(check, "see the sentence", "%s", problem))
			}
		default:
			found = append(found, ok(check, "%s", n.Report.String()))
		}
	}
	return found
}
