package peers

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"draille/signaling/peers/wire"
)

// Open begins to carry a websocket to the owner of its room, with the page's first message. A
// *Refused with the reason wire.NotHere says that the room is to be looked up again. Until Open has
// returned without an error, nothing is lost: the same can be opened elsewhere.
func (c *Client) Open(ctx context.Context, target Target, opening wire.Opening, first []byte) (
	*Stream, error,
) {
	l, done, err := c.begin(ctx, target)
	if err != nil {
		return nil, err
	}
	release := func(err error) (*Stream, error) {
		l.conn.Release()
		done()
		return nil, err
	}
	head, err := c.head(l, target, opening, first)
	if err != nil {
		return release(err)
	}
	// The stream ends with the client, not with the call of Open.
	life, cancel := context.WithCancelCause(c.life)
	rest, out := io.Pipe()
	// What is written is read in vain by HTTP/2 until it ends, whatever becomes of the context.
	context.AfterFunc(life, func() { out.CloseWithError(context.Cause(life)) })
	request, err := newRequest(life, &c.config, pipePath,
		opened{io.MultiReader(bytes.NewReader(head), rest), rest})
	if err != nil {
		cancel(nil)
		return release(err)
	}
	request.ContentLength = -1
	timer := time.AfterFunc(openTimeout, func() { cancel(errSlowOpen) })
	given := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	response, err := l.conn.RoundTrip(request)
	early, wanted := timer.Stop(), given()
	if err == nil && response.StatusCode != http.StatusOK {
		err = readRefusal(response, target.Node)
		response.Body.Close()
	} else if err == nil && !(early && wanted) {
		response.Body.Close()
		err = context.Cause(life)
	} else if err != nil {
		err = failed(life, target, err)
	}
	if err != nil {
		cancel(nil)
		out.Close()
		done()
		return nil, err
	}
	c.count(1)
	ended := sync.OnceFunc(func() {
		c.count(-1)
		done()
	})
	return &Stream{target.Node, life, cancel, out, response.Body, ended}, nil
}

// errSlowOpen is why a websocket is not opened.
var errSlowOpen = errors.New("it did not say whether it takes the websocket within 3 s")

// begin reserves a stream to a node. Until done is called, Close waits.
func (c *Client) begin(ctx context.Context, target Target) (*link, func(), error) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil, nil, errClosed
	}
	c.piping.Add(1)
	c.mu.Unlock()
	l, err := c.acquire(ctx, target)
	if err != nil {
		c.piping.Done()
		return nil, nil, err
	}
	return l, c.piping.Done, nil
}

// head is what a stream begins with.
func (c *Client) head(l *link, target Target, opening wire.Opening, first []byte) ([]byte, error) {
	format, err := c.config.Formats.Common(l.hello.Formats, target.Node)
	if err != nil {
		return nil, err
	}
	opening.Format = format
	data, err := wire.Encode(&opening, wire.MaxOpeningBytes)
	if err != nil {
		return nil, err
	}
	head, err := wire.Append(nil, wire.Opened, data)
	if err != nil {
		return nil, err
	}
	return wire.Append(head, wire.Text, first)
}
