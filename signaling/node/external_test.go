package node

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"draille/signaling/homes/register"
	"draille/signaling/homes/register/jetstream"
	"draille/signaling/homes/register/registertest"
	"draille/signaling/peers/identity"
)

// asServer is the variable with whose value, a configuration of nats-server, this program is one.
const asServer = "TEST_NATS_SERVER"

func TestMain(m *testing.M) {
	if file := os.Getenv(asServer); file != "" {
		serveNATS(file)
		return
	}
	goleak.VerifyTestMain(m)
}

// serveNATS does what nats-server -c does.
func serveNATS(file string) {
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
}

// patience is for elections on a machine that does other things, too.
const patience = time.Minute

// natsCluster are servers of NATS as a hospital would run them: each in a process of its own, with
// TLS, and accounts that an operator has signed.
type natsCluster struct {
	t       *testing.T
	folder  string
	servers []string // host:port
	running []*exec.Cmd
	account nkeys.KeyPair
	trusted *x509.CertPool
}

// startNATS starts so many servers. Of what they differ in, change has the last word.
func startNATS(t *testing.T, count int, change func(config string) string) *natsCluster {
	c := &natsCluster{t: t, folder: t.TempDir()}
	c.certify()
	accounts := c.operate()
	var clients, routes []string
	for range count {
		c.servers = append(c.servers, freeAddress())
		clients = append(clients, c.servers[len(c.servers)-1])
		routes = append(routes, freeAddress())
	}
	for i := range count {
		config := fmt.Sprintf("listen: %q\nserver_name: s%d\n%s"+
			"tls { cert_file: %q, key_file: %q }\n"+
			"jetstream { store_dir: %q, sync_interval: always }\n", clients[i], i+1, accounts,
			c.file("cert.pem"), c.file("key.pem"), c.file(fmt.Sprintf("s%d", i+1)))
		if count > 1 {
			config += fmt.Sprintf("cluster { name: theirs, listen: %q, routes: [%s] }\n", routes[i],
				"nats://"+strings.Join(routes, ", nats://"))
		}
		if change != nil {
			config = change(config)
		}
		require.NoError(t, os.WriteFile(c.config(i), []byte(config), 0o600))
		c.running = append(c.running, nil)
		c.start(i)
	}
	t.Cleanup(func() {
		for i := range c.running {
			c.kill(i)
		}
	})
	return c
}

func (c *natsCluster) file(name string) string { return filepath.Join(c.folder, name) }
func (c *natsCluster) config(i int) string     { return c.file(fmt.Sprintf("s%d.conf", i+1)) }

func (c *natsCluster) log(i int) string { return c.file(fmt.Sprintf("s%d.log", i+1)) }

func (c *natsCluster) start(i int) {
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

// kill ends a server as a power cut would.
func (c *natsCluster) kill(i int) {
	if command := c.running[i]; command != nil {
		_ = command.Process.Kill()
		_ = command.Wait() // it was killed
		c.running[i] = nil
	}
}

// certify makes a certificate for all servers, signed by itself.
func (c *natsCluster) certify() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(c.t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true,
		IPAddresses: []net.IP{ownAddress()}, NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(c.t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(c.t, err)
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: der},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: private},
	} {
		require.NoError(c.t, os.WriteFile(c.file(name), pem.EncodeToMemory(block), 0o600))
	}
	leaf, err := x509.ParseCertificate(der)
	require.NoError(c.t, err)
	c.trusted = x509.NewCertPool()
	c.trusted.AddCert(leaf)
}

// operate makes an operator, an account for what the servers do among themselves and one with
// JetStream, and returns the part of a server's configuration that says so.
func (c *natsCluster) operate() string {
	operator, own := newKey(c.t, nkeys.CreateOperator), newKey(c.t, nkeys.CreateAccount)
	c.account = newKey(c.t, nkeys.CreateAccount)
	said := jwt.NewOperatorClaims(public(c.t, operator))
	said.SystemAccount = public(c.t, own)
	plain := jwt.NewAccountClaims(public(c.t, own))
	with := jwt.NewAccountClaims(public(c.t, c.account))
	with.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: -1, DiskStorage: -1,
		Streams: -1, Consumer: -1}
	tokens := [3]string{}
	for i, claims := range []jwt.Claims{said, plain, with} {
		token, err := claims.Encode(operator)
		require.NoError(c.t, err)
		tokens[i] = token
	}
	return fmt.Sprintf("operator: %q\nsystem_account: %s\nresolver: MEMORY\n"+
		"resolver_preload { %s: %q, %s: %q }\n", tokens[0], plain.Subject, plain.Subject, tokens[1],
		with.Subject, tokens[2])
}

