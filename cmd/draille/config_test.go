package main

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// load reads a configuration as a command would.
func load(t *testing.T, yaml string, environment, arguments []string) (Config, error) {
	t.Helper()
	if yaml != "" {
		path := filepath.Join(t.TempDir(), "draille.yaml")
		require.NoError(t, os.WriteFile(path, []byte(yaml), 0o600))
		arguments = append(arguments, "--config", path)
	}
	command := &cobra.Command{Use: "test"}
	addConfigFlags(command)
	require.NoError(t, command.ParseFlags(arguments))
	config, _, err := loadConfig(command.Flags(), environment)
	return config, err
}

func TestDefaultsAreValid(t *testing.T) {
	config, err := load(t, "", nil, nil)
	require.NoError(t, err)
	require.Equal(t, defaultConfig(), config)
	for _, s := range settings {
		if s.check != nil {
			require.NoError(t, s.check(s.value(&config)), s.key)
		}
	}
}

// The example is documentation that is true: it holds every key, each with its default and a
// comment.
func TestExampleIsTheDefaults(t *testing.T) {
	config, err := load(t, exampleConfig, nil, nil)
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("%+v", defaultConfig()), fmt.Sprintf("%+v", config))

	values := koanf.New(".")
	require.NoError(t, values.Load(rawBytes(exampleConfig), yaml.Parser()))
	var known []string
	for _, s := range settings {
		known = append(known, s.key)
	}
	require.ElementsMatch(t, known, values.Keys())

	key := regexp.MustCompile(`^\s*[a-z-]+:`)
	comment := false
	for number, line := range strings.Split(exampleConfig, "\n") {
		trimmed := strings.TrimSpace(line)
		if key.MatchString(line) {
			// described by the line above
			documented := comment || trimmed == "enabled: true" ||
				strings.HasPrefix(trimmed, "key:")
			require.True(t, documented, "line %d: %s", number+1, line)
		}
		comment = strings.HasPrefix(trimmed, "#")
	}
}

type rawBytes string

func (r rawBytes) ReadBytes() ([]byte, error)    { return []byte(r), nil }
func (r rawBytes) Read() (map[string]any, error) { return nil, nil }

// Every field of Config has a key, so that none can be forgotten in the file, the environment and
// the flags.
func TestEveryFieldHasAKey(t *testing.T) {
	config := defaultConfig()
	pointers := map[any]bool{}
	for _, s := range settings {
		pointers[s.value(&config)] = true
	}
	var visit func(v reflect.Value)
	visit = func(v reflect.Value) {
		if v.Kind() == reflect.Struct {
			for i := range v.NumField() {
				visit(v.Field(i))
			}
			return
		}
		require.True(t, pointers[v.Addr().Interface()], "a field of type %s has no key", v.Type())
	}
	visit(reflect.ValueOf(&config).Elem())
	require.Len(t, pointers, len(settings))
}

func TestPrecedence(t *testing.T) {
	file := "listen: localhost:1\nlog: {level: warn, format: json}\nturn:\n  tcp-listen: ':1'\n  " +
		"credential-lifetime: 1h\nmax-participants: 9\n"
	environment := []string{"DRAILLE_LOG_LEVEL=error", "DRAILLE_TURN_TCP_LISTEN=:2",
		"DRAILLE_LISTEN=localhost:2", "HOME=/root"}
	config, err := load(t, file, environment,
		[]string{"--listen", "localhost:3", "--turn.enabled=false"})
	require.NoError(t, err)
	require.Equal(t, "localhost:3", config.Listen, "flag over environment over file")
	require.Equal(t, ":2", config.TURN.TCPListen, "environment over file")
	require.Equal(t, "error", config.Log.Level)
	require.Equal(t, "json", config.Log.Format, "file over default")
	require.Equal(t, time.Hour, config.TURN.CredentialLifetime)
	require.Equal(t, 9, config.MaxParticipants)
	require.False(t, config.TURN.Enabled)
	require.Equal(t, ":3478", config.UDPListen, "default")
}

func TestLists(t *testing.T) {
	want := []PublicAddress{{Addr: netip.MustParseAddr("192.0.2.1")},
		{Addr: netip.MustParseAddr("2001:db8::1")}}
	for name, config := range map[string]func() (Config, error){
		"file": func() (Config, error) {
			return load(t, "public-address: [192.0.2.1, '2001:db8::1']", nil, nil)
		},
		"file, text": func() (Config, error) {
			return load(t, "public-address: 192.0.2.1, 2001:db8::1", nil, nil)
		},
		"environment": func() (Config, error) {
			return load(t, "", []string{"DRAILLE_PUBLIC_ADDRESS=192.0.2.1,2001:db8::1"}, nil)
		},
		"flag": func() (Config, error) {
			return load(t, "", nil, []string{"--public-address=192.0.2.1, 2001:db8::1"})
		},
		"flag, in parts": func() (Config, error) {
			return load(t, "", nil, []string{"--public-address=192.0.2.9", "--public-address=",
				"--public-address=192.0.2.1", "--public-address=2001:db8::1"})
		},
	} {
		got, err := config()
		require.NoError(t, err, name)
		require.Equal(t, want, got.PublicAddress, name)
	}
}

