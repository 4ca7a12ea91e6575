package split

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"

	"go.uber.org/zap"
)

var errUnknown = errors.New(
	"split: the first bytes belong to no protocol that is spoken on this port",
)

// alpnTURN is TURN's name in TLS's protocol negotiation (RFC 7443). Browsers do not use it.
const alpnTURN = "stun.turn"

// TLS takes what comes in on a TCP listener, does the TLS handshake, and hands out HTTP and TURN
// each on a listener of its own. Both own the port together: it is closed with the second of them.
// HTTP/2 connections are handed out as *tls.Conn, which http.Server needs; TURN's and HTTP/1.1's
// are told apart by their first byte.
func TLS(listener net.Listener, config *tls.Config, log *zap.Logger) (http, turn net.Listener) {
	config = tolerant(config)
	all := newPort(listener, 2, log, func(conn net.Conn) (net.Conn, int, error) {
		secure := tls.Server(conn, config)
		if err := secure.HandshakeContext(
			context.Background(),
		); err != nil { // the deadline is the connection's
			return nil, 0, err
		}
		switch secure.ConnectionState().NegotiatedProtocol {
		case "h2":
			return secure, 0, nil
		case alpnTURN:
			return secure, 1, nil
		}
		var first [1]byte
		if _, err := io.ReadFull(secure, first[:]); err != nil {
			return nil, 0, err
		}
		branch, err := sortSecure(first[0])
		return &startedConn{Conn: secure, first: first[:]}, branch, err
	})
	return all[0], all[1]
}

// sortSecure tells HTTP (0) from TURN (1) by the first byte: a method begins with a letter, a STUN
// message with two zero bits (RFC 8489 §5), a TURN channel with 0x40 to 0x4f (RFC 8656 §12). 0x40
// to 0x4f holds letters, too, but no client begins with channel data, since it has no channel yet.
func sortSecure(first byte) (int, error) {
	switch {
	case first >= 'A' && first <= 'Z':
		return 0, nil
	case first <= 3, first >= 0x40 && first < 0x80:
		return 1, nil
	default:
		return 0, fmt.Errorf("%w: %#02x after the TLS handshake", errUnknown, first)
	}
}

// tolerant adds TURN to the protocols that TLS negotiates, and serves clients that name only
// protocols unknown to us, as some browsers do for TURN, instead of refusing them.
func tolerant(config *tls.Config) *tls.Config {
	ours := config.Clone()
	ours.NextProtos = append(slices.Clone(config.NextProtos), alpnTURN)
	silent := config.Clone()
	silent.NextProtos = nil
	ours.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		for _, protocol := range hello.SupportedProtos {
			if slices.Contains(ours.NextProtos, protocol) {
				return nil, nil
			}
		}
		return silent, nil
	}
	return ours
}

// Plain takes what comes in on a TCP listener and hands out TURN and ICE over TCP (RFC 6544) each
// on a listener of its own.
func Plain(listener net.Listener, log *zap.Logger) (turn, ice net.Listener) {
	all := newPort(listener, 2, log, func(conn net.Conn) (net.Conn, int, error) {
		var first [firstBytes]byte
		if _, err := io.ReadFull(conn, first[:]); err != nil {
			return nil, 0, err
		}
		branch, err := sortPlain(first)
		return &startedConn{Conn: conn, first: first[:]}, branch, err
	})
	return all[0], all[1]
}

const (
	firstBytes  = 10
	magicCookie = 0x2112A442
)

// sortPlain tells TURN (0), which begins with a STUN message, from ICE over TCP (1), which puts a
// length of two bytes before it (RFC 4571): the magic cookie tells where the message begins.
func sortPlain(first [firstBytes]byte) (int, error) {
	switch {
	case first[0] <= 3 && binary.BigEndian.Uint32(first[4:]) == magicCookie:
		return 0, nil
	case first[2] <= 3 && binary.BigEndian.Uint32(first[6:]) == magicCookie:
		return 1, nil
	default:
		return 0, fmt.Errorf("%w: % x", errUnknown, first)
	}
}
