package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"draille/signaling/node/natstest"
)

// verdicts of the checks, by name; of several with one name the worst.
func verdicts(findings []finding) map[string]verdict {
	rank := map[verdict]int{verdictOK: 0, verdictWarn: 1, verdictFail: 2}
	found := map[string]verdict{}
	for _, f := range findings {
		if before, seen := found[f.Check]; !seen || rank[f.Verdict] > rank[before] {
			found[f.Check] = f.Verdict
		}
	}
	return found
}

func requireHealthy(t *testing.T, findings []finding, checks ...string) {
	t.Helper()
	found := verdicts(findings)
	for _, check := range checks {
		require.Equal(t, verdictOK, found[check], "%s: %+v", check, findings)
	}
}

// fixedPorts is a configuration whose ports are free and stay so, so that it can be examined and
// run: a port that was taken and given up may be another's at once.
func fixedPorts(t *testing.T) Config {
	t.Helper()
	config := testConfig(t)
	for _, address := range []*string{&config.Listen, &config.TURN.TCPListen,
		&config.Metrics.Listen, &config.UDPListen} {
		*address = natstest.FreeAddress()
	}
	config.TLS = certificateFiles(t)
	config.PublicURL = "https://localhost"
	return config
}

var everyPort = []string{"listen (TCP)", "udp-listen (UDP)", "turn.tcp-listen (TCP)",
	"metrics.listen (TCP)",
	"relay over UDP", "relay over TCP", "relay over TLS"}

func TestDoctorBeforeAndBesideARunningServer(t *testing.T) {
	config := fixedPorts(t)
	// What is kept of rooms is not touched, not even what is damaged.
	rooms := filepath.Join(config.DataDirectory, "rooms")
	require.NoError(t, os.MkdirAll(rooms, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(rooms, "a.json"), []byte("half"), 0o600))
	config.StateDirectory = rooms
	requireHealthy(t, examine(context.Background(), config), everyPort...)
	require.FileExists(t, filepath.Join(rooms, "a.json"))

	start(t, config)
	findings := examine(context.Background(), config)
	requireHealthy(t, findings, everyPort...)
	require.Contains(t, findings[0].Found, "by a running draille")
	require.Equal(t, verdictWarn, verdicts(findings)["certificate"],
		"it expires within the hour, and nobody knows its authority")

	other := config
	other.DataDirectory = withSecret(t) // another server's
	require.Equal(t, verdictFail,
		verdicts(checkRelay(context.Background(), other))["relay over UDP"])
	other.DataDirectory = filepath.Join(t.TempDir(), "data")
	require.Equal(t, verdictFail, verdicts(checkRelay(context.Background(), other))["relay"])
	require.NoDirExists(t, other.DataDirectory, "nothing is changed")
}

func TestDoctorFindsPortsThatOthersUse(t *testing.T) {
	config := fixedPorts(t)
	stranger := httptest.NewServer(http.NotFoundHandler())
	defer stranger.Close()
	config.Listen = stranger.Listener.Addr().String()
	strange, err := net.ListenPacket("udp", config.UDPListen)
	require.NoError(t, err)
	defer strange.Close()
	config.TURN.TCPListen = "192.0.2.1:3478"
	found := verdicts(checkPorts(config))
	require.Equal(t, verdictFail, found["listen (TCP)"])
	require.Equal(t, verdictFail, found["udp-listen (UDP)"])
	require.Equal(t, verdictFail, found["turn.tcp-listen (TCP)"])
	require.Equal(t, verdictFail, verdicts(checkRelay(context.Background(), config))["relay"])

	least := fixedPorts(t)
	least.TURN.Enabled, least.Metrics.Listen = false, ""
	require.Len(t, checkPorts(least), 2)
	require.Equal(t, verdictWarn, checkRelay(context.Background(), least)[0].Verdict)
}

