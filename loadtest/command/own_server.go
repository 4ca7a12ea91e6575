package command

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"draille/loadtest/flood"
	"draille/loadtest/scenario"
	"draille/signaling/protocol"
)

// ownServer is a server of this program in a process of its own, which is ended and started again
// on the same ports.
type ownServer struct {
	directory   string
	arguments   []string
	url         *url.URL
	udp, tcp    string // of media
	metrics     scenario.MetricsEndpoint
	invitations Invitations
	networked   bool          // reached in flood.Network, too
	process     *localProcess // nil: ended
	program     Program
}

// startOwn starts a server with a certificate that nobody signed, and the limits that a server has
// by default.
func startOwn(program Program, more ...string) (*ownServer, error) {
	s, err := newOwn(program, more...)
	if err != nil {
		return nil, err
	}
	if err := s.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.directory))
	}
	return s, nil
}

// newOwn prepares one that is started later.
func newOwn(program Program, more ...string) (*ownServer, error) {
	directory, err := os.MkdirTemp("", "draille-own-")
	if err != nil {
		return nil, fmt.Errorf("no folder for the server: %w", err)
	}
	s := &ownServer{directory: directory, program: program}
	if err := s.prepare(more); err != nil {
		return nil, errors.Join(err, os.RemoveAll(directory))
	}
	return s, nil
}

func (s *ownServer) prepare(more []string) error {
	var addresses [3]string
	var err error
	for i := range addresses {
		if addresses[i], err = freeAddress(); err != nil {
			return err
		}
	}
	if s.udp, err = freeAddress(); err != nil {
		return err
	}
	if err := s.RenewCertificate(); err != nil {
		return err
	}
	s.url = &url.URL{Scheme: "https", Host: addresses[0]}
	s.tcp = addresses[2]
	s.metrics = scenario.MetricsEndpoint{URL: "http://" + addresses[1] + "/metrics"}
	s.arguments = append([]string{"--listen", addresses[0], "--udp-listen", s.udp,
		"--turn.tcp-listen", addresses[2],
		"--metrics.listen", addresses[1], "--data-directory", s.directory,
		"--tls.mode", "files", "--tls.cert", s.path("cert.pem"), "--tls.key", s.path("key.pem")},
		more...)
	s.invitations, err = s.program.OwnInvitations(s.directory, s.url)
	return err
}

func (s *ownServer) path(name string) string { return filepath.Join(s.directory, name) }

// inFloodNetwork lets the web server listen on every address of the machine, those in flood.Network
// included, from the next Start on.
func (s *ownServer) inFloodNetwork() {
	s.networked = true
	s.arguments = append(s.arguments, "--listen", net.JoinHostPort("", s.url.Port()),
		"--public-url", s.url.String())
}

// inNetwork is the web server's address in flood.Network; empty: it has none.
func (s *ownServer) inNetwork() string {
	if !s.networked {
		return ""
	}
	return net.JoinHostPort(flood.Network.Addr().Next().String(), s.url.Port())
}

// Start starts the process and waits until it serves.
func (s *ownServer) Start() error {
	process, err := serve(s.program, s.arguments...)
	if err != nil {
		return err
	}
	if _, err := process.ready(); err != nil {
		process.stop()
		return fmt.Errorf("the server did not start: %w", err)
	}
	s.process = process
	return nil
}

// Stop ends the process in order.
func (s *ownServer) Stop() {
	if s.process != nil {
		s.process.stop()
		s.process = nil
	}
}

// Kill ends the process at once.
func (s *ownServer) Kill() {
	if s.process != nil {
		_ = s.process.command.Process.Kill() // it may be gone already
		<-s.process.exited
		s.process = nil
	}
}

// Alive reports whether the process runs; it may have ended by itself.
func (s *ownServer) Alive() bool {
	if s.process == nil {
		return false
	}
	select {
	case <-s.process.exited:
		return false
	default:
		return true
	}
}

// Close stops the server and removes what it kept.
func (s *ownServer) Close() {
	s.Stop()
	_ = os.RemoveAll(s.directory) // a folder in /tmp is no reason to fail
}

// Reading reads the server's metrics.
func (s *ownServer) Reading(ctx context.Context) (scenario.Reading, error) {
	return s.metrics.Read(ctx)
}

// Link makes an invitation.
func (s *ownServer) Link(room string, kind protocol.Kind, role protocol.Role) (string, error) {
	return s.invitations.Link(room, kind, role, "", time.Now(), validFor)
}

// RenewCertificate puts a new certificate in the place of the one before.
func (s *ownServer) RenewCertificate() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()),
		DNSNames:    []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(validFor)}
	chain, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(s.path("cert.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE",
			Bytes: chain}), 0o600),
		os.WriteFile(s.path("key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY",
			Bytes: private}), 0o600))
}

// Below the ports that Linux gives to whoever asks for any (net.ipv4.ip_local_port_range): nobody
// else gets them between a look and the start of the server, or while it is down.
const firstPort, lastPort = 20_000, 32_000

// given are the ports that this process has given to a server, which may not use it yet.
var given sync.Map

// freeAddress is an address of this machine whose port nobody uses, over TCP or UDP.
func freeAddress() (string, error) {
	var err error
	for range 100 {
		port := firstPort + mathrand.IntN(lastPort-firstPort)
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		var listener net.Listener
		if listener, err = net.Listen("tcp", address); err != nil {
			continue
		}
		var socket net.PacketConn
		socket, err = net.ListenPacket("udp", address)
		listener.Close()
		if err == nil {
			socket.Close()
			if _, taken := given.LoadOrStore(port, true); taken {
				continue
			}
			return address, nil
		}
	}
	return "", fmt.Errorf("no port for the local server: %w", err)
}

func (s *ownServer) lastWords() string {
	if s.process == nil {
		return "nothing, it does not run"
	}
	return s.process.lastLines()
}
