package flood

import (
	"context"
	"math/rand/v2"
	"net"
	"net/url"
	"time"

	"github.com/gorilla/websocket"
)

// thinConn is a connection over which little comes in a second: what is not read waits at the
// sender.
type thinConn struct {
	net.Conn
	began time.Time
	bytes int // read since
}

// dialThin opens a websocket over a thinConn.
func dialThin(ctx context.Context, dialer *net.Dialer, t *Target) (*websocket.Conn, error) {
	return dialWebsocketBy(ctx, func(ctx context.Context, network, address string) (
		net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetReadBuffer(thinBytes / 2) // the kernel does not read ahead of us
		}
		return &thinConn{Conn: conn, began: time.Now()}, nil
	}, t, true)
}

// Read implements net.Conn.
func (c *thinConn) Read(buffer []byte) (int, error) {
	const most = 1200 // as a packet
	due := c.began.Add(time.Duration(c.bytes) * time.Second / thinBytes)
	if wait := time.Until(due); wait > 0 {
		time.Sleep(wait)
	} else if -wait > time.Second {
		c.began, c.bytes = time.Now(), 0 // a link saves nothing up
	}
	n, err := c.Conn.Read(buffer[:min(len(buffer), most)])
	c.bytes += n
	return n, err
}

// unpackable is a text that no compression makes smaller by much.
func unpackable(characters int) string {
	text := make([]rune, characters)
	for i := range text {
		text[i] = rune(0x4e00 + rand.IntN(20_000)) // CJK unified ideographs
	}
	return string(text)
}

// tokenOf is the token in a link.
func tokenOf(link string) (string, error) {
	parsed, err := url.Parse(link)
	if err != nil {
		return "", err
	}
	return parsed.Fragment, nil
}
