package main

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"draille/sfu/congestion/receive"
)

// Config is every knob of the program. Each has a default that works; settings says what it means.
type Config struct {
	Listen          string
	PublicURL       string
	AllowedOrigins  []string
	UDPListen       string
	PublicAddress   []PublicAddress
	MaxParticipants int
	UplinkFloor     int // bit/s
	DataDirectory   string
	StateDirectory  string
	SecretFile      string
	TrustedProxies  []string
	Limits          LimitsConfig
	TURN            TURNConfig
	TLS             TLSConfig
	Metrics         MetricsConfig
	Log             LogConfig
	House           HouseConfig
	Practice        PracticeConfig
	Cluster         ClusterConfig
}

// LimitsConfig bounds what strangers may cost.
type LimitsConfig struct {
	OpensPerSecond, OpensAtOnce        int
	ConnectionsPerAddress, Connections int
}

// TURNConfig configures the built-in relay.
type TURNConfig struct {
	Enabled                  bool
	TCPListen                string
	CredentialLifetime       time.Duration
	AllocationsPerCredential int
	Allocations              int
}

// TLSConfig says where certificates come from.
type TLSConfig struct {
	Mode        string
	Cert, Key   string
	ACMEDomains []string
	ACMEEmail   string
}

// MetricsConfig configures the Prometheus endpoint.
type MetricsConfig struct {
	Listen   string
	Profiles bool
}

// LogConfig configures the log on standard error.
type LogConfig struct{ Level, Format string }

// Values of tls.mode.
const (
	tlsOff   = "off"
	tlsFiles = "files"
	tlsACME  = "acme"
)

// setting is one key of the configuration, the same in the file, in the environment and as a flag.
type setting struct {
	key   string
	value func(*Config) any // pointer to the field
	help  string            // one line, for --help
	check func(value any) error
}

// settings are all keys, in the order of the example file.
var settings = slices.Concat(serverSettings, houseSettings, practiceSettings, clusterSettings)

// serverSettings are those of the calls.
var serverSettings = []setting{
	{key: "listen", value: func(c *Config) any { return &c.Listen }, check: isListenAddress,
		help: "address and port of the web server"},
	{key: "public-url", value: func(c *Config) any { return &c.PublicURL },
		check: optional(isPublicURL),
		help:  "address that browsers open, without a path; empty: made from listen and tls"},
	{key: "allowed-origins", value: func(c *Config) any { return &c.AllowedOrigins },
		check: each(isOrigin),
		help:  "other origins whose pages may open the websocket"},
	{key: "udp-listen", value: func(c *Config) any { return &c.UDPListen }, check: isListenAddress,
		help: "address and port for media, STUN and TURN over UDP"},
	{key: "public-address", value: func(c *Config) any { return &c.PublicAddress },
		help: "IP addresses told to browsers for media, or stun:host:port to ask for it; empty: " +
			"those of this machine"},
	{key: "max-participants", value: func(c *Config) any { return &c.MaxParticipants },
		check: between(2, 500),
		help:  "participants in one room"},
	{key: "uplink-floor", value: func(c *Config) any { return &c.UplinkFloor },
		check: between(20_000, 4_000_000),
		help: "bit/s that every participant may send, however late their packets come; more than " +
			"20000 only where devices are slow and links are not"},
	{key: "data-directory", value: func(c *Config) any { return &c.DataDirectory },
		check: isNotEmpty,
		help:  "where the secret and certificates are kept"},
	{key: "secret-file", value: func(c *Config) any { return &c.SecretFile },
		help: "file with the server's secret; empty: kept in the data directory, made at the " +
			"first start"},
	{key: "state-directory", value: func(c *Config) any { return &c.StateDirectory },
		help: "where rooms are kept for a restart; empty: rooms in the data directory"},
	{key: "trusted-proxies", value: func(c *Config) any { return &c.TrustedProxies },
		check: each(isNetwork),
		help:  "reverse proxies whose X-Forwarded-For is believed"},
	{key: "limits.opens-per-second", value: func(c *Config) any { return &c.Limits.OpensPerSecond },
		check: between(1, 1_000_000),
		help:  "websockets that one address may open a second"},
	{key: "limits.opens-at-once", value: func(c *Config) any { return &c.Limits.OpensAtOnce },
		check: between(1, 1_000_000),
		help:  "websockets that one address may open at once"},
	{key: "limits.connections-per-address", value: func(c *Config) any {
		return &c.Limits.ConnectionsPerAddress
	}, check: between(1, 1_000_000),
		help: "TCP connections that one address may hold"},
	{key: "limits.connections", value: func(c *Config) any { return &c.Limits.Connections },
		check: between(1, 1_000_000),
		help:  "TCP connections that all may hold together"},
	{key: "turn.enabled", value: func(c *Config) any { return &c.TURN.Enabled },
		help: "serve STUN and TURN"},
	{key: "turn.tcp-listen", value: func(c *Config) any { return &c.TURN.TCPListen },
		check: optional(isListenAddress),
		help:  "address and port for media over TCP, direct and relayed; empty: UDP only"},
	{key: "turn.credential-lifetime", value: func(c *Config) any {
		return &c.TURN.CredentialLifetime
	},
		check: lasts(10*time.Minute, 7*24*time.Hour),
		help:  "how long a participant may use the relay"},
	{key: "turn.allocations-per-credential", value: func(c *Config) any {
		return &c.TURN.AllocationsPerCredential
	},
		check: between(1, 100), help: "relayed addresses that one participant may hold"},
	{key: "turn.allocations", value: func(c *Config) any { return &c.TURN.Allocations },
		check: between(1, 10000),
		help:  "relayed addresses that all may hold together"},
	{key: "tls.mode", value: func(c *Config) any { return &c.TLS.Mode },
		check: oneOf(tlsOff, tlsFiles, tlsACME),
		help:  "where the certificate comes from: off, files or acme"},
	{key: "tls.cert", value: func(c *Config) any { return &c.TLS.Cert },
		help: "certificate chain in PEM, with tls.mode files"},
	{key: "tls.key", value: func(c *Config) any { return &c.TLS.Key },
		help: "private key in PEM, with tls.mode files"},
	{key: "tls.acme-domains", value: func(c *Config) any { return &c.TLS.ACMEDomains },
		check: each(isDomain),
		help:  "names to get a certificate for, with tls.mode acme"},
	{key: "tls.acme-email", value: func(c *Config) any { return &c.TLS.ACMEEmail },
		help: "whom the certificate authority may write to"},
	{key: "metrics.listen", value: func(c *Config) any { return &c.Metrics.Listen },
		check: optional(isListenAddress),
		help:  "address and port of the Prometheus metrics; empty: none"},
	{key: "metrics.profiles", value: func(c *Config) any { return &c.Metrics.Profiles },
		help: "serve Go's profiles beside the metrics, at /debug/pprof/"},
	{key: "log.level", value: func(c *Config) any { return &c.Log.Level },
		check: oneOf("debug", "info", "warn", "error"),
		help:  "least level that is logged: debug, info, warn or error"},
	{key: "log.format", value: func(c *Config) any { return &c.Log.Format },
		check: oneOf("console", "json"),
		help:  "how lines are written: console or json"},
}

