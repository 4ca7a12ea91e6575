package participant

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"draille/signaling/protocol"
)

// dialTimeout bounds the opening of a websocket: the server must be there, or it is told.
const dialTimeout = 15 * time.Second

// socket is one websocket of a participant.
type socket struct {
	conn *websocket.Conn
	mu   sync.Mutex // of writing
	// The participant's lock guards these.
	gone   bool // nobody is there
	joined bool // the server has welcomed them on it
}

func dial(ctx context.Context, address, origin string, options *Options) (*socket, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	dialer := websocket.Dialer{Subprotocols: []string{protocol.Subprotocol},
		EnableCompression: true, NetDialContext: options.Dial,
		TLSClientConfig: &tls.Config{
			InsecureSkipVerify: options.Insecure}} //nolint:gosec // asked for by the user
	conn, response, err := dialer.DialContext(ctx, address, http.Header{"Origin": []string{origin}})
	if err != nil {
		if response != nil {
			return nil, fmt.Errorf("participant: expected a websocket of a draille server, got "+
				"%q: check the address: %w", response.Status, err)
		}
		return nil, fmt.Errorf(
			"participant: the server cannot be reached: check that it runs, and its address: %w",
			err)
	}
	if got := conn.Subprotocol(); got != protocol.Subprotocol {
		conn.Close()
		return nil, fmt.Errorf("participant: expected a server that speaks %s, got %q: use the "+
			"version of this program that belongs to the server",
			protocol.Subprotocol, got)
	}
	return &socket{conn: conn}, nil
}

func (s *socket) send(message any) error {
	data, err := protocol.Marshal(message)
	if err != nil {
		return fmt.Errorf("participant: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.conn.WriteMessage(websocket.TextMessage, data); err != nil {
		return fmt.Errorf("participant: the websocket is gone: %w", err)
	}
	return nil
}

// ping asks whether the server is there. Whether it was asked shows when it answers.
func (s *socket) ping() { _ = s.send(protocol.Ping{}) }

func (s *socket) receive() (protocol.ServerMessage, error) {
	_, data, err := s.conn.ReadMessage()
	if err != nil {
		return nil, fmt.Errorf("participant: the websocket is gone: %w", err)
	}
	message, err := protocol.UnmarshalServer(data)
	if err != nil {
		return nil, fmt.Errorf("participant: the server speaks another version of the protocol: %w",
			err)
	}
	return message, nil
}
