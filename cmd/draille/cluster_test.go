package main

import (
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"draille/signaling/node"
	"draille/signaling/protocol"
)

const threeKeepers = "n1=192.0.2.1:7422,n2=192.0.2.2:7422,k3=192.0.2.3:7422"

func TestAClusterIsConfiguredWhole(t *testing.T) {
	whole := []string{"--cluster.node=n1", "--cluster.listen=192.0.2.1:7420",
		"--cluster.keepers=" + threeKeepers, "--secret-file=/etc/draille.secret",
		"--practice.store=postgres://draille@db/draille"}
	config, err := load(t, "", nil, whole)
	require.NoError(t, err)
	of, err := config.Cluster.node(&config, secrets{})
	require.NoError(t, err)
	require.Len(t, of.Register.Keepers, 3)
	require.Equal(t, "192.0.2.3:7422", of.Register.Keepers[2].Address)

	for _, c := range []struct{ with, says string }{
		{"--cluster.keepers=n1=192.0.2.1:7422,n2=192.0.2.2:7422",
			"run draille keeper on any third machine"},
		{"--cluster.keepers=n1=192.0.2.1:7422", "expected 3 keepers, got 1"},
		{"--cluster.keepers=n1=192.0.2.1:7422,n1=192.0.2.2:7422", "each keeper once"},
		{"--cluster.keepers=192.0.2.1:7422", "such as n1=192.0.2.1:7422"},
		{"--cluster.keepers=", "expected either cluster.keepers or cluster.nats"},
		{"--cluster.node=", "cluster.node is empty, but other keys of cluster"},
		{"--cluster.node=a b", "expected at most 64 letters"},
		{"--cluster.doors=a.example", "expected 2 to 4, got 1"},
		{"--cluster.doors=a,b,c,d,e", "expected 2 to 4, got 5"},
		{"--cluster.doors=https://a.example,b.example", "such as visio-a.example.org"},
		{"--cluster.doors=[2001:db8::1],b.example", "such as visio-a.example.org"},
		{"--cluster.listen=:7420", "an address of this machine that the other servers"},
		{"--secret-file=", "give all servers of the cluster the same secret file"},
		{"--practice.store=", "practice.store is a file (SQLite)"},
	} {
		flag, _, _ := strings.Cut(c.with, "=")
		arguments := slices.DeleteFunc(slices.Clone(whole), func(other string) bool {
			return strings.HasPrefix(other, flag+"=")
		})
		_, err := load(t, "", nil, append(arguments, c.with,
			"--tls.acme-domains=visio.example.org"))
		require.ErrorContains(t, err, c.says, c.with)
	}
	_, err = load(t, "", nil, append(whole, "--practice.store=", "--practice.enabled=false"))
	require.NoError(t, err)
}

// What the READMEs show is a cluster.
func TestTheClusterOfTheREADMEs(t *testing.T) {
	for _, name := range []string{"README.md", "README.fr.md"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		_, after, found := strings.Cut(string(text), "    # /etc/draille.yaml, ")
		require.True(t, found, name)
		_, after, _ = strings.Cut(after, "\n")
		file, after, _ := strings.Cut(after, "\n\n")
		_, after, found = strings.Cut(after, "Environment=")
		require.True(t, found, name)
		environment, _, _ := strings.Cut(after, "\n")
		config, err := load(t, strings.ReplaceAll(file+"\n", "    ", ""),
			strings.Fields(environment), nil)
		require.NoError(t, err, name)
		require.Equal(t, "n1", config.Cluster.Node)
		require.Equal(t, "192.0.2.1:7420", config.Cluster.Listen)
		require.Len(t, config.Cluster.Keepers, 3)
	}
}

// A page from one door may speak to the others, and to nobody else.
func TestAPageMayTryTheOtherDoors(t *testing.T) {
	config := testConfig(t)
	config.PublicURL = "https://visio-a.example"
	config.Cluster.Doors = []string{"visio-a.example", "visio-b.example:8443"}
	s := start(t, config)
	response, _ := get(t, s.url("/"))
	require.Contains(t, response.Header.Get("Content-Security-Policy"),
		"connect-src 'self' wss://visio-a.example wss://visio-b.example:8443;")
	open := func(origin string) int {
		dialer := websocket.Dialer{Subprotocols: []string{protocol.Subprotocol}}
		socket, response, err := dialer.Dial("ws://"+s.webListener.Addr().String()+"/ws",
			http.Header{"Origin": {origin}})
		if err == nil {
			socket.Close()
		}
		return response.StatusCode
	}
	require.Equal(t, http.StatusSwitchingProtocols, open("https://visio-b.example:8443"))
	require.Equal(t, http.StatusForbidden, open("https://visio-c.example"))
}

