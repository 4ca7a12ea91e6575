package node

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"draille/signaling/homes/register"
	"draille/signaling/homes/register/jetstream"
	"draille/signaling/homes/register/registertest"
	"draille/signaling/node/natstest"
	"draille/signaling/peers/identity"
)

func TestMain(m *testing.M) {
	if !natstest.Serves() {
		goleak.VerifyTestMain(m)
	}
}

// patience is for elections on a machine that does other things, too.
const patience = time.Minute

// external is how a node reaches servers of NATS.
func external(c *natstest.Cluster, credentials string) *External {
	return &External{Servers: c.Servers, Credentials: credentials, TLS: c.TLS()}
}

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

// Servers of NATS that somebody else runs keep the register as ours do, for a user who may do no
// more than the documentation asks for; one of three may die, and after all three have been away
// the register goes on with what it had.
func TestTheRegisterOfAnotherClusterOfNATS(t *testing.T) {
	c := natstest.Start(t, 3, nil)
	e, err := engineOf(t, external(c, c.Credentials("own.creds", c.Account, natstest.Own())))
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
	leader, _, err := e.opened.Load().Keepers(ctx)
	require.NoError(t, err)
	c.Kill(int(leader[1] - '1'))
	put("without its leader")
	for i := range c.Servers {
		c.Kill(i)
	}
	short, cut := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cut()
	_, err = e.Put(short, "room.r", []byte("nobody"), revision)
	require.ErrorIs(t, err, register.ErrUnknown)
	for i := range c.Servers {
		c.Start(i)
	}
	put("all again")
}

// Two nodes alone: their register is elsewhere, and no third process is needed. What one of them
// has asked for the other knows.
func TestTwoNodesOverAnotherClusterOfNATS(t *testing.T) {
	c := natstest.Start(t, 3, nil)
	config := Config{Secret: make([]byte, 32), Version: "1", Log: zap.NewNop(),
		Register: RegisterConfig{External: external(c,
			c.Credentials("own.creds", c.Account, natstest.Own()))}}
	for i := range 2 {
		config.ID, config.Listen = fmt.Sprintf("n%d", i+1), natstest.FreeAddress()
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
	c := natstest.Start(t, 3, nil)
	conn, err := external(c, c.Credentials("all.creds", c.Account, jwt.Permissions{})).connect()
	require.NoError(t, err)
	defer conn.Close()
	buckets := 0
	registertest.Run(t, func(t *testing.T) register.Register {
		buckets++
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		r, err := jetstream.Open(ctx, conn, fmt.Sprintf("test%d", buckets), Keepers)
		require.NoError(t, err)
		return swept{r, jetstream.NewSweeper(r)}
	})
}

// swept is a register whose sweeper does not wait.
type swept struct {
	*jetstream.Register
	sweeper *jetstream.Sweeper
}

func (s swept) Sweep(ctx context.Context) error {
	_, seen := s.sweeper.Look(ctx)
	_, taken := s.sweeper.Look(ctx)
	return errors.Join(seen, taken)
}

// What is wrong with another cluster of NATS, or with what it is reached by, is said in words, and
// what is to be done.
func TestWhatIsWrongWithAnotherClusterOfNATSIsSaid(t *testing.T) {
	c := natstest.Start(t, 1, nil)
	good := c.Credentials("good.creds", c.Account, jwt.Permissions{})
	without := natstest.Start(t, 1, func(config string) string {
		return strings.ReplaceAll(config, "jetstream {", "#")
	})
	plain := natstest.Start(t, 1, func(config string) string {
		return strings.ReplaceAll(config, "tls {", "#")
	})
	away := external(c, good)
	away.Servers = []string{natstest.FreeAddress(), natstest.FreeAddress()}
	unknown := external(c, good)
	unknown.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
	named := natstest.Start(t, 1, func(config string) string {
		return strings.ReplaceAll(config, natstest.OwnAddress().String(), "127.0.0.1")
	})
	elsewhere := external(named,
		named.Credentials("good.creds", named.Account, jwt.Permissions{}))
	elsewhere.Servers = []string{
		strings.Replace(named.Servers[0], natstest.OwnAddress().String(), "127.0.0.1", 1)}
	narrow := natstest.Own()
	narrow.Pub = jwt.Permission{Allow: jwt.StringList{"$KV.draille.>"}}
	for want, x := range map[string]*External{
		"do not answer: expected two of three of cluster.nats.servers to run": away,
		"not believed: expected one for the name or address in":               unknown,
		"by a signer in cluster.nats.ca":                                      elsewhere,
		"want credentials: give cluster.nats.credentials":                     external(c, ""),
		"expected those of a user whom they know": external(c,
			c.Credentials("stranger.creds", natstest.NewAccount(t), jwt.Permissions{})),
		"too few permissions: expected to publish $JS.API.> and $KV.draille.>": external(c,
			c.Credentials("narrow.creds", c.Account, narrow)),
		"cannot keep 3 copies: expected so many in one cluster": external(c, good),
		"there is no JetStream: expected it to be enabled": external(without,
			without.Credentials("good.creds", without.Account, jwt.Permissions{})),
		"speak without TLS, and what is agreed on there": external(plain,
			plain.Credentials("good.creds", plain.Account, jwt.Permissions{})),
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
		x := external(c, c.File("bad.creds"))
		if content != "" {
			require.NoError(t, os.WriteFile(x.Credentials, []byte(content), 0o600))
		} else {
			x.Credentials = c.File("none.creds")
		}
		_, err := engineOf(t, x)
		require.ErrorContains(t, err, want)
	}
}

// Credentials that were refused again and again are put right, and nobody starts the server again.
func TestCredentialsArePutRight(t *testing.T) {
	c := natstest.Start(t, 3, nil)
	path := c.Credentials("node.creds", natstest.NewAccount(t), jwt.Permissions{})
	e, err := engineOf(t, external(c, path))
	require.NoError(t, err)
	require.Eventually(t, func() bool { // by one of them more than twice
		return c.Said("authentication error") > 2*len(c.Servers)
	}, patience, 20*time.Millisecond)
	c.Credentials("node.creds", c.Account, natstest.Own())
	e.awaitOpen(t)
}
