package flood

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"draille/signaling/protocol"
)

// addresses is how many of the loopback network an attack from many addresses comes from.
const addresses = 500

// dialPatience is how long an attacker waits for a connection.
const dialPatience = 5 * time.Second

// doors are the attacks on the web server's port.
func doors() []Attack {
	return []Attack{
		{Name: "websockets", Summary: "websockets opened and left silent, one address",
			Run: func(ctx context.Context, t *Target, tally *Tally) error {
				return hold(ctx, 400, 1, t, tally, openWebsocket)
			}},
		{Name: "websockets-many", Summary: fmt.Sprintf("the same from %d addresses", addresses),
			Run: func(ctx context.Context, t *Target, tally *Tally) error {
				return hold(ctx, 400, addresses, t, tally, openWebsocket)
			}},
		{Name: "forged", Summary: "joins with forged tokens, from as many", Run: forgedJoins},
		{Name: "half-open", Summary: "TLS handshakes left half open, from as many",
			Run: func(ctx context.Context, t *Target, tally *Tally) error {
				return hold(ctx, 600, addresses, t, tally, halfHandshake)
			}},
		{Name: "slow-headers", Summary: "requests whose headers never end, from as many",
			Run: func(ctx context.Context, t *Target, tally *Tally) error {
				return hold(ctx, 300, addresses, t, tally, halfRequest)
			}},
		{Name: "headers", Summary: "requests with headers of 1 MB",
			Run: func(ctx context.Context, t *Target, tally *Tally) error {
				return requests(ctx, 50, t, tally, func() *http.Request {
					return request(http.MethodGet, t, strings.NewReader(""),
						strings.Repeat("a", 1<<20))
				})
			}},
		{Name: "bodies", Summary: "posts with bodies of 8 MB",
			Run: func(ctx context.Context, t *Target, tally *Tally) error {
				return requests(ctx, 10, t, tally, func() *http.Request {
					return request(http.MethodPost, t,
						strings.NewReader(strings.Repeat("a", 8<<20)), "")
				})
			}},
	}
}

// from is a dialer that comes from one of many addresses of the loopback network.
func from(i, of int) *net.Dialer {
	address := net.IPv4(127, 0, 99, 1)
	if of > 1 {
		address = net.IPv4(127, 9, byte(i%of/250), byte(1+i%of%250))
	}
	return &net.Dialer{Timeout: dialPatience, LocalAddr: &net.TCPAddr{IP: address}}
}

// hold opens connections at a rate and keeps those that the server keeps. What is tried before the
// end has its answer, however late that is.
func hold(whole context.Context, perSecond, of int, t *Target, tally *Tally,
	open func(context.Context, *net.Dialer, *Target) (net.Conn, error)) error {
	ctx, begin, stop := lasting(whole, t.Length)
	defer stop()
	var mu sync.Mutex
	var reading sync.WaitGroup
	serial := 0
	steadily(ctx, 0, perSecond, 16, func(int) {
		mu.Lock()
		serial++
		dialer := from(serial, of)
		mu.Unlock()
		tally.Try()
		begin()
		conn, err := open(whole, dialer, t)
		if err != nil {
			tally.Answer(words(err))
			return
		}
		reading.Go(func() {
			defer conn.Close()
			stop := context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Now()) })
			defer stop()
			_, err := io.Copy(io.Discard, conn)
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				tally.Answer("kept")
				return
			}
			tally.Answer("cut")
		})
	})
	reading.Wait()
	return nil
}

// words says in few words how a connection could not be opened.
func words(err error) string {
	switch text := err.Error(); {
	case strings.Contains(text, "429"):
		return "429"
	case strings.Contains(text, "reset"), strings.Contains(text, "EOF"),
		strings.Contains(text, "broken pipe"):
		return "cut"
	case strings.Contains(text, "timeout"), strings.Contains(text, "deadline"):
		return "no answer in 5 s"
	default:
		return text[strings.LastIndex(text, ":")+1:]
	}
}

// anyCertificate is for a server of one's own whose certificate nobody signed.
//
//nolint:gosec // the attacker does not care
var anyCertificate = &tls.Config{InsecureSkipVerify: true}