func newKey(t *testing.T, make func() (nkeys.KeyPair, error)) nkeys.KeyPair {
	key, err := make()
	require.NoError(t, err)
	return key
}

func public(t *testing.T, key nkeys.KeyPair) string {
	text, err := key.PublicKey()
	require.NoError(t, err)
	return text
}

// credentials writes a user's file, signed by an account.
func (c *natsCluster) credentials(name string, signer nkeys.KeyPair, may jwt.Permissions) string {
	user := newKey(c.t, nkeys.CreateUser)
	claims := jwt.NewUserClaims(public(c.t, user))
	claims.Permissions = may
	token, err := claims.Encode(signer)
	require.NoError(c.t, err)
	seed, err := user.Seed()
	require.NoError(c.t, err)
	content, err := jwt.FormatUserConfig(token, seed)
	require.NoError(c.t, err)
	require.NoError(c.t, os.WriteFile(c.file(name), content, 0o600))
	return c.file(name)
}

// external is how a node reaches them.
func (c *natsCluster) external(credentials string) *External {
	return &External{Servers: c.servers, Credentials: credentials,
		TLS: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.trusted}}
}

// ownAddress is a loopback address that no other process on this machine derives: no connection
// comes from there, so that a server that is started again finds its port free.
func ownAddress() net.IP {
	pid := os.Getpid()
	return net.IPv4(127, byte(64+pid>>16&63), byte(pid>>8), byte(pid))
}

var lastPort atomic.Int32

func freeAddress() string { return fmt.Sprintf("%s:%d", ownAddress(), 6300+lastPort.Add(1)) }

// engineOf is a node's way to the register.
func engineOf(t *testing.T, x *External) (*engine, error) {
	who, err := identity.New(identity.Config{Secret: make([]byte, 32), Node: "n1",
		Instance: rand.Text()})
	require.NoError(t, err)
	e, err := openEngine("n1", who, RegisterConfig{External: x}, zap.NewNop())
	if err == nil {
		t.Cleanup(e.close)
	}
	return e, err
}

func (e *engine) awaitOpen(t *testing.T) {
	t.Helper()
	select {
	case <-e.ready:
	case <-time.After(patience):
		require.FailNow(t, "the register did not open", e.trouble())
	}
}

// own is all that a node asks of NATS.
var own = jwt.Permissions{
	Pub: jwt.Permission{Allow: jwt.StringList{"$JS.API.>", "$KV." + bucket + ".>"}},
	Sub: jwt.Permission{Allow: jwt.StringList{"_INBOX.>"}},
}

// Servers of NATS that somebody else runs keep the register as ours do, for a user who may do no
// more than the documentation asks for; one of three may die, and after all three have been away
// the register goes on with what it had.
func TestTheRegisterOfAnotherClusterOfNATS(t *testing.T) {
	c := startNATS(t, 3, nil)
	e, err := engineOf(t, c.external(c.credentials("own.creds", c.account, own)))
	require.NoError(t, err)
	e.awaitOpen(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	revision := uint64(0)
	put := func(value string) {
		t.Helper()
		require.Eventually(t, func() bool {
			stored, err := e.Put(ctx, "room.r", []byte(value), revision)
			if err == nil {
				revision = stored
			}
			return err == nil
		}, patience, 20*time.Millisecond)
	}
	put("all three")
	leader, err := e.opened.Load().Leader(ctx)
	require.NoError(t, err)
	c.kill(int(leader[1] - '1'))
	put("without its leader")
	for i := range c.running {
		c.kill(i)
	}
	short, cut := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cut()
	_, err = e.Put(short, "room.r", []byte("nobody"), revision)
	require.ErrorIs(t, err, register.ErrUnknown)
	for i := range c.running {
		c.start(i)
	}
	put("all again")
}

// Two nodes alone: their register is elsewhere, and no third process is needed. What one of them
// has asked for the other knows.
func TestTwoNodesOverAnotherClusterOfNATS(t *testing.T) {
	c := startNATS(t, 3, nil)
	config := Config{Secret: make([]byte, 32), Version: "1", Log: zap.NewNop(),
		Register: RegisterConfig{External: c.external(c.credentials("own.creds", c.account, own))}}
	for i := range 2 {
		config.ID, config.Listen = fmt.Sprintf("n%d", i+1), freeAddress()
		n, err := Start(config)
		require.NoError(t, err)
		defer n.Close()
		require.NoError(t, n.Serve(nil, func(err error) { t.Error(err) }))
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		seen, err := Observe(ctx, config)
		require.NoError(c, err)
		require.Len(c, seen.Nodes, 2)
		for _, n := range seen.Nodes {
			require.Equal(c, "well", n.State(), n.Report.Problems)
		}
	}, patience, 100*time.Millisecond)
	withdrawn := time.Now().Add(time.Hour)
	require.NoError(t, Revoke(t.Context(), config, "invitation-1", withdrawn))

	config.Register.External.Credentials = ""
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	_, err := Observe(ctx, config)
	require.ErrorContains(t, err, "want credentials: give cluster.nats.credentials")
}