// defaultConfig is what runs when nothing is said: a server for this machine alone, without TLS.
func defaultConfig() Config {
	return Config{
		Listen:          "localhost:8080",
		UDPListen:       ":3478",
		MaxParticipants: 50,
		UplinkFloor:     receive.DefaultConfig.Floor,
		DataDirectory:   "draille-data",
		TrustedProxies:  []string{"127.0.0.0/8", "::1/128"},
		Limits: LimitsConfig{
			OpensPerSecond:        10,
			OpensAtOnce:           100,
			ConnectionsPerAddress: 300,
			Connections:           4000,
		},
		TURN: TURNConfig{
			Enabled:                  true,
			TCPListen:                ":3478",
			CredentialLifetime:       12 * time.Hour,
			AllocationsPerCredential: 12,
			Allocations:              8000,
		},
		TLS:      TLSConfig{Mode: tlsOff},
		Metrics:  MetricsConfig{Listen: "127.0.0.1:9477"},
		Log:      LogConfig{Level: "info", Format: "console"},
		House:    HouseConfig{Accessibility: AccessibilityConfig{Status: statusNone}},
		Practice: defaultPractice(),
	}
}

// validate checks what several keys must be together.
func (c *Config) validate() error {
	switch c.TLS.Mode {
	case tlsFiles:
		for _, pair := range [][2]string{{"tls.cert", c.TLS.Cert}, {"tls.key", c.TLS.Key}} {
			if pair[1] == "" {
				return fmt.Errorf("%s is empty, but tls.mode is files: give the path of a PEM file",
					pair[0])
			}
		}
	case tlsACME:
		if len(c.TLS.ACMEDomains) == 0 {
			return fmt.Errorf("tls.acme-domains is empty, but tls.mode is acme: give the names " +
				"that browsers open, as in visio.example.org")
		}
	}
	if c.PublicURL != "" && c.TLS.Mode != tlsOff && !strings.HasPrefix(c.PublicURL, "https://") {
		return fmt.Errorf(
			"public-url is %q, but tls.mode is %s: expected an address that begins with https://",
			c.PublicURL, c.TLS.Mode)
	}
	if err := c.Cluster.validate(c); err != nil {
		return err
	}
	return c.Practice.validate()
}

// trustedProxies are the networks of trusted-proxies, which were checked when they were read.
func (c *Config) trustedProxies() []netip.Prefix {
	var networks []netip.Prefix
	for _, text := range c.TrustedProxies {
		if network, err := netip.ParsePrefix(text); err == nil {
			networks = append(networks, network)
		}
	}
	return networks
}

// publicURL is the address that invitation links begin with, for a server that listens on address.
func (c *Config) publicURL(address string) *url.URL {
	if c.PublicURL != "" {
		parsed, err := url.Parse(c.PublicURL)
		if err == nil { // checked when it was read
			return &url.URL{Scheme: parsed.Scheme, Host: parsed.Host}
		}
	}
	host, port := splitListen(address)
	made := &url.URL{Scheme: "http"}
	if c.TLS.Mode != tlsOff {
		made.Scheme = "https"
	}
	switch {
	case c.TLS.Mode == tlsACME:
		host = c.TLS.ACMEDomains[0]
	case host == "" || isUnspecified(host):
		host = "localhost"
	}
	if port == map[string]string{"http": "80", "https": "443"}[made.Scheme] {
		port = ""
	}
	made.Host = joinHostPort(host, port)
	return made
}
