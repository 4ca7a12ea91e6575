package scenario

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/websocket"

	"draille/signaling/protocol"
)

const preflightTimeout = 10 * time.Second

// Preflight opens an invitation link up to the lobby and goes away again: what would fail for every
// participant fails here once, in words. It returns the server's version.
func Preflight(ctx context.Context, link string, insecure bool) (software string, err error) {
	parsed, err := url.Parse(link)
	if err != nil || parsed.Host == "" || parsed.Fragment == "" || parsed.Scheme != "http" &&
		parsed.Scheme != "https" {
		return "", errors.New("this is not an invitation link: expected https://host/#token, as " +
			"draille invite prints it")
	}
	ctx, cancel := context.WithTimeout(ctx, preflightTimeout)
	defer cancel()
	socket, err := dial(ctx, parsed, insecure)
	if err != nil {
		return "", err
	}
	defer socket.Close()
	stop := context.AfterFunc(ctx, func() { socket.Close() })
	defer stop()
	if err := socket.WriteJSON(protocol.Join{Type: "join", Token: parsed.Fragment,
		Device: "loadtest-preflight", Lang: "en"}); err != nil {
		return "", fmt.Errorf("%s closed the connection at once: %w", parsed.Host, err)
	}
	for {
		_, message, err := socket.ReadMessage()
		if err != nil {
			return "", fmt.Errorf("%s did not answer the first message: %w", parsed.Host, err)
		}
		software, done, err := answer(message)
		if done && err == nil {
			err = socket.WriteJSON(protocol.Leave{Type: "leave"})
		}
		if done {
			return software, err
		}
	}
}

// answer reads one message of the server; done when it is the one waited for.
func answer(message []byte) (software string, done bool, err error) {
	var head struct {
		Type    string
		Reason  protocol.ByeReason
		Code    protocol.ErrorCode
		Message string
		Server  string
	}
	if err := json.Unmarshal(message, &head); err != nil {
		return "", true, fmt.Errorf("the server answered something that is not a message of %s: %w",
			protocol.Subprotocol, err)
	}
	switch head.Type {
	case "welcome":
		return head.Server, true, nil
	case "bye":
		return "", true, fmt.Errorf("the server refused the invitation (%s): %s", head.Reason,
			refusals(head.Reason, head.Message))
	case "error":
		return "", true, fmt.Errorf("the server did not understand the first message (%s: %s): "+
			"is it of another version than this program?", head.Code, head.Message)
	default:
		return "", false, nil
	}
}

func refusals(reason protocol.ByeReason, message string) string {
	switch reason {
	case protocol.ByeInvalid:
		return "its signature is not that server's. Give the secret of that server " +
			"(--data-directory or --secret-file), or links that it made (--invite)"
	case protocol.ByeExpired, protocol.ByeNotYet:
		return "it is not valid now. Make a new one with draille invite, and compare the clocks " +
			"of both machines"
	case protocol.ByeFull, protocol.ByeLocked:
		return "the room is not free. Use one that nobody is in"
	default:
		return message
	}
}

func dial(ctx context.Context, link *url.URL, insecure bool) (*websocket.Conn, error) {
	address := url.URL{Scheme: "ws", Host: link.Host, Path: "/ws"}
	if link.Scheme == "https" {
		address.Scheme = "wss"
	}
	dialer := websocket.Dialer{
		Subprotocols:    []string{protocol.Subprotocol},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: insecure},
		//nolint:gosec // only when asked for
	}
	origin := url.URL{Scheme: link.Scheme, Host: link.Host}
	socket, response, err := dialer.DialContext(ctx, address.String(),
		http.Header{"Origin": {origin.String()}})
	if err != nil {
		return nil, dialError(origin.String(), response, err)
	}
	if socket.Subprotocol() != protocol.Subprotocol {
		socket.Close()
		return nil, fmt.Errorf("%s does not speak %s, which this program speaks: they are of "+
			"different versions. Use the draille of the server", origin.String(),
			protocol.Subprotocol)
	}
	return socket, nil
}

func dialError(server string, response *http.Response, err error) error {
	var untrusted *tls.CertificateVerificationError
	var unknown *net.DNSError
	switch {
	case errors.As(err, &untrusted):
		return fmt.Errorf("the certificate of %s is not trusted by this machine (%w): with "+
			"--insecure any certificate will do", server, untrusted.Err)
	case errors.As(err, &unknown):
		return fmt.Errorf(
			"the server %s cannot be reached: there is no machine of that name. Check the address",
			server)
	case response != nil && response.StatusCode == http.StatusForbidden:
		return fmt.Errorf(
			"%s refused the websocket (403): it is known under another address. Use its public-url",
			server)
	case response != nil:
		return fmt.Errorf("%s answered %s where a draille server has its websocket: is it one?",
			server, response.Status)
	default:
		return fmt.Errorf(
			"the server %s cannot be reached: %w. Is it running, and is the address right?", server,
			err)
	}
}
