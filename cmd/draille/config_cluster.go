package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"draille/signaling/node"
)

// ClusterConfig configures several servers that serve one name.
type ClusterConfig struct {
	Node    string
	Listen  string
	Keepers []string
	Doors   []string
	NATS    NATSConfig
}

// NATSConfig is a cluster of NATS servers that somebody else runs.
type NATSConfig struct {
	Servers         []string
	CA, Credentials string
}

// clusterSettings are the keys of ClusterConfig.
var clusterSettings = []setting{
	{key: "cluster.node", value: func(c *Config) any { return &c.Cluster.Node },
		check: optional(isNodeID),
		help:  "id of this server among several that serve one name; empty: it is alone"},
	{key: "cluster.listen", value: func(c *Config) any { return &c.Cluster.Listen },
		check: optional(isReachedAddress),
		help:  "address and port at which the other servers reach this one"},
	{key: "cluster.keepers", value: func(c *Config) any { return &c.Cluster.Keepers },
		help: "the three processes that keep the register, as in n1=192.0.2.1:7422"},
	{key: "cluster.doors", value: func(c *Config) any { return &c.Cluster.Doors },
		check: each(isDoor),
		help:  "public names of the servers, by which pages go on when one does not answer"},
	{key: "cluster.nats.servers", value: func(c *Config) any { return &c.Cluster.NATS.Servers },
		check: each(isServer),
		help:  "instead of keepers: the servers of a NATS cluster that you run, with JetStream"},
	{key: "cluster.nats.ca", value: func(c *Config) any { return &c.Cluster.NATS.CA },
		help: "file in PEM with who signed their certificates; empty: whom this system trusts"},
	{key: "cluster.nats.credentials",
		value: func(c *Config) any { return &c.Cluster.NATS.Credentials },
		help:  "file with the credentials of a user there; empty: none are asked for"},
}

func isNodeID(value any) error {
	if !node.ValidID(*value.(*string)) {
		return errors.New("expected at most 64 letters, digits, '.', '-' and '_'")
	}
	return nil
}

// maxDoors bounds how long a page looks for a server that is there.
const maxDoors = 4

var doorName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?$`)

// isDoor accepts what a Content-Security-Policy can name, which IPv6 addresses are not.
func isDoor(value any) error {
	if !doorName.MatchString(*value.(*string)) {
		return errors.New("expected names in small letters or IPv4 addresses, with a port where " +
			"it is another than the usual one, such as visio-a.example.org")
	}
	return nil
}

// origins are those of pages that come from another door.
func (c *ClusterConfig) origins(public *url.URL) (origins []string) {
	for _, door := range c.Doors {
		origins = append(origins, public.Scheme+"://"+door)
	}
	return origins
}

// isReachedAddress accepts what others can be told.
func isReachedAddress(value any) error {
	host, port, err := net.SplitHostPort(*value.(*string))
	if err != nil || host == "" || isUnspecified(host) || port == "" || port == "0" {
		return errors.New("expected an address of this machine that the other servers reach, and " +
			"a port, such as 192.0.2.1:7420")
	}
	return nil
}

// validate checks what several keys must be together.
func (c *ClusterConfig) validate(config *Config) error {
	if c.Node == "" {
		if c.Listen != "" || len(c.Keepers) > 0 || len(c.NATS.Servers) > 0 ||
			len(c.Doors) > 0 {
			return errors.New("cluster.node is empty, but other keys of cluster are not: give " +
				"this server an id that no other has, as in n1")
		}
		return nil
	}
	if _, err := node.ParseKeepers(c.Keepers); err != nil {
		return fmt.Errorf("cluster.keepers: %w", err)
	}
	if (len(c.Keepers) > 0) == (len(c.NATS.Servers) > 0) {
		return errors.New("expected either cluster.keepers or cluster.nats.servers, got both or " +
			"neither: give the three processes that keep the register")
	}
	if n := len(c.Doors); n == 1 || n > maxDoors {
		return fmt.Errorf("cluster.doors: expected 2 to %d, got %d: each is a public name that "+
			"leads to one of the servers, the same list on all", maxDoors, n)
	}
	if config.SecretFile == "" {
		return errors.New("secret-file is empty, but cluster.node is not: give all servers of " +
			"the cluster the same secret file, made once with openssl rand -hex 32")
	}
	if c.Listen != "" && config.Practice.Enabled && !sharedStore(config.Practice.Store) {
		return errors.New("practice.store is a file (SQLite), which belongs to one server alone: " +
			"several share a database of PostgreSQL 15 or newer; set practice.store to " +
			"postgres://user@host/database, or practice.enabled to false")
	}
	return nil
}

// node is what package node wants of it.
func (c *ClusterConfig) node(config *Config, keys secrets) (node.Config, error) {
	keepers, err := node.ParseKeepers(c.Keepers)
	if err != nil {
		return node.Config{}, err
	}
	made := node.Config{ID: c.Node, Secret: keys.cluster, Listen: c.Listen, Version: version(),
		Register: node.RegisterConfig{Keepers: keepers,
			Folder: filepath.Join(config.DataDirectory, "register")}}
	if len(c.NATS.Servers) > 0 {
		trust, err := c.NATS.tls()
		if err != nil {
			return made, err
		}
		made.Register.External = &node.External{Servers: c.NATS.Servers, TLS: trust,
			Credentials: c.NATS.Credentials}
	}
	return made, nil
}

func (c *NATSConfig) tls() (*tls.Config, error) {
	made := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CA == "" {
		return made, nil
	}
	pem, err := os.ReadFile(c.CA)
	if err != nil {
		return nil, fmt.Errorf("cluster.nats.ca cannot be read: %w", err)
	}
	made.RootCAs = x509.NewCertPool()
	if !made.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("cluster.nats.ca: expected certificates in PEM in %s, got none",
			c.CA)
	}
	return made, nil
}

// sharedStore reports whether several servers can use a store of the practice.
func sharedStore(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}
