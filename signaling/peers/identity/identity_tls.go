package identity

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
)

// protocols is what a node speaks over TLS: HTTP/2.
var protocols = []string{"h2"}

// Client returns what a connection to a node is made with. The certificate must be that node's.
func (i *Identity) Client(node, address string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, NextProtos: protocols, ServerName: "node",
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return i.Certificate()
		},
		// No name and no time is checked by package tls: VerifyConnection judges the signature and
		// the node, and Judge the times.
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			peer, err := i.verify(state, address)
			if err == nil && peer.Node != node {
				err = &Problem{OtherNode, fmt.Sprintf("expected node %q at %s, got node %q; "+
					"correct the address that node %q tells", node, address, peer.Node, node)}
			}
			return err
		},
	}
}

// Server returns what connections of other nodes are accepted with. Whoever has shown that they
// belong to the cluster is told to known, whoever does not to refused; neither may block.
func (i *Identity) Server(known func(net.Conn, Peer), refused func(net.Conn, error)) *tls.Config {
	config := &tls.Config{
		MinVersion: tls.VersionTLS13, NextProtos: protocols,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return i.Certificate()
		},
		ClientAuth:             tls.RequireAnyClientCert,
		SessionTicketsDisabled: true,
	}
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		one := config.Clone()
		one.GetConfigForClient = nil
		one.VerifyConnection = func(state tls.ConnectionState) error {
			peer, err := i.verify(state, hostOf(hello.Conn.RemoteAddr()))
			if err != nil {
				refused(hello.Conn, err)
				return err
			}
			known(hello.Conn, peer)
			return nil
		}
		return one, nil
	}
	return config
}

// Member returns what both sides of connections are made with that speak another protocol than
// nodes do between each other: that of the register. Whoever shows a certificate of the cluster is
// let in, under any id. The other's clock is not known there: what is judged is whether the
// certificate is valid by this machine's.
func (i *Identity) Member() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, SessionTicketsDisabled: true,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return i.Certificate()
		},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return i.Certificate()
		},
		ClientAuth:         tls.RequireAnyClientCert,
		InsecureSkipVerify: true, // as in Client
		VerifyConnection: func(state tls.ConnectionState) error {
			peer, err := i.verify(state, "the port of the register")
			if err != nil {
				return err
			}
			return i.judgeAlone(peer, i.now())
		},
	}
}

func hostOf(address net.Addr) string {
	host, _, err := net.SplitHostPort(address.String())
	if err != nil {
		return address.String()
	}
	return host
}

func (i *Identity) verify(state tls.ConnectionState, address string) (Peer, error) {
	leaf, err := leafOf(state)
	if err != nil {
		return Peer{}, i.stranger(address, err.Error())
	}
	return i.Verify(leaf, address)
}

// PeerOf returns who is at the other end of a connection that was verified.
func PeerOf(state *tls.ConnectionState) (Peer, error) {
	if state == nil {
		return Peer{}, errors.New("expected a connection over TLS, got another")
	}
	leaf, err := leafOf(*state)
	if err != nil {
		return Peer{}, err
	}
	return peerOf(leaf)
}

func leafOf(state tls.ConnectionState) (*x509.Certificate, error) {
	if len(state.PeerCertificates) == 0 {
		return nil, errors.New("it shows no certificate")
	}
	return state.PeerCertificates[0], nil
}

// Explain puts the failure of a handshake into words: of the other side's refusal TLS tells no more
// than that there was one.
func Explain(err error, node, address string) error {
	var problem *Problem
	var alert tls.AlertError
	var header tls.RecordHeaderError
	var operation *net.OpError
	switch {
	case errors.As(err, &problem):
		return problem
	case errors.As(err, &header):
		return &Problem{Stranger, fmt.Sprintf("expected node %q at %s, got something that "+
			"speaks no TLS; correct the address that node %q tells", node, address, node)}
	case errors.As(err, &alert),
		errors.As(err, &operation) && operation.Op == "remote error",
		strings.Contains(err.Error(), "remote error: tls:"):
		return &Problem{OtherSecret, fmt.Sprintf("node %q at %s does not take this node's "+
			"certificate (%v): it has another secret, or the id of this node; its log says "+
			"which", node, address, err)}
	}
	return fmt.Errorf("node %q does not answer at %s: %w; see whether it runs, and whether the "+
		"firewall lets nodes reach each other there", node, address, err)
}
