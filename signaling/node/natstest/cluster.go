// Package natstest gives tests servers of NATS as a hospital would run them: each in a process of
// its own, with TLS, and accounts that an operator has signed.
package natstest

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/require"
)

// asServer is the variable with whose value, a configuration of nats-server, a test's program is
// one.
const asServer = "TEST_NATS_SERVER"

// Serves does what nats-server -c does, if this process is to be one; TestMain does nothing else
// then.
func Serves() bool {
	file := os.Getenv(asServer)
	if file == "" {
		return false
	}
	options, err := natsserver.ProcessConfigFile(file)
	if err == nil {
		var server *natsserver.Server
		if server, err = natsserver.NewServer(options); err == nil {
			server.ConfigureLogger()
			err = natsserver.Run(server)
			server.WaitForShutdown()
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return true
}

// Cluster is servers of one account.
type Cluster struct {
	Servers []string // host:port
	Account nkeys.KeyPair
	Trusted *x509.CertPool

	t       *testing.T
	folder  string
	running []*exec.Cmd
}

// Start starts so many servers. Of what they differ in, change has the last word; nil changes
// nothing. They end with the test.
func Start(t *testing.T, count int, change func(config string) string) *Cluster {
	t.Helper()
	c := &Cluster{t: t, folder: t.TempDir()}
	c.certify()
	accounts := c.operate()
	var routes []string
	for range count {
		c.Servers = append(c.Servers, FreeAddress())
		routes = append(routes, FreeAddress())
	}
	for i := range count {
		config := fmt.Sprintf("listen: %q\nserver_name: s%d\n%s"+
			"tls { cert_file: %q, key_file: %q }\n"+
			"jetstream { store_dir: %q, sync_interval: always }\n", c.Servers[i], i+1, accounts,
			c.CA(), c.File("key.pem"), c.File(fmt.Sprintf("s%d", i+1)))
		if count > 1 {
			config += fmt.Sprintf("cluster { name: theirs, listen: %q, routes: [%s] }\n", routes[i],
				"nats://"+strings.Join(routes, ", nats://"))
		}
		if change != nil {
			config = change(config)
		}
		require.NoError(t, os.WriteFile(c.config(i), []byte(config), 0o600))
		c.running = append(c.running, nil)
		c.Start(i)
	}
	t.Cleanup(func() {
		for i := range c.running {
			c.Kill(i)
		}
	})
	return c
}

// File is the path of a file of that name in the servers' folder.
func (c *Cluster) File(name string) string { return filepath.Join(c.folder, name) }

// CA is the file with who signed the servers' certificates.
func (c *Cluster) CA() string { return c.File("cert.pem") }

// TLS is how a client reaches them.
func (c *Cluster) TLS() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.Trusted}
}

func (c *Cluster) config(i int) string { return c.File(fmt.Sprintf("s%d.conf", i+1)) }
func (c *Cluster) log(i int) string    { return c.File(fmt.Sprintf("s%d.log", i+1)) }

// Start starts a server that was killed.
func (c *Cluster) Start(i int) {
	c.t.Helper()
	program, err := os.Executable()
	require.NoError(c.t, err)
	command := exec.Command(program)
	command.Env = append(os.Environ(), asServer+"="+c.config(i))
	log, err := os.Create(c.log(i))
	require.NoError(c.t, err)
	defer log.Close()
	command.Stdout, command.Stderr = log, log
	require.NoError(c.t, command.Start())
	c.running[i] = command
}

// Kill ends a server as a power cut would.
func (c *Cluster) Kill(i int) {
	if command := c.running[i]; command != nil {
		_ = command.Process.Kill()
		_ = command.Wait() // it was killed
		c.running[i] = nil
	}
}

// Said is how often the servers have said something in their logs.
func (c *Cluster) Said(words string) (times int) {
	c.t.Helper()
	for i := range c.running {
		log, err := os.ReadFile(c.log(i))
		require.NoError(c.t, err)
		times += strings.Count(string(log), words)
	}
	return times
}