func openWebsocket(ctx context.Context, dialer *net.Dialer, t *Target) (net.Conn, error) {
	ws, err := dialWebsocket(ctx, dialer, t, false)
	if err != nil {
		return nil, err
	}
	return ws.NetConn(), nil
}

func dialWebsocket(ctx context.Context, dialer *net.Dialer, t *Target,
	compress bool) (*websocket.Conn, error) {
	return dialWebsocketBy(ctx, dialer.DialContext, t, compress)
}

func dialWebsocketBy(ctx context.Context,
	dial func(ctx context.Context, network, address string) (net.Conn, error), t *Target,
	compress bool) (*websocket.Conn, error) {
	opener := websocket.Dialer{NetDialContext: dial, TLSClientConfig: anyCertificate,
		Subprotocols:     []string{protocol.Subprotocol},
		HandshakeTimeout: dialPatience, EnableCompression: compress}
	ws, response, err := opener.DialContext(ctx, "wss://"+t.HTTP+"/ws", nil)
	if err != nil && response != nil {
		return nil, fmt.Errorf("%s", response.Status)
	}
	return ws, err
}

func forgedJoins(ctx context.Context, t *Target, tally *Tally) error {
	return hold(ctx, 200, addresses, t, tally,
		func(ctx context.Context, dialer *net.Dialer, t *Target) (net.Conn, error) {
			ws, err := dialWebsocket(ctx, dialer, t, false)
			if err != nil {
				return nil, err
			}
			// alg none, and a signature that is not ours
			forged := "eyJhbGciOiJub25lIn0.eyJyb29tIjoiYSIsInJvbGUiOiJob3N0In0." +
				strings.Repeat("A", 43)
			if err := ws.WriteJSON(protocol.Join{Type: "join", Token: forged,
				Device: "device"}); err != nil {
				ws.Close()
				return nil, err
			}
			var bye protocol.Bye
			if err := ws.ReadJSON(&bye); err != nil {
				ws.Close()
				return nil, err
			}
			tally.Answer("bye " + string(bye.Reason))
			return ws.NetConn(), nil
		})
}

func halfHandshake(ctx context.Context, dialer *net.Dialer, t *Target) (net.Conn, error) {
	conn, err := dialer.DialContext(ctx, "tcp", t.HTTP)
	if err != nil {
		return nil, err
	}
	// The beginning of a ClientHello of 16 KB that never comes.
	_, err = conn.Write([]byte{0x16, 0x03, 0x01, 0x3f, 0xff, 0x01, 0x00, 0x3f, 0xfb, 0x03, 0x03})
	return conn, err
}

func halfRequest(ctx context.Context, dialer *net.Dialer, t *Target) (net.Conn, error) {
	conn, err := (&tls.Dialer{NetDialer: dialer, Config: anyCertificate}).DialContext(ctx, "tcp",
		t.HTTP)
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
	return conn, err
}

func request(method string, t *Target, body io.Reader, header string) *http.Request {
	made, err := http.NewRequest(method, "https://"+t.HTTP+"/", body)
	if err != nil {
		panic(err) // the address was good for everything before
	}
	if header != "" {
		made.Header.Set("X-Large", header)
	}
	return made
}

// requests sends requests, each on a connection of its own.
func requests(ctx context.Context, perSecond int, t *Target, tally *Tally,
	make func() *http.Request) error {
	steadily(ctx, t.Length, perSecond, 4, func(int) {
		tally.Try()
		conn, err := (&tls.Dialer{NetDialer: from(0, 1), Config: anyCertificate}).DialContext(ctx,
			"tcp", t.HTTP)
		if err != nil {
			tally.Answer(words(err))
			return
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
		sent := make()
		go func() { _ = sent.Write(conn) }() // ends when the connection does
		response, err := http.ReadResponse(bufio.NewReader(conn), sent)
		if err != nil {
			tally.Answer(words(err))
			return
		}
		response.Body.Close()
		tally.Answer(fmt.Sprint(response.StatusCode))
	})
	return nil
}