func TestDoctorOnCertificates(t *testing.T) {
	files := certificateFiles(t)
	pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	require.NoError(t, err)
	chain, err := parseChain(pair)
	require.NoError(t, err)
	worst := func(host string, change func(now time.Time) time.Time) verdict {
		return verdicts(certificateFindings(chain, host, change(time.Now())))["certificate"]
	}
	now := func(now time.Time) time.Time { return now }
	require.Equal(t, verdictWarn, worst("localhost", now))
	require.Equal(t, verdictFail, worst("visio.example.org", now))
	require.Equal(t, verdictFail, worst("localhost", func(now time.Time) time.Time {
		return now.Add(2 * time.Hour)
	}))
	require.Equal(t, verdictFail, worst("localhost", func(now time.Time) time.Time {
		return now.AddDate(-3000, 0, 0)
	}))
	long := *chain[0]
	long.NotAfter = time.Now().AddDate(1, 0, 0)
	require.Equal(t, verdictOK, certificateFindings(append(chain[:0:0], &long), "localhost",
		time.Now())[0].Verdict)

	for name, c := range map[string]struct {
		change func(*Config)
		want   verdict
	}{
		"local": {func(c *Config) {}, verdictOK},
		"proxy": {func(c *Config) {
			c.Listen, c.PublicURL = ":8080", "https://visio.example.org"
		}, verdictOK},
		"everywhere": {func(c *Config) { c.Listen = ":8080" }, verdictFail},
		"no file": {func(c *Config) {
			c.TLS = TLSConfig{Mode: tlsFiles, Cert: "/nowhere", Key: "/nowhere"}
		}, verdictFail},
		"acme": {func(c *Config) {
			c.TLS = TLSConfig{Mode: tlsACME, ACMEDomains: []string{"nowhere.invalid"}}
		}, verdictFail},
	} {
		config := defaultConfig()
		c.change(&config)
		require.Equal(t, c.want,
			verdicts(checkCertificate(context.Background(), config, time.Now()))["certificate"],
			name)
	}
}

func TestDoctorOnAddresses(t *testing.T) {
	own, err := mediaAddresses(nil, netip.AddrPortFrom(netip.IPv6Unspecified(), 0))
	require.NoError(t, err)
	check := func(listen string, told ...PublicAddress) verdict {
		config := defaultConfig()
		config.Listen, config.PublicAddress = listen, told
		return checkAddress(context.Background(), config).Verdict
	}
	require.Equal(t, verdictOK, check("localhost:8080"))
	require.Equal(t, verdictOK, check(":443", PublicAddress{Addr: own[0].Addr()}))
	require.Equal(t, verdictWarn,
		check(":443", PublicAddress{Addr: netip.MustParseAddr("192.0.2.77")}))
	require.Equal(t, verdictFail, check(":443", PublicAddress{STUN: "nowhere.invalid:3478"}))
}

func TestDoctorSaysThatAPublicAddressDoesNotLeadBackIn(t *testing.T) {
	// Linux answers at every address of 127/8, whether an interface has it or not.
	router := PublicAddress{Addr: netip.MustParseAddr("127.0.0.9")}
	examine := func(udpListen string) finding {
		config := testConfig(t)
		config.UDPListen, config.PublicAddress = udpListen, []PublicAddress{router}
		for _, f := range checkRelay(context.Background(), config) {
			if f.Check == "from inside" {
				return f
			}
		}
		t.Fatal("nothing is said of it")
		return finding{}
	}
	require.Equal(t, verdictOK, examine("0.0.0.0:0").Verdict)
	shut := examine("127.0.0.1:0")
	require.Equal(t, verdictWarn, shut.Verdict, "nothing listens at the address of the router")
	require.Contains(t, shut.Found, "nothing answers at 127.0.0.9:")
	require.Contains(t, shut.Do, "hairpin")

	config := testConfig(t)
	config.PublicAddress = nil
	for _, f := range checkRelay(context.Background(), config) {
		require.NotEqual(t, "from inside", f.Check, "there is no router's address")
	}
}

func TestDoctorOnTheClock(t *testing.T) {
	require.NotEqual(t, verdictFail, checkClock(time.Now()).Verdict)
	require.Equal(t, verdictFail, checkClock(time.Unix(0, 0)).Verdict)
	require.NotEqual(t, verdictFail, checkBuffers().Verdict)
}

func TestDoctorReports(t *testing.T) {
	findings := []finding{ok("a", "%d", 1), warn("b", "do this", "two")}
	var out bytes.Buffer
	require.NoError(t, printFindings(&out, findings, false))
	require.Equal(t, "ok    a  1\nwarn  b  two\n         → do this\n", out.String())
	out.Reset()
	require.ErrorIs(t, printFindings(&out, append(findings, fail("c", "mend", "three")), true),
		errUnhealthy)
	var read []finding
	require.NoError(t, json.Unmarshal(out.Bytes(), &read))
	require.Equal(t, []finding{{"a", verdictOK, "1", ""}, {"b", verdictWarn, "two", "do this"},
		{"c", verdictFail, "three", "mend"}}, read)

	command := newRoot(testProgram)
	command.SetOut(&out)
	command.SetErr(&out)
	command.SetArgs([]string{"doctor", "--listen", "127.0.0.1:0", "--udp-listen", "127.0.0.1:0",
		"--turn.tcp-listen", "127.0.0.1:0",
		"--metrics.listen", "", "--data-directory", t.TempDir()})
	require.NoError(t, command.Execute(), out.String())
}