// What every register must pass, over TLS and with credentials.
func TestAnotherClusterOfNATSIsARegister(t *testing.T) {
	c := startNATS(t, 3, nil)
	conn, err := c.external(c.credentials("all.creds", c.account, jwt.Permissions{})).connect()
	require.NoError(t, err)
	defer conn.Close()
	buckets := 0
	registertest.Run(t, func(t *testing.T) register.Register {
		buckets++
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		r, err := jetstream.Open(ctx, conn, fmt.Sprintf("test%d", buckets), Keepers)
		require.NoError(t, err)
		return r
	})
}

// What is wrong with another cluster of NATS, or with what it is reached by, is said in words, and
// what is to be done.
func TestWhatIsWrongWithAnotherClusterOfNATSIsSaid(t *testing.T) {
	c := startNATS(t, 1, nil)
	good := c.credentials("good.creds", c.account, jwt.Permissions{})
	without := startNATS(t, 1, func(config string) string {
		return strings.ReplaceAll(config, "jetstream {", "#")
	})
	plain := startNATS(t, 1, func(config string) string {
		return strings.ReplaceAll(config, "tls {", "#")
	})
	away := c.external(good)
	away.Servers = []string{freeAddress(), freeAddress()}
	unknown := c.external(good)
	unknown.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
	named := startNATS(t, 1, func(config string) string {
		return strings.ReplaceAll(config, ownAddress().String(), "127.0.0.1")
	})
	elsewhere := named.external(
		named.credentials("good.creds", named.account, jwt.Permissions{}))
	elsewhere.Servers = []string{
		strings.Replace(named.servers[0], ownAddress().String(), "127.0.0.1", 1)}
	narrow := own
	narrow.Pub = jwt.Permission{Allow: jwt.StringList{"$KV.draille.>"}}
	for want, x := range map[string]*External{
		"do not answer: expected two of three of cluster.nats.servers to run": away,
		"not believed: expected one for the name or address in":               unknown,
		"by a signer in cluster.nats.ca":                                      elsewhere,
		"want credentials: give cluster.nats.credentials":                     c.external(""),
		"expected those of a user whom they know": c.external(
			c.credentials("stranger.creds", newKey(t, nkeys.CreateAccount), jwt.Permissions{})),
		"too few permissions: expected to publish $JS.API.> and $KV.draille.>": c.external(
			c.credentials("narrow.creds", c.account, narrow)),
		"cannot keep 3 copies: expected so many in one cluster": c.external(good),
		"there is no JetStream: expected it to be enabled": without.external(
			without.credentials("good.creds", without.account, jwt.Permissions{})),
		"speak without TLS, and what is agreed on there": plain.external(
			plain.credentials("good.creds", plain.account, jwt.Permissions{})),
	} {
		t.Run(want, func(t *testing.T) {
			e, err := engineOf(t, x)
			require.NoError(t, err)
			require.EventuallyWithT(t, func(c *assert.CollectT) {
				require.ErrorContains(c, e.trouble(), want)
				require.ErrorContains(c, e.trouble(), x.Servers[0])
			}, patience, 20*time.Millisecond)
			_, err = e.Put(t.Context(), "room.r", nil, 0)
			require.ErrorIs(t, err, errNotOpen)
		})
	}
	for want, content := range map[string]string{
		"cluster.nats.credentials cannot be read": "",
		"expected a file as nsc writes it":        "user: somebody\n",
	} {
		x := c.external(c.file("bad.creds"))
		if content != "" {
			require.NoError(t, os.WriteFile(x.Credentials, []byte(content), 0o600))
		} else {
			x.Credentials = c.file("none.creds")
		}
		_, err := engineOf(t, x)
		require.ErrorContains(t, err, want)
	}
}

// Credentials that were refused again and again are put right, and nobody starts the server again.
func TestCredentialsArePutRight(t *testing.T) {
	c := startNATS(t, 3, nil)
	path := c.credentials("node.creds", newKey(t, nkeys.CreateAccount), jwt.Permissions{})
	e, err := engineOf(t, c.external(path))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		refusals := 0
		for i := range c.running {
			log, err := os.ReadFile(c.log(i))
			require.NoError(t, err)
			refusals += strings.Count(string(log), "authentication error")
		}
		return refusals > 2*len(c.running) // by one of them more than twice
	}, patience, 20*time.Millisecond)
	c.credentials("node.creds", c.account, own)
	e.awaitOpen(t)
}