func TestConfigFileFromTheEnvironment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.yaml")
	require.NoError(t, os.WriteFile(path, []byte("max-participants: 7"), 0o600))
	config, err := load(t, "", []string{"DRAILLE_CONFIG=" + path}, nil)
	require.NoError(t, err)
	require.Equal(t, 7, config.MaxParticipants)
}

func TestUnknownKeysAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		file        string
		environment []string
		want        []string
	}{
		"misspelt": {file: "listn: localhost:1",
			want: []string{"listn", "did you mean listen?"}},
		"in a table": {file: "turn:\n  tcp_listen: ':1'",
			want: []string{"turn.tcp_listen", "did you mean turn.tcp-listen?"}},
		"not a table": {file: "log: debug", want: []string{"log ", "did you mean log.level?"}},
		"environment": {environment: []string{"DRAILLE_TURN_TCPLISTEN=:1"},
			want: []string{"DRAILLE_TURN_TCPLISTEN in the environment",
				"did you mean DRAILLE_TURN_TCP_LISTEN?"}},
		"two at once": {file: "listn: a\nmax-participant: 3",
			want: []string{"listn", "max-participant ", "max-participants?"}},
		"the table only": {environment: []string{"DRAILLE_TURN=off"},
			want: []string{"DRAILLE_TURN "}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, c.file, c.environment, nil)
			require.Error(t, err)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
}

func TestBadValuesAreRefused(t *testing.T) {
	for file, want := range map[string]string{
		"listen: 8080":                           `listen is "8080" in`,
		"listen: localhost:http":                 "expected an address and a port",
		"public-url: visio.example.org":          "such as https://visio.example.org",
		"public-url: https://a.example/draille":  "without a path",
		"allowed-origins: [https://a.example/]":  "expected origins",
		"public-address: [0.0.0.0]":              "expected IP addresses",
		"public-address: [visio.example.org]":    `not "visio.example.org"`,
		"public-address: [fe80::1]":              "expected IP addresses",
		"public-address: [stun:visio.example]":   "expected a STUN server with its port",
		"public-address: {a: 1}":                 "is not a key",
		"public-address: 7":                      "expected a list",
		"public-address: [7]":                    "expected a list of texts",
		"max-participants: many":                 "expected a whole number",
		"max-participants: 501":                  "expected a number from 2 to 50",
		"data-directory:":                        "expected something",
		"turn: {enabled: perhaps}":               `turn.enabled is "perhaps"`,
		"turn: {credential-lifetime: 12}":        "expected a duration such as",
		"turn: {credential-lifetime: 1m}":        "expected a duration from 10m to 168h",
		"turn: {allocations-per-credential: 0}":  "expected a number from 1 to 100",
		"practice: {sign-in: {idle: 1m}}":        "expected a duration from 5m to 24h",
		"tls: {mode: on}":                        "expected off, files or acme",
		"tls: {mode: files, cert: a.pem}":        "tls.key is empty, but tls.mode is files",
		"tls: {mode: acme}":                      "tls.acme-domains is empty",
		"tls: {mode: acme, acme-domains: [a b]}": `not "a b"`,
		"tls: {mode: acme, acme-domains: [a.example]}\n" +
			"public-url: http://a.example": "begins with https://",
		"log: {level: verbose}": "expected debug, info, warn or error",
		"log: {level: [info]}":  "expected text",
		"log: {format: xml}":    "expected console or json",
		"listen: [":             "is not valid YAML",
	} {
		_, err := load(t, file, nil, nil)
		require.ErrorContains(t, err, want, file)
	}
	_, err := load(t, "", []string{"DRAILLE_LOG_LEVEL=loud"}, nil)
	require.ErrorContains(t, err, `log.level is "loud" in the environment`)
	_, err = load(t, "", nil, []string{"--log.level=loud"})
	require.ErrorContains(t, err, `log.level is "loud" in the command line`)
	_, err = load(t, "", nil, []string{"--config=/nowhere/draille.yaml"})
	require.ErrorContains(t, err, "there is no configuration file /nowhere/draille.yaml")
}

func TestPublicURL(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"http://localhost:8080": func(*Config) {},
		"http://localhost:9000": func(c *Config) { c.Listen = ":9000" },
		"http://localhost":      func(c *Config) { c.Listen = "0.0.0.0:80" },
		"http://192.0.2.1:8080": func(c *Config) { c.Listen = "192.0.2.1:8080" },
		"http://[2001:db8::1]":  func(c *Config) { c.Listen = "[2001:db8::1]:80" },
		"https://localhost":     func(c *Config) { c.Listen, c.TLS.Mode = "[::]:443", tlsFiles },
		"https://visio.example.org": func(c *Config) {
			c.Listen, c.TLS.Mode, c.TLS.ACMEDomains = ":443", tlsACME, []string{"visio.example.org"}
		},
		"https://visio.example.org:8443": func(c *Config) {
			c.PublicURL = "https://visio.example.org:8443/"
		},
	} {
		config := defaultConfig()
		change(&config)
		require.Equal(t, want, config.publicURL(config.Listen).String())
	}
}

func TestLocalHosts(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "a.localhost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true,
		"": false, "0.0.0.0": false, "192.168.1.1": false, "visio.example.org": false,
	} {
		require.Equal(t, want, isLocal(host), host)
	}
}