// A keeper needs neither an address for other servers nor a store.
func TestAKeeperIsConfiguredWithLess(t *testing.T) {
	_, err := load(t, "", nil, []string{"--cluster.node=k3", "--secret-file=/etc/draille.secret",
		"--cluster.keepers=" + threeKeepers})
	require.NoError(t, err)
}

func TestASecretIsSharedByHand(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none")
	_, err := run(t, "cluster", "status", "--cluster.node=n1", "--secret-file="+path,
		"--cluster.keepers="+threeKeepers)
	require.ErrorContains(t, err, "openssl rand -hex 32")
	require.NoFileExists(t, path)
}

// Where no cluster is configured, nothing of it runs.
func TestAServerAloneStartsNoEngine(t *testing.T) {
	s := start(t, testConfig(t))
	require.Nil(t, s.node)
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	require.Contains(t, string(stacks), "draille/cmd/draille")
	for _, of := range []string{"nats-io", "signaling/node", "homes/cluster", "signaling/peers"} {
		require.NotContains(t, string(stacks), of)
	}
	_, metrics := get(t, "http://"+s.metricsListen.Addr().String()+"/metrics")
	require.NotContains(t, metrics, "draille_cluster_")
	require.NoFileExists(t, filepath.Join(s.config.DataDirectory, pidName))
}

func TestOnlyARunningServerIsDrained(t *testing.T) {
	data := t.TempDir()
	_, err := run(t, "drain", "--data-directory="+data)
	require.ErrorContains(t, err, "no server of a cluster has run")

	held, dead, err := holdPID(data, "one")
	require.NoError(t, err)
	require.Empty(t, dead)
	_, _, err = holdPID(data, "two")
	require.ErrorContains(t, err, "another draille serve has the data-directory")
	text, err := os.ReadFile(filepath.Join(data, pidName))
	require.NoError(t, err)
	require.NotEmpty(t, strings.TrimSpace(string(text)))
	require.NoError(t, held.Close())
	_, err = run(t, "drain", "--data-directory="+data)
	require.ErrorContains(t, err, "no server runs with")
}

// Whoever gets the lock of a process of the same machine, which has not been started again since,
// knows that it is dead, and which ones are that it had followed.
func TestTheLockProvesThatTheProcessOfBeforeIsDead(t *testing.T) {
	if bootID() == "" {
		t.Skip("the system does not say which of its runs this is")
	}
	data := t.TempDir()
	hold := func(instance string) []string {
		held, dead, err := holdPID(data, instance)
		require.NoError(t, err)
		require.NoError(t, held.Close())
		return dead
	}
	require.Empty(t, hold("one"))
	require.Equal(t, []string{"one"}, hold("two"))
	require.Equal(t, []string{"two", "one"}, hold("three"))

	path := filepath.Join(data, pidName)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	elsewhere := strings.Replace(string(text), bootID(), "another-boot", 1)
	require.NoError(t, os.WriteFile(path, []byte(elsewhere), 0o600))
	require.Empty(t, hold("four"), "another machine's, perhaps, and the folder is on the network")
	require.NoError(t, os.WriteFile(path, []byte("17"), 0o600))
	require.Empty(t, hold("five"), "written by an older version")
}

// The status says what to do where there is something to be done.
func TestTheStatusSaysWhatToDo(t *testing.T) {
	var out strings.Builder
	require.NoError(t, printStatus(&out, node.Status{Leader: "n2", Away: []string{"n1"},
		Unowned: 2}))
	require.Contains(t, out.String(), "→ no server runs: ")
	require.Contains(t, out.String(), "→ keeper n1 of the register is not reached: start it again")
	require.Contains(t, out.String(), "2 rooms live nowhere")
}
